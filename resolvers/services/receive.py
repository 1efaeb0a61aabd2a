"""Confirm that the card has been received (NX-5)."""

from typing import Any

from domain.card import CardState
from domain.holder import Actor
from domain.operation import Operation, OperationEvent
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import end_replaced, ending_of
from resolvers.changing.deciding import Case
from resolvers.changing.steps import step
from resolvers.changing.sweep import settle
from resolvers.dependencies import Dependencies


async def confirm_receipt(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Confirm receipt; the card still has to be activated, and does not lapse as uncollected any more."""
    return await step(dependencies, actor, ask, OperationEvent.RECEIVE, _collected)


async def _collected(case: Case, operation: Operation) -> dict[str, Any]:
    if operation.card_id is not None:
        card = await settle(case.work, await case.work.cards.lock(operation.card_id), case.now)
        if card.state is CardState.SEALED:
            ending = ending_of(case.dependencies, case.decision, card.state.value, case.now)
            await case.work.cards.update(card.ending(ending), operation_id=operation.id)
    if operation.replaced_card_id is not None:
        await end_replaced(case, operation.replaced_card_id, operation.id)
    return {}
