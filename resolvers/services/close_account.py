"""Record that the bank has closed the account on a cancelled card (SC-11, SC-13)."""

from dataclasses import replace

from domain.card import AccountState
from domain.errors import TransitionImpossible
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import card_of, tell
from resolvers.changing.deciding import changing
from resolvers.changing.submission import completed
from resolvers.dependencies import Dependencies


async def close_account(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Record the end of the bank account; everything else about it follows the bank's own rules.

    Raises:
        DecisionRefused: whoever asks is not the bank, or the application is not cancelled yet.
        TransitionImpossible: it is closed already, whatever the policy says.
    """
    async with changing(dependencies, actor, ask) as case:
        before = card_of(case)
        if before.account_state is AccountState.CLOSED:
            raise TransitionImpossible(
                Message("这张卡的银行账户已经注销，不用再办。", "The bank account on this card is closed already.")
            )
        operation = completed(case, before)
        await case.work.operations.add(operation)
        closed = replace(before, account_state=AccountState.CLOSED, account_closed_at=case.now)
        card = await case.work.cards.update(closed, operation_id=operation.id)
        await tell(case, operation, before, card)
        return await case.answered(Changed(operation, case.decision, card), operation.id)
