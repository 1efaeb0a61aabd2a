"""Ending a guardianship on record, at a window with the papers (SC-12)."""

from domain.errors import NotFound
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.recording import record
from resolvers.changing.results import Guarded
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wards import about_guardianship
from resolvers.dependencies import Dependencies


async def end_guardianship(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, guardian_id: str, ward_id: str
) -> Guarded:
    """End a guardianship; from then on the guardian is nobody to the ward.

    Args:
        request: decided as for `record_guardianship`; who is present, where it is not the ward.

    Raises:
        NotPermitted: whoever asks is no clerk, or of another region than the ward (`WARD_OF_ANOTHER_REGION`).
        NotFound: the ward is not on record, or has no such guardian now (`GUARDIANSHIP_NOT_FOUND`).
        DecisionRefused: the region's policy says no, or something is missing.
    """
    request, guardian = await about_guardianship(dependencies, actor, request, guardian_id, ward_id)
    async with decided_transaction(dependencies, actor, request) as decided:
        ended = await decided.work.guardianships.end(guardian.id, decided.holder.id, decided.now)
        if ended is None:
            raise NotFound(
                Message(
                    "没有登记这个监护关系，或者已经终止，请核对。",
                    "No such guardianship is on record, or it has ended; check who is meant.",
                ),
                field="input.guardianId",
                code="GUARDIANSHIP_NOT_FOUND",
            )
        return await record(decided, Guarded(ended, decided.decision))
