"""Activate a sealed card (NX-2, SC-2, CD-2, QD-2); a card that replaces another ends that one (NX-3)."""

from dataclasses import replace

from domain.card import CardEvent
from domain.holder import Actor
from resolvers.answers import Changed
from resolvers.ask import Ask
from resolvers.card_steps import card_of, end_replaced, take_step
from resolvers.deciding import changing
from resolvers.dependencies import Dependencies


async def activate_card(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Turn a sealed card into an active one, at once.

    Raises:
        DecisionRefused: the card is not sealed, or something is missing.
        InvalidInput: the card number that was typed is not this card's.
    """
    async with changing(dependencies, actor, ask) as case:
        changed = await take_step(case, CardEvent.ACTIVATE)
        replaced = card_of(case).replaces_id
        if replaced is not None:
            await end_replaced(case, replaced, changed.operation.id, at_last=True)
        if case.gathered.code_mobile is not None:
            # The number that received the code is the one that later services send theirs to.
            await case.work.holders.update(replace(case.holder, mobile=case.gathered.code_mobile))
        return await case.answered(changed, changed.operation.id)
