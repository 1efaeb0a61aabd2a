"""Withdraw an application, or a request for a new card: until it is paid for, never after (NX-1)."""

from dataclasses import replace

from domain.holder import Actor
from domain.operation import OperationEvent
from domain.services import is_step_of
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import CardChange, operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.guardianships import drop
from resolvers.changing.notices import concerned, tell_concerned
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def withdraw_application(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Withdraw; who has no card in the province may then apply again there."""
    async with decided_transaction(dependencies, actor, request) as decided:
        change = operation_step(decided, OperationEvent.WITHDRAW)
        if change.operation.replaced_card_id is not None:
            old = await decided.work.cards.lock(change.operation.replaced_card_id)
            # No new card comes that would end it.
            change = replace(change, cards=(CardChange(old, old.ended_by_another(None)),))
        if is_step_of("confirm_guardianship", change.operation.service):
            dropped = await drop(decided.work, change.operation, decided.now)
            await tell_concerned(decided, change.operation, await concerned(decided, dropped.guardian_id))
        return await carry_out(decided, change)
