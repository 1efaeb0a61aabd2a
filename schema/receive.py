"""Confirm that the card has been received."""

from typing import Annotated

import strawberry

from resolvers.ask import Ask
from resolvers.receive import confirm_receipt
from schema.context import Info
from schema.described import INPUT, field
from schema.errors import attempt
from schema.inputs import ask_of
from schema.payloads import OperationPayload, changed
from schema.relay import local_id


@strawberry.input(description="Confirm that the card has been received.")
class ConfirmReceiptInput:
    """What is asked for."""

    operation_id: strawberry.ID = field("The operation.")
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        operation_id = local_id(self.operation_id, "Operation", "input.operationId")
        return ask_of("receive", None, operation_id=operation_id, policy_digest=self.policy_digest)


@strawberry.type(description="The answer to: confirm that the card has been received.")
class ConfirmReceiptPayload(OperationPayload):
    """The operation after the change."""


@strawberry.type
class ConfirmReceiptMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Confirm that the card has been received (NX-5).")
    async def confirm_receipt(self, info: Info, input: Annotated[ConfirmReceiptInput, INPUT]) -> ConfirmReceiptPayload:
        """Confirm that the card has been received."""
        actor = info.context.require_actor()
        dependencies = info.context.dependencies
        return await attempt(ConfirmReceiptPayload, lambda: changed(confirm_receipt(dependencies, actor, input.ask())))
