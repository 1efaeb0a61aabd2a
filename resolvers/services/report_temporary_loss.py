"""Report a card lost for a time (NX-4, SC-8, QD-3): it is refused everywhere, until it is found or the time is over."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def report_temporary_loss(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Report a temporary loss; when it ends by itself, and whether, the region's policy says.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        return await carry_out(decided, card_step(decided, CardEvent.REPORT_TEMPORARY_LOSS))
