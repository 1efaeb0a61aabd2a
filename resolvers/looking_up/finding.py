"""Finding a person by an identity document, and where cards are that an office does not serve."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from domain.card import Card, CardState
from domain.holder import Actor, Holder
from domain.names import same_name
from gateways.identity_number import normalise_identity_number
from resolvers.changing.access import is_elsewhere, knows
from resolvers.changing.deaths import CLERK
from resolvers.dependencies import Dependencies
from resolvers.looking_up.holders import require_identity_type
from store import UnitOfWork


class WhyNotShown(StrEnum):
    """Why nothing is shown of who or what was looked for."""

    NOT_ON_RECORD = "not_on_record"
    ANOTHER_PROVINCE = "another_province"


async def find_holder(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    name: str,
    identity_type: str,
    identity_number: str,
    on: date,
) -> Holder | None:
    """Return the person of a name and an identity document, for a clerk, or for whoever may see them anyway.

    Args:
        name: as on the document; how it is typed does not matter. identity_type: a term of the identity types vocabulary.
        on: today in China.

    Returns:
        The person; None where nobody on record has that name and document, or nobody whom they may see. It never says
        which of the two is wrong.

    Raises:
        InvalidInput: there is no such type of document, or no document of it can have that number.
    """
    require_identity_type(dependencies, identity_type, "identityType")
    number = normalise_identity_number(identity_type, identity_number, field="identityNumber")
    found = await work.holders.find_by_identity(identity_type, number)
    if found is None or not same_name(found.name, name):
        return None
    return found if actor.role == CLERK or await knows(work, actor.person_id, found.id, on) else None


def cards_elsewhere(actor: Actor, cards: Sequence[Card], now: datetime) -> tuple[Card, ...]:
    """Return those of somebody's cards that a clerk serves not, because they are another province's; ended ones left out."""
    if actor.role != CLERK:
        return ()
    return tuple(card for card in cards if is_elsewhere(actor, card) and card.reads_as(now) is not CardState.CANCELLED)
