"""Withdraw an application, or a request for a new card: until it is paid for, never after (NX-1)."""

from typing import Any

from domain.holder import Actor
from domain.operation import Operation, OperationEvent
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.deciding import Case
from resolvers.changing.steps import step
from resolvers.changing.sweep import release_slot
from resolvers.dependencies import Dependencies


async def withdraw_application(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Withdraw; who has no card in the province may then apply again there."""
    return await step(dependencies, actor, ask, OperationEvent.WITHDRAW, _free_slot)


async def _free_slot(case: Case, operation: Operation) -> dict[str, Any]:
    await release_slot(case.work, operation.province, operation.holder_id, case.now, withdrawn=operation.id)
    return {}
