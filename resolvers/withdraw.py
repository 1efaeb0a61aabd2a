"""Withdraw an application: until it is paid for, never after (NX-1)."""

from typing import Any

from domain.decision import Decision
from domain.holder import Actor
from domain.operation import Operation, OperationEvent
from resolvers.ask import Ask
from resolvers.deciding import Case
from resolvers.dependencies import Dependencies
from resolvers.steps import step


async def withdraw_application(dependencies: Dependencies, actor: Actor, ask: Ask) -> tuple[Operation, Decision]:
    """Withdraw; the person may then apply again in the province."""
    return await step(dependencies, actor, ask, OperationEvent.WITHDRAW, _free_slot)


async def _free_slot(case: Case, operation: Operation) -> dict[str, Any]:
    await case.work.slots.release(operation.province, operation.holder_id)
    return {}
