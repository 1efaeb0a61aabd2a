"""What the three services on a card's service password share: its facts, and how it is kept.

A password is a fact of the request only as its length and kind; it is never written down but as its hash.
"""

from dataclasses import replace
from itertools import pairwise

from domain.card import Card
from domain.errors import InvalidInput
from domain.message import Message
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wrong_inputs import Wrong
from store.records import ServicePassword

MAX_LENGTH = 128


def with_new_password(request: ServiceRequest, new: str, again: str, same_as_old: bool) -> ServiceRequest:
    """Hand what may be known of a new password to the policies.

    Args:
        new, again: as it was typed, twice.

    Returns:
        The request, with what is wrong: the two differ (`PASSWORDS_DIFFER`), or it is longer than anybody could want.
    """
    wrong = Wrong()
    with wrong:
        if new != again:
            raise InvalidInput(
                Message(
                    "两次输入的新密码不一样，请重新输入。",
                    "The new password was typed differently the second time; type it again.",
                ),
                field="input.newPasswordAgain",
                code="PASSWORDS_DIFFER",
            )
    with wrong:
        if len(new) > MAX_LENGTH:
            raise InvalidInput(
                Message(
                    f"密码最多{MAX_LENGTH}个字符，请缩短。",
                    f"A password has at most {MAX_LENGTH} characters; shorten it.",
                ),
                field="input.newPassword",
            )
    facts = {
        "password.length": len(new),
        "password.digits_only": new.isascii() and new.isdigit(),
        "password.simple": _is_simple(new),
        "password.same_as_old": same_as_old,
    }
    return replace(request, derived_facts={**request.derived_facts, **facts}, wrong=tuple(wrong.found))


def _is_simple(password: str) -> bool:
    """Say whether a password is one character repeated or a run such as 12345678 or 87654321."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) <= 1 and steps <= {-1, 0, 1}


async def keep_password(decided: DecidedRequest, new: str, *, first: bool = False) -> None:
    """Hash a new password and keep it; the wrong ones before it are forgotten.

    Args:
        first: whether the card has none yet.
    """
    card = decided.its_card
    hashed = await decided.dependencies.passwords.hash(new)
    await decided.work.passwords.keep(ServicePassword(card.id, hashed, decided.now), card.province, first=first)


async def password_of(decided: DecidedRequest) -> ServicePassword | None:
    """Return the service password of the card that a request is about, if one is set."""
    if "password" in decided.loaded.queries:
        return decided.loaded.password
    return await decided.work.passwords.of_card(decided.its_card.id)


def password_missing(card: Card) -> InvalidInput:
    """Return the answer to who would change a password that was never set."""
    return InvalidInput(
        Message(
            "这张卡还没有设置服务密码，请先设置。", "No service password is set on this card yet; set one instead."
        ),
        field="input.cardId",
        code="PASSWORD_NOT_SET",
    )
