"""What state a card is in (NX-5, CD-10, QD-6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.card import Card
from domain.errors import DecisionRefused, NotFound
from domain.holder import Actor
from resolvers import rate_limiting
from resolvers.changing.access import NOBODY, is_elsewhere
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decide_look
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.standing import NONE, Viewer, note_present, standing_to_person
from resolvers.dependencies import Dependencies
from resolvers.looking_up.lookup import require_shown
from resolvers.looking_up.next_steps import opened_by
from store import UnitOfWork


@dataclass(frozen=True, slots=True)
class FoundCard:
    """A card that was looked for by its number.

    Args:
        decided: the look at it, where it is shown; otherwise None.
        elsewhere: the card, where an office may know only where it belongs.
    """

    decided: DecidedRequest | None = None
    elsewhere: Card | None = None


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
    try:
        require_shown(decided.decision)
    except DecisionRefused as refused:
        # A person is told what leads on, where something does: a card that is bound first is shown.
        refused.first = await opened_by(dependencies, work, actor, decided)
        raise
    return decided


async def find_card(dependencies: Dependencies, viewer: Viewer, number: str, sighted: Sequence[str]) -> FoundCard:
    """Return the card with the number that is printed on it, as its region's policy of looking up allows.

    A clerk who types the number has been shown the card: they may read whose it is.

    Args:
        sighted: types of the originals that a clerk has seen.

    Raises:
        DecisionRefused: the region does not give the status through this channel, or asks for something that is not there.
        NotPermitted: originals are sighted by somebody who is no clerk.
        TooManyRequests: too many that were looked for were not found.
    """
    actor = viewer.actor
    async with rate_limiting.turn(dependencies, actor):
        rate_limiting.require_numbers(dependencies, actor)
        found = await _found_card(dependencies, viewer, number, sighted)
        if found.decided is None and found.elsewhere is None:
            await rate_limiting.wrong_number(dependencies, actor)
    return found


async def _found_card(dependencies: Dependencies, viewer: Viewer, number: str, sighted: Sequence[str]) -> FoundCard:
    actor = viewer.actor
    async with dependencies.store.reading() as work:
        card = await work.cards.find_by_number(number)
        if card is not None and is_elsewhere(actor, card):
            return FoundCard(elsewhere=card)
        try:
            # As much is read where there is none.
            found = await look_up_card(dependencies, work, actor, card.id if card else NOBODY, sighted)
        except NotFound:
            # Somebody else's is told of as one that there is not.
            return FoundCard()
        standing = await standing_to_person(work, viewer, found.holder) if viewer.desk else NONE
    if viewer.desk and standing != viewer.desk:
        async with dependencies.store.transaction() as work:
            await note_present(work, viewer, found.holder)
    return FoundCard(found)
