"""Confirm that the card has been received (NX-5)."""

from domain.decision import Decision
from domain.holder import Actor
from domain.operation import Operation, OperationEvent
from resolvers.ask import Ask
from resolvers.dependencies import Dependencies
from resolvers.steps import step


async def confirm_receipt(dependencies: Dependencies, actor: Actor, ask: Ask) -> tuple[Operation, Decision]:
    """Confirm receipt; the card still has to be activated."""
    return await step(dependencies, actor, ask, OperationEvent.RECEIVE)
