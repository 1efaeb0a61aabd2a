"""Operations by their changes: while others write, who looks again and again misses no change and is told none twice."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from domain.card import CardEvent, CardState
from domain.operation import Operation, TimelineEntry
from store import Store
from store.records import OperationFilter
from store.repositories.closings import ClosingFilter
from store.repositories.operation_changes import Change, ChangesAsked
from store.unit_of_work import UnitOfWork
from tests.databases import TestServer
from tests.store import samples
from tests.store.samples import NOW

pytestmark = pytest.mark.anyio
ANY = OperationFilter()
WRITERS, OPERATIONS, ROUNDS, PAGE = 6, 8, 12, 3


async def change(work: UnitOfWork, operation: Operation) -> Operation:
    """Write an operation with the line that tells of it."""
    after = await work.operations.update(replace(operation, tracking_number=str(operation.version + 1)))
    line = TimelineEntry(after.id, NOW, "change", after.state, after.state, None, "system", None, None, None)
    await work.timeline.append(line)
    return after


async def begun(store: Store, *identifiers: str) -> None:
    async with store.transaction() as work:
        for identifier in identifiers:
            operation = await _put(work, identifier)
            await change(work, operation)


async def _put(work: UnitOfWork, identifier: str) -> Operation:
    await work.operations.add(samples.operation(identifier, holder_id=f"holder-of-{identifier}"))
    return await work.operations.get(identifier)


async def told(store: Store, after: Change | None, size: int = 100) -> list[tuple[str, int, Change]]:
    """Return what one look tells: ids, versions and places."""
    async with store.reading() as work:
        page, _ = await work.operations.changed(ANY, ChangesAsked(after, None, size))
    return [(operation.id, operation.version, place) for operation, place in page]


async def test_nothing_is_missed_and_nothing_told_twice_while_others_write(store: Store, engine: str) -> None:
    """Each writer keeps its transaction open for a while after it has written, so that they end in another order."""
    ids = [f"operation-{number}" for number in range(OPERATIONS)]
    await begun(store, *ids)
    chance = random.Random(7)
    seen: list[tuple[str, int]] = []
    last: Change | None = None
    done = asyncio.Event()

    async def write(number: int) -> None:
        for _ in range(ROUNDS):
            async with store.transaction() as work:
                await change(work, await work.operations.lock(chance.choice(ids)))
                # What waits to be inserted is inserted now; the commit comes later.
                await work.operations.get(ids[0])
                await asyncio.sleep(chance.random() * 0.01 if engine == "postgresql" else 0)
            await asyncio.sleep(chance.random() * 0.002)

    async def look() -> None:
        nonlocal last
        while True:
            over = done.is_set()
            for identifier, version, place in await told(store, last, PAGE):
                seen.append((identifier, version))
                last = place
            if over and not await told(store, last, 1):
                return
            await asyncio.sleep(0.001)

    looking = asyncio.create_task(look())
    await asyncio.gather(*(write(number) for number in range(WRITERS)))
    done.set()
    await looking
    assert len(seen) == len(set(seen))
    async with store.reading() as work:
        now = await work.operations.get_many(ids)
    assert {(each.id, each.version) for each in now.values()} <= set(seen)
    newest: dict[str, int] = {}
    for identifier, version in seen:
        assert version > newest.get(identifier, -1)
        newest[identifier] = version


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite has one writer at a time.
async def test_what_is_committed_later_is_told_later_however_early_it_began(store: Store) -> None:
    await begun(store, "early", "late")
    start = (await told(store, None))[-1][2]
    written, committed = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with store.transaction() as work:
            await change(work, await work.operations.lock("early"))
            await work.operations.get("early")
            written.set()
            await committed.wait()

    waiting = asyncio.create_task(slow())
    await written.wait()
    async with store.transaction() as work:
        await change(work, await work.operations.lock("late"))
    # The one that began later is committed, and yet not told before the other one has ended.
    assert await told(store, start) == []
    committed.set()
    await waiting
    assert [found[0] for found in await told(store, start)] == ["early", "late"]


async def end_card(work: UnitOfWork, identifier: str) -> None:
    """Cancel a card on record."""
    ended = (await work.cards.lock(identifier)).after(CardEvent.CANCEL, NOW)
    await work.cards.update(ended, reason="death")


async def import_ended(work: UnitOfWork, identifier: str) -> None:
    """Put a cancelled card on record that was issued before this service."""
    card = samples.card(f"old-{identifier}", bank="its_bank", state=CardState.CANCELLED)
    await work.cards.add_imported([card], "1" * 64)


async def ended_cards(store: Store, after: Change | None) -> list[tuple[str, Change]]:
    """Return what one look tells a bank: cards whose accounts are to be closed, and their places."""
    async with store.reading() as work:
        page, _ = await work.closings.changed(ClosingFilter("its_bank", None, NOW), ChangesAsked(after, None, 100))
    return list(page)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite has one writer at a time.
@pytest.mark.parametrize("end", [end_card, import_ended])
async def test_an_end_that_is_committed_later_is_told_to_a_bank_later(
    store: Store, end: Callable[[UnitOfWork, str], Awaitable[None]]
) -> None:
    async with store.transaction() as work:
        for identifier in ("before", "early", "late"):
            await work.cards.add(samples.card(identifier, bank="its_bank"))
        await end_card(work, "before")
    [(_, start)] = await ended_cards(store, None)
    written, committed = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with store.transaction() as work:
            await end(work, "early")
            await work.cards.get("before")
            written.set()
            await committed.wait()

    waiting = asyncio.create_task(slow())
    await written.wait()
    async with store.transaction() as work:
        await end(work, "late")
    assert await ended_cards(store, start) == []
    committed.set()
    await waiting
    assert [card.removeprefix("old-") for card, _ in await ended_cards(store, start)] == ["early", "late"]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite's transactions have no numbers.
async def test_lines_of_another_server_are_old_ones_and_its_cursors_go_on(
    store: Store, database_url: str, request: pytest.FixtureRequest
) -> None:
    server: TestServer = request.getfixturevalue("postgresql")
    await begun(store, "before")
    async with store.transaction() as work:
        await work.cards.add(samples.card("before", bank="its_bank"))
        await end_card(work, "before")
    name = database_url.partition("@/")[2].partition("?")[0]
    for table in ("timeline", "card_states"):
        server.run(f"UPDATE {table} SET changed_in = 8000000000000000", database=name)
    number, line = 8_000_000_000_000_000, 1
    await store.migrate()
    assert [found[0] for found in await told(store, None)] == ["before"]
    assert [card for card, _ in await ended_cards(store, None)] == ["before"]
    assert await told(store, (number, line)) == []
    await begun(store, "after")
    assert [found[0] for found in await told(store, (number, line))] == ["after"]
