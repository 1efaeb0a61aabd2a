"""What mutations on operations return."""

from collections.abc import Awaitable
from typing import Any

import strawberry

from domain import decision as domain
from domain import operation as domain_operation
from schema.decision import Decision, decision
from schema.described import field
from schema.errors import UserError
from schema.nodes import Operation, operation_node


@strawberry.interface(description="What every mutation that is decided by policies returns.")
class DecidedPayload:
    """A payload with the decision."""

    decision: Decision | None = field("What the policies said; null where it did not come to a decision.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@strawberry.interface(description="What every mutation on an operation returns.")
class OperationPayload(DecidedPayload):
    """A payload with an operation."""

    operation: Operation | None = field("The operation after the change; null where nothing changed.", default=None)


async def changed(action: Awaitable[tuple[domain_operation.Operation, domain.Decision]]) -> dict[str, Any]:
    """Wait for a change of an operation and return the fields of its payload."""
    operation, decided = await action
    return {"operation": operation_node(operation), "decision": decision(decided)}
