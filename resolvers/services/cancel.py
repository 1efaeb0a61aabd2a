"""Cancel the social-security application on a card (SC-11, QD-5); the bank closes its account after."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_step
from resolvers.changing.deaths import means_death, record_death
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def cancel_card(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Cancel a card for good; whoever has no other in the province may apply again there.

    Where the reason is the holder's death, that comes on record, and nobody applies any more.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        NotPermitted: somebody other than a clerk tells of a death.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        if means_death(dependencies.policies().region(decided.region).words, request.cancellation_reason):
            await record_death(decided.work, decided.holder, decided.now)
        return await carry_out(decided, card_step(decided, CardEvent.CANCEL, request.cancellation_reason))
