"""The lock of a card after too many wrong passwords (SC-7)."""

from dataclasses import replace

from domain.card import CardEvent
from domain.decision import Decision
from domain.errors import InvalidInput
from domain.message import Message
from resolvers.audit import told_of
from resolvers.changing.about_cards import decide_about_cards
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_step
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.service_request import ServiceRequest
from store.audit.entries import AuditKind
from store.records import ServicePassword

LOCK = "lock"
ERRORS = "card.password_errors"
WRONG_ONE = "password_wrong"
"""What the audit record calls it."""
FORESEEN = 10
"""How many more wrong passwords are looked at to say how many lock a card."""
WRONG_PASSWORDS = "wrong_passwords"
"""The reason of a lock in a card's history."""


async def count_wrong_password(decided: DecidedRequest, password: ServicePassword) -> InvalidInput:
    """Count a wrong password, lock the card if the policies say that it was one too many, and return the answer to it.

    The caller commits what this writes, and raises the answer after.
    """
    card = decided.its_card
    counted = replace(password, errors=password.errors + 1)
    await decided.work.passwords.keep(counted, card.province)
    dependencies, work, actor = decided.dependencies, decided.work, decided.actor
    (decision,) = await decide_about_cards(dependencies, work, actor, LOCK, [decided.subject])
    if decision.allowed:
        locking = replace(decided, request=ServiceRequest(LOCK, card_id=card.id), decision=decision)
        await carry_out(locking, card_step(locking, CardEvent.LOCK, WRONG_PASSWORDS))
    about = {"holder_id": decided.holder.id, "record_id": card.id, "region": decided.region}
    work.audit.tell(told_of(actor, decided.now, AuditKind.PROOF, WRONG_ONE, **about))
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
