"""What is read side by side by one unit of work: few trips, the same answers, and failures that are nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from store import Store, UnitOfWork
from store.together import Asked, together
from tests.resolvers.world import START, settle
from tests.statements import counted_statements

pytestmark = pytest.mark.anyio


class Kept:
    """Runs what reads, and keeps what it finds."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    async def keep(self, name: str, reading: Awaitable[Any]) -> None:
        """Await something, and keep what comes of it."""
        self.found[name] = await reading


async def _read(work: UnitOfWork, works: dict[str, Callable[[], Awaitable[Any]]]) -> dict[str, Any]:
    kept = Kept()
    await work.read_together([kept.keep(name, read()) for name, read in works.items()])
    return kept.found


async def test_what_is_read_together_is_what_is_read_alone(store: Store) -> None:
    people = [await settle(store) for _ in range(3)]
    ward = await settle(store, guardian=people[0].id)
    ids = [person.id for person in people]

    async def both(work: UnitOfWork) -> list[Any]:
        # Each waits for its own statements, and not for the other's.
        found = [await work.holders.get(ids[0])]
        return [
            *found,
            await work.guardianships.between(ids[0], ward.id, START),
            await work.operations.of_holder(ids[0]),
        ]

    def ask(work: UnitOfWork) -> dict[str, Callable[[], Awaitable[Any]]]:
        return {
            "holders": lambda: work.holders.get_many([*ids, str(uuid4())]),
            "nobody": lambda: work.holders.get_many([]),
            "cards": lambda: work.cards.of_holders(ids),
            "several": lambda: both(work),
        }

    async with store.reading() as work:
        alone = {name: await read() for name, read in ask(work).items()}
        # asyncpg asks each connection once what an array of rows is.
        await _read(work, ask(work))
        async with counted_statements(store) as seen:
            assert await _read(work, ask(work)) == alone
    assert len(alone["holders"]) == 3
    # The first statement of each, then the two that only one has left.
    assert len(seen) == (3 if store._address.engine == "postgresql" else 6)


async def test_what_fails_is_left_undone_and_can_be_asked_again(store: Store) -> None:
    person = await settle(store)
    async with store.reading() as work:
        works: dict[str, Callable[[], Awaitable[Any]]] = {
            "nobody": lambda: work.holders.get(str(uuid4())),
            "holder": lambda: work.holders.get(person.id),
        }
        assert set(await _read(work, works)) == {"holder"}
        # A statement that cannot be sent keeps what would have been sent with it from being read.
        unsendable: Any = 7
        works = {"wrong": lambda: work.cards.of_holders(unsendable), **works}
        await _read(work, works)
        assert (await work.holders.get(person.id)).id == person.id


async def test_a_cancellation_reaches_whatever_waits() -> None:
    told: list[str] = []

    async def waits(name: str) -> None:
        try:
            await (Asked("SELECT $1", [name]) if name == "statement" else asyncio.sleep(60))
        finally:
            told.append(name)

    async def send(text: str, values: Any) -> Any:
        raise AssertionError(text)

    task = asyncio.ensure_future(together([waits("statement"), waits("else")], send))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(told) == ["else", "statement"]


async def test_parameters_are_counted_on() -> None:
    found: dict[str, Any] = {}

    async def ask(name: str, text: str, *values: Any) -> None:
        found[name] = await Asked(text, values)

    async def send(text: str, values: Any) -> Any:
        found["sent"], found["values"] = text, values
        return [[f"rows of {number}" for number in range(3)]]

    works = [ask("a", "SELECT $2, $1, $2", "x", "y"), ask("b", "SELECT 1"), ask("c", "SELECT $1 = ANY($2)", "z", [])]
    await together(works, send)
    assert found == {
        "sent": "SELECT ARRAY(SELECT part FROM (SELECT $2, $1, $2) AS part), ARRAY(SELECT part FROM (SELECT 1) AS part), "
        "ARRAY(SELECT part FROM (SELECT $3 = ANY($4)) AS part)",
        "values": ["x", "y", "z", []],
        **{name: f"rows of {number}" for number, name in enumerate("abc")},
    }
