"""Record that the card was shipped (NX-5)."""

import re
from typing import Any

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation, OperationEvent
from resolvers.changing.deciding import DecidedRequest
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.steps import step
from resolvers.dependencies import Dependencies

_TRACKING = re.compile(r"[A-Za-z0-9-]{1,64}")


async def record_shipped(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, tracking_number: str
) -> Changed:
    """Record shipping.

    Args:
        tracking_number: of the parcel, 1 to 64 letters, digits and hyphens.

    Raises:
        InvalidInput: no parcel has such a number.
    """
    tracking = tracking_number.strip()
    if not _TRACKING.fullmatch(tracking):
        raise InvalidInput(
            Message(
                "运单号应为1至64位字母、数字或连字符，请改正。",
                "A tracking number has 1 to 64 letters, digits and hyphens.",
            ),
            field="input.trackingNumber",
        )

    async def tracked(decided: DecidedRequest, operation: Operation) -> dict[str, Any]:
        return {"tracking_number": tracking}

    return await step(dependencies, actor, request, OperationEvent.SHIP, tracked)
