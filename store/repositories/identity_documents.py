"""Identity documents of people on record."""

from collections.abc import Iterable
from uuid import uuid4

from domain.errors import Conflict
from domain.holder import Holder
from domain.identity import IdentityDocument
from domain.message import Message
from store.models import IdentityDocumentRow
from store.repositories.repository import Repository, grouped
from store.table import Derived, Table

_TAKEN = Message(
    "这个身份证件已有记录，请使用已有的记录，不要再建。",
    "This identity document is on record already; use that record.",
)
DOCUMENTS = Table(
    IdentityDocumentRow,
    IdentityDocument,
    personal=("type", "number"),
    derived={
        "identity_index": Derived(("type", "number"), lambda sealer, *document: sealer.identity_index(*document)),
        "document_index": Derived(("type", "number"), lambda sealer, *document: sealer.document_index(*document)),
    },
)
# What is null comes first in one database and last in the other.
_OF_HOLDERS = DOCUMENTS.select('WHERE "holder_id" = ANY($1) ORDER BY "replaced_at" IS NOT NULL, "replaced_at", "id"')


def main_document(holder: Holder) -> IdentityDocument:
    """Return the document that the record of a person itself names, as it comes on record with them."""
    return IdentityDocument(str(uuid4()), holder.id, holder.identity_type, holder.identity_number)


class IdentityDocuments(Repository[IdentityDocument]):
    """Identity documents on record, replaced and expired ones included."""

    table = DOCUMENTS
    noun = Message("身份证件", "identity document")

    async def of_holders(self, holder_ids: Iterable[str]) -> dict[str, tuple[IdentityDocument, ...]]:
        """Return the documents of people, by holder, those that were replaced last; who has none is left out."""
        return grouped(await self._all(_OF_HOLDERS, list(holder_ids)), "holder_id")

    async def of_holder(self, holder_id: str) -> tuple[IdentityDocument, ...]:
        """Return the documents of a person, those that were replaced last."""
        return (await self.of_holders([holder_id])).get(holder_id, ())

    async def add(self, document: IdentityDocument) -> None:
        """Put a document on record.

        Raises:
            Conflict: it is on record already, or the id is (`HOLDER_EXISTS`).
        """
        await self._insert(document, Conflict(_TAKEN, code="HOLDER_EXISTS"))

    async def update(self, document: IdentityDocument) -> IdentityDocument:
        """Replace the record of a document, and return it with its new version.

        Raises:
            NotFound: it is not on record.
            Conflict: the record has changed since this version was read.
        """
        return await self._replace(document)
