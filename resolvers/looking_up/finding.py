"""Finding a person by an identity document, and where cards are that an office does not serve."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from domain.access import HOLDER
from domain.card import Card, CardState
from domain.holder import Actor, Holder
from domain.names import same_name
from gateways.identity_number import normalise_identity_number
from resolvers import rate_limiting
from resolvers.changing.access import NOBODY, is_elsewhere
from resolvers.changing.standing import Viewer, note_present, standing_to_person
from resolvers.dependencies import Dependencies
from resolvers.looking_up.holders import require_identity_type


class WhyNotShown(StrEnum):
    """Why nothing is shown of who or what was looked for."""

    NOT_ON_RECORD = "not_on_record"
    ANOTHER_PROVINCE = "another_province"


async def find_holder(
    dependencies: Dependencies, viewer: Viewer, name: str, identity_type: str, identity_number: str
) -> tuple[Holder, int] | None:
    """Return the person of a name and an identity document, for whoever may see them; a clerk has been shown the document.

    Args:
        name: as on the document; how it is typed does not matter. identity_type: a term of the identity types vocabulary.

    Returns:
        The person, and how whoever asks stands to them. None where nobody on record has that name and document, or nobody whom
        they may see. It never says which of the two is wrong.

    Raises:
        InvalidInput: there is no such type of document, or no document of it can have that number.
        TooManyRequests: too many that were looked for were not found.
    """
    async with rate_limiting.turn(dependencies, viewer.actor):
        rate_limiting.require_numbers(dependencies, viewer.actor)
        require_identity_type(dependencies, identity_type, "identityType")
        number = normalise_identity_number(identity_type, identity_number, field="identityNumber")
        async with dependencies.store.reading() as work:
            found = await work.holders.find_by_identity(identity_type, number)
            # As much is read of who is not there, or is called otherwise.
            standing = await standing_to_person(work, viewer, found or NOBODY)
        if found is None or not same_name(found.name, name) or not (standing & HOLDER or viewer.desk):
            tells = found is not None and bool(standing & HOLDER)
            await rate_limiting.wrong_number(
                dependencies, viewer.actor, found.id if found is not None and tells else None
            )
            return None
    if viewer.desk and standing != viewer.desk:
        async with dependencies.store.transaction() as work:
            await note_present(work, viewer, found)
        standing = int(viewer.desk)
    return found, standing


def cards_elsewhere(actor: Actor, cards: Sequence[Card], now: datetime) -> tuple[Card, ...]:
    """Return those of somebody's cards that a clerk serves not, because they are another province's; ended ones left out."""
    return tuple(card for card in cards if is_elsewhere(actor, card) and card.reads_as(now) is not CardState.CANCELLED)
