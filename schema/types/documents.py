"""Uploaded documents, and the addresses where they are looked at."""

from datetime import date, datetime

import strawberry

from domain.access import DOCUMENT
from domain.evidence import DocumentEvidence
from domain.operation import Operation
from resolvers.looking_up import document_views
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field, worked_out
from schema.kit.relay import Node, global_id
from schema.types.terms import Term, shown_term
from store.records import StoredDocument


@sees(WITH_IT)
@strawberry.type(description="An address that is good for a short while, for whoever has it: keep it to yourself.")
class SignedAddress:
    """A signed address."""

    url: str = field("The address, for a browser; it needs no token.")
    expires_at: datetime = field("Until when it is good.")


@sees(DOCUMENT)
@strawberry.type(description="An uploaded document, as it was measured when it came in.")
class Document(Node):
    """A document."""

    type: str = field("A term of the documents vocabulary.", sees=WITH_IT)
    type_term: Term = shown_term("documents", "type", region="province", sees=WITH_IT)
    province: strawberry.Private[str]
    format: str | None = field("A term of the file formats vocabulary.", sees=WITH_IT)
    format_term: Term | None = shown_term("file_formats", "format", region="province", sees=WITH_IT)
    size_bytes: int | None = field("Length of the file.", sees=WITH_IT)
    width_px: int | None = field("Width in pixels.", sees=WITH_IT)
    height_px: int | None = field("Height in pixels.", sees=WITH_IT)
    dpi: int | None = field("Resolution in dots per inch, where the file says.", sees=WITH_IT)
    colour: bool | None = field("False for a grey picture.", sees=WITH_IT)
    background: str | None = field("Whether the ground is white: a term of the backgrounds vocabulary.", sees=WITH_IT)
    background_term: Term | None = shown_term("backgrounds", "background", region="province", sees=WITH_IT)
    taken_on: date | None = field("When the photo was taken or the document issued, if given.", sees=WITH_IT)
    uploaded_at: datetime = field("When it came in.", sees=WITH_IT)
    record: strawberry.Private[StoredDocument]
    operation: strawberry.Private[Operation | None]

    @worked_out(
        "Where it can be looked at for two minutes, by whoever has the address; each time is put on record. Null for"
        " who may not: an office looks at the papers of an operation that it works on, through `Operation.documents`.",
        sees=WITH_IT,
    )
    def address(self, info: Info) -> SignedAddress | None:
        """Sign an address."""
        return _address(info, self, thumbnail=False)

    @worked_out("The same for a small picture of it; null for a PDF too.", sees=WITH_IT)
    def thumbnail(self, info: Info) -> SignedAddress | None:
        """Sign an address."""
        return _address(info, self, thumbnail=True)


def _address(info: Info, node: Document, *, thumbnail: bool) -> SignedAddress | None:
    actor, dependencies = info.context.require_actor(), info.context.dependencies
    found = document_views.address_of(dependencies, actor, node.record, node.operation, thumbnail)
    return SignedAddress(url=found.url, expires_at=found.expires_at) if found is not None else None


def document_node(stored: StoredDocument, operation: Operation | None = None) -> Document:
    """Return a document as the graph shows it.

    Args:
        operation: for whose sake it is shown, if for one.
    """
    measured: DocumentEvidence = stored.evidence
    return Document(
        id=global_id("Document", measured.id or ""),
        type=measured.type,
        province=stored.province,
        format=measured.format,
        size_bytes=measured.size_bytes,
        width_px=measured.width_px,
        height_px=measured.height_px,
        dpi=measured.dpi,
        colour=measured.colour,
        background=measured.background,
        taken_on=measured.taken_on,
        uploaded_at=stored.uploaded_at,
        record=stored,
        operation=operation,
    )
