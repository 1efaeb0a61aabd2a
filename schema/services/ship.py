"""Record that the card was shipped."""

from typing import Annotated

import strawberry

from resolvers.services.ship import record_shipped
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.errors import attempt
from schema.types.inputs import OperationInput
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Record that the card was shipped.")
class RecordShippedInput(OperationInput):
    """What is asked for."""

    service = "ship"

    tracking_number: str = field("Of the parcel, 1 to 64 characters.")


@strawberry.type(description="The answer to: record that the card was shipped.")
class RecordShippedPayload(OperationPayload):
    """What changed."""


@strawberry.type
class RecordShippedMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Record that the card was shipped (NX-5).")
    async def record_shipped(self, info: Info, input: Annotated[RecordShippedInput, INPUT]) -> RecordShippedPayload:
        """Record that the card was shipped."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            RecordShippedPayload,
            lambda: record_shipped(dependencies, actor, input.request(info), input.tracking_number),
            changed,
        )
