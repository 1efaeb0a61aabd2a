"""Information is found to be wrong, and the applicant is asked to change it (NX-1)."""

from dataclasses import replace

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from domain.operation import OperationEvent
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.details import require_visible
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies

MAX_REASON = 500


async def request_correction(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, reason: str
) -> ChangeResult:
    """Ask the applicant to change something.

    Args:
        reason: what must be changed, as the applicant will read it; 1 to 500 characters.
    """
    text = reason.strip()
    if not 0 < len(text) <= MAX_REASON:
        raise InvalidInput(
            Message(
                f"请填写要修改什么，1至{MAX_REASON}个字。",
                f"Say what must be changed, in 1 to {MAX_REASON} characters.",
            ),
            field="input.reason",
        )
    require_visible(text, "input.reason")

    async with decided_transaction(dependencies, actor, request) as decided:
        change = operation_step(decided, OperationEvent.REQUEST_CORRECTION, correction_reason=text)
        return await carry_out(decided, replace(change, note=text))
