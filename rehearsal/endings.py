"""What ends by time alone, as a decision says: of the operation, of its card, and of the card that is replaced."""

from collections.abc import Iterator
from datetime import datetime

from domain.card import REPLACED, Card, CardState
from domain.decision import Decision, Lapse
from domain.duration import Unit, deadline, lapses_at
from domain.message import Message
from domain.operation import Operation
from rehearsal.comparing import Finding
from rehearsal.records import Records
from rehearsal.stage import Stage


def end_of(stage: Stage, lapse: Lapse) -> datetime:
    """Return when a state ends that lapses from now on."""
    now = stage.clock.now()
    if lapse.after.unit is Unit.WORKING_DAYS:
        return deadline(now, lapse.after, stage.dependencies.calendar).at
    return lapses_at(now, lapse.after)


def check_endings(
    stage: Stage, decision: Decision, operation: Operation, card: Card | None, after: Records
) -> Iterator[Finding]:
    """Yield every end that the decision states and the records do not have.

    Args:
        operation, card: as they are after the change; card: that the operation is about or came to, if there is one.
    """
    # What a state becomes at once is entered by time and not by the change, so that it does not end by its decision.
    entered = {lapse.becomes for lapse in decision.lapses if end_of(stage, lapse) <= stage.clock.now()}
    for lapse in decision.lapses:
        until = end_of(stage, lapse)
        if lapse.conditional or lapse.state in entered:
            continue
        if lapse.state == REPLACED:
            yield from _check_replaced(stage, until, operation, card, after)
        elif until > stage.clock.now():
            yield from _check_state(lapse, until, operation, card)


def check_waiting(stage: Stage, decision: Decision, operation: Operation) -> Iterator[Finding]:
    """Yield every end that an operation lacks which waits for its payment; whatever else ends does so from then on."""
    for lapse in decision.lapses:
        until = end_of(stage, lapse)
        if not lapse.conditional and until > stage.clock.now():
            yield from _check_state(lapse, until, operation, None)


def _check_state(lapse: Lapse, until: datetime, operation: Operation, card: Card | None) -> Iterator[Finding]:
    """Yield what the record lacks that is in the state which ends; a state that no record is in has no end."""
    for record in (operation, card):
        if record is None or record.state.value != lapse.state:
            continue
        if (record.state_until, record.state_then) != (until, lapse.becomes):
            said = f"{record.state_then} at {record.state_until}"
            yield Finding(
                "records",
                Message(
                    f"判定 {lapse.state} 到 {until} 变为 {lapse.becomes}，记录是 {said}",
                    f"{lapse.state} is to become {lapse.becomes} at {until}; on record is {said}",
                ),
            )


def _check_replaced(
    stage: Stage, until: datetime, operation: Operation, card: Card | None, after: Records
) -> Iterator[Finding]:
    """Yield what the old card lacks: it is cancelled at once, or is to be."""
    old = after.cards.get(operation.replaced_card_id or (card.replaces_id if card is not None else None) or "")
    if old is None or old.state is CardState.CANCELLED:
        return
    if until <= stage.clock.now() or old.ends_at != until:
        text = Message(
            f"旧卡应于 {until} 注销，记录是 {old.ends_at}", f"the old card is to end at {until}, not {old.ends_at}"
        )
        yield Finding("records", text)
