"""One step of an operation: the policies allow it, the state machine has it, and the timeline tells it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from domain.holder import Actor
from domain.operation import Operation, OperationEvent, next_operation_state
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.deciding import Case, changing
from resolvers.dependencies import Dependencies

Changes = Callable[[Case, Operation], Awaitable[dict[str, Any]]]


async def step(
    dependencies: Dependencies,
    actor: Actor,
    ask: Ask,
    event: OperationEvent,
    changes: Changes | None = None,
    note: str | None = None,
) -> Changed:
    """Take an operation one step on.

    Args:
        ask: for a service on an operation; event: what happens to it.
        changes: what else changes, computed in the same transaction: fields of the operation by name.
        note: for the timeline.

    Raises:
        DecisionRefused: the region's policy says no.
        TransitionImpossible: the state machine has no such step, whatever the policy says.
    """
    async with changing(dependencies, actor, ask) as case:
        before = operation_of(case)
        state = next_operation_state(before.state, event)
        further = await changes(case, before) if changes else {}
        after = await save(case, replace(before, state=state, **further), before, ask.service, note)
        return await case.answered(Changed(after, case.decision), after.id)


def operation_of(case: Case) -> Operation:
    """Return the operation that a case is about; a service on operations always has one."""
    if case.operation is None:
        raise AssertionError(f"{case.ask.service} was asked without an operation")
    return case.operation


async def save(case: Case, operation: Operation, before: Operation, event: str, note: str | None = None) -> Operation:
    """Write an operation and its line of the timeline."""
    written = await case.work.operations.update(replace(operation, updated_at=case.now))
    entry = case.entry(operation.id, event, before.state, operation.state)
    await case.work.timeline.append(replace(entry, note=note))
    return written
