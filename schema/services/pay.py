"""Pay what is due."""

from typing import Annotated, Any

import strawberry

from resolvers.changing.results import PaymentAsked
from resolvers.services.pay import pay_operation
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.kit.scalars import Fen
from schema.types.decision import decision
from schema.types.errors import attempt
from schema.types.inputs import OperationInput
from schema.types.operation_nodes import operation_node
from schema.types.payloads import OperationPayload


@strawberry.input(description="A payment of everything that is due for an operation.")
class PayOperationInput(OperationInput):
    """What is paid."""

    service = "pay"


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


def _asked(answer: PaymentAsked) -> dict[str, Any]:
    intent = answer.intent
    return {
        "operation": operation_node(answer.operation),
        "decision": decision(answer.decision),
        "payment": PaymentIntent(
            reference=intent.provider_reference, pay_url=intent.pay_url, amount=Fen(answer.operation.due)
        ),
    }


@strawberry.type
class PayMutation:
    """The mutation of this service."""

    @strawberry.mutation(
        description="ServiceRequest for a payment of what is due; asking again gives the same one (NX-1)."
    )
    async def pay_operation(self, info: Info, input: Annotated[PayOperationInput, INPUT]) -> PayOperationPayload:
        """ServiceRequest for a payment."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            PayOperationPayload, lambda: pay_operation(dependencies, actor, input.request(info)), _asked
        )
