"""Ask the applicant to correct information."""

import strawberry

from domain.access import SERVED
from resolvers.services.request_correction import request_correction
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.types.inputs import OperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Ask the applicant to correct information.")
class RequestCorrectionInput(OperationInput):
    """What is asked for."""

    service = "request_correction"

    reason: str = field("What must be changed, for the applicant to read; 1 to 500 characters.")


@sees(WITH_IT)
@strawberry.type(description="The answer to: ask the applicant to correct information.")
class RequestCorrectionPayload(OperationPayload):
    """The operation after the change."""


mutation = decided_mutation(
    "Ask the applicant to correct information (NX-1).",
    RequestCorrectionInput,
    request_correction,
    RequestCorrectionPayload,
    changed,
    lambda given: (given.reason,),
    asks=SERVED,
)
