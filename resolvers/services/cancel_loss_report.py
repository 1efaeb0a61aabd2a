"""Take back a report of loss, when the card is found before a new one takes its place (CD-4, SC-9, QD-4)."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def cancel_loss_report(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Cancel a report of loss; a card that was locked before is locked again.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        return await carry_out(decided, card_step(decided, CardEvent.CANCEL_LOSS))
