"""Deleting what regions say is kept no longer (`keep_…_for` in regions/*/settings.yaml), so many at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from domain.duration import Duration, day_in_china, move_moment
from domain.operation import SYSTEM
from domain.region import NATION
from domain.retention import Kept
from resolvers.audit import told_of
from resolvers.changing.idempotency import KEPT_FOR
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.audit.sealing import LATE
from store.records import StoredDocument, Upload

FORGOTTEN = "forget"
"""What the audit record calls it."""
AT_ONCE = 500
"""How many rows one transaction deletes."""
QUOTA_DAY = timedelta(days=1)
"""For how long an upload stays on record at least, whatever became of it: it counts in the quota of its day."""
MOST_TURNS = 20
"""How many transactions one sweep takes for each kind; what is left goes with the next."""


async def forget_old(dependencies: Dependencies, now: datetime) -> dict[Kept, int]:
    """Delete what is kept no longer; return how many of each kind."""
    found: dict[Kept, int] = {}
    with_files = {Kept.DOCUMENTS: _forget_documents, Kept.UNUSED_DOCUMENTS: forget_unused}
    # The audit record goes once somebody has exported it, and by nobody else.
    for kind in (each for each in Kept if each is not Kept.AUDIT):
        forget = with_files.get(kind)
        found[kind] = await (forget(dependencies, now) if forget is not None else _forget(dependencies, kind, now))
    return found


def kept_since(dependencies: Dependencies, kind: Kept, region: str, now: datetime) -> datetime | None:
    """Return the moment before which records of one kind go; None where the region does not say, so that all are kept."""
    on = day_in_china(now)
    policies = dependencies.policies()
    place = policies.tree.regions.get(region) or policies.region(NATION)
    setting = place.shared_settings.get(kind.value)
    value = setting.at(on, on) if setting is not None else None
    if value is None or not isinstance(value.value, Duration):
        return None
    before = move_moment(now, value.value, dependencies.calendar, backwards=True)
    # The contract of the graph promises that a key names one change for so long.
    return min(before, now - KEPT_FOR) if kind is Kept.ANSWERS else before


async def audit_months_past(dependencies: Dependencies, now: datetime) -> int:
    """Return how many months of the audit record need be kept no longer and are there."""
    since = kept_since(dependencies, Kept.AUDIT, NATION, now)
    async with dependencies.store.reading() as work:
        oldest = await work.audit.oldest()
    if since is None or oldest is None:
        return 0
    # What was written in the last hour of a month may have been sealed in the next one, and is of that.
    first, end = (oldest + LATE).astimezone(UTC), since.astimezone(UTC)
    return max(0, (end.year - first.year) * 12 + end.month - first.month)


async def _forget(dependencies: Dependencies, kind: Kept, now: datetime) -> int:
    before, forgotten = kept_since(dependencies, kind, NATION, now), 0
    for _ in range(MOST_TURNS if before is not None else 0):
        async with dependencies.store.transaction(unrecorded=True) as work:
            dropped = await work.retained.forget(kind, before, AT_ONCE)  # type: ignore[arg-type]
            _tell(work, kind, dropped, now)
        forgotten += dropped
        if dropped < AT_ONCE:
            break
    return forgotten


async def _forget_documents(dependencies: Dependencies, now: datetime) -> int:
    """Delete documents, with their files: a province may keep them for longer than the nation asks for, never shorter."""
    before = kept_since(dependencies, Kept.DOCUMENTS, NATION, now)
    if before is None:
        return 0
    async with dependencies.store.reading() as work:
        old = await work.retained.old_documents(before, AT_ONCE)
    gone = [
        each
        for each in old
        if each.uploaded_at < (kept_since(dependencies, Kept.DOCUMENTS, each.province, now) or before)
    ]
    for each in gone:
        # Before the row: a file that nothing names would never be found.
        await dependencies.files.delete(each.name)
    async with dependencies.store.transaction(unrecorded=True) as work:
        dropped = await work.retained.drop_documents(
            [each.evidence.id for each in gone if each.evidence.id is not None]
        )
        _tell(work, Kept.DOCUMENTS, dropped, now)
        return dropped


async def forget_unused(dependencies: Dependencies, now: datetime) -> int:
    """Delete documents that nothing has taken, with their files, and files that no document came of; return how many documents.

    Their people are held meanwhile, so that no request takes one at that moment; whose people are busy is left to the next sweep.
    """
    before, after, forgotten = now - QUOTA_DAY, (datetime.min.replace(tzinfo=UTC), ""), 0
    # What a province keeps for longer is passed over, however much it is: else nothing behind it would ever go.
    while forgotten < MOST_TURNS * AT_ONCE:
        async with dependencies.store.reading() as work:
            page = await work.uploads.before(before, after, AT_ONCE)
        forgotten += await _forget_page(dependencies, page, now)
        if len(page) < AT_ONCE:
            break
        after = (page[-1].at, page[-1].id)
    await dependencies.files.delete_unfinished(now - QUOTA_DAY)
    return forgotten


async def _forget_page(dependencies: Dependencies, page: Sequence[Upload], now: datetime) -> int:
    """Find out what became of uploads, and return how many documents went."""
    async with dependencies.store.transaction(unrecorded=True) as work:
        documents = await work.documents.get_many(each.id for each in page)
        held = await work.holders.hold({document.owner_id for document in documents.values()})
        waiting, named = await work.uploads.waiting([each.id for each in page]), await work.documents.named(held)
        fileless = [each for each in page if each.id in waiting and each.id not in documents]
        known = [documents[each.id] for each in page if each.id in waiting and each.id in documents]
        unused = [each for each in known if each.owner_id in held and _id(each) not in named]
        gone = [each for each in unused if _is_over(dependencies, each, now)]
        taken = [each.id for each in page if each.id not in waiting]
        await work.uploads.settle([*taken, *(_id(each) for each in known if _id(each) in named)])
        await work.retained.drop_documents([_id(each) for each in gone])
        for each in gone:
            about = {"holder_id": each.owner_id, "record_id": _id(each), "region": each.province}
            work.audit.tell(
                told_of(None, now, AuditKind.CHANGE, FORGOTTEN, role=SYSTEM, reference=Kept.UNUSED_DOCUMENTS, **about)
            )
    # After the rows, so that no document is there without its file. Broken off here, the next sweep finds the uploads.
    for name in [*(each.name for each in fileless), *(each.name for each in gone)]:
        await dependencies.files.delete(name)
    async with dependencies.store.transaction(unrecorded=True) as work:
        await work.uploads.settle([*(each.id for each in fileless), *map(_id, gone)])
    return len(gone)


def _is_over(dependencies: Dependencies, document: StoredDocument, now: datetime) -> bool:
    since = kept_since(dependencies, Kept.UNUSED_DOCUMENTS, document.province, now)
    return since is not None and document.uploaded_at < since


def _id(document: StoredDocument) -> str:
    return str(document.evidence.id)


def _tell(work: UnitOfWork, kind: Kept, dropped: int, now: datetime) -> None:
    said = {"record_id": kind.value, "reference": str(dropped)}
    if dropped:
        work.audit.tell(told_of(None, now, AuditKind.CHANGE, FORGOTTEN, role=SYSTEM, **said))
