"""Putting a guardian on record, at a window with the proof (SC-12)."""

from domain.errors import Conflict, InvalidInput
from domain.frozen import replace
from domain.holder import Actor, Guardianship
from domain.message import Message
from domain.operation import OperationState
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import Change
from resolvers.changing.coming_of_age import grown_at
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.guardianships import about_guardianship, asked, papers_of, waits_already
from resolvers.changing.notices import concerned, tell_concerned
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies

MAX_KINSHIP = 100


def about_kinship(request: ServiceRequest, kinship: str) -> ServiceRequest:
    """Return a request to record a guardian, with what is wrong with how they are related."""
    if 0 < len(kinship.strip()) <= MAX_KINSHIP:
        return request
    none_given = InvalidInput(Message("请填写与被监护人的关系。", "Give the kinship."), field="input.kinship")
    return replace(request, wrong=(none_given,))


async def record_guardianship(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, guardian_id: str, ward_id: str, kinship: str
) -> ChangeResult:
    """Put a guardian on record, who is at a window with the proof (SC-12), or ask a second clerk to confirm it.

    Args:
        request: the ward's region decides, and where nothing says which that is, the one named or the clerk's own.
        kinship: in words, such as 父亲; 1 to 100 characters.

    Raises:
        NotPermitted: whoever asks is no clerk, or of another region than the ward (`WARD_OF_ANOTHER_REGION`).
        NotFound: guardian or ward is not on record.
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: they are guardian and ward already (`GUARDIANSHIP_EXISTS`), or that is asked for (`GUARDIANSHIP_PENDING`).
    """
    request = about_kinship(request, kinship)
    request, guardian = await about_guardianship(dependencies, actor, request, guardian_id, ward_id)
    async with decided_transaction(dependencies, actor, request) as decided:
        work, now, ward = decided.work, decided.now, decided.holder
        await _require_new(decided, guardian.id)
        people = await concerned(decided, guardian.id)
        result = await carry_out(decided, Change(asked(decided)))
        operation = result.operation
        guardianship = Guardianship(
            guardian.id,
            ward.id,
            kinship.strip(),
            now,
            # What nobody confirms in time is over by itself.
            operation.state_until,
            decided.region,
            operation_id=operation.id,
            recorded_by=actor.person_id,
            office=actor.office,
            papers=papers_of(decided),
            in_force_at=now if operation.state is OperationState.COMPLETED else None,
            grown_at=grown_at(dependencies.policies(), ward, decided.region, now),
        )
        await work.guardianships.add(guardianship)
        await tell_concerned(decided, operation, people)
        return result


async def _require_new(decided: DecidedRequest, guardian_id: str) -> None:
    """Refuse what holds already, or is asked for."""
    now = decided.now
    found = await decided.work.guardianships.open_between(guardian_id, decided.holder.id, now)
    if found is None:
        return
    if found.holds(now):
        raise Conflict(
            Message("监护关系已经登记，不用再办。", "The guardianship is on record already; nothing is left to do."),
            code="GUARDIANSHIP_EXISTS",
        )
    raise waits_already()
