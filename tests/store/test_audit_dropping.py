"""Months of the audit record go by their age, and every way around the mark that tells of it is found, and told by name."""

from dataclasses import replace

import pytest

from store import Keys, Store
from store.audit.chain import Chain
from store.audit.dropping import Drop
from store.audit.entries import AuditKind, KeptEntry
from store.audit.findings import Bent
from store.audit.keys import AuditKeys
from store.audit.sealing import LATE
from store.audit.seals import Seal, leaf_of, sealed
from tests.store import samples
from tests.store.bending import (
    END,
    MINUTE,
    Record,
    Tampering,
    at_entry,
    forged,
    inserting,
    make,
    quoted,
    read_record,
    setting,
    tell,
    transaction_that_never_was,
    verified_by,
    what_is_found,
)
from tests.store.samples import NOW

pytestmark = pytest.mark.anyio


async def _dropped(store: Store, stop: int, month: str) -> Drop:
    """Take the entries up to a seal away."""
    async with store.reading() as work:
        before = await work.audit.last_drop(store.audit_keys)
        verifier = work.audit.verifying(store.audit_keys, END, {}, lambda done, month: None, (stop,))
        assert [each async for each in verifier.findings()] == []
    drop = verifier.drop_at(stop, month, [f"export-{stop}"], "operator")
    mark = samples.audit_entry(at=END, kind=AuditKind.DROP, subject="operator", dropped=drop.said())
    async with transaction_that_never_was(store) as work:  # one of them was taken away since it was verified
        await work._session.writer.execute_query(
            "DELETE FROM audit_entries WHERE id = (SELECT min(id) FROM audit_entries)"
        )
        assert not await work.audit.drop(drop, before, mark)
    async with store.transaction() as work:
        assert await work.audit.drop(drop, before, mark)
    async with store.transaction() as work:  # as another does who verified it at the same time
        assert not await work.audit.drop(drop, before, mark)
    return drop


def _gone(record: Record, first: int, last: int) -> str:
    return f"DELETE FROM audit_entries WHERE id >= {record.at(first).id} AND id <= {record.at(last).id}"


def _mark(record: Record) -> KeptEntry:
    return record.entries[-1]


def _mark_of_more(record: Record, key: bytes | None = None, hashed: str | None = None, count: int = 13) -> str:
    """Return an entry which says that all up to the third seal went; it has the key of the record, or another."""
    keys = record.keys if key is None else AuditKeys.of(Keys((b"e" * 32,), b"i" * 32, audit=(key,)))
    said = _mark(record).said["dropped"] | {"seal": 3, "hash": hashed or record.seals[2].hash, "count": count}
    said["top"] = record.at(12).id
    made = Chain(keys).marked(samples.audit_entry(at=END, kind=AuditKind.DROP, dropped=said), [])
    return inserting(made, 999)


def _seal_remade(record: Record) -> str:
    """Return what somebody with the key does who makes a seal anew whose entries have gone."""
    first, second = (Seal.parse(kept.body) for kept in record.seals[:2])
    leaves = [leaf_of(entry) for entry in record.entries if entry.id in second.ids]
    made = sealed(first, record.seals[0].hash, second.ids, leaves, (), second.at + MINUTE, record.keys.first)
    values = f"body = {quoted(made.body)}, signature = {quoted(made.signature)}, at = {quoted(made.at.isoformat(' '))}"
    return f"UPDATE audit_seals SET {values} WHERE id = 2"


AFTER_A_DROP = {
    "a mark is forged and more is taken away": Tampering(
        lambda r: [_mark_of_more(r, b"k" * 32), _gone(r, 9, 12)], Bent.MISSING, at_entry(10), all=False
    ),
    "a mark is forged": Tampering(lambda r: [_mark_of_more(r, b"k" * 32)], Bent.CHANGED, lambda r: [999]),
    "the mark is taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {_mark(r).id}"],
        Bent.MISSING,
        lambda r: [_mark(r).id],
        all=False,
    ),
    "the mark is no mark any more": Tampering(
        lambda r: [setting(_mark(r), kind="look")], Bent.CHANGED, lambda r: [_mark(r).id], all=False
    ),
    "what the mark alone says is missing without it": Tampering(
        lambda r: [setting(_mark(r), kind="look")], Bent.MISSING, at_entry(6), all=False
    ),
    "the mark is moved to the next seal": Tampering(
        lambda r: [
            setting(_mark(r), text=_mark(r).text.replace('"seal":2', '"seal":3').replace('"count":9', '"count":13')),
            _gone(r, 9, 12),
        ],
        Bent.CHANGED,
        lambda r: [_mark(r).id],
        all=False,
    ),
    "the mark stands among what went": Tampering(
        lambda r: [f"UPDATE audit_entries SET id = {r.at(7).id} WHERE id = {_mark(r).id}"],
        Bent.INSERTED,
        at_entry(7),
        all=False,
    ),
    "the mark is there twice": Tampering(lambda r: [inserting(_mark(r), 999)], Bent.TWICE, lambda r: [999]),
    "more is taken away than the mark says": Tampering(
        lambda r: [_gone(r, 9, 9)], Bent.MISSING, at_entry(9), all=False
    ),
    "an entry that went is put in again": Tampering(
        lambda r: [inserting(r.at(3), r.at(3).id)], Bent.INSERTED, at_entry(3), all=False
    ),
    "an entry is put in with the key where others went": Tampering(
        lambda r: [inserting(forged(r, NOW), r.at(3).id)], Bent.INSERTED, at_entry(3), all=False
    ),
    "an entry that went is put in at the end": Tampering(
        lambda r: [inserting(r.at(3), 999)], Bent.TWICE, lambda r: [999]
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
    "a mark is made with the key and says that fewer went": Tampering(
        lambda r: [_mark_of_more(r, count=12), _gone(r, 9, 12)], Bent.DROP, lambda r: [3], all=False
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
    await make(store)
    before = await read_record(store)
    assert [len(Seal.parse(kept.body).ids) for kept in before.seals] == [5, 4, 4]
    async with store.reading() as work:
        _, whole = await verified_by(work, store.audit_keys, END, {})
        assert await work.audit.complete_since() == NOW

    drops = [await _dropped(store, 1, "2026-11"), await _dropped(store, 2, "2026-12")]
    assert [(drop.count, drop.exports) for drop in drops] == [(5, ("export-1",)), (9, ("export-1", "export-2"))]
    published = {kept.number: kept.hash for kept in before.seals}
    await store.seal_audit(END)
    after = await read_record(store)
    assert [entry.id for entry in after.entries[:-2]] == [entry.id for entry in before.entries[9:]]
    assert after.entries[:-2] == before.entries[9:]
    async with store.reading() as work:
        found, verified = await verified_by(work, store.audit_keys, END, published)
        # An hour later than what is left begins: of what was written before that, some may have gone.
        assert await work.audit.complete_since() == after.entries[0].at + LATE
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
        await what_is_found(
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
        bent = await what_is_found(store, way.how(record), way.now)
        named = [(each.bent, list(each.where)) for each in bent]
        wanted = (way.bent, [str(part) for part in way.where(record)])
        assert wanted in named, (name, named)
        assert named == [wanted] or not way.all, (name, named)


async def test_what_was_committed_late_stays_with_the_seal_that_has_it(store: Store) -> None:
    await store.make_audit_months(NOW)
    for place, number in ((1, 1), (2, 100), (3, 50), (4, 101)):
        await tell(store, place, place)
        async with store.transaction(
            unrecorded=True
        ) as work:  # as if that was committed which took the numbers between
            newest = f"SELECT id FROM audit_entries WHERE text LIKE '%record-{place}\"%'"
            await work._session.writer.execute_query(f"UPDATE audit_entries SET id = {number} WHERE id = ({newest})")
        if place in (2, 4):
            await store.seal_audit(NOW + place * MINUTE)
    drop = await _dropped(store, 1, "2026-12")
    assert (drop.count, str(drop.open)) == (2, "2-99")
    left = (await read_record(store)).entries
    assert [(entry.id, entry.said["record"]) for entry in left if entry.kind != "drop"] == [
        (50, "record-3"),
        (101, "record-4"),
    ]
    await tell(store, 65, 5)
    await store.seal_audit(NOW + 66 * MINUTE)
    # Nothing is waited for any more: what comes where others went, or were waited for, was put in.
    marked = [forged(Record(store.audit_keys, left, []), NOW) for _ in range(2)]
    statements = [inserting(each, number) for each, number in zip(marked, (2, 100), strict=True)]
    found = await what_is_found(store, statements, END + LATE)
    inserted = [each.where for each in found if each.bent is Bent.INSERTED]
    assert inserted == [("100",), ("2",)]
    assert await what_is_found(store, [], END + LATE) == []


async def test_a_key_that_only_signed_what_went_may_go_as_well(store: Store) -> None:
    await tell(store, 0, 1)
    await store.seal_audit(NOW)
    old, new = store.audit_keys.first, AuditKeys.of(Keys((b"e" * 32,), b"i" * 32)).first
    store.audit_keys = AuditKeys(new, {each.name: each for each in (new, old)})
    store.chain = Chain(store.audit_keys)
    await tell(store, 1, 2)
    await store.seal_audit(NOW + MINUTE)
    only_new = AuditKeys(new, {new.name: new})
    async with store.reading() as work:
        bent = [each.bent for each in (await verified_by(work, only_new, END, {}))[0]]
    assert bent == [Bent.SEAL, Bent.CHANGED]
    await _dropped(store, 1, "2026-12")
    async with store.reading() as work:
        assert (await verified_by(work, only_new, END, {}))[0] == []
