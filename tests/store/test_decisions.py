"""Decisions on record are gone through by the page, as they are, on both databases."""

from datetime import date, datetime, timedelta, timezone

import pytest

from domain.region import province_of
from store import Store
from store.encoding import load
from store.records import DecisionFilter, KeptDecision
from tests.store import samples

pytestmark = pytest.mark.anyio


async def _add(store: Store) -> None:
    """Add nine decisions: three moments a day apart, three decisions at each, in three regions."""
    async with store.transaction() as work:
        for number in range(9):
            region = ("510100", "510104", "370200")[number % 3]
            await work.decisions.add(
                samples.decision(
                    f"decision-{number}",
                    at=samples.NOW + timedelta(days=number // 3),
                    region=region,
                    province=province_of(region),
                    service="apply" if number < 5 else "deliver",
                )
            )


async def _all(store: Store, selection: DecisionFilter, limit: int) -> list[KeptDecision]:
    found: list[KeptDecision] = []
    async with store.reading() as work:
        while page := await work.decisions.page(selection, (found[-1].at, found[-1].id) if found else None, limit):
            assert len(page) <= limit
            found += page
    return found


@pytest.mark.parametrize("limit", [1, 2, 4, 9, 10])
async def test_pages_neither_repeat_nor_skip_and_the_newest_come_first(store: Store, limit: int) -> None:
    await _add(store)
    found = await _all(store, DecisionFilter(), limit)
    assert [kept.id for kept in found] == [f"decision-{number}" for number in range(8, -1, -1)]


async def test_a_decision_reads_as_it_was_put_on_record(store: Store) -> None:
    record = samples.decision(at=samples.NOW + timedelta(microseconds=1), allowed=True)
    async with store.transaction() as work:
        await work.decisions.add(record)
    [kept] = await _all(store, DecisionFilter(), 9)
    for name in ("id", "service", "region", "at", "on", "known", "digest", "allowed"):
        assert getattr(kept, name) == getattr(record, name), name
    assert (load(kept.facts), load(kept.outcome)) == (record.facts, record.outcome)
    assert (type(kept.at), type(kept.on), type(kept.allowed)) == (datetime, date, bool)


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (DecisionFilter(region="000000"), "876543210"),
        (DecisionFilter(region="510000"), "764310"),
        (DecisionFilter(region="510100"), "764310"),
        (DecisionFilter(region="510104"), "741"),
        (DecisionFilter(region="370000"), "852"),
        (DecisionFilter(region="110000"), ""),
        (DecisionFilter(service="deliver"), "8765"),
        (DecisionFilter(service="pay"), ""),
        (DecisionFilter(since=samples.NOW + timedelta(days=1)), "876543"),
        (DecisionFilter(before=samples.NOW + timedelta(days=1)), "210"),
        (DecisionFilter(since=(samples.NOW + timedelta(days=2)).astimezone(timezone(timedelta(hours=-5)))), "876"),
        (DecisionFilter("510100", "apply", samples.NOW, samples.NOW + timedelta(days=2)), "4310"),
    ],
)
async def test_decisions_are_selected(store: Store, selection: DecisionFilter, numbers: str) -> None:
    await _add(store)
    assert "".join(kept.id[-1] for kept in await _all(store, selection, 2)) == numbers
    async with store.reading() as work:
        assert await work.decisions.count(selection) == len(numbers)


async def test_texts_of_policies_are_read_together(store: Store) -> None:
    async with store.transaction() as work:
        for number in range(3):
            await work.policy_texts.keep(f"sha256:{number}", f"text {number}".strip)
    async with store.reading() as work:
        found = await work.policy_texts.get_many(["sha256:0", "sha256:2", "sha256:9"])
        assert found == {"sha256:0": "text 0", "sha256:2": "text 2"}
        assert await work.policy_texts.get_many([]) == {}
        many = [f"sha256:{number}" for number in range(2_000)]
        assert len(await work.policy_texts.get_many(many)) == 3
