"""Putting a guardian on record, at a window with the proof (SC-12)."""

from domain.errors import Conflict, InvalidInput
from domain.holder import Actor, Guardianship
from domain.message import Message
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.recording import record
from resolvers.changing.results import Guarded
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wards import about_guardianship
from resolvers.dependencies import Dependencies

MAX_KINSHIP = 100


async def record_guardianship(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, guardian_id: str, ward_id: str, kinship: str
) -> Guarded:
    """Put a guardian on record, who is at a window with the proof (SC-12).

    Args:
        request: the ward's region decides, and where nothing says which that is, the one named or the clerk's own.
        kinship: in words, such as 父亲; 1 to 100 characters.

    Raises:
        NotPermitted: whoever asks is no clerk, or of another region than the ward (`WARD_OF_ANOTHER_REGION`).
        NotFound: guardian or ward is not on record.
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: they are guardian and ward already (`GUARDIANSHIP_EXISTS`).
    """
    if not 0 < len(kinship.strip()) <= MAX_KINSHIP:
        raise InvalidInput(Message("请填写与被监护人的关系。", "Give the kinship."), field="input.kinship")
    request, guardian = await about_guardianship(dependencies, actor, request, guardian_id, ward_id)
    async with decided_transaction(dependencies, actor, request) as decided:
        ward = decided.holder
        if await decided.work.guardianships.between(guardian.id, ward.id) is not None:
            raise Conflict(
                Message(
                    "监护关系已经登记，不用再办。", "The guardianship is on record already; nothing is left to do."
                ),
                code="GUARDIANSHIP_EXISTS",
            )
        guardianship = Guardianship(guardian.id, ward.id, kinship.strip(), decided.now, region=decided.region)
        await decided.work.guardianships.add(guardianship)
        return await record(decided, Guarded(guardianship, decided.decision))
