"""Ending a guardianship on record, at a window with the papers (SC-12)."""

from dataclasses import replace

from domain.holder import Actor
from domain.operation import OperationState
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import Change
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.guardianships import (
    about_guardianship,
    asked,
    is_waiting,
    not_guardian,
    papers_of,
    waits_already,
)
from resolvers.changing.notices import concerned, tell_concerned
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def end_guardianship(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, guardian_id: str, ward_id: str
) -> ChangeResult:
    """End a guardianship, or ask a second clerk to confirm it; from then on the guardian is nobody to the ward.

    Args:
        request: decided as for `record_guardianship`; who is present, where it is not the ward.

    Raises:
        NotPermitted: whoever asks is no clerk, or of another region than the ward (`WARD_OF_ANOTHER_REGION`).
        NotFound: the ward is not on record, or has no such guardian now (`GUARDIANSHIP_NOT_FOUND`).
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: that is asked for already (`GUARDIANSHIP_PENDING`).
    """
    request, guardian = await about_guardianship(dependencies, actor, request, guardian_id, ward_id)
    async with decided_transaction(dependencies, actor, request) as decided:
        work, now = decided.work, decided.now
        found = await work.guardianships.between(guardian.id, decided.holder.id, now)
        if found is None:
            raise not_guardian()
        if await is_waiting(work, found.end_operation_id, now):
            raise waits_already()
        people = await concerned(decided, guardian.id)
        operation = asked(decided)
        ending = replace(
            found,
            ended_at=now if operation.state is OperationState.COMPLETED else None,
            end_operation_id=operation.id,
            ended_by=actor.person_id,
            end_office=actor.office,
            end_papers=papers_of(decided),
            end_confirmed_by=None,
        )
        await work.guardianships.update(ending)
        result = await carry_out(decided, Change(operation))
        await tell_concerned(decided, result.operation, people)
        return result
