"""Confirm that the card has been received."""

import strawberry

from domain.access import SERVED
from resolvers.services.receive import confirm_receipt
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import AttendedOperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Confirm that the card has been received.")
class ConfirmReceiptInput(AttendedOperationInput):
    """What is asked for."""

    service = "receive"


@sees(WITH_IT)
@strawberry.type(description="The answer to: confirm that the card has been received.")
class ConfirmReceiptPayload(OperationPayload):
    """What changed."""


mutation = decided_mutation(
    "Confirm that the card has been received (NX-5).",
    ConfirmReceiptInput,
    confirm_receipt,
    ConfirmReceiptPayload,
    changed,
    asks=SERVED,
)
