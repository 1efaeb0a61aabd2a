"""Reminders: what will end by itself, and what should be done, told from dates (SC-2, SC-12, NX-4)."""

from collections.abc import Sequence

from domain.card import Card
from domain.decision import Advice
from domain.holder import Actor
from resolvers.changing.about_cards import advice_on_cards
from resolvers.dependencies import Dependencies

SERVICE = "remind"


async def reminders_of(
    dependencies: Dependencies, actor: Actor, cards: Sequence[Card]
) -> dict[str, tuple[Advice, ...]]:
    """Return the reminders about cards today, by card, as its region's policy words them."""
    return await advice_on_cards(dependencies, actor, SERVICE, cards)
