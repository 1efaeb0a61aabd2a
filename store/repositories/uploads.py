"""Uploads of a day: each is on record before its file is written, until it is known what became of it."""

from collections.abc import Collection
from datetime import datetime

from store.models import UploadRow
from store.records import Place, Upload
from store.session import Session
from store.statement import Statement
from store.table import Table

_UPLOADS = Table(UploadRow, Upload)
_OF_DAY = Statement(
    'SELECT count(*), coalesce(sum("size_bytes"), 0) FROM "uploads" WHERE "uploaded_by" = $1 AND "at" >= $2'
)
_BEFORE = _UPLOADS.select('WHERE "at" < $1 AND ("at", "id") > ($2, $3) ORDER BY "at", "id" LIMIT $4')
_WAITING = Statement("""SELECT "id" FROM "uploads" WHERE "id" = ANY($1) AND "name" <> ''""")
_TAKEN = Statement("""UPDATE "uploads" SET "name" = '' WHERE "id" = ANY($1) RETURNING 1""")
_SETTLE = Statement('DELETE FROM "uploads" WHERE "id" = ANY($1) RETURNING 1')


class Uploads:
    """What was uploaded and is not known to be used yet, by the ids of the documents that are made of it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def take_turn(self, uploaded_by: str) -> None:
        """Keep everything else that this subject uploads waiting until the commit."""
        await self._session.lock_names(f"uploads {uploaded_by}")

    async def of_day(self, uploaded_by: str, since: datetime) -> tuple[int, int]:
        """Return how many uploads a subject has begun since a moment, and how many bytes they have together."""
        [[number, size_bytes]] = await self._session.run(_OF_DAY, uploaded_by, since)
        return int(number), int(size_bytes)

    async def begin(self, upload: Upload) -> None:
        """Put an upload on record."""
        await self._session.append(_UPLOADS, upload)

    async def before(self, moment: datetime, after: Place, limit: int) -> tuple[Upload, ...]:
        """Return the oldest uploads from before a moment, those behind a place.

        Args:
            limit: how many at most.
        """
        return tuple(await self._session.find(_BEFORE, moment, *after, limit))

    async def waiting(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of some uploads of which it is not known yet what became of them."""
        return frozenset(found[0] for found in await self._session.run(_WAITING, list(ids)))

    async def take(self, ids: Collection[str]) -> None:
        """Note that something has taken the documents, so that their files stay; the uploads go on counting in the quota of their day."""
        await self._session.run(_TAKEN, list(ids))

    async def settle(self, ids: Collection[str]) -> None:
        """Take uploads off this list: something has taken the document and the day is over, or document and file are gone."""
        await self._session.run(_SETTLE, list(ids))
