"""Records that are kept for a time: those that are older are deleted, so many at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from domain.retention import Kept
from store.records import StoredDocument
from store.repositories.documents import Documents
from store.session import Session
from store.statement import Statement

_COLUMNS: Final[Mapping[Kept, tuple[str, str]]] = {
    Kept.CODES: ("verification_codes", "sent_at"),
    Kept.FACE_CHECKS: ("face_checks", "at"),
    Kept.ANSWERS: ("answers", "answered_at"),
    Kept.DISCLOSURES: ("disclosures", "at"),
    Kept.NOTICES: ("notices", "created_at"),
}
"""Where each kind is, and the column of the moment from which it is kept; documents have a file besides."""
_DROP: Final = {
    kind: Statement(
        f'DELETE FROM "{table}" WHERE "id" IN (SELECT "id" FROM "{table}" WHERE "{column}" < $1 ORDER BY "{column}" LIMIT $2) RETURNING 1'
    )
    for kind, (table, column) in _COLUMNS.items()
}
_OLD_DOCUMENTS: Final = Documents.table.select('WHERE "uploaded_at" < $1 ORDER BY "uploaded_at" LIMIT $2')
_DROP_DOCUMENTS: Final = Statement('DELETE FROM "documents" WHERE "id" = ANY($1) RETURNING 1')


class Retained:
    """What is old enough to go."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def forget(self, kind: Kept, before: datetime, limit: int) -> int:
        """Delete the oldest of one kind that are from before a moment, and return how many there were.

        Args:
            limit: how many at most.
        """
        return len(await self._session.run(_DROP[kind], before, limit))

    async def old_documents(self, before: datetime, limit: int) -> tuple[StoredDocument, ...]:
        """Return the oldest documents that were uploaded before a moment."""
        return tuple(await self._session.find(_OLD_DOCUMENTS, before, limit))

    async def drop_documents(self, ids: list[str]) -> int:
        """Delete documents, whose files are gone, and return how many there were."""
        return len(await self._session.run(_DROP_DOCUMENTS, ids))
