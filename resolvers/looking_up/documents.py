"""Uploading documents: each is measured when it comes in, so that a decision can say what is wrong with it."""

from datetime import date, datetime, time, timedelta
from math import ceil
from uuid import uuid4

from domain.duration import CHINA_TIME, day_in_china
from domain.errors import InvalidInput, NotFound, NotPermitted, ServiceBusy, TooManyRequests
from domain.evidence import DocumentEvidence
from domain.holder import Actor
from domain.message import Message
from domain.region import province_of
from domain.uploads import MIB, UploadQuota
from gateways.apart.processes import Apart
from gateways.files import new_name
from gateways.pictures import measured
from resolvers.audit import told_of
from resolvers.changing import idempotency
from resolvers.changing.access import holder_now, is_staff, require_reach
from resolvers.changing.deaths import require_living, require_living_people
from resolvers.changing.standing import Viewer, see_holder
from resolvers.changing.terms import require_term
from resolvers.dependencies import Dependencies
from store.audit.entries import AuditEntry, AuditKind
from store.records import StoredDocument, Upload

MAX_BYTES = 10 * 1024 * 1024
PDF = "pdf"
UPLOAD = "upload_document"
"""What the audit record calls it."""
_ENDS_WITHIN = 1024
"""Bytes at the end of a PDF in which its end is said."""


async def upload_document(
    dependencies: Dependencies,
    actor: Actor,
    content: bytes,
    document_type: str,
    region: str,
    holder_id: str | None,
    taken_on: date | None,
    key: idempotency.IdempotencyKey | None = None,
) -> StoredDocument:
    """Take a document for a holder.

    Args:
        content: a JPEG, PNG or PDF of at most 10 MiB.
        document_type: a term of the documents vocabulary.
        region: GB/T 2260 of the region it is meant for.
        holder_id: whom it is about; None for whoever uploads.
        taken_on: when the photo was taken or the document issued, if known.

    Raises:
        InvalidInput: neither a readable picture nor a PDF, too large, of no known type, or from the future.
        NotPermitted: the holder is somebody else's.
        TooManyRequests: whoever uploads has used up what they may upload in a day (`UPLOAD_QUOTA_USED`).
        ServiceBusy: too many pictures wait already.
    """
    try:
        owner = await _require_right(dependencies, actor, region, actor.person_id if holder_id is None else holder_id)
    except NotFound as missing:
        missing.field = "input.holderId" if holder_id is not None else None
        raise
    await idempotency.repeat(dependencies, key)
    now = dependencies.clock.now()
    _require_type(dependencies, document_type, region)
    _require_size(content)
    if taken_on is not None and taken_on > day_in_china(now):
        raise InvalidInput(
            Message("日期晚于今天，请改正。", "The date is in the future; correct it."), field="input.takenOn"
        )
    upload = await _begun(dependencies, actor, content, province_of(region), now)
    try:
        evidence = await _measure(dependencies.pictures, upload, content, document_type, taken_on)
    except ServiceBusy:
        await _settle(dependencies, upload.id)
        raise
    file = await dependencies.files.save(content, upload.name)
    stored = StoredDocument(
        evidence=evidence,
        owner_id=owner,
        uploaded_by=actor.person_id,
        province=upload.province,
        uploaded_at=now,
        sha256=file.sha256,
        name=file.name,
    )
    await _record(dependencies, actor, stored, key)
    return stored


async def _begun(dependencies: Dependencies, actor: Actor, content: bytes, province: str, now: datetime) -> Upload:
    """Put an upload on record before it is measured and its file is written, where the quota of the day has room for it.

    Whatever becomes of it, it counts, for what cannot be read takes as much work; but for what is not looked at, as the service is busy.
    """
    upload = Upload(str(uuid4()), province, actor.person_id, now, new_name(), len(content))
    quota = dependencies.uploads.staff if is_staff(actor) else dependencies.uploads.person
    today = datetime.combine(day_in_china(now), time(), CHINA_TIME)
    async with dependencies.store.transaction(unrecorded=True) as work:
        await work.uploads.take_turn(upload.uploaded_by)
        number, size_bytes = await work.uploads.of_day(upload.uploaded_by, today)
        if number >= quota.number or size_bytes + upload.size_bytes > quota.size_bytes:
            raise _used_up(quota, today + timedelta(days=1) - now)
        await work.uploads.begin(upload)
    return upload


def _used_up(quota: UploadQuota, left: timedelta) -> TooManyRequests:
    """Return the answer to whoever has used up the quota of the day.

    Args:
        left: how long the day still lasts.
    """
    mib = quota.size_bytes // MIB
    return TooManyRequests(
        Message(
            f"每天最多上传{quota.number}份材料，合计不超过{mib}兆字节，今天的额度不够了，请明天再上传。",
            f"At most {quota.number} documents of {mib} MiB together are uploaded in a day, and this one would be more; upload it tomorrow.",
        ),
        retry_after=ceil(left.total_seconds()),
        field="input.file",
        code="UPLOAD_QUOTA_USED",
    )


def is_pdf(content: bytes) -> bool:
    """Say whether a file is a whole PDF. It is never read here: only handed on to who works with it."""
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-_ENDS_WITHIN:]


def _require_type(dependencies: Dependencies, document_type: str, region: str) -> None:
    require_term(dependencies.policies().deciding(region).words, "documents", document_type, "input.type")


def _require_size(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise InvalidInput(
            Message(
                f"文件太大，最多{MAX_BYTES // 2**20}兆字节，请缩小后重新上传。",
                f"The file has {len(content)} bytes, and the limit is {MAX_BYTES}; make it smaller.",
            ),
            field="input.file",
            code="IMAGE_TOO_LARGE",
        )


async def _require_right(dependencies: Dependencies, actor: Actor, region: str, owner: str) -> str:
    """Return the id of whom documents are about; refuse whoever may not hand them in, or not in a region."""
    require_reach(actor, region)
    async with dependencies.store.reading() as work:
        viewer = Viewer.of(dependencies.policies(), actor, dependencies.clock.now())
        # Who hands papers in at a window stands before the clerk.
        holder = await holder_now(work, owner) if viewer.desk else (await see_holder(work, viewer, owner))[0]
        # A clerk still takes papers, such as the death certificate.
        if actor.role != "clerk":
            require_living(holder)
            await require_living_people(work, [actor.person_id])
    if is_staff(actor) and actor.role != "clerk":
        raise NotPermitted(
            Message(
                "您不能上传这份材料，请由持卡人本人、监护人或者窗口工作人员上传。",
                "Only the holder, a guardian or a clerk uploads documents.",
            )
        )
    return holder.id


async def _measure(
    pictures: Apart, upload: Upload, content: bytes, document_type: str, taken_on: date | None
) -> DocumentEvidence:
    identifier = upload.id
    if is_pdf(content):
        return DocumentEvidence(
            id=identifier, type=document_type, format=PDF, size_bytes=len(content), taken_on=taken_on
        )
    try:
        image = await measured(pictures, content, upload.uploaded_by)
    except InvalidInput as wrong:
        wrong.field = "input.file"
        raise
    return DocumentEvidence(
        id=identifier,
        type=document_type,
        format=image.format,
        size_bytes=len(content),
        width_px=image.width_px,
        height_px=image.height_px,
        dpi=image.dpi,
        colour=image.colour,
        background=image.background,
        taken_on=taken_on,
    )


def uploaded(actor: Actor | None, stored: StoredDocument) -> AuditEntry:
    """Return what the audit record is told of an upload."""
    about = {"holder_id": stored.owner_id, "record_id": stored.evidence.id, "region": stored.province}
    return told_of(actor, stored.uploaded_at, AuditKind.CHANGE, UPLOAD, digest=stored.sha256, **about)


async def _record(
    dependencies: Dependencies, actor: Actor, stored: StoredDocument, key: idempotency.IdempotencyKey | None
) -> None:
    """Put a saved document on record.

    Where that fails, its file stays: whoever is cancelled at the commit does not know whether the document is there. If it is not, the
    sweep finds the upload.
    """
    try:
        async with dependencies.store.transaction() as work:
            await idempotency.take_turn(work, key, stored.uploaded_at)
            await work.documents.add(stored)
            work.audit.tell(uploaded(actor, stored))
            await idempotency.keep(work, key, stored, stored.uploaded_at)
    except idempotency.AlreadyAnswered:
        # A twin was faster: the two are one upload.
        await dependencies.files.delete(stored.name)
        await _settle(dependencies, str(stored.evidence.id))
        raise


async def _settle(dependencies: Dependencies, identifier: str) -> None:
    """Take an upload off the record of which there is no file."""
    async with dependencies.store.transaction(unrecorded=True) as work:
        await work.uploads.settle([identifier])
