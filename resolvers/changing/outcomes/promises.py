"""What a decision promises, with the day by which it is to be kept."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.card import CardState
from domain.duration import Duration, deadline
from domain.operation import OperationState
from domain.outcomes import ACCEPTED, COLLECTED, REPORTED, SUBMITTED
from resolvers.changing.change import Change
from resolvers.changing.decided_request import DecidedRequest

CARD_ISSUED = "card_issued"
"""The term of the promises vocabulary that an operation which makes a card is waited for."""
_LOST = (CardState.TEMPORARILY_LOST, CardState.FORMALLY_LOST)


@dataclass(frozen=True, slots=True)
class _Promised:
    """A promise: what, within which time, counted from which moment, a term of the moments vocabulary."""

    what: str
    within: Duration
    counted_from: str


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Date what is promised from a moment that the change has reached, by this decision or one before on the operation.

    Of several promises, an operation keeps that of the card, or else the first.
    """
    now = _reached(decided, change)
    own, before = list(_stated(decided)), change.before
    found = [(promise, now[promise.counted_from]) for promise in own if promise.counted_from in now]
    if before is not None:
        # What counts from the submission, of an operation that was handed in before.
        found += [(promise, before.created_at) for promise in own if promise.counted_from == SUBMITTED]
        found += [(each, now[each.counted_from]) async for each in _promised_before(decided, before.id, now)]
    chosen = next((each for each in found if each[0].what == CARD_ISSUED), found[0] if found else None)
    if chosen is None:
        return change
    until = deadline(chosen[1], chosen[0].within, decided.dependencies.calendar)
    return change.with_operation(promised_at=until.at, promise_estimated=until.estimated)


def _reached(decided: DecidedRequest, change: Change) -> Mapping[str, datetime]:
    """Return the moments that the change reaches: now."""
    before, state = change.before, change.operation.state
    card = change.cards[0] if change.cards else None
    reached = {
        SUBMITTED: before is None,
        ACCEPTED: before is not None and before.state in _WAITING and state is OperationState.ACCEPTED,
        COLLECTED: before is not None and state is OperationState.RECEIVED,
        REPORTED: card is not None and card.after.state in _LOST and card.before != card.after,
    }
    return {moment: decided.now for moment, holds in reached.items() if holds}


_WAITING = (OperationState.SUBMITTED, OperationState.PAID, OperationState.SHIPPED)
"""From where an operation is accepted for a card that is to be made, also in place of one that was lost in the post."""


def _stated(decided: DecidedRequest) -> Iterator[_Promised]:
    for decision in decided.decisions:
        for promise in decision.promises:
            if not promise.conditional:
                yield _Promised(promise.what, promise.within, promise.counted_from)


async def _promised_before(
    decided: DecidedRequest, operation_id: str, reached: Mapping[str, datetime]
) -> AsyncIterator[_Promised]:
    """Yield what decisions on the operation promised before from a moment that is reached now, the last one first."""
    if not reached:
        return
    recorded = (await decided.work.decisions.of_operations([operation_id])).get(operation_id, ())
    for record in reversed(recorded):
        for promise in reversed(record.outcome["promises"]) if record.allowed else ():
            if promise["counted_from"] in reached:
                yield _Promised(promise["what"], promise["within"], promise["counted_from"])
