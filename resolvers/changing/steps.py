"""One step of an operation: the policies allow it, the state machine has it, and the timeline tells it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from domain.holder import Actor
from domain.operation import Operation, OperationEvent, next_operation_state
from resolvers.changing.deciding import DecidedRequest, decided_transaction
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies

Changes = Callable[[DecidedRequest, Operation], Awaitable[dict[str, Any]]]


async def step(
    dependencies: Dependencies,
    actor: Actor,
    request: ServiceRequest,
    event: OperationEvent,
    changes: Changes | None = None,
    note: str | None = None,
) -> Changed:
    """Take an operation one step on.

    Args:
        request: for a service on an operation; event: what happens to it.
        changes: what else changes, computed in the same transaction: fields of the operation by name.
        note: for the timeline.

    Raises:
        DecisionRefused: the region's policy says no.
        TransitionImpossible: the state machine has no such step, whatever the policy says.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        before = operation_of(decided)
        state = next_operation_state(before.state, event)
        further = await changes(decided, before) if changes else {}
        after = await save(decided, replace(before, state=state, **further), before, request.service, note)
        return await decided.answered(Changed(after, decided.decision), after.id)


def operation_of(decided: DecidedRequest) -> Operation:
    """Return the operation that a decided request is about; a service on operations always has one."""
    if decided.operation is None:
        raise AssertionError(f"{decided.request.service} was asked without an operation")
    return decided.operation


async def save(
    decided: DecidedRequest, operation: Operation, before: Operation, event: str, note: str | None = None
) -> Operation:
    """Write an operation and its line of the timeline."""
    written = await decided.work.operations.update(replace(operation, updated_at=decided.now))
    entry = decided.entry(operation.id, event, before.state, operation.state)
    await decided.work.timeline.append(replace(entry, note=note))
    return written
