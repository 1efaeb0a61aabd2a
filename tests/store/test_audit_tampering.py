"""Each way of bending the audit record by SQL is found, and told by name."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from store import Store
from store.audit.chain import Chain
from store.audit.entries import AuditKind, KeptEntry
from store.audit.findings import Bent
from store.audit.ranges import Ranges
from store.audit.sealing import LATE
from store.audit.seals import Seal, leaf_of, sealed
from store.audit.verifying import SKEW
from tests.store import samples
from tests.store.bending import (
    END,
    MINUTE,
    Record,
    Statements,
    Tampering,
    at_entry,
    forged,
    inserting,
    make,
    quoted,
    read_record,
    setting,
    verified_by,
    what_is_found,
)
from tests.store.samples import NOW

pytestmark = pytest.mark.anyio


def _exchanged(one: KeptEntry, other: KeptEntry) -> Statements:
    steps = ((one.id, -1), (other.id, one.id), (-1, other.id))
    return [f"UPDATE audit_entries SET id = {after} WHERE id = {before}" for before, after in steps]


def _marked_anew(record: Record, entry: KeptEntry) -> str:
    text = entry.text.replace("clerk-1", "clerk-2")
    mac = record.keys.first.mark(entry.chain, entry.number, text)
    return setting(entry, text=text, mac=mac, subject="clerk-2")


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
            f"UPDATE audit_seals SET body = {quoted(made.body)}, signature = {quoted(made.signature)} WHERE id = {kept.number}"
        )
        before, previous = Seal.parse(made.body), made.hash
    return statements


def _last_seal_anew(
    record: Record, more: Sequence[KeptEntry] = (), after: timedelta = 10 * MINUTE, said: tuple[str, str] = ("", "")
) -> Statements:
    """Return what somebody with the key does who makes the last seal anew: over more entries, so long after the one before, otherwise."""
    before, last = (Seal.parse(kept.body) for kept in record.seals[1:])
    entries = [entry for entry in record.entries if entry.id in last.ids or entry in more]
    ids, leaves = Ranges.of(entry.id for entry in entries), [leaf_of(entry) for entry in entries]
    made = sealed(before, record.seals[1].hash, ids, leaves, (), before.at + after, record.keys.first)
    body = made.body.replace(*said)
    signature = b64encode(record.keys.first.sign(body.encode())).decode()
    columns = f"body = {quoted(body)}, signature = {quoted(signature)}, at = {quoted(made.at.isoformat(' '))}"
    return [f"UPDATE audit_seals SET {columns} WHERE id = 3"]


def _seal_with(old: str, new: str) -> Callable[[Record], Statements]:
    return lambda record: [
        f"UPDATE audit_seals SET body = {quoted(record.seals[1].body.replace(old, new))} WHERE id = 2"
    ]


TAMPERINGS = {
    "the text names another clerk": Tampering(
        lambda r: [setting(r.at(6), text=r.at(6).text.replace("clerk-1", "clerk-2"))], Bent.CHANGED, at_entry(6)
    ),
    "the text is nothing that can be read": Tampering(
        lambda r: [setting(r.at(6), text="[")], Bent.CHANGED, at_entry(6), all=False
    ),
    "the mark is another": Tampering(lambda r: [setting(r.at(6), mac="0" * 64)], Bent.CHANGED, at_entry(6)),
    "the moment is another": Tampering(lambda r: [setting(r.at(6), at=NOW.isoformat(" "))], Bent.CHANGED, at_entry(6)),
    "the person is another": Tampering(lambda r: [setting(r.at(6), holder_id="holder-2")], Bent.CHANGED, at_entry(6)),
    "the clerk is another": Tampering(lambda r: [setting(r.at(6), subject="clerk-2")], Bent.CHANGED, at_entry(6)),
    "the kind is another": Tampering(lambda r: [setting(r.at(6), kind="change")], Bent.CHANGED, at_entry(6)),
    "the number is another": Tampering(lambda r: [setting(r.at(6), number=99)], Bent.CHANGED, at_entry(6), all=False),
    "the chain is another": Tampering(
        lambda r: [setting(r.at(6), chain=f"{r.keys.first.name}-other")], Bent.CHANGED, at_entry(6), all=False
    ),
    "the chain is of a key that nobody has": Tampering(
        lambda r: [setting(r.at(6), chain="00000000-other")], Bent.CHANGED, at_entry(6), all=False
    ),
    "the chain pretends to be from before the record": Tampering(
        lambda r: [setting(r.at(6), chain="disclosures", mac="")], Bent.CHANGED, at_entry(6), all=False
    ),
    "an entry is taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {r.at(6).id}"], Bent.MISSING, at_entry(6), all=False
    ),
    "the first entry of all is taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {r.at(1).id}"], Bent.MISSING, at_entry(1), all=False
    ),
    "the last sealed entry is taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id = {r.at(12).id}"], Bent.MISSING, at_entry(12), all=False
    ),
    "all entries of a seal are taken away": Tampering(
        lambda r: [f"DELETE FROM audit_entries WHERE id >= {r.at(5).id} AND id <= {r.at(8).id}"],
        Bent.MISSING,
        at_entry(7),
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
        lambda r: [f"UPDATE audit_entries SET id = 999 WHERE id = {r.at(6).id}"], Bent.MISSING, at_entry(6), all=False
    ),
    "an entry is there twice": Tampering(lambda r: [inserting(r.at(14), 999)], Bent.TWICE, lambda r: [999], all=False),
    "an entry is put in without the key": Tampering(
        lambda r: [inserting(forged(r, END, b"k" * 32), 999)], Bent.CHANGED, lambda r: [999], all=False
    ),
    "an entry is put in before all others": Tampering(
        lambda r: [inserting(forged(r, NOW), 0)], Bent.INSERTED, lambda r: [0], all=False
    ),
    "an entry is back-dated with the key": Tampering(
        lambda r: [inserting(forged(r, NOW - LATE), 999)], Bent.BACK_DATED, lambda r: [999], all=False
    ),
    "an entry is of the future": Tampering(
        lambda r: [inserting(forged(r, END + LATE), 999)], Bent.BACK_DATED, lambda r: [999], all=False
    ),
    "an entry is marked anew by somebody with the key": Tampering(
        lambda r: [_marked_anew(r, r.at(6))], Bent.CHANGED, at_entry(6)
    ),
    "a seal is taken away": Tampering(
        lambda r: ["DELETE FROM audit_seals WHERE id = 2"], Bent.SEAL, lambda r: [3], all=False
    ),
    "the last seal is taken away": Tampering(
        lambda r: ["DELETE FROM audit_seals WHERE id = 3"], Bent.UNSEALED, at_entry(10), now=END + LATE, all=False
    ),
    "a seal has another root": Tampering(_seal_with('"root":"', '"root":"00'), Bent.SEAL, lambda r: [2], all=False),
    "a seal cannot be read": Tampering(_seal_with("{", "["), Bent.SEAL, lambda r: [2], all=False),
    "a seal covers fewer entries": Tampering(_seal_with('"size":4', '"size":3'), Bent.SEAL, lambda r: [2], all=False),
    "a seal is signed by nobody": Tampering(
        lambda r: [f"UPDATE audit_seals SET signature = {quoted('A' * 86 + '==')} WHERE id = 2"],
        Bent.SEAL,
        lambda r: [2],
    ),
    "a seal has another time": Tampering(
        lambda r: [f"UPDATE audit_seals SET at = {quoted(NOW.isoformat(' '))} WHERE id = 2"], Bent.SEAL, lambda r: [2]
    ),
    "a seal is made anew with the key, and not the one after it": Tampering(
        lambda r: _sealed_anew(r)[:2], Bent.SEAL, lambda r: [3]
    ),
    "a seal is of before the one before it": Tampering(
        lambda r: _last_seal_anew(r, after=-SKEW - MINUTE), Bent.SEAL, lambda r: [3], all=False
    ),
    "a seal covers what another covers": Tampering(
        lambda r: _last_seal_anew(r, [r.at(5)]), Bent.SEAL, lambda r: [3], all=False
    ),
    "a seal that is signed says another number of entries": Tampering(
        lambda r: _last_seal_anew(r, said=('"size":4', '"size":3')), Bent.SEAL, lambda r: [3]
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
    await make(store)
    record = await read_record(store)
    assert (len(record.entries), len(record.seals)) == (15, 3)
    assert await what_is_found(store, []) == []
    for name, way in TAMPERINGS.items():
        found = await what_is_found(store, way.how(record), way.now)
        named = [(each.bent, list(each.where)) for each in found]
        wanted = (way.bent, [str(part) for part in way.where(record)])
        assert wanted in named, (name, named)
        assert named == [wanted] or not way.all, (name, named)
        assert all(each.message.zh and each.message.en for each in found)
    # What nobody has marked began the record, and is nothing that the service seals later.
    unmarked = replace(forged(record, END), chain="disclosures", mac="")
    [put_in] = await what_is_found(store, [inserting(unmarked, 999)], sealed=True)
    assert (put_in.bent, put_in.where) == (Bent.CHANGED, ("999",))
    # With the keys the whole record can be made anew; what was published elsewhere still tells.
    assert await what_is_found(store, _sealed_anew(record)) == []
    published = {kept.number: kept.hash for kept in record.seals}
    bent = await what_is_found(store, _sealed_anew(record), published=published)
    assert [(each.bent, each.where) for each in bent] == [(Bent.PUBLISHED, ("2",)), (Bent.PUBLISHED, ("3",))]
    gone = await what_is_found(
        store, ["DELETE FROM audit_seals", "DELETE FROM audit_entries", "DELETE FROM decisions"], END, published
    )
    assert {each.bent for each in gone} == {Bent.PUBLISHED}


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
        found, verified = await verified_by(work, store.audit_keys, NOW, {})
    assert found == []
    assert (verified.entries, verified.seals, verified.since) == (2, 1, NOW)
    assert (verified.unsettled, verified.broken_off) == (1, 1)


async def test_machines_whose_clocks_differ_a_little_bend_nothing_and_one_that_is_far_behind_is_told(
    store: Store,
) -> None:
    found = []
    for moment in (NOW, NOW - SKEW, NOW - 2 * SKEW - MINUTE):
        async with store.transaction() as work:
            work.audit.tell(samples.audit_entry(at=moment))
        await store.seal_audit(moment)
        async with store.reading() as work:
            found.append([each.where for each in (await verified_by(work, store.audit_keys, NOW, {}))[0]])
    assert found == [[], [], [("3",)]]


async def test_a_record_of_nothing_is_not_bent(store: Store) -> None:
    async with store.reading() as work:
        assert (await verified_by(work, store.audit_keys, NOW, {}))[0] == []
    assert not Ranges()
