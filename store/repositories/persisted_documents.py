"""GraphQL documents that clients ask for by their hash, as many as there is room for."""

from datetime import datetime

from store.models import PersistedDocumentRow
from store.records import PersistedDocument
from store.session import Session
from store.statement import Statement
from store.table import Table

PERSISTED_DOCUMENTS = Table(PersistedDocumentRow, PersistedDocument, personal=("text",))
_USED = Statement('UPDATE "persisted_documents" SET "used_at" = $2 WHERE "id" = $1')
_BEYOND = Statement(
    'SELECT "id" FROM (SELECT "id", row_number() OVER "newest" AS "place", sum("length") OVER "newest" AS "total" '
    'FROM "persisted_documents" WINDOW "newest" AS (ORDER BY "used_at" DESC, "id")) AS "ranked" '
    'WHERE "place" > $1::bigint OR "total" > $2::bigint'
)
_DROP = Statement('DELETE FROM "persisted_documents" WHERE "id" = ANY($1)')


class PersistedDocuments:
    """Documents by the hash of their text; those that were not asked for the longest make room for others."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, digest: str) -> PersistedDocument | None:
        """Return the document of a hash, if it is kept."""
        return await self._session.first(PERSISTED_DOCUMENTS.by_id, digest)

    async def use(self, digest: str, now: datetime) -> None:
        """Note that a document is asked for."""
        await self._session.run(_USED, digest, now)

    async def keep(self, document: PersistedDocument, most: int, most_characters: int) -> None:
        """Keep a document, and drop those that were not asked for the longest where there are too many then.

        Args:
            most: documents; most_characters: of all texts together.
        """
        await self._session.lock_names("persisted documents")
        if not await self._session.insert_if_new(PERSISTED_DOCUMENTS, document):
            await self.use(document.id, document.used_at)
        beyond = [row[0] for row in await self._session.run(_BEYOND, most, most_characters)]
        if beyond:
            await self._session.run(_DROP, beyond)
