"""Putting people and guardians on record."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain import holder as domain
from resolvers.holders import record_guardianship, register_holder
from schema.context import Info
from schema.described import INPUT, field
from schema.errors import UserError, attempt
from schema.inputs import MutationInput
from schema.nodes import Holder, holder_node
from schema.relay import local_id


@strawberry.input(description="A person to put on record; the population register confirms them.")
class RegisterHolderInput(MutationInput):
    """Who."""

    name: str = field("As on the identity document.")
    identity_type: str = field("A term of the identity types vocabulary.")
    identity_number: str = field("Number of the document.")


@strawberry.type(description="The answer to a registration.")
class RegisterHolderPayload:
    """The person on record."""

    holder: Holder | None = field("The person; null where it was refused.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@strawberry.input(description="A guardian to put on record, after the proof was seen.")
class RecordGuardianshipInput(MutationInput):
    """Who for whom."""

    guardian_id: strawberry.ID = field("The guardian.")
    ward_id: strawberry.ID = field("The person they act for.")
    kinship: str = field("In words, such as 父亲.")


@strawberry.type(description="The answer to a record of guardianship.")
class RecordGuardianshipPayload:
    """The guardianship on record."""

    recorded_at: datetime | None = field("Since when it is on record.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@strawberry.type
class HoldersMutation:
    """The mutations of this module. Clerks only."""

    @strawberry.mutation(description="Put a person on record as the register has them. Clerks only.")
    async def register_holder(self, info: Info, input: Annotated[RegisterHolderInput, INPUT]) -> RegisterHolderPayload:
        """Register a person."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies

        async def registered() -> domain.Holder:
            key = input.key(info)
            return await register_holder(
                dependencies, actor, input.name, input.identity_type, input.identity_number, key
            )

        return await attempt(RegisterHolderPayload, registered, lambda holder: {"holder": holder_node(holder)})

    @strawberry.mutation(description="Put a guardian on record (SC-12). Clerks only.")
    async def record_guardianship(
        self, info: Info, input: Annotated[RecordGuardianshipInput, INPUT]
    ) -> RecordGuardianshipPayload:
        """Record a guardian."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies

        async def recorded() -> domain.Guardianship:
            guardian = local_id(input.guardian_id, "Holder", "input.guardianId")
            ward = local_id(input.ward_id, "Holder", "input.wardId")
            return await record_guardianship(dependencies, actor, guardian, ward, input.kinship, input.key(info))

        return await attempt(RecordGuardianshipPayload, recorded, lambda found: {"recorded_at": found.recorded_at})
