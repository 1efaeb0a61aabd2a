"""Report a card lost for a time (NX-4, SC-8, QD-3): it is refused everywhere, until it is found or the time is over."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.card_steps import change_card
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def report_temporary_loss(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Report a temporary loss; when it ends by itself, and whether, the region's policy says.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    return await change_card(dependencies, actor, request, CardEvent.REPORT_TEMPORARY_LOSS)
