"""Deleting what regions say is kept no longer (`keep_…_for` in regions/*/settings.yaml), so many at once."""

from datetime import datetime

from domain.duration import Duration, day_in_china, move_moment
from domain.operation import SYSTEM
from domain.region import NATION
from domain.retention import Kept
from resolvers.audit import told_of
from resolvers.changing.idempotency import KEPT_FOR
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.audit.entries import AuditKind

FORGOTTEN = "forget"
"""What the audit record calls it."""
AT_ONCE = 500
"""How many rows one transaction deletes."""
MOST_TURNS = 20
"""How many transactions one sweep takes for each kind; what is left goes with the next."""


async def forget_old(dependencies: Dependencies, now: datetime) -> dict[Kept, int]:
    """Delete what is kept no longer; return how many of each kind."""
    found: dict[Kept, int] = {}
    for kind in Kept:
        forget = _forget_documents(dependencies, now) if kind is Kept.DOCUMENTS else _forget(dependencies, kind, now)
        found[kind] = await forget
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


def _tell(work: UnitOfWork, kind: Kept, dropped: int, now: datetime) -> None:
    said = {"record_id": kind.value, "reference": str(dropped)}
    if dropped:
        work.audit.tell(told_of(None, now, AuditKind.CHANGE, FORGOTTEN, role=SYSTEM, **said))
