"""Reset the service password of a card: forgotten, or locked by wrong ones (SC-7)."""

from domain.card import CardEvent, CardState
from domain.holder import Actor
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import card_of, take_step, tell
from resolvers.changing.deciding import changing
from resolvers.changing.service_password import keep_password, with_new_password
from resolvers.changing.submission import completed
from resolvers.dependencies import Dependencies


async def reset_password(dependencies: Dependencies, actor: Actor, ask: Ask, new: str, again: str) -> Changed:
    """Set a new password in place of a forgotten one; a locked card is unlocked.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: the new two differ.
    """
    async with changing(dependencies, actor, with_new_password(ask, new, again, same_as_old=False)) as case:
        card = card_of(case)
        await keep_password(case, new)
        if card.reads_as(case.now) is CardState.LOCKED:
            changed = await take_step(case, CardEvent.UNLOCK)
            return await case.answered(changed, changed.operation.id)
        operation = completed(case, card)
        await case.work.operations.add(operation)
        await tell(case, operation, card, card)
        return await case.answered(Changed(operation, case.decision, card), operation.id)
