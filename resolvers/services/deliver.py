"""Choose how to receive the card, and be charged the postage (NX-1)."""

from domain.holder import Actor
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import Change
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def set_delivery(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Set or change the delivery of an operation that is not paid for yet.

    Raises:
        DecisionRefused: it is paid for, the way of delivery is not open, or the address is incomplete.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        operation = decided.its_operation
        return await carry_out(decided, Change(operation, operation))
