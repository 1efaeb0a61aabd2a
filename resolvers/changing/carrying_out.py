"""Carrying out an allowed decision: the one place through which every change of an operation or card is written.

A service says what it changes. Each outcome of the decision then adds what the policy says, and what comes of it is written with
the timeline, the decision and the answer, in the transaction of the change.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from domain.card import Card
from domain.errors import Conflict
from domain.operation import Operation, TimelineEntry
from resolvers.changing.change import CardChange, Change, Slot
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.outcomes import archive, choices, fees, lapses, promises
from resolvers.changing.recording import record
from resolvers.changing.results import ChangeResult
from resolvers.changing.sweep import release_slot, settle_operations_of

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
    if change.slot is Slot.CLAIMED:
        await _claim_slot(decided, change.operation)
    operation = await _write_operation(decided, change)
    cards = [await _write_card(decided, card, operation.id) for card in change.cards]
    holder = await decided.work.holders.update(change.holder) if change.holder is not None else None
    if change.slot is Slot.RELEASED:
        await _release_slot(decided, operation, cards)
    await decided.work.timeline.append(_entry(decided, change, operation))
    card = cards[0] if decided.card is not None and cards else None
    return await record(decided, ChangeResult(operation, decided.told, card, holder), operation.id)


async def _write_operation(decided: DecidedRequest, change: Change) -> Operation:
    if change.before is not None:
        return await decided.work.operations.update(replace(change.operation, updated_at=decided.now))
    await decided.work.operations.add(change.operation)
    return change.operation


async def _write_card(decided: DecidedRequest, change: CardChange, operation_id: str) -> Card:
    if change.before is None:
        await decided.work.cards.add(change.after, operation_id=operation_id, reason=change.reason)
        return change.after
    if change.after == change.before:
        return change.after
    return await decided.work.cards.update(change.after, operation_id=operation_id, reason=change.reason)


async def _claim_slot(decided: DecidedRequest, operation: Operation) -> None:
    """Claim the holder's right to a card for an operation that is about to be written."""
    work, claim = decided.work, (operation.province, operation.holder_id, operation.id)
    try:
        await work.slots.claim(*claim)
    except Conflict:
        # What holds it may have ended by time alone, which nobody has written down yet.
        await settle_operations_of(work, operation.holder_id, decided.now)
        await work.slots.claim(*claim)


async def _release_slot(decided: DecidedRequest, operation: Operation, written: Sequence[Card]) -> None:
    cards, operations = None, None
    if decided.cards is not None:
        cards = tuple({card.id: card for card in (*decided.cards, *written)}.values())
    if "operations" in decided.loaded.queries:
        operations = tuple({o.id: o for o in (*decided.loaded.operations, operation)}.values())
    await release_slot(decided.work, operation.province, operation.holder_id, decided.now, cards, operations)


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
