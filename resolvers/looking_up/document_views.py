"""Looking at uploaded documents: a signed address that is good for two minutes, and a line on record for each time that it is opened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation
from gateways.pictures import thumbnail_of
from resolvers import rate_limiting
from resolvers.audit import told_of
from resolvers.changing.access import document_not_found, is_staff, works_on
from resolvers.changing.results import SignedAddress
from resolvers.changing.standing import Viewer
from resolvers.dependencies import Dependencies
from resolvers.looking_up.documents import PDF
from resolvers.looking_up.lookup import look_up_document
from resolvers.looking_up.signed_addresses import Signing
from store import UnitOfWork
from store.audit.entries import AuditEntry, AuditKind
from store.records import StoredDocument

DOCUMENT, THUMBNAIL = "document", "thumbnail"
"""What the audit record calls what was shown."""
VIEWS: Final = "/documents"
"""Where documents are looked at."""
_ADDRESSES: Final = Signing(
    VIEWS,
    b"document view\n",
    Message(
        "这个地址已经失效，请刷新页面后重新打开材料。",
        "This address is over or is not ours; load the page again and open the document from there.",
    ),
)


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """A document that is shown: its bytes, of which format they are, and what to call the file."""

    content: bytes
    format: str
    name: str


def address_of(
    dependencies: Dependencies, actor: Actor, document: StoredDocument, operation: Operation | None, thumbnail: bool
) -> SignedAddress | None:
    """Return an address where somebody who sees a document can look at it; None where they may not, or there is nothing to see.

    Args:
        operation: for whose sake; without one, people see their own, and a clerk what they have taken in.
        thumbnail: whether it is to be small; of a PDF there is none.
    """
    if not _may_open(actor, document, operation) or (thumbnail and document.evidence.format == PDF):
        return None
    said = {
        "document": document.evidence.id,
        "operation": operation.id if operation is not None else None,
        "thumbnail": thumbnail,
    }
    return _ADDRESSES.sign(dependencies, actor, said)


def _may_open(actor: Actor, document: StoredDocument, operation: Operation | None) -> bool:
    """Say whether somebody who may see that there is a document may also look at it."""
    if operation is not None and document.evidence.id not in operation.documents:
        return False
    if not is_staff(actor):
        return True
    return document.uploaded_by == actor.person_id if operation is None else works_on(actor, operation)


def asker_of(dependencies: Dependencies, token: str) -> str:
    """Return the id of whom an address was given, by what follows `VIEWS` in it.

    Raises:
        NotPermitted: as for `open_document`.
    """
    return _ADDRESSES.read(dependencies, token)[1].person_id


async def open_document(dependencies: Dependencies, token: str) -> OpenedDocument:
    """Return a document by what follows `VIEWS` in its address, and put on record that it was shown.

    Raises:
        NotPermitted: the address is not ours, or is over (`ADDRESS_EXPIRED`).
        NotFound: the document is not there any more, or not theirs any more.
        GatewayUnavailable: its file cannot be read.
        TooManyRequests: they have opened too many.
        ServiceBusy: too many pictures wait already.
    """
    (said, actor), now = _ADDRESSES.read(dependencies, token), dependencies.clock.now()
    rate_limiting.opened_document(dependencies, actor)
    async with dependencies.store.reading() as work:
        document, operation = await _found(work, Viewer.of(dependencies.policies(), actor, now), said)
    content = await dependencies.files.read(document.name)
    shown_as = str(document.evidence.format)
    if said["thumbnail"]:
        content, shown_as = await thumbnail_of(dependencies.pictures, content, actor.person_id), "jpeg"
    kind = THUMBNAIL if said["thumbnail"] else DOCUMENT
    async with dependencies.store.transaction() as work:
        work.audit.tell(_look(document, operation, actor, kind, now))
    return OpenedDocument(content, shown_as, f"{document.evidence.type}.{'jpg' if shown_as == 'jpeg' else shown_as}")


async def _found(work: UnitOfWork, viewer: Viewer, said: dict[str, Any]) -> tuple[StoredDocument, Operation | None]:
    """Return what an address names, if it is still to be shown to whom it was given."""
    identifier = said["document"]
    if said["operation"] is None:
        document = await look_up_document(work, viewer, identifier)
        operation = None
    else:
        operation = (await work.operations.get(said["operation"])).settled(viewer.now)
        found = (await work.documents.get_many([identifier])).get(identifier)
        if found is None:
            raise document_not_found()
        document = found
    if not _may_open(viewer.actor, document, operation):
        raise document_not_found()
    return document, operation


def _look(document: StoredDocument, operation: Operation | None, actor: Actor, kind: str, now: datetime) -> AuditEntry:
    return told_of(
        actor,
        now,
        AuditKind.LOOK,
        kind,
        holder_id=document.owner_id,
        record_id=document.evidence.id,
        operation_id=operation.id if operation is not None else None,
        region=operation.region if operation is not None else document.province,
        digest=document.sha256,
    )
