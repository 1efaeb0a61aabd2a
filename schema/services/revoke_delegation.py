"""Taking a delegation back."""

from typing import Annotated

import strawberry

from resolvers.changing.results import Delegated
from resolvers.services.revoke_delegation import revoke_delegation
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.kit.relay import local_id
from schema.services.delegate import DelegationPayload, delegated
from schema.types.errors import attempt
from schema.types.inputs import ServiceInput


@strawberry.input(description="A delegation to take back.")
class RevokeDelegationInput(ServiceInput):
    """What is revoked."""

    service = "revoke_delegation"

    delegation_id: strawberry.ID = field("The delegation.")


@strawberry.type(description="The answer to a revocation.")
class RevokeDelegationPayload(DelegationPayload):
    """The delegation that has ended."""


@strawberry.type
class RevokeDelegationMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Take a delegation back, from now on (SC-12).")
    async def revoke_delegation(
        self, info: Info, input: Annotated[RevokeDelegationInput, INPUT]
    ) -> RevokeDelegationPayload:
        """Revoke a delegation."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies

        async def revoked() -> Delegated:
            identifier = local_id(input.delegation_id, "Delegation", "input.delegationId")
            return await revoke_delegation(dependencies, actor, input.request(info), identifier)

        return await attempt(RevokeDelegationPayload, revoked, lambda answer: delegated(info, answer))
