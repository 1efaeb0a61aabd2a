"""Report a card lost for good (SC-8, CD-3): only then can a new one take its place (NX-3)."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.card_steps import change_card
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def report_formal_loss(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Report a formal loss, of a card in use or one that is reported lost for a time.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    return await change_card(dependencies, actor, request, CardEvent.REPORT_FORMAL_LOSS)
