"""Accept an application for production."""

import strawberry

from domain.access import SERVED
from resolvers.services.accept import accept_for_production
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import OperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Accept an application for production.")
class AcceptForProductionInput(OperationInput):
    """What is asked for."""

    service = "accept"


@sees(WITH_IT)
@strawberry.type(description="The answer to: accept an application for production.")
class AcceptForProductionPayload(OperationPayload):
    """What changed."""


mutation = decided_mutation(
    "Accept an application for production (NX-1, NX-5).",
    AcceptForProductionInput,
    accept_for_production,
    AcceptForProductionPayload,
    changed,
    asks=SERVED,
)
