"""A second clerk confirms what another one has asked about a guardian (SC-12)."""

from dataclasses import replace

from domain.errors import NotPermitted
from domain.holder import Actor
from domain.message import Message
from domain.operation import OperationEvent, next_operation_state
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.guardianships import asked_about, open_to_objections
from resolvers.changing.notices import concerned, tell_concerned
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wards import RECORD
from resolvers.dependencies import Dependencies


async def about_confirmation(dependencies: Dependencies, request: ServiceRequest) -> ServiceRequest:
    """Return a request to confirm, with whom it concerns besides: who is to be a guardian is kept from dying meanwhile."""
    asked = request.operation_id or ""
    async with dependencies.store.reading() as work:
        found = (await work.guardianships.of_operations([asked])).get(asked)
    begins = found is not None and found.operation_id == asked
    return replace(request, other_id=found.guardian_id if found is not None and begins else None)


async def confirm_guardianship(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Confirm; it is done at once, or when the time is over in which the region lets others object.

    Raises:
        NotPermitted: whoever asks is the one who asked for it (`SAME_CLERK`).
        NotFound: there is no such operation, or none of their region; or nothing is left of what it asks for
            (`GUARDIANSHIP_NOT_FOUND`).
        DecisionRefused: the region's policy says no.
        TransitionImpossible: it does not wait for that.
    """
    request = await about_confirmation(dependencies, request)
    async with decided_transaction(dependencies, actor, request) as decided:
        work, now, operation = decided.work, decided.now, decided.its_operation
        if operation.actor_id == actor.person_id:
            raise _same_clerk()
        change = operation_step(decided, OperationEvent.CONFIRM)
        before = await asked_about(work, operation, now)
        people = await concerned(decided, before.guardian_id)
        if not open_to_objections(decided.decision):
            state = next_operation_state(change.operation.state, OperationEvent.COMPLETE)
            change = change.with_operation(state=state)
        result = await carry_out(decided, change)
        at = result.operation.state_until or now
        if operation.service == RECORD:
            after = replace(before, confirmed_by=actor.person_id, in_force_at=at, ended_at=None)
        else:
            after = replace(before, end_confirmed_by=actor.person_id, ended_at=at)
        await work.guardianships.update(after)
        await tell_concerned(decided, result.operation, people)
        return result


def _same_clerk() -> NotPermitted:
    return NotPermitted(
        Message(
            "这项申请是您受理的，不能由您复核，请由另一名工作人员复核。",
            "You have asked for this yourself, so you cannot confirm it; another clerk must.",
        ),
        field="input.operationId",
        code="SAME_CLERK",
    )
