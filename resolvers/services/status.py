"""What state a card is in (NX-5, CD-10, QD-6)."""

from collections.abc import Sequence

from domain.holder import Actor
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decide_look
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.looking_up.lookup import require_shown
from store import UnitOfWork


async def look_up_card(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, card_id: str, sighted: Sequence[str] = ()
) -> DecidedRequest:
    """Return a card of one's own, a ward's or one's office's region, with what was read to find it.

    Args:
        sighted: types of the originals that a clerk has seen.

    Raises:
        NotFound: there is none, or it is none of theirs.
        DecisionRefused: the region does not give the status through this channel, or asks for something that is not there.
        NotPermitted: originals are sighted by somebody who is no clerk.
    """
    request = ServiceRequest("status", card_id=card_id, sighted=tuple(sighted))
    decided = await decide_look(dependencies, work, actor, request)
    require_shown(decided.decision)
    return decided
