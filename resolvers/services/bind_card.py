"""Bind a card in a channel that asks for it on first use (CD-1 to CD-10): a region's rules count such operations."""

from domain.holder import Actor
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import card_of, tell
from resolvers.changing.deciding import changing
from resolvers.changing.submission import completed
from resolvers.dependencies import Dependencies


async def bind_card(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Put on record that a holder's card is bound in the channel of whoever asks; the card itself stays as it is.

    Args:
        ask: on a card, with the region whose channel it is where the card comes from elsewhere.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: the card number that was typed is not this card's.
    """
    async with changing(dependencies, actor, ask) as case:
        card = card_of(case)
        operation = completed(case, card)
        await case.work.operations.add(operation)
        await tell(case, operation, card, card)
        return await case.answered(Changed(operation, case.decision, card), operation.id)
