"""Record that the card was shipped."""

import strawberry

from domain.access import SERVED
from resolvers.services.ship import record_shipped
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.types.inputs import OperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Record that the card was shipped.")
class RecordShippedInput(OperationInput):
    """What is asked for."""

    service = "ship"

    tracking_number: str = field("Of the parcel, 1 to 64 characters.")


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
