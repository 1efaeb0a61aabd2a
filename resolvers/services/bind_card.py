"""Bind a card in a channel that asks for it on first use (CD-1 to CD-10): a region's rules count such operations."""

from domain.holder import Actor
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_change
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def bind_card(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Put on record that a holder's card is bound in the channel of whoever asks; the card itself stays as it is.

    Args:
        request: on a card, with the region whose channel it is where the card comes from elsewhere.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: the card number that was typed is not this card's.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        return await carry_out(decided, card_change(decided, decided.its_card))
