"""Each way of bending the audit record by SQL is found, and told by name."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from store import Keys, Store
from store.audit.chain import Chain
from store.audit.dropping import Drop
from store.audit.entries import AuditKind, KeptEntry, MarkedEntry
from store.audit.findings import Bent, Finding
from store.audit.keys import AuditKeys
from store.audit.ranges import Ranges
from store.audit.sealing import LATE
from store.audit.seals import KeptSeal, Seal, leaf_of, sealed
from store.audit.verifying import Verified
from store.repositories.audit import AuditSelection
from store.unit_of_work import UnitOfWork
from tests.store import samples
from tests.store.samples import NOW

pytestmark = pytest.mark.anyio

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


async def _tell(store: Store, minute: int, place: int) -> None:
    at = NOW + minute * MINUTE
    async with store.transaction() as work:
        await work.decisions.add(samples.decision(f"decision-{place}", at=at, operation_id=f"operation-{place}"))
        await work.operations.add(samples.operation(f"operation-{place}"))
        await work.timeline.append(samples.timeline_entry(operation_id=f"operation-{place}", at=at))
        work.audit.tell(samples.audit_entry(at=at, record_id=f"record-{place}"))


async def _made(store: Store) -> None:
    for seal in range(3):
        for place in range(4):
            await _tell(store, seal * 10, seal * 4 + place + 1)
        await store.seal_audit(NOW + (seal * 10 + 1) * MINUTE)
    # The chain goes on for longer than a rolled-back number waits to be taken again.
    for place, minute in ((13, 22), (14, 30), (15, 45)):
        await _tell(store, minute, place)


async def _verified(
    work: UnitOfWork, keys: AuditKeys, now: datetime, published: dict[int, str]
) -> tuple[list[Finding], Verified]:
    verifier = work.audit.verifying(keys, now, published, lambda done, month: None)
    return [each async for each in verifier.findings()], verifier.verified


@asynccontextmanager
async def _transaction_that_never_was(store: Store) -> AsyncIterator[UnitOfWork]:
    with suppress(ZeroDivisionError):
        async with store.transaction() as work:
            yield work
            raise ZeroDivisionError


async def _found(
    store: Store, statements: Statements, now: datetime = END, published: dict[int, str] | None = None
) -> list[Finding]:
    """Return what is found where somebody has run statements."""
    found: list[Finding] = []
    async with _transaction_that_never_was(store) as work:
        for statement in statements:
            await work._session.writer.execute_query(statement)
        found, _ = await _verified(work, store.audit_keys, now, published or {})
    return found


async def _record(store: Store) -> Record:
    async with store.reading() as work:
        entries = (await work.audit.page(AuditSelection(), None, 100))[::-1]
        return Record(store.audit_keys, entries, await work.audit.seals(0, 100))


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _insert(marked: MarkedEntry, identifier: int | str) -> str:
    values = [marked.chain, marked.number, marked.at.isoformat(" "), marked.kind, marked.holder_id, marked.subject]
    shown = ", ".join(_text(value) for value in (*values, marked.text, marked.mac))
    return (
        'INSERT INTO audit_entries ("id", "chain", "number", "at", "kind", "holder_id", "subject", "text", "mac") '
        f"VALUES ({identifier}, {shown})"
    )


def _set(entry: KeptEntry, **columns: object) -> str:
    shown = ", ".join(f'"{name}" = {_text(value)}' for name, value in columns.items())
    return f"UPDATE audit_entries SET {shown} WHERE id = {entry.id}"


def _forged(record: Record, at: datetime, key: bytes | None = None) -> MarkedEntry:
    """Return an entry that somebody has made; without the key of the record, with one of their own."""
    keys = record.keys if key is None else AuditKeys.of(Keys((b"e" * 32,), b"i" * 32, audit=(key,)))
    return Chain(keys).marked(samples.audit_entry(at=at), [])


def _exchanged(one: KeptEntry, other: KeptEntry) -> Statements:
    steps = ((one.id, -1), (other.id, one.id), (-1, other.id))
    return [f"UPDATE audit_entries SET id = {after} WHERE id = {before}" for before, after in steps]


def _marked_anew(record: Record, entry: KeptEntry) -> str:
    text = entry.text.replace("clerk-1", "clerk-2")
    mac = record.keys.first.mark(entry.chain, entry.number, text)
    return _set(entry, text=text, mac=mac, subject="clerk-2")


def _sealed_anew(record: Record) -> Statements:
    """Return what somebody with the key does who changes an entry and makes all seals from there on anew."""
    changed = record.at(6)
    text = changed.text.replace("clerk-1", "clerk-2")
    mac = record.keys.first.mark(changed.chain, changed.number, text)
    statements = [_marked_anew(record, changed)]
    before, previous = Seal.parse(record.seals[0].body), record.seals[0].hash
    for kept in record.seals[1:]:
        old = Seal.parse(kept.body)
        entries = [
            replace(e, text=text, mac=mac) if e.id == changed.id else e for e in record.entries if e.id in old.ids
        ]
        made = sealed(before, previous, old.ids, [leaf_of(e) for e in entries], (), old.at, record.keys.first)
        statements.append(
            f"UPDATE audit_seals SET body = {_text(made.body)}, signature = {_text(made.signature)} WHERE id = {kept.number}"
        )
        before, previous = Seal.parse(made.body), made.hash
    return statements


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


def _entry(place: int) -> Callable[[Record], Sequence[object]]:
    return lambda record: [record.at(place).id]


def _seal_with(old: str, new: str) -> Callable[[Record], Statements]:
    return lambda record: [
        f"UPDATE audit_seals SET body = {_text(record.seals[1].body.replace(old, new))} WHERE id = 2"
    ]


TAMPERINGS = {
    "the text names another clerk": Tampering(
        lambda r: [_set(r.at(6), text=r.at(6).text.replace("clerk-1", "clerk-2"))], Bent.CHANGED, _entry(6)
    ),
    "the text is nothing that can be read": Tampering(
        lambda r: [_set(r.at(6), text="[")], Bent.CHANGED, _entry(6), all=False
    ),
    "the mark is another": Tampering(lambda r: [_set(r.at(6), mac="0" * 64)], Bent.CHANGED, _entry(6)),
    "the moment is another": Tampering(lambda r: [_set(r.at(6), at=NOW.isoformat(" "))], Bent.CHANGED, _entry(6)),
    "the person is another": Tampering(lambda r: [_set(r.at(6), holder_id="holder-2")], Bent.CHANGED, _entry(6)),
    "the clerk is another": Tampering(lambda r: [_set(r.at(6), subject="clerk-2")], Bent.CHANGED, _entry(6)),
    "the kind is another": Tampering(lambda r: [_set(r.at(6), kind="change")], Bent.CHANGED, _entry(6)),
    "the number is another": Tampering(lambda r: [_set(r.at(6), number=99)], Bent.CHANGED, _entry(6), all=False),
    "the chain is another": Tampering(
        lambda r: [_set(r.at(6), chain=f"{r.keys.first.name}-other")], Bent.CHANGED, _entry(6), all=False
    ),
    "the chain is of a key that nobody has": Tampering(
        lambda r: [_set(r.at(6), chain="00000000-other")], Bent.CHANGED, _entry(6), all=False
    ),
    "the chain pretends to be from before the record": Tampering(
        lambda r: [_set(r.at(6), chain="disclosures", mac="")], Bent.CHANGED, _entry(6), all=False
    ),
    "an entry is taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {r.at(6).id}"], Bent.MISSING, _entry(6), all=False
    ),
    "the first entry of all is taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {r.at(1).id}"], Bent.MISSING, _entry(1), all=False
    ),
    "the last sealed entry is taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {r.at(12).id}"], Bent.MISSING, _entry(12), all=False
    ),
    "all entries of a seal are taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id >= {r.at(5).id} AND id <= {r.at(8).id}"],
        Bent.MISSING,
        _entry(7),
        all=False,
    ),
    "an entry is taken away before it was sealed": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {r.at(13).id}"],
        Bent.MISSING,
        lambda r: [r.at(13).chain, r.at(13).number],
        now=END + 5 * MINUTE,
        all=False,
    ),
    "two entries stand in each other's place": Tampering(
        lambda r: _exchanged(r.at(5), r.at(7)), Bent.REORDERED, lambda r: [r.at(5).id, r.at(7).id], all=False
    ),
    "an entry stands at the end of the record": Tampering(
        lambda r: [f"UPDATE audit_entries SET id = 999 WHERE id = {r.at(6).id}"], Bent.MISSING, _entry(6), all=False
    ),
    "an entry is there twice": Tampering(lambda r: [_insert(r.at(14), 999)], Bent.TWICE, lambda r: [999], all=False),
    "an entry is put in without the key": Tampering(
        lambda r: [_insert(_forged(r, END, b"k" * 32), 999)], Bent.CHANGED, lambda r: [999], all=False
    ),
    "an entry is put in before all others": Tampering(
        lambda r: [_insert(_forged(r, NOW), 0)], Bent.INSERTED, lambda r: [0], all=False
    ),
    "an entry is back-dated with the key": Tampering(
        lambda r: [_insert(_forged(r, NOW - LATE), 999)], Bent.BACK_DATED, lambda r: [999], all=False
    ),
    "an entry is of the future": Tampering(
        lambda r: [_insert(_forged(r, END + LATE), 999)], Bent.BACK_DATED, lambda r: [999], all=False
    ),
    "an entry is marked anew by somebody with the key": Tampering(
        lambda r: [_marked_anew(r, r.at(6))], Bent.CHANGED, _entry(6)
    ),
    "a seal is taken away": Tampering(
        lambda r: ["DELETE FROM audit_seals WHERE id = 2"], Bent.SEAL, lambda r: [3], all=False
    ),
    "the last seal is taken away": Tampering(
        lambda r: ["DELETE FROM audit_seals WHERE id = 3"], Bent.UNSEALED, _entry(10), now=END + LATE, all=False
    ),
    "a seal has another root": Tampering(_seal_with('"root":"', '"root":"00'), Bent.SEAL, lambda r: [2], all=False),
    "a seal cannot be read": Tampering(_seal_with("{", "["), Bent.SEAL, lambda r: [2], all=False),
    "a seal covers fewer entries": Tampering(_seal_with('"size":4', '"size":3'), Bent.SEAL, lambda r: [2], all=False),
    "a seal is signed by nobody": Tampering(
        lambda r: [f"UPDATE audit_seals SET signature = {_text('A' * 86 + '==')} WHERE id = 2"],
        Bent.SEAL,
        lambda r: [2],
    ),
    "a seal has another time": Tampering(
        lambda r: [f"UPDATE audit_seals SET at = {_text(NOW.isoformat(' '))} WHERE id = 2"], Bent.SEAL, lambda r: [2]
    ),
    "a decision is another": Tampering(
        lambda r: ["UPDATE decisions SET allowed = NOT allowed WHERE id = 'decision-6'"],
        Bent.ROW_CHANGED,
        lambda r: ["decisions", "decision-6"],
    ),
    "a decision was made on other facts": Tampering(
        lambda r: ["UPDATE decisions SET facts = '{\"holder.age\": 17}' WHERE id = 'decision-6'"],
        Bent.ROW_CHANGED,
        lambda r: ["decisions", "decision-6"],
    ),
    "a decision is taken away": Tampering(
        lambda r: ["DELETE FROM decisions WHERE id = 'decision-6'"],
        Bent.ROW_MISSING,
        lambda r: ["decisions", "decision-6"],
    ),
    "a decision is put in": Tampering(
        lambda r: [
            'INSERT INTO decisions SELECT \'forged\', "province", "region", "operation_id", "service", "at", "on", "known", '
            '"digest", "allowed", "facts", "outcome" FROM decisions WHERE id = \'decision-6\''
        ],
        Bent.ROW_UNKNOWN,
        lambda r: ["decisions", "forged"],
    ),
    "a line of a timeline names another office": Tampering(
        lambda r: ["UPDATE timeline SET office = 'another' WHERE operation_id = 'operation-6'"],
        Bent.ROW_CHANGED,
        lambda r: ["timeline", "operation-6"],
    ),
    "a line of a timeline is taken away": Tampering(
        lambda r: ["DELETE FROM timeline WHERE operation_id = 'operation-6'"],
        Bent.ROW_MISSING,
        lambda r: ["timeline", "operation-6"],
    ),
}


@pytest.mark.anyio
async def test_every_way_of_bending_the_record_is_found_and_told_by_name(store: Store) -> None:
    assert len(TAMPERINGS) >= 20
    await _made(store)
    record = await _record(store)
    assert (len(record.entries), len(record.seals)) == (15, 3)
    assert await _found(store, []) == []
    for name, way in TAMPERINGS.items():
        found = await _found(store, way.how(record), way.now)
        named = [(each.bent, list(each.where)) for each in found]
        wanted = (way.bent, [str(part) for part in way.where(record)])
        assert wanted in named, (name, named)
        assert named == [wanted] or not way.all, (name, named)
        assert all(each.message.zh and each.message.en for each in found)
    # With the keys the whole record can be made anew; what was published elsewhere still tells.
    assert await _found(store, _sealed_anew(record)) == []
    published = {kept.number: kept.hash for kept in record.seals}
    bent = await _found(store, _sealed_anew(record), published=published)
    assert [(each.bent, each.where) for each in bent] == [(Bent.PUBLISHED, ("2",)), (Bent.PUBLISHED, ("3",))]
    gone = await _found(
        store, ["DELETE FROM audit_seals", "DELETE FROM audit_entries", "DELETE FROM decisions"], END, published
    )
    assert {each.bent for each in gone} == {Bent.PUBLISHED}


async def _dropped(store: Store, stop: int, month: str) -> Drop:
    """Take the entries up to a seal away."""
    async with store.reading() as work:
        before = await work.audit.last_drop(store.audit_keys)
        verifier = work.audit.verifying(store.audit_keys, END, {}, lambda done, month: None, (stop,))
        assert [each async for each in verifier.findings()] == []
    drop = verifier.drop_at(stop, month, [f"export-{stop}"], "operator")
    mark = samples.audit_entry(at=END, kind=AuditKind.DROP, subject="operator", dropped=drop.said())
    async with store.transaction() as work:
        assert await work.audit.drop(store.audit_keys, drop, before, mark)
    async with store.transaction() as work:  # as another does who verified it at the same time
        assert not await work.audit.drop(store.audit_keys, drop, before, mark)
    return drop


def _gone(record: Record, first: int, last: int) -> str:
    return f"DELETE FROM audit_entries WHERE id >= {record.at(first).id} AND id <= {record.at(last).id}"


def _mark(record: Record) -> KeptEntry:
    return record.entries[-1]


def _mark_of_more(record: Record, key: bytes | None = None, hashed: str | None = None) -> str:
    """Return an entry which says that all up to the third seal went; it has the key of the record, or another."""
    keys = record.keys if key is None else AuditKeys.of(Keys((b"e" * 32,), b"i" * 32, audit=(key,)))
    said = _mark(record).said["dropped"] | {"seal": 3, "hash": hashed or record.seals[2].hash, "count": 13}
    said["top"] = record.at(12).id
    made = Chain(keys).marked(samples.audit_entry(at=END, kind=AuditKind.DROP, dropped=said), [])
    return _insert(made, 999)


def _seal_remade(record: Record) -> str:
    """Return what somebody with the key does who makes a seal anew whose entries have gone."""
    first, second = (Seal.parse(kept.body) for kept in record.seals[:2])
    leaves = [leaf_of(entry) for entry in record.entries if entry.id in second.ids]
    made = sealed(first, record.seals[0].hash, second.ids, leaves, (), second.at + MINUTE, record.keys.first)
    values = f"body = {_text(made.body)}, signature = {_text(made.signature)}, at = {_text(made.at.isoformat(' '))}"
    return f"UPDATE audit_seals SET {values} WHERE id = 2"


AFTER_A_DROP = {
    "a mark is forged and more is taken away": Tampering(
        lambda r: [_mark_of_more(r, b"k" * 32), _gone(r, 9, 12)], Bent.MISSING, _entry(10), all=False
    ),
    "a mark is forged": Tampering(lambda r: [_mark_of_more(r, b"k" * 32)], Bent.CHANGED, lambda r: [999]),
    "the mark is taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {_mark(r).id}"],
        Bent.MISSING,
        lambda r: [_mark(r).id],
        all=False,
    ),
    "the mark is no mark any more": Tampering(
        lambda r: [_set(_mark(r), kind="look")], Bent.CHANGED, lambda r: [_mark(r).id], all=False
    ),
    "what the mark alone says is missing without it": Tampering(
        lambda r: [_set(_mark(r), kind="look")], Bent.MISSING, _entry(6), all=False
    ),
    "the mark is moved to the next seal": Tampering(
        lambda r: [
            _set(_mark(r), text=_mark(r).text.replace('"seal":2', '"seal":3').replace('"count":9', '"count":13')),
            _gone(r, 9, 12),
        ],
        Bent.CHANGED,
        lambda r: [_mark(r).id],
        all=False,
    ),
    "the mark stands among what went": Tampering(
        lambda r: [f"UPDATE audit_entries SET id = {r.at(7).id} WHERE id = {_mark(r).id}"],
        Bent.INSERTED,
        _entry(7),
        all=False,
    ),
    "the mark is there twice": Tampering(lambda r: [_insert(_mark(r), 999)], Bent.TWICE, lambda r: [999]),
    "more is taken away than the mark says": Tampering(lambda r: [_gone(r, 9, 9)], Bent.MISSING, _entry(9), all=False),
    "an entry that went is put in again": Tampering(
        lambda r: [_insert(r.at(3), r.at(3).id)], Bent.INSERTED, _entry(3), all=False
    ),
    "an entry is put in with the key where others went": Tampering(
        lambda r: [_insert(_forged(r, NOW), r.at(3).id)], Bent.INSERTED, _entry(3), all=False
    ),
    "an entry that went is put in at the end": Tampering(
        lambda r: [_insert(r.at(3), 999)], Bent.TWICE, lambda r: [999]
    ),
    "a seal of what went is changed": Tampering(
        lambda r: ["UPDATE audit_seals SET body = replace(body, '\"size\":5', '\"size\":4') WHERE id = 1"],
        Bent.SEAL,
        lambda r: [1],
        all=False,
    ),
    "a seal of what went is taken away": Tampering(
        lambda r: ["DELETE FROM audit_seals WHERE id = 1"], Bent.SEAL, lambda r: [2], all=False
    ),
    "all seals are taken away": Tampering(lambda r: ["DELETE FROM audit_seals"], Bent.DROP, lambda r: [2], all=False),
    "a seal of what went is made anew with the key": Tampering(
        lambda r: [_seal_remade(r)], Bent.DROP, lambda r: [2], all=False
    ),
    "a mark is made with the key and fits no seal": Tampering(
        lambda r: [_mark_of_more(r, hashed="0" * 64), _gone(r, 9, 12)], Bent.DROP, lambda r: [3], all=False
    ),
    "a decision of what is left is another": Tampering(
        lambda r: ["UPDATE decisions SET allowed = NOT allowed WHERE id = 'decision-10'"],
        Bent.ROW_CHANGED,
        lambda r: ["decisions", "decision-10"],
    ),
    "a line of what is left is taken away": Tampering(
        lambda r: ["DELETE FROM timeline WHERE operation_id = 'operation-10'"],
        Bent.ROW_MISSING,
        lambda r: ["timeline", "operation-10"],
    ),
    "a decision is put in after what went": Tampering(
        lambda r: [
            'INSERT INTO decisions SELECT \'forged\', "province", "region", "operation_id", "service", "at", "on", "known", '
            '"digest", "allowed", "facts", "outcome" FROM decisions WHERE id = \'decision-10\''
        ],
        Bent.ROW_UNKNOWN,
        lambda r: ["decisions", "forged"],
    ),
}


async def test_what_went_by_its_age_is_no_tampering_and_every_way_around_the_mark_is_found(store: Store) -> None:
    await store.make_audit_months(NOW)
    store.chain.doubt([store.chain.take()])
    killed = Chain(store.audit_keys)
    killed.take()
    async with store.transaction() as work:
        work._session._chain = killed
        work.audit.tell(samples.audit_entry(at=NOW))
    await _made(store)
    before = await _record(store)
    assert [len(Seal.parse(kept.body).ids) for kept in before.seals] == [5, 4, 4]
    async with store.reading() as work:
        _, whole = await _verified(work, store.audit_keys, END, {})

    drops = [await _dropped(store, 1, "2026-11"), await _dropped(store, 2, "2026-12")]
    assert [(drop.count, drop.exports) for drop in drops] == [(5, ("export-1",)), (9, ("export-1", "export-2"))]
    published = {kept.number: kept.hash for kept in before.seals}
    await store.seal_audit(END)
    after = await _record(store)
    assert [entry.id for entry in after.entries[:-2]] == [entry.id for entry in before.entries[9:]]
    assert after.entries[:-2] == before.entries[9:]
    async with store.reading() as work:
        found, verified = await _verified(work, store.audit_keys, END, published)
        if work._session.on_postgresql:
            tables = await work._session.look_up("SELECT tableoid::regclass::text FROM audit_entries GROUP BY 1", [])
            assert [tuple(each) for each in tables] == [("audit_entries_other",)]
            assert [
                tuple(each) for each in await work._session.look_up("SELECT to_regclass('audit_entries_2026_11')", [])
            ] == [(None,)]
    assert verified.drop is not None
    assert (found, verified.drop.said()) == ([], drops[1].said())
    assert (verified.entries, verified.seals) == (whole.entries - 9 + 2, whole.seals + 1)
    assert (verified.unsettled, verified.broken_off) == (whole.unsettled, whole.broken_off) == (2, 2)
    assert verified.since == NOW + 20 * MINUTE
    # Rows of which nothing tells any more are not the record's.
    assert (
        await _found(
            store,
            [
                "DELETE FROM decisions WHERE id = 'decision-6'",
                "DELETE FROM timeline WHERE operation_id = 'operation-3'",
            ],
        )
        == []
    )

    assert len(AFTER_A_DROP) >= 20
    record = replace(after, entries=(*before.entries[1:], *after.entries[-2:]))
    for name, way in AFTER_A_DROP.items():
        bent = await _found(store, way.how(record), way.now)
        named = [(each.bent, list(each.where)) for each in bent]
        wanted = (way.bent, [str(part) for part in way.where(record)])
        assert wanted in named, (name, named)
        assert named == [wanted] or not way.all, (name, named)


async def test_what_was_committed_late_stays_with_the_seal_that_has_it(store: Store) -> None:
    await store.make_audit_months(NOW)
    for place, number in ((1, 1), (2, 100), (3, 50), (4, 101)):
        await _tell(store, place, place)
        async with store.transaction(
            unrecorded=True
        ) as work:  # as if that was committed which took the numbers between
            newest = f"SELECT id FROM audit_entries WHERE text LIKE '%record-{place}\"%'"
            await work._session.writer.execute_query(f"UPDATE audit_entries SET id = {number} WHERE id = ({newest})")
        if place in (2, 4):
            await store.seal_audit(NOW + place * MINUTE)
    drop = await _dropped(store, 1, "2026-12")
    assert (drop.count, str(drop.open)) == (2, "2-99")
    left = (await _record(store)).entries
    assert [(entry.id, entry.said["record"]) for entry in left if entry.kind != "drop"] == [
        (50, "record-3"),
        (101, "record-4"),
    ]
    await _tell(store, 65, 5)
    await store.seal_audit(NOW + 66 * MINUTE)
    # Nothing is waited for any more: what comes where others went, or were waited for, was put in.
    marked = [_forged(Record(store.audit_keys, left, []), NOW) for _ in range(2)]
    statements = [_insert(each, number) for each, number in zip(marked, (2, 100), strict=True)]
    found = await _found(store, statements, END + LATE)
    inserted = [each.where for each in found if each.bent is Bent.INSERTED]
    assert inserted == [("100",), ("2",)]
    assert await _found(store, [], END + LATE) == []


async def test_a_key_that_only_signed_what_went_may_go_as_well(store: Store) -> None:
    await _tell(store, 0, 1)
    await store.seal_audit(NOW)
    old, new = store.audit_keys.first, AuditKeys.of(Keys((b"e" * 32,), b"i" * 32)).first
    store.audit_keys = AuditKeys(new, {each.name: each for each in (new, old)})
    store.chain = Chain(store.audit_keys)
    await _tell(store, 1, 2)
    await store.seal_audit(NOW + MINUTE)
    only_new = AuditKeys(new, {new.name: new})
    async with store.reading() as work:
        bent = [each.bent for each in (await _verified(work, only_new, END, {}))[0]]
    assert bent == [Bent.SEAL, Bent.CHANGED]
    await _dropped(store, 1, "2026-12")
    async with store.reading() as work:
        assert (await _verified(work, only_new, END, {}))[0] == []


async def test_what_processes_leave_open_that_are_killed_is_told_and_is_no_tampering(store: Store) -> None:
    entry = samples.audit_entry(at=NOW)
    store.chain.take()  # for a transaction that the process did not outlive
    async with store.transaction() as work:
        work.audit.tell(entry)
    other = Chain(store.audit_keys)
    async with store.transaction() as work:
        work._session._chain = other
        work.audit.tell(replace(entry, kind=AuditKind.PROCESS, action="ended"))
    await store.seal_audit(NOW)
    async with store.reading() as work:
        found, verified = await _verified(work, store.audit_keys, NOW, {})
    assert found == []
    assert (verified.entries, verified.seals, verified.since) == (2, 1, NOW)
    assert (verified.unsettled, verified.broken_off) == (1, 1)


async def test_a_record_of_nothing_is_not_bent(store: Store) -> None:
    async with store.reading() as work:
        assert (await _verified(work, store.audit_keys, NOW, {}))[0] == []
    assert not Ranges()
