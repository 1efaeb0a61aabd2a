"""Record that the card was shipped."""

import strawberry

from domain.access import SERVED
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.ship import about_parcel, record_shipped
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.types.inputs import OperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Record that the card was shipped.")
class RecordShippedInput(OperationInput):
    """What is asked for."""

    service = "ship"

    tracking_number: str = field("Of the parcel, 1 to 64 characters.")

    def with_own(self, request: ServiceRequest) -> ServiceRequest:
        """Return a request with what is wrong with the number."""
        return about_parcel(request, self.tracking_number)

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what is wrong with the number."""
        return self.with_own(self.request(info))


@sees(WITH_IT)
@strawberry.type(description="The answer to: record that the card was shipped.")
class RecordShippedPayload(OperationPayload):
    """What changed."""


mutation = decided_mutation(
    "Record that the card was shipped (NX-5).",
    RecordShippedInput,
    record_shipped,
    RecordShippedPayload,
    changed,
    lambda given: (given.tracking_number,),
    asks=SERVED,
)
