"""Put a guardian on record."""

from datetime import datetime
from typing import Any

import strawberry

from domain.access import CLERKS
from domain.operation import OperationState
from resolvers.changing.guardianships import about_guardianship
from resolvers.changing.results import ChangeResult, Guarded
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.record_guardianship import about_kinship, record_guardianship
from schema.kit.access import BY_CLERKS, WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.kit.relay import local_id
from schema.types.decision import decision
from schema.types.inputs import ServiceInput
from schema.types.mutations import decided_mutation
from schema.types.operation_nodes import operation_node
from schema.types.payloads import OperationPayload


@strawberry.input(description="A guardian to put on record, who is at a window with the proof.")
class RecordGuardianshipInput(ServiceInput):
    """Who for whom."""

    service = "record_guardianship"

    guardian_id: strawberry.ID = field("The guardian, who is there.")
    ward_id: strawberry.ID = field("The person they act for.")
    kinship: str = field("In words, such as 父亲.")
    region_code: str | None = field(
        "GB/T 2260 code of the region that decides; the clerk's own if left out.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return where."""
        return {"region": self.region_code}

    def further_ids(self) -> tuple[tuple[strawberry.ID | None, str, str], ...]:
        """Return the two."""
        return (self.guardian_id, "Holder", "input.guardianId"), (self.ward_id, "Holder", "input.wardId")

    def pair(self) -> tuple[str, str]:
        """Return the local ids of guardian and ward."""
        guardian = local_id(self.guardian_id, "Holder", "input.guardianId")
        return guardian, local_id(self.ward_id, "Holder", "input.wardId")

    def with_own(self, request: ServiceRequest) -> ServiceRequest:
        """Return a request with what is wrong with how they are related."""
        return about_kinship(request, self.kinship)

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the guardian."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        asked = self.with_own(self.request(info))
        request, _ = await about_guardianship(dependencies, actor, asked, *self.pair())
        return request


@sees(WITH_IT)
@strawberry.type(description="The answer to a record of guardianship.")
class RecordGuardianshipPayload(OperationPayload):
    """The guardianship on record."""

    recorded_at: datetime | None = field(
        "Since when it holds; null while it waits for a second clerk, which `operation` tells.", default=None
    )


def _recorded(answer: ChangeResult | Guarded, _: Info) -> dict[str, Any]:
    if isinstance(answer, Guarded):  # kept by an earlier version, under a key that is repeated
        return {"recorded_at": answer.guardianship.recorded_at, "decision": decision(answer.decision)}
    operation = answer.operation
    return {
        "recorded_at": operation.updated_at if operation.state is OperationState.COMPLETED else None,
        "operation": operation_node(operation),
        "decision": decision(answer.decision),
    }


mutation = decided_mutation(
    "Put a guardian on record, in person and with papers, or ask a second clerk to confirm it, as the region says (SC-12)."
    " Clerks only.",
    RecordGuardianshipInput,
    record_guardianship,
    RecordGuardianshipPayload,
    _recorded,
    lambda given: (*given.pair(), given.kinship),
    asks=CLERKS,
    refusal=BY_CLERKS,
)
