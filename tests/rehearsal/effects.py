"""Whether the outcome that is tried is seen: what each kind leaves behind in the answer and on record, by the rule that says it."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.card import REPLACED, Card, CardState
from domain.decision import Decision, Lapse
from domain.fee import HOLDER, Fee, FeeState
from domain.operation import Operation
from domain.services import POSTPONED_UNTIL_PAID
from rehearsal.comparing import decided
from rehearsal.outcomes import operation_of
from rehearsal.records import Records
from rehearsal.running import Played
from tests.rehearsal.random_outcomes import BEFORE, Trial

Seen = Callable[[Trial, Played, Decision], bool]


def seen(trial: Trial, played: Played, last: Played) -> bool:
    """Say whether the outcome of a trial was decided, and is there afterwards.

    Args:
        played: the request of the trial; last: the step that shows what comes of it, itself or a later one.
    """
    decision = decided(played.answer, trial.service)
    return decision is not None and EFFECTS[trial.kind.split()[0]](trial, last, decision)


def _by(trial: Trial, parts: Any) -> list[Any]:
    """Return what the rule says that is tried, for sure."""
    return [part for part in parts if part.rule == trial.id and not getattr(part, "conditional", False)]


def _records(played: Played) -> Records:
    return played.settled.records if played.settled is not None else played.after


def _operation(played: Played) -> Operation | None:
    return operation_of(played.scene, played.before, _records(played))


def _bill(played: Played) -> tuple[Fee, ...]:
    operation = _operation(played)
    return operation.fees if operation is not None else ()


def _denied(trial: Trial, played: Played, decision: Decision) -> bool:
    return bool(_by(trial, decision.denials)) and not decision.allowed


def _required(trial: Trial, played: Played, decision: Decision) -> bool:
    return decision.allowed and any(each.satisfied for each in _by(trial, decision.requirements))


def _routed(trial: Trial, played: Played, decision: Decision) -> bool:
    return decision.allowed and bool(_by(trial, decision.routes))


def _told(trial: Trial, played: Played, decision: Decision) -> bool:
    return decision.allowed and bool(_by(trial, decision.advice))


def _kept(trial: Trial, played: Played, decision: Decision) -> bool:
    operation = _operation(played)
    documents = {item.document for item in _by(trial, decision.archive)}
    return operation is not None and bool(documents) and documents <= set(operation.archive)


def _charged(trial: Trial, played: Played, decision: Decision) -> bool:
    """Say whether the line is on the bill and paid, and what waited for that is done then."""
    lines = [fee for fee in _bill(played) if fee.rule == trial.id]
    paid = all(fee.state is FeeState.PAID or fee.payer != HOLDER or fee.amount == 0 for fee in lines)
    waited = operation_of(played.scene, played.before, played.after)
    if trial.kind == BEFORE and trial.service in POSTPONED_UNTIL_PAID:
        paid = paid and waited is not None and waited.postponed is not None and played.settled is not None
    return bool(lines) and paid


def _waived(trial: Trial, played: Played, decision: Decision) -> bool:
    """Say whether a line was struck off, or given back since it was paid."""
    names = {waiver.fee for waiver in _by(trial, decision.waivers)}
    return any(fee.waived_by == trial.id or _given_back(fee, names) for fee in _bill(played))


def _refunded(trial: Trial, played: Played, decision: Decision) -> bool:
    """Say whether money reached whoever paid, by this operation or by another about the card."""
    names = {refund.fee for refund in _by(trial, decision.refunds)}
    return any(_given_back(fee, names) for found in _records(played).operations.values() for fee in found.fees)


def _given_back(fee: Fee, names: set[str]) -> bool:
    return fee.id in names and fee.state is FeeState.REFUNDED


def _promised(trial: Trial, played: Played, decision: Decision) -> bool:
    operation = _operation(played)
    return operation is not None and operation.promised_at is not None and bool(_by(trial, decision.promises))


def _lapses(trial: Trial, played: Played, decision: Decision) -> bool:
    """Say whether a record ends as the rule says, or has ended at once."""
    [lapse] = _by(trial, decision.lapses) or [None]
    if lapse is None:
        return False
    for records in (played.after, _records(played)):
        operation = operation_of(played.scene, played.before, records)
        if operation is None:
            continue
        about = played.scene.card[-1].card.id if played.scene.card else ""
        card = records.cards.get(operation.card_id or about)
        if lapse.state == REPLACED:
            replaced = operation.replaced_card_id or (card.replaces_id if card is not None else None)
            old = records.cards.get(replaced or "")
            if old is not None and (old.state is CardState.CANCELLED or old.ends_at is not None):
                return True
        elif any(_ends(record, lapse, played) for record in (operation, card)):
            return True
    return False


def _ends(record: Operation | Card | None, lapse: Lapse, played: Played) -> bool:
    if record is None:
        return False
    if lapse.after.amount == 0:
        return record.reads_as(played.scene.now).value == lapse.becomes
    return (record.state.value, record.state_then) == (lapse.state, lapse.becomes) and record.state_until is not None


EFFECTS: Mapping[str, Seen] = {
    "deny": _denied,
    "require": _required,
    "route": _routed,
    "tell": _told,
    "archive": _kept,
    "charge": _charged,
    "waive": _waived,
    "refund": _refunded,
    "promise": _promised,
    "lapse": _lapses,
}
"""What is to be seen, by the word of the outcome."""
