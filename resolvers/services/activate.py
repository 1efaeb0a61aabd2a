"""Activate a sealed card (NX-2, SC-2, CD-2, QD-2); a card that replaces another ends that one (NX-3)."""

from dataclasses import replace

from domain.card import CardEvent
from domain.holder import Actor, Holder
from resolvers.changing.card_steps import card_of, end_replaced, take_step
from resolvers.changing.deciding import DecidedRequest, decided_transaction
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def activate_card(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Turn a sealed card into an active one, at once.

    Raises:
        DecisionRefused: the card is not sealed, or something is missing.
        InvalidInput: the card number that was typed is not this card's.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        changed = await take_step(decided, CardEvent.ACTIVATE)
        replaced = card_of(decided).replaces_id
        if replaced is not None:
            await end_replaced(decided, replaced, changed.operation.id, at_last=True)
        completed = _completed_record(decided)
        if completed != decided.holder:
            await decided.work.holders.update(completed)
        return await decided.answered(changed, changed.operation.id)


def _completed_record(decided: DecidedRequest) -> Holder:
    """Return the holder with what an activation completes (QD-2): the address, and a number that received a code.

    That number is the one to which later services send theirs; one that was only typed is not bound.
    """
    holder = decided.holder
    address = decided.evidence.details.get("residence_address", holder.address)
    return replace(holder, mobile=decided.collected.code_mobile or holder.mobile, address=address)
