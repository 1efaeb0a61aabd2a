"""Apply for a card (NX-1, SC-1, CD-1, QD-1)."""

from domain.holder import Actor
from domain.operation import OperationState
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import Change, begun
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def apply_for_card(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Submit an application: an operation with the fees charged so far.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: the person has a card or application in the province already (`ONE_CARD_PER_PROVINCE`).
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        operation = begun(decided, OperationState.SUBMITTED)
        return await carry_out(decided, Change(operation, claims_slot=True))
