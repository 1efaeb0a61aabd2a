"""What a decision says ends by time alone."""

from dataclasses import replace
from datetime import datetime

from domain.card import Card, CardEvent, CardState, Ending
from domain.duration import Duration, Unit, deadline, lapses_at
from domain.errors import DecisionFault
from domain.message import Message
from resolvers.changing.change import CardChange, Change
from resolvers.changing.decided_request import DecidedRequest
from resolvers.dependencies import Dependencies

REPLACED = "replaced"
"""The term of the lapsing states for an old card in whose place a new one has come; also the reason of its end."""


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Say when the states end that cards enter with the change."""
    return replace(change, cards=tuple(_with_ending(decided, card) for card in change.cards))


def _with_ending(decided: DecidedRequest, change: CardChange) -> CardChange:
    before, after = change.before, change.after
    if before is not None and before.reads_as(decided.now) is after.state and not change.ends_anew:
        return change
    return replace(change, after=after.ending(_ending_of(decided, after.state.value)))


def with_replaced_card(decided: DecidedRequest, change: Change, old: Card, *, at_last: bool = False) -> Change:
    """Return a change with what becomes of an old card when the policies say that a new one takes its place (NX-3).

    Args:
        old: locked.
        at_last: the new card comes into use now, so the old one cannot outlive this, whatever the policies leave out.
    """
    if old.reads_as(decided.now) is CardState.CANCELLED:
        return change
    ending = _ending_of(decided, REPLACED)
    if at_last or (ending is not None and ending.at <= decided.now):
        ended = CardChange(old, old.after(CardEvent.CANCEL, decided.now), REPLACED)
    elif ending is not None:
        ended = CardChange(old, old.settled(decided.now).ending(ending))
    else:
        return change
    return replace(change, cards=(*change.cards, ended))


def _ending_of(decided: DecidedRequest, state: str) -> Ending | None:
    """Return when and how a state ends by time alone, as the decision says.

    Args:
        state: a term of the lapsing states vocabulary.

    Raises:
        DecisionFault: the policy names a state that a card cannot have.
    """
    lapses = decided.decision.lapses
    lapse = next((lapse for lapse in lapses if lapse.state == state and not lapse.conditional), None)
    if lapse is None:
        return None
    try:
        then = CardState(lapse.becomes)
    except ValueError:
        raise DecisionFault(
            Message(
                f"规则 `{lapse.rule}` 中的 `{lapse.becomes}` 不是卡的状态。",
                f"The rule {lapse.rule} names {lapse.becomes}, which is no state of a card.",
            )
        ) from None
    return Ending(_end(decided.dependencies, lapse.after, decided.now), then)


def _end(dependencies: Dependencies, after: Duration, now: datetime) -> datetime:
    if after.unit is Unit.WORKING_DAYS:
        return deadline(now, after, dependencies.calendar).at
    return lapses_at(now, after)
