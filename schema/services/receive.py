"""Confirm that the card has been received."""

from typing import Annotated

import strawberry

from resolvers.services.receive import confirm_receipt
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
from schema.types.inputs import AttendedOperationInput
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Confirm that the card has been received.")
class ConfirmReceiptInput(AttendedOperationInput):
    """What is asked for."""

    service = "receive"


@strawberry.type(description="The answer to: confirm that the card has been received.")
class ConfirmReceiptPayload(OperationPayload):
    """What changed."""


@strawberry.type
class ConfirmReceiptMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Confirm that the card has been received (NX-5).")
    async def confirm_receipt(self, info: Info, input: Annotated[ConfirmReceiptInput, INPUT]) -> ConfirmReceiptPayload:
        """Confirm that the card has been received."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            ConfirmReceiptPayload, lambda: confirm_receipt(dependencies, actor, input.request(info)), changed
        )
