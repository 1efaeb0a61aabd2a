"""Cancel the social-security application on a card (SC-11, QD-5); the bank closes its account after."""

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import card_of, take_step
from resolvers.changing.deaths import means_death, record_death
from resolvers.changing.deciding import changing
from resolvers.changing.sweep import release_slot
from resolvers.dependencies import Dependencies


async def cancel_card(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Cancel a card for good; whoever has no other in the province may apply again there.

    Where the reason is the holder's death, that comes on record, and nobody applies any more.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        NotPermitted: somebody other than a clerk tells of a death.
    """
    async with changing(dependencies, actor, ask) as case:
        changed = await take_step(case, CardEvent.CANCEL, ask.cancellation_reason)
        if means_death(dependencies.policies().region(case.region).words, ask.cancellation_reason):
            await record_death(case.work, case.holder, case.now)
        await release_slot(case.work, card_of(case).province, case.holder.id, case.now)
        return await case.answered(changed, changed.operation.id)
