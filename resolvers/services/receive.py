"""Confirm that the card has been received (NX-5)."""

from typing import Any

from domain.card import CardState
from domain.holder import Actor
from domain.operation import Operation, OperationEvent
from resolvers.changing.card_steps import end_replaced, ending_of
from resolvers.changing.deciding import DecidedRequest
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.steps import step
from resolvers.changing.sweep import settle
from resolvers.dependencies import Dependencies


async def confirm_receipt(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Confirm receipt; the card still has to be activated, and does not lapse as uncollected any more."""
    return await step(dependencies, actor, request, OperationEvent.RECEIVE, _collected)


async def _collected(decided: DecidedRequest, operation: Operation) -> dict[str, Any]:
    if operation.card_id is not None:
        card = await settle(decided.work, await decided.work.cards.lock(operation.card_id), decided.now)
        if card.state is CardState.SEALED:
            ending = ending_of(decided.dependencies, decided.decision, card.state.value, decided.now)
            await decided.work.cards.update(card.ending(ending), operation_id=operation.id)
    if operation.replaced_card_id is not None:
        await end_replaced(decided, operation.replaced_card_id, operation.id)
    return {}
