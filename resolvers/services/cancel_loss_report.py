"""Take back a report of loss, when the card is found before a new one takes its place (CD-4, SC-9, QD-4)."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.card_steps import change_card
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def cancel_loss_report(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Cancel a report of loss; a card that was locked before is locked again.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    return await change_card(dependencies, actor, request, CardEvent.CANCEL_LOSS)
