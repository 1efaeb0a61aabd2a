"""What the applicant chose, kept with the operation."""

from resolvers.changing.change import Change
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.first_delivery import delivery_of


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Keep the way of delivery that was chosen."""
    chosen = decided.request.delivery
    if chosen is None:
        return change
    words = decided.dependencies.policies().region(decided.region).words
    details = dict(decided.evidence.details)
    return change.with_operation(delivery=delivery_of(words, chosen, details, change.operation.outlet))
