"""First answers to changes that were asked for under an idempotency key."""

from datetime import datetime
from typing import Any

from store.models import AnswerRow
from store.records import KeptAnswer
from store.session import Session
from store.statement import Statement
from store.table import Table

ANSWERS = Table(AnswerRow, KeptAnswer, personal=("answer",), known_by=("person_id", "key_hash"))
_FIND = ANSWERS.select('WHERE "person_id" = $1 AND "key_hash" = $2')
_DROP = Statement('DELETE FROM "answers" WHERE "person_id" = $1 AND "key_hash" = $2')
_DROP_OLD = Statement(
    'DELETE FROM "answers" WHERE "person_id" = $1 AND "key_hash" = $2 AND "answered_at" < $3 RETURNING 1'
)


class Answers:
    """Answers by person and key. They hold personal data, so they are sealed; old ones are forgotten."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def take_turn(self, person_id: str, key_hash: str) -> None:
        """Keep everybody else who asks under this key waiting until the commit."""
        await self._session.lock_names(f"answer {person_id} {key_hash}")

    async def find(self, person_id: str, key_hash: str, since: datetime) -> KeptAnswer | None:
        """Return the answer that was given under a key, if one was since then."""
        found = await self._session.first(_FIND, person_id, key_hash)
        return None if found is None or found.answered_at < since else found

    async def keep(
        self, person_id: str, key_hash: str, fingerprint: str, answer: Any, now: datetime, since: datetime | None = None
    ) -> bool:
        """Keep an answer, in place of one that is too old to count; waits for whoever keeps one at the same time.

        Args:
            since: answers from before this moment are too old; all earlier ones if None.

        Returns:
            Whether it is kept; False where another is that is not too old.
        """
        kept = KeptAnswer(person_id, key_hash, fingerprint, now, answer)

        async def insert() -> bool:
            return await self._session.insert_if_new(ANSWERS, kept)

        return await insert() or (
            bool(await self._session.run(_DROP_OLD, person_id, key_hash, since or now)) and await insert()
        )

    async def drop(self, person_id: str, key_hash: str) -> None:
        """Delete the answer under a key: what it tells of did not come about after all."""
        await self._session.run(_DROP, person_id, key_hash)
