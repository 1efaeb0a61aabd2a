"""Set the first service password of a card."""

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_change
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_password import keep_password, password_of, with_new_password
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def set_password(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, new: str, again: str
) -> ChangeResult:
    """Set a password where none is.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: the two differ, or a password is set already (`PASSWORD_ALREADY_SET`).
    """
    async with decided_transaction(
        dependencies, actor, with_new_password(request, new, again, same_as_old=False)
    ) as decided:
        card = decided.its_card
        if await password_of(decided) is not None:
            raise InvalidInput(
                Message(
                    "这张卡已经设置了服务密码，请办理密码变更或重置。", "A password is set already; change or reset it."
                ),
                field="input.cardId",
                code="PASSWORD_ALREADY_SET",
            )
        await keep_password(decided, new, first=True)
        return await carry_out(decided, card_change(decided, card))
