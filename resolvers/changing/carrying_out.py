"""Carrying out an allowed decision: the one place through which every change of an operation or card is written.

A service says what it changes. Each outcome of the decision then adds what the policy says, and what comes of it is written with
the timeline, the decision and the answer, in the transaction of the change.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from domain.card import Card, CardState
from domain.frozen import replace
from domain.operation import CLOSED, Operation, TimelineEntry
from resolvers.changing.change import CardChange, Change
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.outcomes import archive, choices, fees, lapses, promises
from resolvers.changing.recording import record
from resolvers.changing.results import ChangeResult

Outcome = Callable[[DecidedRequest, Change], Awaitable[Change]]
OUTCOMES: Final[tuple[Outcome, ...]] = (
    choices.carry_out,
    fees.carry_out,
    promises.carry_out,
    lapses.carry_out,
    archive.carry_out,
)
"""What a decision may say besides yes and no, in the order in which it is carried out."""


async def carry_out(decided: DecidedRequest, change: Change) -> ChangeResult:
    """Write a change with everything that the decision says besides, and return the answer.

    Args:
        decided: allowed, in its transaction.
        change: what the service itself changes.

    Raises:
        Conflict: somebody was faster, or the holder has a card in the province already (`ONE_CARD_PER_PROVINCE`).
        DecisionFault, TransitionImpossible: what the policy says cannot be carried out.
    """
    for outcome in OUTCOMES:
        change = await outcome(decided, change)
    if change.claims_slot:
        province, holder_id = change.operation.province, change.operation.holder_id
        ended = await _ended(decided, province)
        await decided.work.slots.claim(province, holder_id, change.operation.id, ended, at_once=False)
    operation = change.operation
    if change.before is not None:
        operation = await decided.work.operations.update(replace(operation, updated_at=decided.now))
    cards = [await _write_card(decided, card, operation.id) for card in change.cards]
    holder = await decided.work.holders.update(change.holder) if change.holder is not None else None
    if change.before is None:
        # After what needs a statement of its own: so it is written by one statement with all that tells of it.
        await decided.work.operations.begin(operation)
    await decided.work.timeline.append(_entry(decided, change, operation))
    card = cards[0] if decided.card is not None and cards else None
    return await record(decided, ChangeResult(operation, decided.told, card, holder), operation)


async def _write_card(decided: DecidedRequest, change: CardChange, operation_id: str) -> Card:
    if change.before is None:
        await decided.work.cards.add(change.after, operation_id=operation_id, reason=change.reason)
        return change.after
    if change.after == change.before:
        return change.after
    return await decided.work.cards.update(change.after, operation_id=operation_id, reason=change.reason)


async def _ended(decided: DecidedRequest, province: str) -> Collection[str]:
    """Return the operations and cards of the locked holder whose right to a card in a province is free again (SC-1).

    That is all of them, once no card and no application is left there, also where time alone has ended it; else none. A card has
    the right itself if it was issued before this service.
    """
    now, loaded = decided.now, decided.loaded
    if any(card.province == province and card.reads_as(now) is not CardState.CANCELLED for card in loaded.cards):
        return ()
    known = loaded.operations if "operations" in loaded.queries else None
    operations = known if known is not None else await decided.work.operations.of_holder(decided.holder.id)
    there = [operation for operation in operations if operation.province == province]
    waits = any(operation.card_id is None and operation.reads_as(now) not in CLOSED for operation in there)
    return () if waits else [*(operation.id for operation in there), *(card.id for card in loaded.cards)]


def _entry(decided: DecidedRequest, change: Change, operation: Operation) -> TimelineEntry:
    """Return the line of the operation's timeline, with the states of the card for a service on cards."""
    card = change.cards[0] if decided.card is not None and change.cards else None
    return TimelineEntry(
        operation_id=operation.id,
        at=decided.now,
        event=decided.request.service,
        from_state=change.before.state if change.before is not None else None,
        to_state=operation.state,
        actor_id=decided.actor.person_id,
        role=decided.actor.role,
        channel=decided.actor.channel,
        office=decided.actor.office,
        policy_digest=decided.decision.digest,
        note=change.note,
        card_from=card.before.reads_as(decided.now) if card is not None and card.before is not None else None,
        card_to=card.after.reads_as(decided.now) if card is not None else None,
        until=operation.state_until,
        then=operation.state_then,
    )
