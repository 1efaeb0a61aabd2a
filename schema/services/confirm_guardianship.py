"""Confirm what another clerk has asked about a guardian."""

import strawberry

from domain.access import SERVED
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.confirm_guardianship import about_confirmation, confirm_guardianship
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.types.inputs import OperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="What another clerk has asked about a guardian.")
class ConfirmGuardianshipInput(OperationInput):
    """What is confirmed."""

    service = "confirm_guardianship"

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with whom it concerns besides."""
        return await about_confirmation(info.context.dependencies, self.request(info))


@sees(WITH_IT)
@strawberry.type(description="The answer to a confirmation; `operation.guardianship` says from when it holds.")
class ConfirmGuardianshipPayload(OperationPayload):
    """The operation after the change."""


mutation = decided_mutation(
    "Confirm that a guardian comes on record, or is guardian no longer, as another clerk has asked. Clerks only.",
    ConfirmGuardianshipInput,
    confirm_guardianship,
    ConfirmGuardianshipPayload,
    changed,
    asks=SERVED,
)
