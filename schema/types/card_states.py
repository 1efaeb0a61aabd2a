"""States of a card, and those it has been in."""

from datetime import datetime

import strawberry

from domain.card import CardState
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import enum, field
from schema.kit.loading import loading
from schema.types.card_imports import CardImport, card_import
from schema.types.terms import Term, shown_term

enum(
    CardState,
    "States of the social-security application on a card.",
    {
        CardState.SEALED: "Produced and not activated yet.",
        CardState.ACTIVE: "In use.",
        CardState.TEMPORARILY_LOST: "Reported lost for a time, after which it is active again.",
        CardState.FORMALLY_LOST: "Reported lost for good.",
        CardState.LOCKED: "Locked by wrong passwords.",
        CardState.CANCELLED: "Cancelled; it never comes back.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="A state that a card entered.")
class CardStateEntry:
    """A line of a card's history."""

    state: CardState = field("The state.")
    state_term: Term = shown_term("card_states", "state", region=None)
    since: datetime = field("When it began.")
    until: datetime | None = field("When it ends by time alone, if it does.")
    reason: str | None = field("Why, in a word.")
    import_id: strawberry.Private[str | None] = None

    @loading("How the card came on record in this state, if it was issued before this service.")
    async def imported(self, info: Info) -> CardImport | None:
        """Load the imports of all cards of the request at once."""
        return await card_import(info, self.import_id)


async def states_of_card(card_id: str, info: Info) -> list[CardStateEntry]:
    """Return the states that a card has been in, the oldest first."""
    entries = await info.context.loaders.card_states.load(card_id)
    return [
        CardStateEntry(state=e.state, since=e.since, until=e.until, reason=e.reason, import_id=e.import_id)
        for e in entries
    ]
