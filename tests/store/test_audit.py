"""The audit record is written in the transaction of a change, numbered without gaps, and sealed in the order of what is committed."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from domain.cause import caused_by
from store import Keys, Store, StoreError
from store.audit import merkle
from store.audit.before import BEFORE, entries_of_disclosures
from store.audit.entries import KeptEntry
from store.audit.keys import AuditKeys
from store.audit.ranges import Ranges
from store.audit.sealing import LATE
from store.audit.seals import Seal, leaf_of
from store.repositories.audit import AuditSelection
from tests.statements import counted_statements, together
from tests.store import samples
from tests.store.raw import query

pytestmark = pytest.mark.anyio

ALL = AuditSelection()


async def entries(store: Store) -> list[KeptEntry]:
    """Return all entries, the oldest first."""
    async with store.reading() as work:
        return (await work.audit.page(ALL, None, 1000))[::-1]


async def tell(store: Store, **changes: Any) -> None:
    async with store.transaction() as work:
        work.audit.tell(samples.audit_entry(**changes))


async def sent(store: Store, broken: Exception | None = None) -> None:
    """Send an entry, and then break off, or add a decision of which no entry tells."""
    async with store.transaction() as work:
        work.audit.tell(samples.audit_entry(action="never"))
        await work._session.send_waiting()
        if broken is not None:
            raise broken
        await work.decisions.add(samples.decision())


async def test_an_entry_is_kept_with_what_it_tells_of_and_with_nothing_that_is_rolled_back(store: Store) -> None:
    decision = samples.decision()
    async with store.transaction() as work:
        await work.decisions.add(decision)
        work.audit.tell(samples.audit_entry())
    with pytest.raises(ZeroDivisionError):
        await sent(store, ZeroDivisionError())
    await tell(store, action="after")
    first, second = await entries(store)
    assert first.said["content"] == [["decisions", decision.id, first.said["content"][0][2]]]
    assert {
        name: first.said[name] for name in ("subject", "role", "office", "channel", "issuer", "token", "holder")
    } == {
        "subject": "clerk-1",
        "role": "clerk",
        "office": "window-1",
        "channel": "service_window",
        "issuer": "issuer-1",
        "token": "token-1",
        "holder": "holder-1",
    }
    # The number of what was rolled back is the next one's, so that no gap is left.
    assert [(entry.number, entry.said["action"]) for entry in (first, second)] == [(1, "document"), (2, "after")]
    assert first.chain == second.chain == store.chain.name


async def test_numbers_of_which_nobody_knows_are_named_by_the_next_entry(store: Store) -> None:
    store.chain.doubt([store.chain.take()])
    await tell(store)
    [entry] = await entries(store)
    assert (entry.number, entry.said["unsure"]) == (2, [1])


async def test_an_entry_goes_along_with_what_else_is_written(store: Store) -> None:
    async with counted_statements(store) as without, store.transaction() as work:
        await work.decisions.add(samples.decision("one"))
    async with counted_statements(store) as told, store.transaction() as work:
        await work.decisions.add(samples.decision("two"))
        work.audit.tell(samples.audit_entry())
    assert len(together(told)) == len(together(without)) == 1


async def test_nothing_changes_on_account_of_a_request_that_the_record_is_not_told_of(store: Store) -> None:
    with caused_by("request-1"):
        with pytest.raises(RuntimeError, match="tells the audit record nothing"):
            async with store.transaction() as work:
                await work.holders.add(samples.holder())
        async with store.transaction() as work:
            assert await work.holders.get_many(["holder-1"]) == {}
        async with store.transaction(unrecorded=True) as work:
            await work.holders.add(samples.holder())
        # What comes after the last entry was sent is in none.
        with pytest.raises(RuntimeError, match="tells the audit record nothing"):
            await sent(store)


async def test_seals_cover_what_is_committed_and_each_names_the_one_before(store: Store) -> None:
    for _ in range(3):
        await tell(store)
    [first] = await store.seal_audit(samples.NOW)
    assert await store.seal_audit(samples.NOW) == []
    await tell(store)
    [second] = await store.seal_audit(samples.NOW + timedelta(minutes=1))
    one, two = Seal.parse(first.body), Seal.parse(second.body)
    assert (one.number, one.size, one.previous) == (1, 3, "")
    assert (two.number, two.size, two.previous) == (2, 1, first.hash)
    kept = await entries(store)
    assert one.root == merkle.root([leaf_of(entry) for entry in kept[:3]]).hex()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_what_is_committed_late_is_in_the_next_seal_and_what_was_rolled_back_in_none(
    store: Store,
) -> None:
    committing, sealed = asyncio.Event(), asyncio.Event()

    async def late(commits: bool) -> None:
        async with store.transaction() as work:
            work.audit.tell(samples.audit_entry(action="late"))
            await work._session.send_waiting()
            committing.set()
            await sealed.wait()
            if not commits:
                raise ZeroDivisionError

    waiting = [asyncio.create_task(late(commits)) for commits in (True, False)]
    await asyncio.sleep(0)
    await committing.wait()
    await asyncio.sleep(0.2)
    await tell(store)
    [first] = await store.seal_audit(samples.NOW)
    sealed.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    await tell(store)
    [second] = await store.seal_audit(samples.NOW)
    one, two = Seal.parse(first.body), Seal.parse(second.body)
    assert [str(ids) for ids, _ in one.open] == ["1-2"]
    assert (two.size, len(two.open)) == (2, 1)
    await tell(store)
    [third] = await store.seal_audit(samples.NOW + LATE)
    assert Seal.parse(third.body).open == ()


async def test_a_seal_that_was_replaced_is_noticed_by_the_process_that_made_it(
    store: Store, database_url: str, request: pytest.FixtureRequest
) -> None:
    await tell(store)
    await store.seal_audit(samples.NOW)
    query(database_url, request, "DELETE FROM audit_seals", "SELECT 1")
    await tell(store)
    with pytest.raises(StoreError, match="somebody has bent the record"):
        await store.seal_audit(samples.NOW)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_month_has_a_table_of_its_own_before_it_begins(
    store: Store, database_url: str, request: pytest.FixtureRequest
) -> None:
    begins = samples.NOW.replace(year=2041)
    assert await store.make_audit_months(begins) == [
        f"audit_entries_{month}" for month in ("2041_11", "2041_12", "2042_01")
    ]
    assert await store.make_audit_months(begins) == []
    await tell(store, at=begins)
    await tell(store, at=begins.replace(year=2051))
    months = query(database_url, request, "SELECT tableoid::regclass::text FROM audit_entries ORDER BY id")
    assert months == [("audit_entries_2041_11",), ("audit_entries_other",)]
    columns = (
        "SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns "
        "WHERE table_name = '{}' ORDER BY ordinal_position"
    )
    parent, part = (
        query(database_url, request, columns.format(name)) for name in ("audit_entries", "audit_entries_2041_11")
    )
    assert parent == part
    assert [name for name, *_ in parent] == [
        "id",
        "chain",
        "number",
        "at",
        "kind",
        "holder_id",
        "subject",
        "text",
        "mac",
    ]


def _as_rfc_6962_says(leaves: Sequence[bytes]) -> bytes:
    """Return the root as section 2.1 defines it."""
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + _as_rfc_6962_says(leaves[:k]) + _as_rfc_6962_says(leaves[k:])).digest()


def root_by_path(found: bytes, place: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an audit path leads to, as section 2.1.3.2 of RFC 9162 says."""
    last = size - 1
    for hashed in path:
        assert last
        if place % 2 or place == last:
            found = sha256(b"\1" + hashed + found).digest()
            while place and not place % 2:
                place, last = place // 2, last // 2
        else:
            found = sha256(b"\1" + found + hashed).digest()
        place, last = place // 2, last // 2
    assert not last
    return found


async def test_the_tree_is_that_of_the_RFC() -> None:
    for size in (*range(1, 35), 100):
        contents = [str(place).encode() for place in range(size)]
        tree = merkle.levels([merkle.leaf(content) for content in contents])
        [root] = tree[-1]
        assert root == _as_rfc_6962_says(contents)
        for place, content in enumerate(contents):
            assert root_by_path(merkle.leaf(content), place, size, merkle.path(tree, place)) == root


async def test_ranges_are_the_sets_of_their_numbers() -> None:
    draw = Random(7)
    for _ in range(200):
        numbers = [draw.randrange(1, 40) for _ in range(draw.randrange(30))]
        found = Ranges()
        news = [found.add(number) for number in numbers]
        assert sum(news) == len(found) == len(set(numbers))
        assert list(found.numbers()) == sorted(set(numbers))
        assert list(Ranges.parse(str(found)).numbers()) == sorted(set(numbers))
        assert list(found.missing().numbers()) == sorted(set(range(1, max(numbers, default=0))) - set(numbers))
        assert all((number in found) == (number in numbers) for number in range(42))


async def test_keys_have_names_and_marks_hang_on_all_that_they_mark(keys: Keys) -> None:
    one = AuditKeys.of(keys).first
    other = AuditKeys.of(Keys(keys.encryption, keys.index, audit=(b"k" * 32,))).first
    marks = {
        key.mark(chain, number, text)
        for key in (one, other)
        for chain in "ab"
        for number in (1, 2)
        for text in ("{}", "[]")
    }
    assert (len(marks), one.name != other.name) == (16, True)


async def test_what_was_shown_before_there_was_the_record_begins_it(
    empty_database_url: str, keys: Keys, request: pytest.FixtureRequest
) -> None:
    store = await Store.open(empty_database_url, keys)
    await store.migrate()
    row = "INSERT INTO disclosures (id, province, at, kind, record_id, holder_id, actor_id, role, channel) VALUES "
    values = "'510000', '2026-11-20 02:00:00+00:00', '{}', 'paper', 'holder', 'clerk', 'clerk', 'window')"
    query(empty_database_url, request, f"{row} (4, {values.format('document')}", "SELECT 1")
    query(empty_database_url, request, f"{row} (5, {values.format('present')}", "SELECT 1")
    with store._active():
        await entries_of_disclosures(store._client)
    [entry] = await entries(store)
    await store.close()
    assert query(empty_database_url, request, "SELECT id FROM disclosures") == [(5,)]
    assert (entry.chain, entry.number, entry.kind, entry.holder_id, entry.mac) == (BEFORE, 4, "look", "holder", "")
    assert json.loads(entry.text)["action"] == "document"
