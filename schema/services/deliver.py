"""Choose how to receive the card."""

from typing import Annotated, Any

import strawberry

from resolvers.services.deliver import set_delivery
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.errors import attempt
from schema.types.inputs import AttendedOperationInput, DeliveryInput
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="A way of delivery for an operation that is not paid for yet.")
class SetDeliveryInput(AttendedOperationInput):
    """What is chosen."""

    service = "deliver"

    delivery: DeliveryInput = field("How the card should reach its holder.")

    def asked(self) -> dict[str, Any]:
        """Return the operation and the choice."""
        return {**AttendedOperationInput.asked(self), "delivery": self.delivery}


@strawberry.type(description="The answer to a choice of delivery.")
class SetDeliveryPayload(OperationPayload):
    """The operation with its postage."""


@strawberry.type
class DeliverMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Choose how to receive the card, and be told the postage (NX-1).")
    async def set_delivery(self, info: Info, input: Annotated[SetDeliveryInput, INPUT]) -> SetDeliveryPayload:
        """Choose the delivery."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            SetDeliveryPayload, lambda: set_delivery(dependencies, actor, input.request(info)), changed
        )
