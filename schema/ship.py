"""Record that the card was shipped."""

from typing import Annotated

import strawberry

from resolvers.ask import Ask
from resolvers.ship import record_shipped
from schema.context import Info
from schema.described import INPUT, field
from schema.errors import attempt
from schema.inputs import ask_of
from schema.payloads import OperationPayload, changed
from schema.relay import local_id


@strawberry.input(description="Record that the card was shipped.")
class RecordShippedInput:
    """What is asked for."""

    operation_id: strawberry.ID = field("The operation.")
    tracking_number: str = field("Of the parcel, 1 to 64 characters.")
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        operation_id = local_id(self.operation_id, "Operation", "input.operationId")
        return ask_of("ship", None, operation_id=operation_id, policy_digest=self.policy_digest)


@strawberry.type(description="The answer to: record that the card was shipped.")
class RecordShippedPayload(OperationPayload):
    """The operation after the change."""


@strawberry.type
class RecordShippedMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Record that the card was shipped (NX-5).")
    async def record_shipped(self, info: Info, input: Annotated[RecordShippedInput, INPUT]) -> RecordShippedPayload:
        """Record that the card was shipped."""
        actor = info.context.require_actor()
        dependencies = info.context.dependencies
        return await attempt(
            RecordShippedPayload,
            lambda: changed(record_shipped(dependencies, actor, input.ask(), input.tracking_number)),
        )
