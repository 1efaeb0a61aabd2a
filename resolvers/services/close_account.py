"""Record that the bank has closed the account on a cancelled card (SC-11, SC-13)."""

from dataclasses import replace

from domain.card import AccountState
from domain.errors import TransitionImpossible
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_change
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def close_account(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Record the end of the bank account; everything else about it follows the bank's own rules.

    Raises:
        DecisionRefused: whoever asks is not the bank, or the application is not cancelled yet.
        TransitionImpossible: it is closed already, whatever the policy says.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        before = decided.its_card
        if before.account_state is AccountState.CLOSED:
            raise TransitionImpossible(
                Message("这张卡的银行账户已经注销，不用再办。", "The bank account on this card is closed already.")
            )
        closed = replace(before, account_state=AccountState.CLOSED, account_closed_at=decided.now)
        return await carry_out(decided, card_change(decided, closed))
