"""Record that the card was shipped (NX-5)."""

import re

from domain.errors import InvalidInput
from domain.frozen import replace
from domain.holder import Actor
from domain.message import Message
from domain.operation import OperationEvent
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies

_TRACKING = re.compile(r"[A-Za-z0-9-]{1,64}")


def about_parcel(request: ServiceRequest, tracking_number: str) -> ServiceRequest:
    """Return a request about a parcel, with what is wrong with its number."""
    if _TRACKING.fullmatch(tracking_number.strip()):
        return request
    no_number = InvalidInput(
        Message(
            "运单号应为1至64位字母、数字或连字符，请改正。",
            "A tracking number has 1 to 64 letters, digits and hyphens.",
        ),
        field="input.trackingNumber",
    )
    return replace(request, wrong=(no_number,))


async def record_shipped(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, tracking_number: str
) -> ChangeResult:
    """Record shipping.

    Args:
        tracking_number: of the parcel, 1 to 64 letters, digits and hyphens.

    Raises:
        InvalidInput: no parcel has such a number.
    """
    request, tracking = about_parcel(request, tracking_number), tracking_number.strip()
    async with decided_transaction(dependencies, actor, request) as decided:
        return await carry_out(decided, operation_step(decided, OperationEvent.SHIP, tracking_number=tracking))
