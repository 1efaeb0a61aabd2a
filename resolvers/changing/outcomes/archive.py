"""What a decision says must be kept, kept with the operation."""

from resolvers.changing.change import Change
from resolvers.changing.decided_request import DecidedRequest


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Keep what the step asks for, beside what earlier steps of the operation did."""
    asked = (item.document for item in decided.told.archive if not item.conditional)
    return change.with_operation(archive=tuple(dict.fromkeys((*change.operation.archive, *asked))))
