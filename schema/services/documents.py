"""Uploading documents."""

import hashlib
from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from strawberry.file_uploads import Upload

from domain.evidence import DocumentEvidence
from resolvers.looking_up.documents import MAX_BYTES, upload_document
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.kit.relay import Node, global_id, optional_id
from schema.types.errors import UserError, attempt
from schema.types.inputs import MutationInput
from schema.types.terms import Term, shown_term
from store.records import StoredDocument


@strawberry.type(description="An uploaded document, as it was measured when it came in.")
class Document(Node):
    """A document."""

    type: str = field("A term of the documents vocabulary.")
    type_term: Term = shown_term("documents", "type", region="province")
    province: strawberry.Private[str]
    format: str | None = field("A term of the file formats vocabulary.")
    format_term: Term | None = shown_term("file_formats", "format", region="province")
    size_bytes: int | None = field("Length of the file.")
    width_px: int | None = field("Width in pixels.")
    height_px: int | None = field("Height in pixels.")
    dpi: int | None = field("Resolution in dots per inch, where the file says.")
    colour: bool | None = field("False for a grey picture.")
    background: str | None = field("Whether the ground is white: a term of the backgrounds vocabulary.")
    background_term: Term | None = shown_term("backgrounds", "background", region="province")
    taken_on: date | None = field("When the photo was taken or the document issued, if given.")
    uploaded_at: datetime = field("When it came in.")


def document_node(stored: StoredDocument) -> Document:
    """Return a document as the graph shows it."""
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
    )


@strawberry.input(description="A document to upload, by a multipart request.")
class UploadDocumentInput(MutationInput):
    """What is uploaded."""

    file: Upload = field("A JPEG or PNG of at most 10 MiB.")
    type: str = field("A term of the documents vocabulary.")
    region_code: str = field("The region it is meant for, GB/T 2260.")
    holder_id: strawberry.ID | None = field("Whom it is about; yourself if left out.", default=None)
    taken_on: date | None = field("When the photo was taken or the document issued, if known.", default=None)


@strawberry.type(description="The answer to an upload.")
class UploadDocumentPayload:
    """The measured document."""

    document: Document | None = field("The document; null where it was refused.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@strawberry.mutation(description="Upload a document; its id goes into `evidence.documentIds`.")
async def mutation(info: Info, input: Annotated[UploadDocumentInput, INPUT]) -> UploadDocumentPayload:
    """Take a document."""
    actor = info.context.require_actor()

    async def uploaded() -> StoredDocument:
        holder = optional_id(input.holder_id, "Holder", "input.holderId")
        file: Any = input.file
        content: bytes = await file.read(MAX_BYTES + 1)
        asked = {**vars(input), "file": hashlib.sha256(content).hexdigest()}
        return await upload_document(
            info.context.dependencies,
            actor,
            content,
            input.type,
            input.region_code,
            holder,
            input.taken_on,
            input.key(info, asked),
        )

    return await attempt(UploadDocumentPayload, uploaded, lambda stored: {"document": document_node(stored)})
