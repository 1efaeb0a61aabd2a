"""Accept an application for production."""

from typing import Annotated

import strawberry

from resolvers.accept import accept_for_production
from resolvers.ask import Ask
from schema.context import Info
from schema.described import INPUT, field
from schema.errors import attempt
from schema.inputs import ask_of
from schema.payloads import OperationPayload, changed
from schema.relay import local_id


@strawberry.input(description="Accept an application for production.")
class AcceptForProductionInput:
    """What is asked for."""

    operation_id: strawberry.ID = field("The operation.")
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        operation_id = local_id(self.operation_id, "Operation", "input.operationId")
        return ask_of("accept", None, operation_id=operation_id, policy_digest=self.policy_digest)


@strawberry.type(description="The answer to: accept an application for production.")
class AcceptForProductionPayload(OperationPayload):
    """The operation after the change."""


@strawberry.type
class AcceptForProductionMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Accept an application for production (NX-1, NX-5).")
    async def accept_for_production(
        self, info: Info, input: Annotated[AcceptForProductionInput, INPUT]
    ) -> AcceptForProductionPayload:
        """Accept an application for production."""
        actor = info.context.require_actor()
        dependencies = info.context.dependencies
        return await attempt(
            AcceptForProductionPayload, lambda: changed(accept_for_production(dependencies, actor, input.ask()))
        )
