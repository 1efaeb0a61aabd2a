"""Reset the service password of a card: forgotten, or locked by wrong ones (SC-7)."""

from domain.card import CardEvent, CardState
from domain.holder import Actor
from domain.notice import NoticeKind
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_change, card_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.notices import tell
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_password import keep_password, with_new_password
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def reset_password(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, new: str, again: str
) -> ChangeResult:
    """Set a new password in place of a forgotten one; a locked card is unlocked.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: the new two differ.
    """
    async with decided_transaction(
        dependencies, actor, with_new_password(request, new, again, same_as_old=False)
    ) as decided:
        card = decided.its_card
        await keep_password(decided, new)
        await tell(decided, NoticeKind.PASSWORD_CHANGED, decided.holder)
        locked = card.reads_as(decided.now) is CardState.LOCKED
        change = card_step(decided, CardEvent.UNLOCK) if locked else card_change(decided, card)
        return await carry_out(decided, change)
