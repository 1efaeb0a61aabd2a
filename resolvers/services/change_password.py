"""Change the service password of a card, knowing the old one (CD-5, SC-6)."""

from domain.holder import Actor
from domain.notice import NoticeKind
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_change
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.notices import tell
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_password import keep_password, password_missing, password_of, with_new_password
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.services.lock import count_wrong_password


async def change_password(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, old: str, new: str, again: str
) -> ChangeResult:
    """Change a password. The policies are asked first, so that nobody tries passwords through a closed channel.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: the old one is wrong (`PASSWORD_WRONG`), was never set (`PASSWORD_NOT_SET`), or the new two differ.
    """
    async with decided_transaction(
        dependencies, actor, with_new_password(request, new, again, same_as_old=old == new)
    ) as decided:
        card = decided.its_card
        password = await password_of(decided)
        if password is None:
            raise password_missing(card)
        # The row is locked: passwords that are tried at the same time are counted one after another.
        if await dependencies.passwords.verify(password.password_hash, old):
            await keep_password(decided, new)
            await tell(decided, NoticeKind.PASSWORD_CHANGED, decided.holder)
            return await carry_out(decided, card_change(decided, card))
        wrong = await count_wrong_password(decided, password)
    raise wrong
