"""Uploaded documents: how they measured and where their bytes are."""

from collections.abc import Collection

from domain.evidence import DocumentEvidence
from domain.message import Message
from store.encoding import load
from store.models import DocumentRow
from store.records import StoredDocument
from store.repositories.repository import Repository
from store.statement import Statement
from store.table import Table


class Documents(Repository[StoredDocument]):
    """Documents on record, under the ids of their evidence."""

    table = Table(DocumentRow, StoredDocument, nested=("evidence", DocumentEvidence))
    noun = Message("材料", "document")

    async def of_owner(self, owner_id: str) -> tuple[StoredDocument, ...]:
        """Return the documents about a person, in the order of their ids."""
        return await self._all(_OF_OWNER, owner_id)

    async def named(self, owner_ids: Collection[str]) -> frozenset[str]:
        """Return the ids of the documents that operations of people name."""
        found = await self._session.run(_NAMED, list(owner_ids))
        return frozenset(identifier for (named,) in found for identifier in load(named))

    async def add(self, document: StoredDocument) -> None:
        """Put an uploaded document on record.

        Raises:
            ValueError: it has no id: only a sighted original has none, and that is not uploaded.
            Conflict: the id is on record already.
        """
        if document.evidence.id is None:
            raise ValueError("a document needs an id to be stored")
        await self._insert(document)


_NAMED = Statement('SELECT "documents" FROM "operations" WHERE "holder_id" = ANY($1)')
_OF_OWNER = Documents.table.select('WHERE "owner_id" = $1 ORDER BY "id"')
