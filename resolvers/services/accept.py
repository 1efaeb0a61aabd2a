"""Accept an application for production; the promised time starts here (NX-5, QD-1)."""

from domain.holder import Actor
from domain.operation import OperationEvent
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def accept_for_production(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Accept; what was promised when the application was decided now gets its date."""
    async with decided_transaction(dependencies, actor, request) as decided:
        return await carry_out(decided, operation_step(decided, OperationEvent.ACCEPT))
