"""Uploading documents."""

import hashlib
from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry.file_uploads import Upload

from domain.access import CLERKS, PEOPLE
from resolvers.looking_up.documents import MAX_BYTES, upload_document
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.kit.relay import optional_id
from schema.types.documents import Document, document_node
from schema.types.errors import UserError, attempt
from schema.types.inputs import MutationInput
from schema.types.mutations import mutation as described_mutation
from store.records import StoredDocument


@strawberry.input(description="A document to upload, by a multipart request.")
class UploadDocumentInput(MutationInput):
    """What is uploaded."""

    file: Upload = field("A JPEG, PNG or PDF of at most 10 MiB.")
    type: str = field("A term of the documents vocabulary.")
    region_code: str = field("The region it is meant for, GB/T 2260.")
    holder_id: strawberry.ID | None = field("Whom it is about; yourself if left out.", default=None)
    taken_on: date | None = field("When the photo was taken or the document issued, if known.", default=None)


@sees(WITH_IT)
@strawberry.type(description="The answer to an upload.")
class UploadDocumentPayload:
    """The measured document."""

    document: Document | None = field("The document; null where it was refused.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@described_mutation(
    "Upload a document; its id goes into `evidence.documentIds`. One that nothing has taken is forgotten after a day; how many may be"
    " uploaded in a day is limited (`UPLOAD_QUOTA_USED`).",
    asks=PEOPLE | CLERKS,
)
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
