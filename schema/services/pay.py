"""Pay what is due."""

from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.changing.results import PaymentAsked
from resolvers.services.pay import pay_operation
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.kit.scalars import Fen
from schema.types.decision import decision
from schema.types.inputs import OperationInput
from schema.types.mutations import decided_mutation
from schema.types.operation_nodes import operation_node
from schema.types.payloads import OperationPayload


@strawberry.input(description="A payment of everything that is due for an operation.")
class PayOperationInput(OperationInput):
    """What is paid."""

    service = "pay"


@sees(WITH_IT)
@strawberry.type(description="A payment that waits on the provider's page.")
class PaymentIntent:
    """An intent."""

    reference: str = field("The provider's name for it.")
    pay_url: str = field("The page to send the person to.")
    amount: Fen = field("How much, in fen.")


@sees(WITH_IT)
@strawberry.type(description="The answer to a request to pay. The operation is paid once the provider has said so.")
class PayOperationPayload(OperationPayload):
    """The operation and where to pay."""

    payment: PaymentIntent | None = field("Where to pay.", default=None)


def _asked(answer: PaymentAsked, _: Info) -> dict[str, Any]:
    intent = answer.intent
    return {
        "operation": operation_node(answer.operation),
        "decision": decision(answer.decision),
        "payment": PaymentIntent(
            reference=intent.provider_reference, pay_url=intent.pay_url, amount=Fen(answer.operation.due)
        ),
    }


mutation = decided_mutation(
    "Ask for a payment of what is due; asking again gives the same one (NX-1).",
    PayOperationInput,
    pay_operation,
    PayOperationPayload,
    _asked,
    asks=SERVED,
)
