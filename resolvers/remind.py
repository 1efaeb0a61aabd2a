"""Reminders: what will end by itself, and what should be done, told from dates (SC-2, SC-12, NX-4)."""

from domain.card import Card
from domain.decision import Advice
from domain.holder import Actor
from resolvers.deciding import decide_about_card
from resolvers.dependencies import Dependencies

SERVICE = "remind"


async def reminders_of(dependencies: Dependencies, actor: Actor, card: Card) -> tuple[Advice, ...]:
    """Return the reminders about a card today, as its region's policy words them."""
    async with dependencies.store.reading() as work:
        holder = await work.holders.get(card.holder_id)
        return (await decide_about_card(dependencies, work, actor, SERVICE, card, holder)).advice
