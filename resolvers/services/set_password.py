"""Set the first service password of a card."""

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import card_of, tell
from resolvers.changing.deciding import changing
from resolvers.changing.service_password import keep_password, with_new_password
from resolvers.changing.submission import completed
from resolvers.dependencies import Dependencies


async def set_password(dependencies: Dependencies, actor: Actor, ask: Ask, new: str, again: str) -> Changed:
    """Set a password where none is.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: the two differ, or a password is set already (`PASSWORD_ALREADY_SET`).
    """
    async with changing(dependencies, actor, with_new_password(ask, new, again, same_as_old=False)) as case:
        card = card_of(case)
        if await case.work.passwords.of_card(card.id) is not None:
            raise InvalidInput(
                Message(
                    "这张卡已经设置了服务密码，请办理密码变更或重置。", "A password is set already; change or reset it."
                ),
                field="input.cardId",
                code="PASSWORD_ALREADY_SET",
            )
        await keep_password(case, new)
        operation = completed(case, card)
        await case.work.operations.add(operation)
        await tell(case, operation, card, card)
        return await case.answered(Changed(operation, case.decision, card), operation.id)
