"""Choose how to receive the card."""

from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.deliver import set_delivery
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.types.inputs import AttendedOperationInput, DeliveryInput, no_delivery
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="A way of delivery for an operation that is not paid for yet.")
class SetDeliveryInput(AttendedOperationInput):
    """What is chosen."""

    service = "deliver"

    delivery: DeliveryInput = field("How the card should reach its holder.")

    def asked(self) -> dict[str, Any]:
        """Return the operation and the choice."""
        return {**AttendedOperationInput.asked(self), "delivery": self.delivery}

    def request(self, info: Info) -> ServiceRequest:
        """Return the request as plain values.

        Raises:
            InvalidInput: nothing is chosen.
        """
        request = AttendedOperationInput.request(self, info)
        if request.delivery is None:
            raise no_delivery()
        return request


@sees(WITH_IT)
@strawberry.type(description="The answer to a choice of delivery.")
class SetDeliveryPayload(OperationPayload):
    """The operation with its postage."""


mutation = decided_mutation(
    "Choose how to receive the card, and be told the postage (NX-1).",
    SetDeliveryInput,
    set_delivery,
    SetDeliveryPayload,
    changed,
    asks=SERVED,
)
