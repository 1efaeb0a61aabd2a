"""A guardian on record, or the ward, objects to what is asked about a guardian (SC-12)."""

from domain.holder import Actor
from domain.operation import OperationEvent
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.guardianships import drop
from resolvers.changing.notices import concerned, tell_concerned
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def object_to_guardianship(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Object; what was asked for is over, and everything stays as it was.

    Raises:
        NotFound: there is no such operation, or it is none of theirs.
        DecisionRefused: the region's policy says no.
        TransitionImpossible: it is done, or over.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        work, now, operation = decided.work, decided.now, decided.its_operation
        change = operation_step(decided, OperationEvent.OBJECT)
        dropped = await drop(work, operation, now)
        people = await concerned(decided, dropped.guardian_id)
        await tell_concerned(decided, change.operation, people)
        return await carry_out(decided, change)
