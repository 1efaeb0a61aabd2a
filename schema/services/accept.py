"""Accept an application for production."""

from typing import Annotated

import strawberry

from resolvers.services.accept import accept_for_production
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
from schema.types.inputs import OperationInput
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Accept an application for production.")
class AcceptForProductionInput(OperationInput):
    """What is asked for."""

    service = "accept"


@strawberry.type(description="The answer to: accept an application for production.")
class AcceptForProductionPayload(OperationPayload):
    """What changed."""


@strawberry.type
class AcceptForProductionMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Accept an application for production (NX-1, NX-5).")
    async def accept_for_production(
        self, info: Info, input: Annotated[AcceptForProductionInput, INPUT]
    ) -> AcceptForProductionPayload:
        """Accept an application for production."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            AcceptForProductionPayload, lambda: accept_for_production(dependencies, actor, input.request(info)), changed
        )
