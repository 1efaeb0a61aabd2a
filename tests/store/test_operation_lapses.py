"""Operations whose state has ended by time alone: found, listed, counted and told the same, written down or not."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations
from typing import Any

import pytest

from domain.decision import Citation
from domain.ending import Ending
from domain.message import Message
from domain.operation import LAPSED, Operation, OperationState, lapse_entry
from store import Store
from store.records import Count, LapsedOperation, OperationFilter
from store.repositories import operations
from tests.history import history_of_holder
from tests.store import samples

pytestmark = pytest.mark.anyio

ENDS_AT = samples.NOW + timedelta(hours=24)
SUBMITTED, WITHDRAWN = OperationState.SUBMITTED, OperationState.WITHDRAWN
SOURCE = Citation(
    document="示例办法",
    clause="第三条",
    note=Message("说明", "a note"),
    assumed=False,
    region="370100",
    level="city",
    file="china/shandong/jinan/deliver.yaml",
    line=7,
)


def _unpaid(identifier: str, **changes: object) -> Operation:
    unpaid = samples.operation(identifier, paid_at=None).ending(Ending(ENDS_AT, WITHDRAWN, SOURCE))
    return replace(unpaid, **changes)  # type: ignore[arg-type]


async def _fill(store: Store) -> list[Operation]:
    """Put operations on record: some lapse, some later, some never, and some are withdrawn by hand."""
    minutes = range(6)
    operations = [
        *(_unpaid(f"lapsing-{n}", created_at=samples.NOW + timedelta(minutes=n)) for n in minutes),
        _unpaid("later", state_until=ENDS_AT + timedelta(microseconds=1)),
        samples.operation("never", created_at=samples.NOW - timedelta(minutes=1)),
        samples.operation("paid", state=OperationState.PAID, created_at=samples.NOW + timedelta(minutes=2)),
        samples.operation("by-hand", state=WITHDRAWN, created_at=samples.NOW + timedelta(minutes=3)),
    ]
    async with store.transaction() as work:
        for operation in operations:
            await work.operations.add(operation)
            until: dict[str, Any] = {"until": operation.state_until, "then": operation.state_then}
            await work.timeline.append(samples.timeline_entry(operation_id=operation.id, **until))
    return operations


async def _write_down(store: Store, operations: list[Operation]) -> None:
    async with store.transaction() as work:
        for found in operations:
            operation = await work.operations.lock(found.id)
            if operation.has_lapsed(ENDS_AT):
                at = operation.state_until or ENDS_AT
                await work.operations.update(operation.settled(ENDS_AT))
                await work.timeline.append(lapse_entry(operation.id, at, operation.state, WITHDRAWN))


async def test_an_operation_keeps_when_its_state_ends_and_who_says_so(store: Store) -> None:
    async with store.transaction() as work:
        await work.operations.add(_unpaid("operation-1"))
        found = await work.operations.get("operation-1")
    assert found == _unpaid("operation-1")
    assert found.state_source == SOURCE


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 7])
async def test_pages_of_lapsed_operations_neither_repeat_nor_skip(store: Store, limit: int) -> None:
    await _fill(store)
    seen: list[str] = []
    after = None
    async with store.reading() as work:
        while page := await work.operations.lapsed(ENDS_AT, after, limit):
            assert len(page) <= limit
            seen += [operation.id for operation in page]
            after = page[-1].at, page[-1].id
            assert {operation.holder_id for operation in page} == {"holder-1"}
        assert await work.operations.lapsed(ENDS_AT - timedelta(microseconds=1), None, 10) == ()
        assert LapsedOperation("lapsing-0", "holder-1", ENDS_AT) in await work.operations.lapsed(ENDS_AT, None, 10)
    assert seen == [f"lapsing-{number}" for number in range(6)]


_STATES = (SUBMITTED, WITHDRAWN, OperationState.PAID)
SELECTIONS = [
    OperationFilter(holder_ids=holders, states=states, regions=regions, now=ENDS_AT)
    for holders in (None, frozenset({"holder-1"}))
    for regions in (None, frozenset({"510100"}), frozenset({"510100", "510104"}))
    for states in (None, *map(frozenset, chain.from_iterable(combinations(_STATES, n) for n in range(3))))
]


async def _listed(store: Store, selection: OperationFilter) -> tuple[Count, list[str]]:
    """Return how many operations a filter selects, and which, going through pages of three."""
    found: list[Operation] = []
    async with store.reading() as work:
        while True:
            after = (found[-1].created_at, found[-1].id) if found else None
            page, more = await work.operations.page(selection, after, 3)
            found += page
            if not more:
                return await work.operations.count(selection), [operation.id for operation in found]


@pytest.mark.parametrize("most", [1, 4, operations.MOST_COUNTED])
async def test_lists_by_state_are_the_same_before_and_after_it_is_written_down(
    store: Store, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_COUNTED", most)
    lapsing = await _fill(store)
    newest = sorted(lapsing, key=lambda operation: (operation.created_at, operation.id), reverse=True)
    for _ in range(2):
        for selection in SELECTIONS:
            wanted = [o.id for o in newest if selection.states is None or o.reads_as(ENDS_AT) in selection.states]
            count = Count(min(len(wanted), most), len(wanted) > most)
            assert await _listed(store, selection) == (count, wanted), selection
        await _write_down(store, lapsing)


async def test_timeline_and_history_tell_a_lapse_whether_it_is_written_down_or_not(store: Store) -> None:
    operations = await _fill(store)
    ids = [operation.id for operation in operations]
    async with store.reading() as work:
        told = await work.timeline.of_operations(ids, ENDS_AT), await history_of_holder(work, "holder-1", ENDS_AT)
        before = await work.timeline.of_operations(ids, ENDS_AT - timedelta(microseconds=1))
    await _write_down(store, operations)
    async with store.reading() as work:
        assert (
            await work.timeline.of_operations(ids, ENDS_AT),
            await history_of_holder(work, "holder-1", ENDS_AT),
        ) == told
    assert [len(before[name]) for name in ids] == [1] * len(ids)
    last = told[0]["lapsing-0"][-1]
    assert (last.event, last.at, last.from_state, last.to_state) == (LAPSED, ENDS_AT, SUBMITTED, WITHDRAWN)
    withdrawn = [record for record in told[1] if record.attributes.get("state") == "withdrawn"]
    assert len(withdrawn) == 7
