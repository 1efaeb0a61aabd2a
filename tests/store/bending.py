"""An audit record, ways of bending it by SQL, and what is found of them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from store import Keys, Store
from store.audit.chain import Chain
from store.audit.entries import KeptEntry, MarkedEntry
from store.audit.findings import Bent, Finding
from store.audit.keys import AuditKeys
from store.audit.seals import KeptSeal
from store.audit.verifying import Verified
from store.repositories.audit import AuditSelection
from store.unit_of_work import UnitOfWork
from tests.store import samples
from tests.store.samples import NOW

MINUTE = timedelta(minutes=1)
END = NOW + 46 * MINUTE
Statements = Sequence[str]


@dataclass(frozen=True)
class Record:
    """A record as it stands: entries 1 to 4 in one seal, 5 to 8 in another, 9 to 12 in a third, 13 to 15 in none yet."""

    keys: AuditKeys
    entries: Sequence[KeptEntry]
    seals: Sequence[KeptSeal]

    def at(self, place: int) -> KeptEntry:
        """Return the entry at a place, counted from 1."""
        return self.entries[place - 1]


async def tell(store: Store, minute: int, place: int) -> None:
    at = NOW + minute * MINUTE
    async with store.transaction() as work:
        await work.decisions.add(samples.decision(f"decision-{place}", at=at, operation_id=f"operation-{place}"))
        await work.operations.add(samples.operation(f"operation-{place}"))
        await work.timeline.append(samples.timeline_entry(operation_id=f"operation-{place}", at=at))
        work.audit.tell(samples.audit_entry(at=at, record_id=f"record-{place}"))


async def make(store: Store) -> None:
    for seal in range(3):
        for place in range(4):
            await tell(store, seal * 10, seal * 4 + place + 1)
        await store.seal_audit(NOW + (seal * 10 + 1) * MINUTE)
    # The chain goes on for longer than a rolled-back number waits to be taken again.
    for place, minute in ((13, 22), (14, 30), (15, 45)):
        await tell(store, minute, place)


async def verified_by(
    work: UnitOfWork, keys: AuditKeys, now: datetime, published: dict[int, str]
) -> tuple[list[Finding], Verified]:
    verifier = work.audit.verifying(keys, now, published, lambda done, month: None)
    return [each async for each in verifier.findings()], verifier.verified


@asynccontextmanager
async def transaction_that_never_was(store: Store) -> AsyncIterator[UnitOfWork]:
    """Do something that is rolled back."""
    with suppress(ZeroDivisionError):
        async with store.transaction() as work:
            yield work
            raise ZeroDivisionError


async def what_is_found(
    store: Store,
    statements: Statements,
    now: datetime = END,
    published: dict[int, str] | None = None,
    *,
    sealed: bool = False,
) -> list[Finding]:
    """Return what is found where somebody has run statements, and the service has sealed what they left where that is asked for."""
    found: list[Finding] = []
    async with transaction_that_never_was(store) as work:
        for statement in statements:
            await work._session.writer.execute_query(statement)
        if sealed:
            await work.audit.seal(store.audit_keys, now)
        found, _ = await verified_by(work, store.audit_keys, now, published or {})
    return found


async def read_record(store: Store) -> Record:
    async with store.reading() as work:
        entries = (await work.audit.page(AuditSelection(), None, 100))[::-1]
        return Record(store.audit_keys, entries, await work.audit.seals(0, 100))


def quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def inserting(marked: MarkedEntry, identifier: int | str) -> str:
    values = [marked.chain, marked.number, marked.at.isoformat(" "), marked.kind, marked.holder_id, marked.subject]
    shown = ", ".join(quoted(value) for value in (*values, marked.text, marked.mac))
    return (
        'INSERT INTO audit_entries ("id", "chain", "number", "at", "kind", "holder_id", "subject", "text", "mac") '
        f"VALUES ({identifier}, {shown})"
    )


def setting(entry: KeptEntry, **columns: object) -> str:
    shown = ", ".join(f'"{name}" = {quoted(value)}' for name, value in columns.items())
    return f"UPDATE audit_entries SET {shown} WHERE id = {entry.id}"


def forged(record: Record, at: datetime, key: bytes | None = None) -> MarkedEntry:
    """Return an entry that somebody has made; without the key of the record, with one of their own."""
    keys = record.keys if key is None else AuditKeys.of(Keys((b"e" * 32,), b"i" * 32, audit=(key,)))
    return Chain(keys).marked(samples.audit_entry(at=at), [])


@dataclass(frozen=True)
class Tampering:
    """A way of bending the record.

    Args:
        how: the statements that do it; bent, where: what is found.
        now: when the record is verified; all: whether nothing else is found.
    """

    how: Callable[[Record], Statements]
    bent: Bent
    where: Callable[[Record], Sequence[object]]
    now: datetime = END
    all: bool = True


def at_entry(place: int) -> Callable[[Record], Sequence[object]]:
    return lambda record: [record.at(place).id]
