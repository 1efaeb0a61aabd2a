"""Choose how to receive the card, and be charged the postage (NX-1)."""

from dataclasses import replace

from domain.fee import Fee
from domain.holder import Actor
from domain.operation import Delivery, Operation
from resolvers.changing.deciding import DecidedRequest, decided_transaction
from resolvers.changing.first_delivery import delivery_of
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.steps import operation_of, save
from resolvers.dependencies import Dependencies


async def set_delivery(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Set or change the delivery of an operation that is not paid for yet.

    Raises:
        DecisionRefused: it is paid for, the way of delivery is not open, or the address is incomplete.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        before = operation_of(decided)
        after = replace(before, delivery=_delivery(decided, before), fees=_fees(decided, before))
        after = await save(decided, after, before, request.service)
        return await decided.answered(Changed(after, decided.decision), after.id)


def _delivery(decided: DecidedRequest, operation: Operation) -> Delivery | None:
    delivery = decided.request.delivery
    return delivery_of(delivery, dict(decided.evidence.details), operation.outlet) if delivery else None


def _fees(decided: DecidedRequest, operation: Operation) -> tuple[Fee, ...]:
    """Return what was charged before for other services, and what this decision charges instead of an earlier choice."""
    kept = tuple(fee for fee in operation.fees if fee.service != decided.request.service)
    return (*kept, *decided.decision.fees)
