"""Pay what is due."""

from typing import Annotated, Any

import strawberry

from resolvers.ask import Ask
from resolvers.pay import pay_operation
from schema.context import Info
from schema.decision import decision
from schema.described import INPUT, field
from schema.errors import attempt
from schema.inputs import ask_of
from schema.nodes import operation_node
from schema.payloads import OperationPayload
from schema.relay import local_id
from schema.scalars import Fen


@strawberry.input(description="A payment of everything that is due for an operation.")
class PayOperationInput:
    """What is paid."""

    operation_id: strawberry.ID = field("The operation.")
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        operation_id = local_id(self.operation_id, "Operation", "input.operationId")
        return ask_of("pay", None, operation_id=operation_id, policy_digest=self.policy_digest)


@strawberry.type(description="A payment that waits on the provider's page.")
class PaymentIntent:
    """An intent."""

    reference: str = field("The provider's name for it.")
    pay_url: str = field("The page to send the person to.")
    amount: Fen = field("How much, in fen.")


@strawberry.type(description="The answer to a request to pay. The operation is paid once the provider has said so.")
class PayOperationPayload(OperationPayload):
    """The operation and where to pay."""

    payment: PaymentIntent | None = field("Where to pay.", default=None)


@strawberry.type
class PayMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Ask for a payment of what is due; asking again gives the same one (NX-1).")
    async def pay_operation(self, info: Info, input: Annotated[PayOperationInput, INPUT]) -> PayOperationPayload:
        """Ask for a payment."""
        actor = info.context.require_actor()

        async def paid() -> dict[str, Any]:
            operation, intent, decided = await pay_operation(info.context.dependencies, actor, input.ask())
            return {
                "operation": operation_node(operation),
                "decision": decision(decided),
                "payment": PaymentIntent(
                    reference=intent.provider_reference, pay_url=intent.pay_url, amount=Fen(operation.due)
                ),
            }

        return await attempt(PayOperationPayload, paid)
