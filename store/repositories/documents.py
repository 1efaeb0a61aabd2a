"""Uploaded documents: how they measured and where their bytes are."""

from dataclasses import asdict, fields

from domain.evidence import DocumentEvidence
from domain.message import Message
from store.models import DocumentRow
from store.records import StoredDocument
from store.repositories.repository import Repository

_EVIDENCE = tuple(field.name for field in fields(DocumentEvidence))
_RECORD = tuple(field.name for field in fields(StoredDocument) if field.name != "evidence")


class Documents(Repository[DocumentRow, StoredDocument]):
    """Documents on record, under the ids of their evidence."""

    row_class = DocumentRow
    noun = Message("材料", "document")

    async def add(self, document: StoredDocument) -> None:
        """Put an uploaded document on record.

        Raises:
            ValueError: it has no id: only a sighted original has none, and that is not uploaded.
            Conflict: the id is on record already.
        """
        if document.evidence.id is None:
            raise ValueError("a document needs an id to be stored")
        columns = {name: getattr(document, name) for name in _RECORD}
        row = DocumentRow(**asdict(document.evidence), **columns)
        await self._session.insert(row, self._exists_already())

    def _value(self, row: DocumentRow) -> StoredDocument:
        evidence = DocumentEvidence(**{name: getattr(row, name) for name in _EVIDENCE})
        return StoredDocument(evidence=evidence, **{name: getattr(row, name) for name in _RECORD})
