"""The same request twice gives the first answer and changes nothing the second time.

A caller names a change by a key of its own. The answer is kept in the transaction of the change, so that there is either
both or neither; what was refused changed nothing, and is asked anew.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.errors import Conflict, InvalidInput
from domain.holder import Actor
from domain.message import Message
from resolvers.changing import answer_codec
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.records import KeptAnswer

KEPT_FOR = timedelta(days=7)
"""For how long a first answer is given again; a retry comes within minutes, a batch job perhaps days later."""
MAX_KEY = 200
FIELD = "input.idempotencyKey"


class AlreadyAnswered(Exception):
    """Not a failure: the change was made before, and this is what was answered then."""

    def __init__(self, answer: Any) -> None:
        super().__init__("answered before")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's name for one change.

    Args:
        person_id: whose key; key_hash: keyed hash of who asks, in which role and channel, and of the key.
        fingerprint: keyed hash of what is asked, for it may hold a password.
    """

    person_id: str
    key_hash: str
    fingerprint: str


def idempotency_key(
    dependencies: Dependencies, actor: Actor, mutation: str, key: str | None, asked: Mapping[str, Any]
) -> IdempotencyKey | None:
    """Return the key of a change, if the caller gave one.

    Args:
        mutation: its name; asked: its input as JSON values, without the key.

    Raises:
        InvalidInput: the key is empty or too long.
    """
    if key is None:
        return None
    if not 0 < len(key.strip()) <= MAX_KEY:
        raise InvalidInput(
            Message(f"幂等键应为1至{MAX_KEY}个字符，请改正。", f"An idempotency key has 1 to {MAX_KEY} characters."),
            field=FIELD,
        )
    # As the token names them: what was answered before two records became one is still answered.
    named = actor.named or actor.person_id
    caller = [named, actor.role, actor.channel, actor.office or "", key]
    return IdempotencyKey(
        person_id=named,
        key_hash=_hash(dependencies.code_key, caller),
        fingerprint=_hash(dependencies.code_key, [mutation, asked]),
    )


def _hash(secret: bytes, value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


async def repeat(dependencies: Dependencies, key: IdempotencyKey | None) -> None:
    """Answer a request that was answered before, before anything of it is used up; who may have that is made sure of already.

    Raises:
        AlreadyAnswered: with the first answer.
        Conflict: the key was used for something else (`IDEMPOTENCY_KEY_REUSED`).
    """
    if key is not None:
        async with dependencies.store.reading() as work:
            answer_again(await find_answer(work, key, dependencies.clock.now()), key)


async def take_turn(work: UnitOfWork, key: IdempotencyKey | None, now: datetime) -> None:
    """Keep others who ask under the same key waiting, in the transaction of the change.

    Raises:
        AlreadyAnswered: somebody under the same key was faster.
        Conflict: the key was used for something else (`IDEMPOTENCY_KEY_REUSED`).
    """
    if key is not None:
        await work.answers.take_turn(key.person_id, key.key_hash)
        answer_again(await find_answer(work, key, now), key)


async def find_answer(work: UnitOfWork, key: IdempotencyKey, now: datetime) -> KeptAnswer | None:
    """Return the first answer under a key, if it is still kept."""
    return await work.answers.find(key.person_id, key.key_hash, now - KEPT_FOR)


def answer_again(kept: KeptAnswer | None, key: IdempotencyKey) -> None:
    """Give the first answer again, if there is one.

    Raises:
        AlreadyAnswered: with the first answer.
        Conflict: the key was used for something else (`IDEMPOTENCY_KEY_REUSED`).
    """
    if kept is None:
        return
    if not hmac.compare_digest(kept.fingerprint, key.fingerprint):
        raise _reused()
    raise AlreadyAnswered(answer_codec.value(kept.answer))


async def keep(work: UnitOfWork, key: IdempotencyKey | None, answer: Any, now: datetime) -> None:
    """Keep an answer, in the transaction of the change.

    Raises:
        Conflict: the key was used for something else meanwhile (`IDEMPOTENCY_KEY_REUSED`).
    """
    if key is not None:
        plain = answer_codec.plain(answer)
        if not await work.answers.keep(key.person_id, key.key_hash, key.fingerprint, plain, now, now - KEPT_FOR):
            raise _reused()


async def drop(work: UnitOfWork, key: IdempotencyKey | None) -> None:
    """Drop an answer that was kept: what it tells of failed after the transaction of the change."""
    if key is not None:
        await work.answers.drop(key.person_id, key.key_hash)


def _reused() -> Conflict:
    return Conflict(
        Message(
            "这个幂等键已用于另一笔请求，请换一个。",
            "This idempotency key was used for another request; choose a new key for a new request.",
        ),
        field=FIELD,
        code="IDEMPOTENCY_KEY_REUSED",
    )
