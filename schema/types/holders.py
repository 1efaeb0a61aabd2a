"""Putting people and guardians on record, and ending guardianships."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain import holder as domain
from resolvers.changing.results import Guarded
from resolvers.changing.service_request import ServiceRequest
from resolvers.looking_up.holders import about_guardianship, end_guardianship, record_guardianship, register_holder
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.kit.relay import local_id
from schema.types.decision import decision
from schema.types.errors import UserError, attempt
from schema.types.inputs import MutationInput, ServiceInput
from schema.types.nodes import Holder, holder_node
from schema.types.payloads import DecidedPayload


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

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the guardian."""
        return await _about(self, info)


@strawberry.type(description="The answer to a record of guardianship.")
class RecordGuardianshipPayload(DecidedPayload):
    """The guardianship on record."""

    recorded_at: datetime | None = field("Since when it is on record.", default=None)


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

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the guardian."""
        return await _about(self, info)


@strawberry.type(description="The answer to the end of a guardianship.")
class EndGuardianshipPayload(DecidedPayload):
    """The guardianship that has ended."""

    ended_at: datetime | None = field("Since when it is over.", default=None)


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

    @strawberry.mutation(description="Put a guardian on record, in person and with papers (SC-12). Clerks only.")
    async def record_guardianship(
        self, info: Info, input: Annotated[RecordGuardianshipInput, INPUT]
    ) -> RecordGuardianshipPayload:
        """Record a guardian."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies

        async def recorded() -> Guarded:
            guardian, ward = _pair(input)
            return await record_guardianship(dependencies, actor, input.request(info), guardian, ward, input.kinship)

        return await attempt(
            RecordGuardianshipPayload,
            recorded,
            lambda answer: {
                "recorded_at": answer.guardianship.recorded_at,
                "decision": decision(answer.decision),
            },
        )

    @strawberry.mutation(description="End a guardianship on record, in person and with papers. Clerks only.")
    async def end_guardianship(
        self, info: Info, input: Annotated[EndGuardianshipInput, INPUT]
    ) -> EndGuardianshipPayload:
        """End a guardianship."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies

        async def ended() -> Guarded:
            return await end_guardianship(dependencies, actor, input.request(info), *_pair(input))

        return await attempt(
            EndGuardianshipPayload,
            ended,
            lambda answer: {"ended_at": answer.guardianship.ended_at, "decision": decision(answer.decision)},
        )


async def _about(given: RecordGuardianshipInput | EndGuardianshipInput, info: Info) -> ServiceRequest:
    actor, dependencies = info.context.require_actor(), info.context.dependencies
    return await about_guardianship(dependencies, actor, given.request(info), *_pair(given))


def _pair(given: RecordGuardianshipInput | EndGuardianshipInput) -> tuple[str, str]:
    """Return the local ids of guardian and ward."""
    return local_id(given.guardian_id, "Holder", "input.guardianId"), local_id(given.ward_id, "Holder", "input.wardId")
