"""What the three services on a card's service password share: its facts, and the lock after too many wrong ones.

A password is a fact of the request only as its length and kind; it is never written down but as its hash.
"""

from dataclasses import replace
from itertools import pairwise

from domain.card import Card, CardEvent
from domain.decision import Decision
from domain.errors import InvalidInput
from domain.message import Message
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_step
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decide_about_card
from resolvers.changing.service_request import ServiceRequest
from store.records import ServicePassword

LOCK = "lock"
ERRORS = "card.password_errors"
FORESEEN = 10
"""How many more wrong passwords are looked at to say how many lock a card."""
MAX_LENGTH = 128
WRONG_PASSWORDS = "wrong_passwords"
"""The reason of a lock in a card's history."""


def with_new_password(request: ServiceRequest, new: str, again: str, same_as_old: bool) -> ServiceRequest:
    """Hand what may be known of a new password to the policies.

    Args:
        new, again: as it was typed, twice.

    Raises:
        InvalidInput: the two differ (`PASSWORDS_DIFFER`), or it is longer than anybody could want.
    """
    if new != again:
        raise InvalidInput(
            Message(
                "两次输入的新密码不一样，请重新输入。",
                "The new password was typed differently the second time; type it again.",
            ),
            field="input.newPasswordAgain",
            code="PASSWORDS_DIFFER",
        )
    if len(new) > MAX_LENGTH:
        raise InvalidInput(
            Message(
                f"密码最多{MAX_LENGTH}个字符，请缩短。", f"A password has at most {MAX_LENGTH} characters; shorten it."
            ),
            field="input.newPassword",
        )
    facts = {
        "password.length": len(new),
        "password.digits_only": new.isascii() and new.isdigit(),
        "password.simple": _is_simple(new),
        "password.same_as_old": same_as_old,
    }
    return replace(request, derived_facts={**request.derived_facts, **facts})


def _is_simple(password: str) -> bool:
    """Say whether a password is one character repeated or a run such as 12345678 or 87654321."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) <= 1 and steps <= {-1, 0, 1}


async def keep_password(decided: DecidedRequest, new: str) -> None:
    """Hash a new password and keep it; the wrong ones before it are forgotten."""
    card = decided.its_card
    hashed = await decided.dependencies.passwords.hash(new)
    await decided.work.passwords.keep(ServicePassword(card.id, hashed, decided.now), card.province)


async def count_wrong_password(decided: DecidedRequest, password: ServicePassword) -> InvalidInput:
    """Count a wrong password, lock the card if the policies say that it was one too many, and return the answer to it.

    The caller commits what this writes, and raises the answer after.
    """
    card = decided.its_card
    counted = replace(password, errors=password.errors + 1)
    await decided.work.passwords.keep(counted, card.province)
    decision = await decide_about_card(decided.dependencies, decided.work, decided.actor, LOCK, card, decided.holder)
    if decision.allowed:
        locking = replace(decided, request=ServiceRequest(LOCK, card_id=card.id), decision=decision)
        await carry_out(locking, card_step(locking, CardEvent.LOCK, WRONG_PASSWORDS))
    return _wrong(counted.errors, 0 if decision.allowed else _tries_left(decided, decision, counted.errors))


def _tries_left(decided: DecidedRequest, decision: Decision, errors: int) -> int | None:
    """Return how many more wrong passwords lock a card, by the policies that did not lock it; None if that is far off.

    The policies themselves are asked, as only they know what a lock hangs on.
    """
    policies = decided.dependencies.policies()
    for more in range(1, FORESEEN + 1):
        known = {**decision.facts, ERRORS: errors + more}
        if policies.decide(LOCK, decision.region, known, decision.on, known=decision.known).allowed:
            return more
    return None


def _wrong(errors: int, left: int | None) -> InvalidInput:
    if left == 0:
        zh, en = "卡已锁定，请办理服务密码重置", "The card is locked now; have the password reset."
    elif left is None:
        zh, en = "请核对后重新输入", "Check it and try again."
    else:
        zh, en = f"再错{left}次卡将锁定，请核对后重新输入", f"{left} more lock the card; check it and try again."
    return InvalidInput(
        Message(f"原密码不对，已连续输错{errors}次。{zh}。", f"The password is wrong, {errors} in a row so far. {en}"),
        field="input.oldPassword",
        code="PASSWORD_WRONG",
    )


def password_missing(card: Card) -> InvalidInput:
    """Return the answer to who would change a password that was never set."""
    return InvalidInput(
        Message(
            "这张卡还没有设置服务密码，请先设置。", "No service password is set on this card yet; set one instead."
        ),
        field="input.cardId",
        code="PASSWORD_NOT_SET",
    )
