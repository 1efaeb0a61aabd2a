"""Report a card lost for good (SC-8, CD-3): only then can a new one take its place (NX-3)."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def report_formal_loss(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Report a formal loss, of a card in use or one that is reported lost for a time.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        return await carry_out(decided, card_step(decided, CardEvent.REPORT_FORMAL_LOSS))
