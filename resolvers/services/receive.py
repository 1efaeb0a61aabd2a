"""Confirm that the card has been received (NX-5)."""

from dataclasses import replace

from domain.card import CardState
from domain.holder import Actor
from domain.operation import OperationEvent
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import CardChange, operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.outcomes import lapses
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def confirm_receipt(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Confirm receipt; the card still has to be activated, and does not lapse as uncollected any more."""
    async with decided_transaction(dependencies, actor, request) as decided:
        change = operation_step(decided, OperationEvent.RECEIVE)
        operation = decided.its_operation
        if operation.card_id is not None:
            card = await lapses.held(decided, operation.card_id)
            if card.state is CardState.SEALED:
                change = replace(change, cards=(CardChange(card, card, ends_anew=True),))
        return await carry_out(decided, change)
