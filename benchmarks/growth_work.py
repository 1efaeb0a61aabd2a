"""The work that is measured at each size: what the repositories, the graph, the sweep and changes do."""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import pytest

from benchmarks.growth_rows import CAPITAL, DUE, NOW, RARE_SERVICE, YEARS, Rows, identifier
from domain.holder import Actor
from domain.operation import OperationState
from resolvers.changing.sweep import sweep
from resolvers.looking_up import lookup
from resolvers.services.apply import apply_for_card
from resolvers.services.report_temporary_loss import report_temporary_loss
from store import Store, UnitOfWork
from store.records import DecisionFilter, OperationFilter, OperationOrder, Window
from tests.resolvers.together import active_card, at_window
from tests.resolvers.world import CHENGDU, World, application, clerk, settle, world
from tests.schema.graph import Graph, graph_on

TIMES = 41
"""How often each work is done; the median counts."""
CHANGES = 15
PAGE = 20
CLERK = Actor("clerk-1", "clerk", "service_window", "window-1", CAPITAL)
AT_PHONE = clerk(CHENGDU, "hotline_12333")
PROVINCIAL = replace(CLERK, region="510000")
WORK_LIST = frozenset(
    {OperationState.SUBMITTED, OperationState.PAID, OperationState.ACCEPTED, OperationState.CORRECTION_REQUESTED}
)
RECEIVED = frozenset({OperationState.RECEIVED})
LISTS: Mapping[str, tuple[Actor, OperationFilter]] = {
    "a city by state": (CLERK, OperationFilter(states=RECEIVED)),
    "a city of a province by state": (PROVINCIAL, OperationFilter(regions=frozenset({CAPITAL}), states=RECEIVED)),
    "a city": (CLERK, OperationFilter()),
    "a city's work list": (CLERK, OperationFilter(states=WORK_LIST)),
    "a city by service and state": (CLERK, OperationFilter(service="apply", states=RECEIVED)),
    "a city by a rare service": (CLERK, OperationFilter(service=RARE_SERVICE)),
    "a province by state": (PROVINCIAL, OperationFilter(states=RECEIVED)),
    "a province's work list": (PROVINCIAL, OperationFilter(states=WORK_LIST)),
    "a bank's work list": (Actor("bank-1", "bank", "partner_system", "icbc"), OperationFilter(states=WORK_LIST)),
    "what is made": (Actor("maker-1", "card_maker", "partner_system", "maker"), OperationFilter(states=WORK_LIST)),
}
LISTED = """query($states: [OperationState!]) { operations(first: 20, filter: {regionCode: "510100", states: $states}) {
  edges { node { id service state createdAt holder { name } } } pageInfo { hasNextPage endCursor } %s
} }"""
Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a work took: CPU µs of the service and of the database, and ms by the clock; medians."""

    service: float
    database: float
    clock: float

    @property
    def cpu(self) -> float:
        """Both together, in µs."""
        return self.service + self.database

    def figures(self) -> dict[str, float]:
        """Return them rounded."""
        return {"service": round(self.service), "database": round(self.database), "clock": round(self.clock, 2)}

    def less(self, other: "Measured") -> "Measured":
        """Return it without what another work took."""
        return Measured(self.service - other.service, self.database - other.database, self.clock - other.clock)

    def each(self, count: int) -> "Measured":
        """Return what one of many took."""
        return Measured(self.service / count, self.database / count, self.clock / count)


class Meter:
    """Measures work; the store has one connection, so that one process of the server works for it.

    Args:
        process: the server's; turn: whoever holds it works, everybody else waits.
    """

    def __init__(self, process: int, turn: asyncio.Lock) -> None:
        self._time = Path(f"/proc/{process}/schedstat")
        self._turn = turn
        self.found: dict[str, Measured] = {}

    @classmethod
    async def of(cls, url: str, turn: asyncio.Lock) -> "Meter":
        """Return a meter of the store that calls itself growth."""
        connection = await asyncpg.connect(url)
        try:
            query = (
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'growth' AND datname = current_database()"
            )
            return cls(await connection.fetchval(query), turn)
        finally:
            await connection.close()

    async def measure(self, name: str, work: Callable[[], Work], times: int = TIMES) -> None:
        """Measure a work; what is made for each time, before it is done, does not count."""
        for _ in range(3):
            await work()()
        self.found[name] = _middle([await self.once(work()) for _ in range(times)])

    async def once(self, work: Work) -> Measured:
        """Measure a work once."""
        database, service, clock = self._database(), time.process_time_ns(), time.perf_counter_ns()
        await work()
        clock, service = time.perf_counter_ns() - clock, time.process_time_ns() - service
        took = Measured(service / 1e3, (self._database() - database) / 1e3, clock / 1e6)
        # The other sizes, one after the other: what else the machine does meets all of them.
        self._turn.release()
        await self._turn.acquire()
        return took

    def _database(self) -> int:
        """Return the nanoseconds that the server's process has worked, which Linux tells."""
        return int(self._time.read_text().split()[0])


def _middle(all_times: list[Measured]) -> Measured:
    return Measured(*(median(getattr(each, name) for each in all_times) for name in ("service", "database", "clock")))


async def measured_work(store: Store, url: str, rows: Rows, turn: asyncio.Lock) -> dict[str, Measured]:
    """Do all of it, in turn with those who measure other sizes, and return what it took."""
    chance = random.Random(12)  # the same people at every size, but for how many there are
    async with turn:
        with tempfile.TemporaryDirectory() as folder:
            return await _measured(store, url, rows, turn, chance, Path(folder))


async def _measured(
    store: Store, url: str, rows: Rows, turn: asyncio.Lock, chance: random.Random, folder: Path
) -> dict[str, Measured]:
    country = world(store, folder)
    country.clock.set(NOW)
    meter = await Meter.of(url, turn)
    due = await _make_due(url, rows)
    async with store.reading() as work:
        await _records(meter, work, lambda: identifier(chance.randrange(rows.size.people)))
        await _lists(meter, work, country)
        await _decisions(meter, work)
    async with graph_on(country) as graph:
        await _requests(meter, graph)
    await _changes(meter, country)
    await _sweeps(meter, country, due)
    return meter.found


async def _records(meter: Meter, work: UnitOfWork, someone: Callable[[], str]) -> None:
    def of(ask: Callable[[str], Awaitable[object]]) -> Callable[[], Work]:
        def prepared() -> Work:
            person = someone()
            return lambda: ask(person)

        return prepared

    await meter.measure("a card by id", of(work.cards.get))
    await meter.measure("an operation by id", of(work.operations.get))
    await meter.measure("a holder by id", of(work.holders.get))

    async def page(person: str) -> None:
        await work.holders.get_many([person])
        await work.cards.of_holders([person])
        operations = (await work.operations.of_holders([person]))[person]
        await work.timeline.of_operations([each.id for each in operations], NOW)
        await work.decisions.of_operations([each.id for each in operations])
        await work.cards.states_of_cards([person], NOW)
        await lookup.wards_of(work, [person], NOW)
        await work.delegations.of_holders([person])

    await meter.measure("a holder's page: cards, operations, timelines, decisions", of(page))


async def _lists(meter: Meter, work: UnitOfWork, country: World) -> None:
    policies = country.dependencies.policies()
    for name, (actor, selection) in LISTS.items():
        for kind, after in (("list", None), ("page in the middle", (NOW - YEARS / 2, "f" * 36))):

            async def page(actor: Any = actor, selection: Any = selection, after: Any = after) -> object:
                return await lookup.visible_operations(
                    policies, work, actor, selection, Window(after, None, PAGE), OperationOrder.NEWEST_FIRST, NOW
                )

            await meter.measure(f"{kind} of {name}", lambda page=page: page)  # type: ignore[misc]

        async def count(actor: Any = actor, selection: Any = selection) -> object:
            return await lookup.count_visible_operations(policies, work, actor, selection, NOW)

        await meter.measure(f"count of {name}", lambda count=count: count)  # type: ignore[misc]


async def _decisions(meter: Meter, work: UnitOfWork) -> None:
    everywhere, here = DecisionFilter(service="apply"), DecisionFilter(region=CAPITAL, service="apply")
    for name, selection in (("decisions by service", everywhere), ("decisions of a city by service", here)):
        for kind, after in (("", None), (", in the middle", (NOW - YEARS / 8, "f" * 36))):

            async def page(selection: Any = selection, after: Any = after) -> object:
                return await work.decisions.page(selection, after, 100)

            await meter.measure(f"100 {name}{kind}", lambda page=page: page)  # type: ignore[misc]


async def _requests(meter: Meter, graph: Graph) -> None:
    async def listed(also: str) -> None:
        found = await graph.data(CLERK, LISTED % also, states=["RECEIVED"])
        assert len(found["operations"]["edges"]) == PAGE

    await meter.measure("empty", lambda: lambda: graph.data(CLERK, "{ __typename }"))
    await meter.measure("list", lambda: lambda: listed(""))
    await meter.measure("both", lambda: lambda: listed("totalCount totalCountIsExact"))
    empty = meter.found.pop("empty")
    for name, said in (("list", "list of a city by state"), ("both", "list and count of a city by state")):
        meter.found[f"request: {said}"] = meter.found.pop(name).less(empty)


async def _changes(meter: Meter, country: World) -> None:
    applied, lost = [], []
    for _ in range(CHANGES):
        person = await settle(country.store)
        actor = person.citizen(CHENGDU)
        asked = await application(country, actor, person, CHENGDU)
        applied.append(await meter.once(lambda a=actor, r=asked: apply_for_card(country.dependencies, a, r)))  # type: ignore[misc]
        other = await settle(country.store)
        card_id = await active_card(country, other)
        number = {"identity_number": other.holder.identity_number}
        loss = at_window("report_temporary_loss", card_id, details=number)
        lost.append(await meter.once(lambda r=loss: report_temporary_loss(country.dependencies, AT_PHONE, r)))  # type: ignore[misc]
    meter.found["applyForCard, the use case"] = _middle(applied)
    meter.found["reportTemporaryLoss, the use case"] = _middle(lost)


async def _make_due(url: str, rows: Rows) -> int:
    """Have as much due at every size, whether it was swept before or not, and return how many cards and operations."""
    due = [identifier(number) for number in range(rows.size.people) if rows.is_due(number)][:DUE]
    connection = await asyncpg.connect(url)
    # Whatever writes a card makes the index of its number again.
    await connection.executemany(
        "UPDATE cards SET sealed = $2, number_index = $3 WHERE id = $1", [(each, *rows.numbered(each)) for each in due]
    )
    for table, state, then in (("cards", "temporarily_lost", "active"), ("operations", "submitted", "withdrawn")):
        await connection.execute(
            f"UPDATE {table} SET state = $1, state_then = $2, state_until = $3 WHERE id = ANY($4)",
            *(state, then, NOW - timedelta(hours=1), due),
        )
    await connection.close()
    return len(due)


async def _sweeps(meter: Meter, country: World, due: int) -> None:
    country.clock.set(NOW)
    swept = {}

    async def all_due() -> None:
        swept["all"] = await sweep(country.dependencies)

    took = await meter.once(all_due)
    assert swept["all"].cards >= due, swept
    assert swept["all"].operations >= due, swept
    meter.found["sweep, for each card or operation that is due"] = took.each(
        swept["all"].cards + swept["all"].operations
    )
    await meter.measure("sweep, when nothing is due", lambda: lambda: sweep(country.dependencies))


@contextmanager
def noted() -> Iterator[dict[str, dict[str, Sequence[Any]]]]:
    """Note down what is sent to PostgreSQL: of each database the texts, with the values that they were first sent with."""
    name = "_Connection__execute"
    plain, seen = getattr(asyncpg.Connection, name), dict[str, dict[str, Sequence[Any]]]()

    async def execute(self: Any, query: str, values: Any, *rest: Any, **options: Any) -> Any:
        seen.setdefault(self._params.database, {}).setdefault(query, tuple(values))
        return await plain(self, query, values, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, name, execute)
        yield seen
