"""End a guardianship on record."""

from datetime import datetime
from typing import Any

import strawberry

from domain.access import CLERKS
from domain.operation import OperationState
from resolvers.changing.guardianships import about_guardianship
from resolvers.changing.results import ChangeResult, Guarded
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.end_guardianship import end_guardianship
from schema.kit.access import BY_CLERKS, WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.kit.relay import local_id
from schema.types.decision import decision
from schema.types.inputs import ServiceInput
from schema.types.mutations import decided_mutation
from schema.types.operation_nodes import operation_node
from schema.types.payloads import OperationPayload


@strawberry.input(description="A guardianship to end.")
class EndGuardianshipInput(ServiceInput):
    """Who is no longer whose guardian."""

    service = "end_guardianship"

    guardian_id: strawberry.ID = field("The guardian.")
    ward_id: strawberry.ID = field("The person they act for.")
    present_person_id: strawberry.ID | None = field(
        "Who is at the window: the ward (if left out), the guardian, somebody else.", default=None
    )
    region_code: str | None = field(
        "GB/T 2260 code of the region that decides; the clerk's own if left out.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return where, and who is there."""
        return {"region": self.region_code, "present_id": self.present_person_id}

    def further_ids(self) -> tuple[tuple[strawberry.ID | None, str, str], ...]:
        """Return the two."""
        return (self.guardian_id, "Holder", "input.guardianId"), (self.ward_id, "Holder", "input.wardId")

    def pair(self) -> tuple[str, str]:
        """Return the local ids of guardian and ward."""
        guardian = local_id(self.guardian_id, "Holder", "input.guardianId")
        return guardian, local_id(self.ward_id, "Holder", "input.wardId")

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the guardian."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        request, _ = await about_guardianship(dependencies, actor, self.request(info), *self.pair())
        return request


@sees(WITH_IT)
@strawberry.type(description="The answer to the end of a guardianship.")
class EndGuardianshipPayload(OperationPayload):
    """The guardianship that has ended."""

    ended_at: datetime | None = field(
        "Since when it is over; null while it waits for a second clerk, which `operation` tells.", default=None
    )


def _ended(answer: ChangeResult | Guarded, _: Info) -> dict[str, Any]:
    if isinstance(answer, Guarded):  # kept by an earlier version, under a key that is repeated
        return {"ended_at": answer.guardianship.ended_at, "decision": decision(answer.decision)}
    operation = answer.operation
    return {
        "ended_at": operation.updated_at if operation.state is OperationState.COMPLETED else None,
        "operation": operation_node(operation),
        "decision": decision(answer.decision),
    }


mutation = decided_mutation(
    "End a guardianship on record, in person and with papers, or ask a second clerk to confirm it, as the region says. Clerks"
    " only.",
    EndGuardianshipInput,
    end_guardianship,
    EndGuardianshipPayload,
    _ended,
    EndGuardianshipInput.pair,
    asks=CLERKS,
    refusal=BY_CLERKS,
)
