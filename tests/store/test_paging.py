"""Lists of operations: every filter, and pages that neither repeat nor skip."""

from datetime import UTC, timedelta, timezone

import pytest

from domain.operation import OperationState
from store import Store
from store.records import Count, OperationFilter
from tests.store import samples

pytestmark = pytest.mark.anyio


async def _add(store: Store) -> None:
    """Add nine operations: three moments, three operations at each."""
    async with store.transaction() as work:
        for number in range(9):
            created_at = samples.NOW + timedelta(microseconds=number // 3)
            await work.operations.add(samples.operation(f"operation-{number}", created_at=created_at))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 9, 10])
async def test_pages_neither_repeat_nor_skip_at_equal_moments(store: Store, limit: int) -> None:
    await _add(store)
    seen: list[str] = []
    after = None
    has_next = True
    async with store.reading() as work:
        while has_next:
            page, has_next = await work.operations.page(OperationFilter(), after, limit)
            assert len(page) == limit or not has_next
            seen += [operation.id for operation in page]
            after = (page[-1].created_at, page[-1].id)
        assert seen == [f"operation-{number}" for number in range(8, -1, -1)]
        assert await work.operations.page(OperationFilter(), after, limit) == ((), False)


@pytest.mark.parametrize("limit", [1, 2, 4, 9, 10])
@pytest.mark.parametrize(
    "selection",
    [
        OperationFilter(),
        OperationFilter(states=frozenset({OperationState.SUBMITTED, OperationState.PAID}), now=samples.NOW),
        OperationFilter(holder_ids=frozenset({"holder-1"})),
    ],
    ids=["all", "by state", "of a person"],
)
async def test_pages_from_the_end_are_those_from_the_beginning(
    store: Store, limit: int, selection: OperationFilter
) -> None:
    await _add(store)
    async with store.reading() as work:
        whole, _ = await work.operations.page(selection, None, 100)
        seen: list[str] = []
        before, has_more = None, True
        while has_more:
            page, has_more = await work.operations.page(selection, None, limit, before=before, last=True)
            seen = [operation.id for operation in page] + seen
            before = (page[0].created_at, page[0].id)
        assert seen == [operation.id for operation in whole] != []
        first, last = [(whole[index].created_at, whole[index].id) for index in (1, 5)]
        between = await work.operations.page(selection, first, 9, before=last)
        assert between == (whole[2:5], False)
        assert await work.operations.page(selection, first, 2, before=last, last=True) == (whole[3:5], True)


async def test_moments_of_different_zones_are_ordered_by_when_they_were(store: Store) -> None:
    zones = [UTC, samples.CHINA, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14)), UTC]
    async with store.transaction() as work:
        for number, zone in enumerate(zones):
            created_at = (samples.NOW + timedelta(minutes=number)).astimezone(zone)
            await work.operations.add(samples.operation(f"operation-{number}", created_at=created_at))
        page, _ = await work.operations.page(OperationFilter(), None, 2)
        cursor = page[-1].created_at.astimezone(samples.CHINA)
        following, _ = await work.operations.page(OperationFilter(), (cursor, page[-1].id), 9)
    assert [operation.id for operation in (*page, *following)] == [f"operation-{number}" for number in (4, 3, 2, 1, 0)]


async def test_what_is_added_later_does_not_shift_the_next_page(store: Store) -> None:
    await _add(store)
    async with store.transaction() as work:
        page, _ = await work.operations.page(OperationFilter(), None, 4)
        await work.operations.add(samples.operation("operation-9", created_at=samples.NOW + timedelta(days=1)))
        following, _ = await work.operations.page(OperationFilter(), (page[-1].created_at, page[-1].id), 1)
        assert following[0].id == "operation-4"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (OperationFilter(), {"plain", "other"}),
        (OperationFilter(holder_ids=frozenset({"holder-2", "holder-3"})), {"other"}),
        (OperationFilter(holder_ids=frozenset()), set()),
        (OperationFilter(regions=frozenset({"370200"})), {"other"}),
        (OperationFilter(regions=frozenset({"370200", "510100"})), {"plain", "other"}),
        (OperationFilter(regions=frozenset({"370200", "370203"}), holder_ids=frozenset({"holder-2"})), {"other"}),
        (OperationFilter(regions=frozenset()), set()),
        (OperationFilter(regions=frozenset(), holder_ids=frozenset({"holder-2"})), set()),
        (OperationFilter(province="510000"), {"plain"}),
        (OperationFilter(province="510000", regions=frozenset({"510100", "370200"})), {"plain"}),
        (OperationFilter(province="370000", regions=frozenset({"510100"})), set()),
        (OperationFilter(service="renew"), {"other"}),
        (OperationFilter(states=frozenset({OperationState.PAID, OperationState.SHIPPED})), {"other"}),
        (OperationFilter(states=frozenset(OperationState)), {"plain", "other"}),
        (OperationFilter(states=frozenset()), set()),
        (OperationFilter(bank="another_bank"), {"other"}),
        (OperationFilter(regions=frozenset({"370200"}), service="apply"), set()),
    ],
)
async def test_a_filter_selects_and_counts(store: Store, selection: OperationFilter, expected: set[str]) -> None:
    async with store.transaction() as work:
        await work.operations.add(samples.operation("plain"))
        await work.operations.add(
            samples.operation(
                "other",
                holder_id="holder-2",
                region="370200",
                province="370000",
                service="renew",
                state=OperationState.PAID,
                bank="another_bank",
                office="office-8",
            )
        )
    async with store.reading() as work:
        page, has_next = await work.operations.page(selection, None, 10)
        assert ({operation.id for operation in page}, has_next) == (expected, False)
        assert await work.operations.count(selection) == Count(len(expected))
