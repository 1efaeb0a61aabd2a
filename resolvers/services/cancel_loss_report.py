"""Take back a report of loss, when the card is found before a new one takes its place (CD-4, SC-9, QD-4)."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import change_card
from resolvers.dependencies import Dependencies


async def cancel_loss_report(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Cancel a report of loss; a card that was locked before is locked again.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    return await change_card(dependencies, actor, ask, CardEvent.CANCEL_LOSS)
