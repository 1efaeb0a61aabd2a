"""A holder's history, as counted facts are counted over it."""

from datetime import datetime

from domain.history import History
from resolvers.facts import history_of
from store import UnitOfWork


async def history_of_holder(work: UnitOfWork, holder_id: str, now: datetime) -> History:
    """Return what happened to a holder before a moment, the oldest first."""
    cards = (await work.cards.of_holders([holder_id])).get(holder_id, ())
    operations = (await work.operations.of_holders([holder_id])).get(holder_id, ())
    states = await work.cards.states_of_cards([card.id for card in cards], now)
    return history_of(operations, cards, states, now)
