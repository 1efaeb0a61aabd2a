"""Cancel the social-security application on a card (SC-11, QD-5); the bank closes its account after."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.answers import Changed
from resolvers.ask import Ask
from resolvers.card_steps import card_of, take_step
from resolvers.deciding import changing
from resolvers.dependencies import Dependencies
from resolvers.sweep import release_slot


async def cancel_card(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Cancel a card for good; whoever has no other in the province may apply again there.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    async with changing(dependencies, actor, ask) as case:
        changed = await take_step(case, CardEvent.CANCEL, ask.cancellation_reason)
        await release_slot(case.work, card_of(case).province, case.holder.id, case.now)
        return await case.answered(changed, changed.operation.id)
