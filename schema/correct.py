"""The correction loop: ask for it, make it."""

from typing import Annotated

import strawberry

from resolvers.ask import Ask
from resolvers.correct import correct_application, request_correction
from schema.context import Info
from schema.described import INPUT, field
from schema.errors import attempt
from schema.inputs import EvidenceInput, ask_of
from schema.payloads import OperationPayload, changed
from schema.relay import local_id


@strawberry.input(description="Ask the applicant to correct information.")
class RequestCorrectionInput:
    """What is asked for."""

    operation_id: strawberry.ID = field("The operation.")
    reason: str = field("What must be changed, for the applicant to read; 1 to 500 characters.")
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        operation_id = local_id(self.operation_id, "Operation", "input.operationId")
        return ask_of("request_correction", None, operation_id=operation_id, policy_digest=self.policy_digest)


@strawberry.type(description="The answer to: ask the applicant to correct information.")
class RequestCorrectionPayload(OperationPayload):
    """The operation after the change."""


@strawberry.type
class RequestCorrectionMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Ask the applicant to correct information (NX-1).")
    async def request_correction(
        self, info: Info, input: Annotated[RequestCorrectionInput, INPUT]
    ) -> RequestCorrectionPayload:
        """Ask the applicant to correct information."""
        actor = info.context.require_actor()
        dependencies = info.context.dependencies
        return await attempt(
            RequestCorrectionPayload,
            lambda: changed(request_correction(dependencies, actor, input.ask(), input.reason)),
        )


@strawberry.input(description="Correct what was asked for; the application is accepted again.")
class CorrectApplicationInput:
    """What is asked for."""

    operation_id: strawberry.ID = field("The operation.")
    evidence: EvidenceInput | None = field("What is brought along.", default=None)
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        operation_id = local_id(self.operation_id, "Operation", "input.operationId")
        return ask_of("correct", self.evidence, operation_id=operation_id, policy_digest=self.policy_digest)


@strawberry.type(description="The answer to: correct what was asked for; the application is accepted again.")
class CorrectApplicationPayload(OperationPayload):
    """The operation after the change."""


@strawberry.type
class CorrectApplicationMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Correct what was asked for; the application is accepted again (NX-1).")
    async def correct_application(
        self, info: Info, input: Annotated[CorrectApplicationInput, INPUT]
    ) -> CorrectApplicationPayload:
        """Correct what was asked for; the application is accepted again."""
        actor = info.context.require_actor()
        dependencies = info.context.dependencies
        return await attempt(
            CorrectApplicationPayload, lambda: changed(correct_application(dependencies, actor, input.ask()))
        )
