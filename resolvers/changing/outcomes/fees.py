"""What a decision charges, booked with the operation."""

from domain.operation import OperationState
from resolvers.changing.change import Change
from resolvers.changing.decided_request import DecidedRequest


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Book what is charged, in place of what the same service charged for an earlier choice."""
    if change.operation.state is not OperationState.SUBMITTED:
        return change
    earlier = tuple(fee for fee in change.operation.fees if fee.service != decided.request.service)
    return change.with_operation(fees=(*earlier, *decided.told.fees))
