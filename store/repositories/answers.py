"""First answers to changes that were asked for under an idempotency key."""

from datetime import datetime
from typing import Any

from store.models import AnswerRow
from store.records import KeptAnswer
from store.session import Session


class Answers:
    """Answers by person and key. They hold personal data, so they are sealed; old ones are forgotten."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def take_turn(self, person_id: str, key_hash: str) -> None:
        """Keep everybody else who asks under this key waiting until the commit."""
        await self._session.lock_names(f"answer {person_id} {key_hash}")

    async def find(self, person_id: str, key_hash: str, since: datetime) -> KeptAnswer | None:
        """Return the answer that was given under a key, if one was since then."""
        row = await self._session.rows(AnswerRow).filter(person_id=person_id, key_hash=key_hash).first()
        if row is None or row.answered_at < since:
            return None
        return KeptAnswer(row.fingerprint, row.answered_at, self._session.sealer.unseal(row.sealed)["answer"])

    async def keep(
        self, person_id: str, key_hash: str, fingerprint: str, answer: Any, now: datetime, since: datetime | None = None
    ) -> bool:
        """Keep an answer, in place of one that is too old to count; waits for whoever keeps one at the same time.

        Args:
            since: answers from before this moment are too old; all earlier ones if None.

        Returns:
            Whether it is kept; False where another is that is not too old.
        """
        row = AnswerRow(
            person_id=person_id,
            key_hash=key_hash,
            fingerprint=fingerprint,
            answered_at=now,
            sealed=self._session.sealer.seal({"answer": answer}),
        )
        if await self._session.insert_if_new(row):
            return True
        rows = self._session.writable_rows(AnswerRow).filter(person_id=person_id, key_hash=key_hash)
        return bool(await rows.filter(answered_at__lt=since or now).delete()) and await self._session.insert_if_new(row)

    async def drop(self, person_id: str, key_hash: str) -> None:
        """Delete the answer under a key: what it tells of did not come about after all."""
        await self._session.writable_rows(AnswerRow).filter(person_id=person_id, key_hash=key_hash).delete()

    async def forget(self, before: datetime) -> int:
        """Delete the answers from before a moment, and return how many there were."""
        return await self._session.writable_rows(AnswerRow).filter(answered_at__lt=before).delete()
