"""Medical personal accounts in the store: batches once, entries once, pages and sums (QD-7)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.account import AccountTotals, EntryKind
from domain.errors import Conflict
from store import Store, UnitOfWork
from store.records import AccountFilter
from tests.store import samples

pytestmark = pytest.mark.anyio

EVERYTHING = AccountFilter("holder-1", "370200")


async def _count(store: Store) -> int:
    async with store.reading() as work:
        return await work.account_entries.count(EVERYTHING)


async def test_a_batch_and_its_entries_come_back_as_they_went_in(store: Store) -> None:
    bare = samples.entry("entry-2", kind=EntryKind.CREDIT, description=None, occurred_at=samples.NOW)
    async with store.transaction() as work:
        assert await work.account_entries.find_batch("370200", "batch-1") is None
        await work.account_entries.add(samples.batch(entries=2), [samples.entry(), bare])
    async with store.reading() as work:
        found = await work.account_entries.find_batch("370200", "batch-1")
        assert found == samples.batch(entries=2)
        assert samples.is_utc(found.posted_at)
        assert await work.account_entries.find_batch("510100", "batch-1") is None
        assert await work.account_entries.page(EVERYTHING, None, 10) == ((bare, samples.entry()), False)


async def test_a_reference_is_a_regions_own(store: Store) -> None:
    elsewhere = samples.entry(id="another", region="510100", province="510000")
    async with store.transaction() as work:
        await work.account_entries.add(samples.batch(), [samples.entry()])
        await work.account_entries.add(samples.batch(region="510100", province="510000"), [elsewhere])
        assert await work.account_entries.page(AccountFilter("holder-1", "510100"), None, 9) == ((elsewhere,), False)
    assert await _count(store) == 1


@pytest.mark.parametrize("number", [0, 7, 1100])
async def test_an_entry_that_is_posted_already_is_named_and_nothing_of_the_batch_stays(
    store: Store, number: int
) -> None:
    async with store.transaction() as work:
        await work.account_entries.add(samples.batch(), [samples.entry(f"entry-{number}")])
    twice = [samples.entry(f"entry-{place}", id=f"new-{place}") for place in range(number + 3)]
    with pytest.raises(Conflict, match=rf"reference entry-{number} is posted already") as caught:
        async with store.transaction() as work:
            await work.account_entries.add(samples.batch("batch-2"), twice)
    assert caught.value.code == "ENTRY_EXISTS"
    assert await _count(store) == 1
    async with store.reading() as work:
        assert await work.account_entries.find_batch("370200", "batch-2") is None


async def test_a_refused_batch_leaves_the_transaction_usable(store: Store) -> None:
    async with store.transaction() as work:
        await work.account_entries.add(samples.batch(), [samples.entry()])
        with pytest.raises(Conflict, match="batch-1"):
            await work.account_entries.add(samples.batch(), [samples.entry("entry-2")])
        with pytest.raises(Conflict, match="batch-2"):
            await work.account_entries.add(samples.batch("batch-2"), [samples.entry("x"), samples.entry("x", id="y")])
        await work.account_entries.add(samples.batch("batch-3"), [samples.entry("entry-3")])
    assert await _count(store) == 2


async def test_of_batches_with_one_entry_in_common_that_are_posted_at_once_one_succeeds(store: Store) -> None:
    async def post(number: int) -> None:
        entries = [
            samples.entry(f"own-{number}"),
            *(samples.entry(f"common-{n}", id=f"{number}-{n}") for n in range(9)),
        ]
        async with store.transaction() as work:
            # Every other one the other way round: without one order of writing they would wait for each other.
            await work.account_entries.add(samples.batch(f"batch-{number}"), entries[:: 1 - number % 2 * 2])

    async with asyncio.timeout(20):
        results = await asyncio.gather(*(post(number) for number in range(20)), return_exceptions=True)
    failures = [result for result in results if result is not None]
    assert [getattr(failure, "code", failure) for failure in failures] == ["ENTRY_EXISTS"] * 19
    assert await _count(store) == 10


async def test_who_posts_the_same_batch_waits_and_then_finds_it(store: Store) -> None:
    async def post(number: int) -> bool:
        async with store.transaction() as work:
            await work.account_entries.take_turn("370200", "batch-1")
            found = await work.account_entries.find_batch("370200", "batch-1")
            if found is None:
                await asyncio.sleep(0.02)
                await work.account_entries.add(samples.batch(), [samples.entry(id=f"id-{number}")])
            return found is None

    async with asyncio.timeout(20):
        assert sorted(await asyncio.gather(*(post(number) for number in range(20)))) == [False] * 19 + [True]
    assert await _count(store) == 1


async def _add_nine(work: UnitOfWork) -> None:
    """Add nine entries: three moments, three entries at each, two of them credits."""
    entries = [
        samples.entry(
            f"entry-{number}",
            kind=EntryKind.SPENDING if number % 3 else EntryKind.CREDIT,
            amount=10**number,
            occurred_at=samples.NOW + timedelta(microseconds=number // 3),
        )
        for number in range(9)
    ]
    stranger = samples.entry("entry-9", holder_id="holder-2")
    await work.account_entries.add(samples.batch(), [*entries, stranger])


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 9, 10])
async def test_pages_neither_repeat_nor_skip_at_equal_moments(store: Store, limit: int) -> None:
    async with store.transaction() as work:
        await _add_nine(work)
    seen: list[str] = []
    after, more = None, True
    async with store.reading() as work:
        while more:
            page, more = await work.account_entries.page(EVERYTHING, after, limit)
            assert len(page) == limit or not more
            seen += [entry.reference for entry in page]
            after = (page[-1].occurred_at, page[-1].id)
        assert seen == [f"entry-{number}" for number in range(8, -1, -1)]
        assert await work.account_entries.page(EVERYTHING, after, limit) == ((), False)
        backwards: list[str] = []
        before, more = None, True
        while more:
            page, more = await work.account_entries.page(EVERYTHING, None, limit, before=before, last=True)
            backwards = [entry.reference for entry in page] + backwards
            before = (page[0].occurred_at, page[0].id)
        assert backwards == seen


@pytest.mark.parametrize(
    ("changes", "credited", "spent", "count"),
    [
        ({}, 1_001_001, 110_110_110, 9),
        ({"kind": EntryKind.CREDIT}, 1_001_001, 0, 3),
        ({"kind": EntryKind.SPENDING}, 0, 110_110_110, 6),
        ({"since": samples.NOW + timedelta(microseconds=1)}, 1_001_000, 110_110_000, 6),
        ({"before": samples.NOW + timedelta(microseconds=1)}, 1, 110, 3),
        ({"since": samples.NOW, "before": samples.NOW}, 0, 0, 0),
        ({"holder_id": "holder-2"}, 0, 4_550, 1),
        ({"holder_id": "holder-3"}, 0, 0, 0),
        ({"region": "510100"}, 0, 0, 0),
    ],
)
async def test_sums_counts_and_pages_are_of_what_was_selected(
    store: Store, changes: dict[str, object], credited: int, spent: int, count: int
) -> None:
    selection = replace(EVERYTHING, **changes)  # type: ignore[arg-type]
    async with store.transaction() as work:
        await _add_nine(work)
    async with store.reading() as work:
        assert await work.account_entries.totals(selection) == AccountTotals(credited, spent)
        assert await work.account_entries.count(selection) == count
        page, more = await work.account_entries.page(selection, None, 100)
        assert (len(page), more) == (count, False)
        assert sum(entry.amount for entry in page) == credited + spent


async def test_sums_are_exact_to_the_fen_where_a_float_is_not(store: Store) -> None:
    amounts = [10**16 + 1, 10**16 + 2]
    async with store.transaction() as work:
        entries = [samples.entry(f"entry-{amount}", amount=amount) for amount in amounts]
        await work.account_entries.add(samples.batch(entries=2), entries)
        assert await work.account_entries.totals(EVERYTHING) == AccountTotals(0, sum(amounts))
