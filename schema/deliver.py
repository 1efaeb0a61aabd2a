"""Choose how to receive the card."""

from typing import Annotated

import strawberry

from resolvers.ask import Ask
from resolvers.deliver import set_delivery
from schema.context import Info
from schema.described import INPUT, field
from schema.errors import attempt
from schema.inputs import DeliveryInput, EvidenceInput, ask_of
from schema.payloads import OperationPayload, changed
from schema.relay import local_id


@strawberry.input(description="A way of delivery for an operation that is not paid for yet.")
class SetDeliveryInput:
    """What is chosen."""

    operation_id: strawberry.ID = field("The operation.")
    delivery: DeliveryInput = field("How the card should reach its holder.")
    evidence: EvidenceInput | None = field("What is brought along.", default=None)
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        return ask_of(
            "deliver",
            self.evidence,
            operation_id=local_id(self.operation_id, "Operation", "input.operationId"),
            delivery=self.delivery,
            policy_digest=self.policy_digest,
        )


@strawberry.type(description="The answer to a choice of delivery.")
class SetDeliveryPayload(OperationPayload):
    """The operation with its postage."""


@strawberry.type
class DeliverMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Choose how to receive the card, and be told the postage (NX-1).")
    async def set_delivery(self, info: Info, input: Annotated[SetDeliveryInput, INPUT]) -> SetDeliveryPayload:
        """Choose the delivery."""
        actor = info.context.require_actor()
        return await attempt(
            SetDeliveryPayload, lambda: changed(set_delivery(info.context.dependencies, actor, input.ask()))
        )
