"""How far an operation is (NX-5, SC-3, CD-9)."""

from collections.abc import Sequence
from dataclasses import replace

from domain.holder import Actor
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decide_look
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.looking_up.lookup import require_shown
from store import UnitOfWork


async def look_up_operation(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, operation_id: str, sighted: Sequence[str] = ()
) -> DecidedRequest:
    """Return an operation of one's own, a ward's or one's office's, with what was read to find it.

    Args:
        sighted: types of the originals that a clerk has seen.

    Raises:
        NotFound: there is none, or it is none of theirs.
        DecisionRefused: the region does not give progress through this channel, or asks for something that is not there.
        NotPermitted: originals are sighted by somebody who is no clerk.
    """
    request = ServiceRequest("progress", operation_id=operation_id, sighted=tuple(sighted))
    decided = await decide_look(dependencies, work, actor, request)
    require_shown(decided.decision)
    settled = decided.its_operation.settled(decided.now)
    if settled is decided.operation:
        return decided
    return replace(decided, subject=replace(decided.subject, operation=settled))
