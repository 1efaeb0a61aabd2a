"""Activate a sealed card (NX-2, SC-2, CD-2, QD-2); a card that replaces another ends that one (NX-3)."""

from typing import Final

from domain.card import CardEvent
from domain.frozen import replace
from domain.holder import Actor, Holder
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_step
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.outcomes.lapses import ended_at_last
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies

_BINDING: Final = frozenset({"self", "guardian"})
"""Whose number comes to be the holder's, by how they stand to them: terms of the relations vocabulary."""


async def activate_card(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Turn a sealed card into an active one, at once.

    Raises:
        DecisionRefused: the card is not sealed, or something is missing.
        InvalidInput: the card number that was typed is not this card's.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        change = card_step(decided, CardEvent.ACTIVATE)
        if decided.its_card.replaces_id is not None:
            old = await decided.work.cards.lock(decided.its_card.replaces_id)
            change = replace(change, cards=(*change.cards, ended_at_last(decided, old)))
        completed = _completed_record(decided)
        if completed != decided.holder:
            change = replace(change, holder=completed)
        return await carry_out(decided, change)


def _completed_record(decided: DecidedRequest) -> Holder:
    """Return the holder with what an activation completes (QD-2): the address, and a number that received a code.

    That number is the one to which later services send theirs; one that was only typed is not bound. A number that is bound
    already stays: what changes it is `update_information`, which asks for more than a code to the new one. Nor does a delegate
    bind one: whoever gets the codes acts as the holder.
    """
    holder, received = decided.holder, decided.collected.code_mobile
    completed = replace(holder, address=decided.evidence.details.get("residence_address", holder.address))
    if holder.mobile is not None or received is None or decided.subject.relation not in _BINDING:
        return completed
    return replace(completed, mobile=received, mobile_bound_at=decided.now)
