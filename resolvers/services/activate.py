"""Activate a sealed card (NX-2, SC-2, CD-2, QD-2); a card that replaces another ends that one (NX-3)."""

from dataclasses import replace

from domain.card import CardEvent
from domain.holder import Actor, Holder
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import card_of, end_replaced, take_step
from resolvers.changing.deciding import Case, changing
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
        completed = _completed_record(case)
        if completed != case.holder:
            await case.work.holders.update(completed)
        return await case.answered(changed, changed.operation.id)


def _completed_record(case: Case) -> Holder:
    """Return the holder with what an activation completes (QD-2): the address, and a number that received a code.

    That number is the one to which later services send theirs; one that was only typed is not bound.
    """
    holder = case.holder
    address = case.evidence.details.get("residence_address", holder.address)
    return replace(holder, mobile=case.gathered.code_mobile or holder.mobile, address=address)
