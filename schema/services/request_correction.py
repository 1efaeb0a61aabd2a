"""Ask the applicant to correct information."""

from typing import Annotated

import strawberry

from resolvers.services.request_correction import request_correction
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.errors import attempt
from schema.types.inputs import OperationInput
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="ServiceRequest the applicant to correct information.")
class RequestCorrectionInput(OperationInput):
    """What is asked for."""

    service = "request_correction"

    reason: str = field("What must be changed, for the applicant to read; 1 to 500 characters.")


@strawberry.type(description="The answer to: ask the applicant to correct information.")
class RequestCorrectionPayload(OperationPayload):
    """The operation after the change."""


@strawberry.type
class RequestCorrectionMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="ServiceRequest the applicant to correct information (NX-1).")
    async def request_correction(
        self, info: Info, input: Annotated[RequestCorrectionInput, INPUT]
    ) -> RequestCorrectionPayload:
        """ServiceRequest the applicant to correct information."""
        actor = info.context.require_actor()
        dependencies = info.context.dependencies
        return await attempt(
            RequestCorrectionPayload,
            lambda: request_correction(dependencies, actor, input.request(info), input.reason),
            changed,
        )
