"""Choose how to receive the card, and be charged the postage (NX-1)."""

from dataclasses import replace

from domain.fee import Fee
from domain.holder import Actor
from domain.operation import Delivery, Operation
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.deciding import Case, changing
from resolvers.changing.first_delivery import delivery_of
from resolvers.changing.steps import operation_of, save
from resolvers.dependencies import Dependencies


async def set_delivery(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Set or change the delivery of an operation that is not paid for yet.

    Raises:
        DecisionRefused: it is paid for, the way of delivery is not open, or the address is incomplete.
    """
    async with changing(dependencies, actor, ask) as case:
        before = operation_of(case)
        after = replace(before, delivery=_delivery(case, before), fees=_fees(case, before))
        after = await save(case, after, before, ask.service)
        return await case.answered(Changed(after, case.decision), after.id)


def _delivery(case: Case, operation: Operation) -> Delivery | None:
    delivery = case.ask.delivery
    return delivery_of(delivery, dict(case.evidence.details), operation.outlet) if delivery else None


def _fees(case: Case, operation: Operation) -> tuple[Fee, ...]:
    """Return what was charged before for other services, and what this decision charges instead of an earlier choice."""
    kept = tuple(fee for fee in operation.fees if fee.service != case.ask.service)
    return (*kept, *case.decision.fees)
