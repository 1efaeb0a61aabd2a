"""Taking a delegation back."""

import strawberry

from domain.access import SERVED
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.revoke_delegation import about_delegation, revoke_delegation
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.kit.relay import local_id
from schema.services.delegate import DelegationPayload, delegated
from schema.types.inputs import ServiceInput
from schema.types.mutations import decided_mutation


@strawberry.input(description="A delegation to take back.")
class RevokeDelegationInput(ServiceInput):
    """What is revoked."""

    service = "revoke_delegation"

    delegation_id: strawberry.ID = field("The delegation.")

    def further_ids(self) -> tuple[tuple[strawberry.ID | None, str, str], ...]:
        """Return the delegation."""
        return ((self.delegation_id, "Delegation", "input.delegationId"),)

    def delegation(self) -> str:
        """Return the local id of the delegation."""
        return local_id(self.delegation_id, "Delegation", "input.delegationId")

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request for the region where the delegation holds."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await about_delegation(dependencies, actor, self.request(info), self.delegation())


@sees(WITH_IT)
@strawberry.type(description="The answer to a revocation.")
class RevokeDelegationPayload(DelegationPayload):
    """The delegation that has ended."""


mutation = decided_mutation(
    "Take a delegation back, from now on (SC-12).",
    RevokeDelegationInput,
    revoke_delegation,
    RevokeDelegationPayload,
    delegated,
    lambda given: (given.delegation(),),
    asks=SERVED,
)
