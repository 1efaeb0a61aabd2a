"""What the applicant chose, kept with the operation, so that its later steps hold to it."""

from typing import Any

from domain.frozen import replace
from domain.operation import Delivery, Operation
from domain.services import Choice, takes
from resolvers.changing.change import Change
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.first_delivery import delivery_of


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Keep what was chosen and declared with this request."""
    if change.before is not None:
        change = change.with_operation(**kept(decided, change.before))
    chosen = decided.request.delivery
    if chosen is None:
        return change
    words = decided.dependencies.policies().region(decided.region).words
    details = dict(decided.evidence.details)
    return change.with_operation(delivery=delivery_of(words, chosen, details, change.operation.outlet))


def kept(decided: DecidedRequest, before: Operation) -> dict[str, Any]:
    """Return what an operation keeps of a step that is taken with it, by the names of its fields.

    Args:
        before: the operation as it is on record.
    """
    request = decided.request
    fields: dict[str, Any] = {"declarations": {**before.declarations, **decided.declarations}}
    if request.bank is not None:
        fields["bank"] = request.bank
    # With a way of delivery, the outlet is the one of collection and not the one that issues the card.
    if request.outlet is not None and not takes(request.service, Choice.DELIVERY):
        fields["outlet"] = request.outlet
        fields["delivery"] = _moved(before, request.outlet)
    return fields


def _moved(before: Operation, outlet: str) -> Delivery | None:
    """Return a delivery to another issuing outlet, where the card was to be collected at the one before."""
    delivery = before.delivery
    if delivery is None or delivery.outlet is None or delivery.outlet != before.outlet:
        return delivery
    return replace(delivery, outlet=outlet)
