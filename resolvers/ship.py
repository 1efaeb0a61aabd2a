"""Record that the card was shipped (NX-5)."""

from typing import Any

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation, OperationEvent
from resolvers.answers import Changed
from resolvers.ask import Ask
from resolvers.deciding import Case
from resolvers.dependencies import Dependencies
from resolvers.steps import step

MAX_TRACKING = 64


async def record_shipped(dependencies: Dependencies, actor: Actor, ask: Ask, tracking_number: str) -> Changed:
    """Record shipping.

    Args:
        tracking_number: of the parcel, 1 to 64 characters.
    """
    tracking = tracking_number.strip()
    if not 0 < len(tracking) <= MAX_TRACKING:
        raise InvalidInput(
            Message(f"运单号须为1至{MAX_TRACKING}个字符。", f"A tracking number has 1 to {MAX_TRACKING} characters."),
            field="input.trackingNumber",
        )

    async def tracked(case: Case, operation: Operation) -> dict[str, Any]:
        return {"tracking_number": tracking}

    return await step(dependencies, actor, ask, OperationEvent.SHIP, tracked)
