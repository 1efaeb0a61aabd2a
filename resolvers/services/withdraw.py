"""Withdraw an application, or a request for a new card: until it is paid for, never after (NX-1)."""

from typing import Any

from domain.holder import Actor
from domain.operation import Operation, OperationEvent
from resolvers.changing.deciding import DecidedRequest
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.steps import step
from resolvers.changing.sweep import release_slot
from resolvers.dependencies import Dependencies


async def withdraw_application(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Withdraw; who has no card in the province may then apply again there."""
    return await step(dependencies, actor, request, OperationEvent.WITHDRAW, _free_slot)


async def _free_slot(decided: DecidedRequest, operation: Operation) -> dict[str, Any]:
    await release_slot(decided.work, operation.province, operation.holder_id, decided.now, withdrawn=operation.id)
    return {}
