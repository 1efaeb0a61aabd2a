"""Lists of tables that grow: every filter that there is reads what it shows, and not the table, at 100,000 rows.

The statements are those that the repositories send. Each is carried out again by the database, which says what it did: on
PostgreSQL the plan with the rows and blocks of each step, on SQLite the steps of its machine.
"""

import json
import logging
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

import anyio
import asyncpg
import pytest

from domain.account import EntryKind
from domain.operation import OperationState
from store import Keys, Store
from store.asyncpg_backend import ServerReading
from store.records import AccountFilter, Count, DecisionFilter, OperationFilter, Window
from store.repositories.closings import ClosingFilter
from store.repositories.operation_changes import ChangesAsked
from store.repositories.operations import MOST_COUNTED
from store.sqlite_backend import FileClient, in_sql
from store.unit_of_work import UnitOfWork
from tests.databases import ENGINES, TestServer
from tests.store.long_tables import (
    BUSY,
    CARDS,
    DESERTED,
    LOOKED_AT,
    RARE_BANK,
    RARE_SERVICE,
    RARE_STATE,
    ROWS,
    TABLES,
    card_rows,
    fill_file,
    fill_server,
    moment,
    operation_rows,
)

pytestmark = pytest.mark.anyio

PAGE = 20
SORTED = 500
"""Rows that may be put in order, or read and thrown away: a page of each state, or all that one person has."""
BLOCKS = 600
"""Blocks of 8 KB that a page may take; the tables have about ten times as many."""
STEPS = 350_000
"""Steps of SQLite's machine that a page may take; a look at every entry of an index takes twice as many."""


@pytest.fixture(scope="module", params=ENGINES)
def full_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a database whose tables are long."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("lists") / "full.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        fill_file(file)
        yield f"sqlite:///{file}"
        return
    server: TestServer = request.getfixturevalue("postgresql")
    name = server.create(request.getfixturevalue("postgresql_template"))
    anyio.run(fill_server, server.url(name))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
async def full(full_url: str, keys: Keys) -> AsyncIterator[Store]:
    store = await Store.open(full_url, keys)
    yield store
    await store.close()


Statement = tuple[str, Sequence[Any]]


def _statement(record: logging.LogRecord) -> Statement:
    assert isinstance(record.args, tuple)
    text, values = record.args
    return str(text), values or ()  # type: ignore[return-value]


@contextmanager
def sent() -> Iterator[list[Statement]]:
    """Collect the statements that are sent to the database meanwhile: those of tortoise, and fixed ones."""
    statements: list[Statement] = []

    def noting(client: type[FileClient] | type[ServerReading], values_of: Callable[[Any], Any]) -> None:
        fetch = client.fetch

        async def noted(self: Any, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
            statements.append((text, values_of(values)))
            return await fetch(self, text, values)

        patch.setattr(client, "fetch", noted)

    logger = logging.getLogger("tortoise.db_client")
    handler, level = logging.Handler(), logger.level
    handler.emit = lambda record: statements.append(_statement(record))  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with pytest.MonkeyPatch.context() as patch:
            noting(FileClient, in_sql)
            noting(ServerReading, list)
            yield statements
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


@dataclass
class Asked:
    """One request of a list: what for, whether it counts what there is, and what the repository sent for it."""

    what: str
    counts: bool
    statements: list[Statement]


class Asking:
    """Asks a repository, and keeps what it sends."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    async def __call__(self, what: str, answer: Callable[[], Awaitable[Any]], *, counts: bool = False) -> Any:
        with sent() as statements:
            found = await answer()
        assert statements
        self.asked.append(Asked(what, counts, statements))
        return found


async def faults(url: str, asked: list[Asked], steps: int = STEPS) -> list[str]:
    """Say which requests read more than they need."""
    if url.startswith("sqlite"):
        file = url.removeprefix("sqlite:///")
        return [f"{each.what}: {why}" for each in asked for why in _dear_on_sqlite(file, each, steps)]
    connection = await asyncpg.connect(url)
    found = []
    for each in asked:
        for text, values in each.statements:
            answer = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {text}", *values)
            plan = json.loads(answer)[0]["Plan"]
            found += [f"{each.what}: {why}" for why in _dear(plan, each.counts)]
            # A connection that has sent it several times may plan it without a look at the values.
            for step in _steps(await _planned_for_any(connection, text)):
                if step["Node Type"] == "Seq Scan":
                    found.append(f"{each.what}, for any values: Seq Scan of {step['Relation Name']}")
    await connection.close()
    return found


async def _planned_for_any(connection: asyncpg.Connection, text: str) -> dict[str, Any]:
    parameters = max(map(int, re.findall(r"\$(\d+)", text)), default=0)
    given = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    await connection.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE looked_at AS {text}")
    answer = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at{given}")
    await connection.execute("DEALLOCATE looked_at; RESET plan_cache_mode")
    plan: dict[str, Any] = json.loads(answer)[0]["Plan"]
    return plan


def _dear(plan: dict[str, Any], counts: bool) -> Iterator[str]:
    blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    if blocks > BLOCKS and not counts:
        yield f"{blocks} blocks"
    for step in _steps(plan):
        kind = step["Node Type"]
        if kind == "Seq Scan":
            yield f"{kind} of {step['Relation Name']}"
        below = sum(part["Actual Rows"] * part["Actual Loops"] for part in step.get("Plans", ()))
        if "Sort" in kind and below > SORTED:
            yield f"{kind} of {below} rows"
        if (thrown := step.get("Rows Removed by Filter", 0)) > SORTED:
            yield f"{kind}: {thrown} rows read in vain"


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _steps(part)


def _dear_on_sqlite(file: str, asked: Asked, most: int) -> Iterator[str]:
    connection = sqlite3.connect(file)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1_000
        return 0

    for text, values in asked.statements:
        plan = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
        # What stands in brackets is a part of the statement, and no table.
        scans = [line for line in plan if line.startswith("SCAN") and line.split()[1] in TABLES]
        yield from (line for line in scans if ("COVERING INDEX" if asked.counts else "INDEX") not in line)
        if asked.counts:
            continue  # its steps are as many as what it counts
        connection.set_progress_handler(count, 1_000)
        connection.execute(text, values).fetchall()
        connection.set_progress_handler(None, 0)
    connection.close()
    if steps > most:
        yield f"{steps} steps"


def _filters() -> Iterator[OperationFilter]:
    """Yield every combination of what the graph lets a filter say, and of what is added for who asks."""
    places: list[dict[str, Any]] = [
        {},
        {"regions": frozenset({"510100"})},
        {"regions": frozenset({DESERTED})},
        {"regions": frozenset({"510100", DESERTED, "370200"})},
        {"province": "510000"},
    ]
    holders = [None, frozenset({BUSY}), frozenset({BUSY, "holder-9", "holder-11"})]
    banks, services = [None, "large_bank", RARE_BANK], [None, "apply", RARE_SERVICE]
    states = [
        None,
        frozenset({OperationState.RECEIVED}),
        frozenset({OperationState(RARE_STATE), OperationState.WITHDRAWN}),
        frozenset({OperationState.SUBMITTED, OperationState.PAID, OperationState.COMPLETED}),
        frozenset(OperationState),
    ]
    for place, holder, bank, service, wanted in product(places, holders, banks, services, states):
        yield OperationFilter(
            holder_ids=holder,
            bank=bank,
            service=service,
            states=wanted,
            now=LOOKED_AT,
            **place,
        )


def _state(row: dict[str, Any]) -> str:
    lapsed = row["state_until"] is not None and row["state_until"] <= LOOKED_AT
    return str(row["state_then"] if lapsed else row["state"])


@pytest.fixture(scope="module")
def newest() -> dict[str, tuple[list[str], int]]:
    """Return of each filter that is not about holders the first page of what matches, and how many do; the same on each engine."""
    rows = sorted(operation_rows(), key=lambda row: (row["created_at"], row["id"]), reverse=True)
    known = [({**row, "state": _state(row)}, row["id"]) for row in rows]
    found = {}
    for selection in _filters():
        if selection.holder_ids is None and not {selection.bank, selection.service} & {"large_bank", "apply"}:
            matching = known
            for name, wanted in _wanted(selection):
                matching = [pair for pair in matching if pair[0][name] in wanted]
            found[str(selection)] = [number for _, number in matching[:PAGE]], len(matching)
    return found


def _wanted(selection: OperationFilter) -> Iterator[tuple[str, Collection[str]]]:
    """Yield the columns that a filter is about, with the values that match."""
    if selection.regions is not None:
        yield "region", selection.regions
    for name in ("province", "service", "bank"):
        if (one := getattr(selection, name)) is not None:
            yield name, (one,)
    if selection.states is not None:
        yield "state", selection.states


async def _operations_of(work: UnitOfWork, ask: Asking, selection: OperationFilter) -> None:
    said = str(selection)
    page, _ = await ask(said, lambda: work.operations.page(selection, None, PAGE))
    assert len(page) <= PAGE
    await ask(f"count of {said}", lambda: work.operations.count(selection), counts=True)
    middle = (moment(ROWS // 2), "")
    await ask(f"middle of {said}", lambda: work.operations.page(selection, middle, PAGE))
    back = partial(work.operations.page, selection, None, PAGE, last=True)
    await ask(f"back from the middle of {said}", partial(back, before=middle))
    if selection.bank is None and selection.service is None:
        await ask(f"end of {said}", back)


async def test_every_list_of_operations_reads_what_it_shows(
    full: Store, full_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Asking()
    async with full.reading() as work:
        monkeypatch.setattr(work._session.sealer, "unseal", lambda record, sealed: {})  # their seals are none
        for selection in _filters():
            await _operations_of(work, ask, selection)
        await ask("of holder", lambda: work.operations.of_holders([BUSY, "holder-9"]))
        await ask("replacing", lambda: work.operations.replacing(["card-1", "card-2"]))
    assert not await faults(full_url, ask.asked)


async def test_a_page_is_the_newest_of_all_that_match(
    full: Store, newest: dict[str, tuple[list[str], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with full.reading() as work:
        monkeypatch.setattr(work._session.sealer, "unseal", lambda record, sealed: {})
        for selection in _filters():
            if str(selection) not in newest:
                continue
            first, count = newest[str(selection)]
            page, more = await work.operations.page(selection, None, PAGE)
            assert [row.id for row in page] == first
            assert more == (count > PAGE)
            counted = Count(min(count, MOST_COUNTED), count > MOST_COUNTED)
            assert await work.operations.count(selection) == counted


async def test_the_list_of_looks_at_a_person_reads_what_it_shows(full: Store, full_url: str) -> None:
    ask, found = Asking(), list[int]()
    async with full.reading() as work:
        for oldest in (False, True):
            last: int | None = None
            for _ in range(3):  # the first page, and what lies behind it
                after, before = (None, last) if oldest else (last, None)
                page = await ask(
                    f"{last}, {oldest}",
                    partial(work.audit.looks_at, BUSY, after, before, PAGE, oldest=oldest),
                )
                assert [entry.id for entry in page] == sorted((entry.id for entry in page), reverse=True)
                found.extend(entry.id for entry in page)
                last = page[0 if oldest else -1].id
        assert len(set(found)) == 6 * PAGE
        assert await ask("count", lambda: work.audit.count_looks(BUSY), counts=True) > 3_000
        assert await work.audit.complete_since() == moment(0)
        await ask("nobody", lambda: work.audit.looks_at("nobody", None, None, PAGE, oldest=False))
        empty = await _empty_months(full_url)
    assert [fault for fault in await faults(full_url, ask.asked) if not fault.endswith(empty)] == []


async def _empty_months(url: str) -> tuple[str, ...]:
    """Return the tables of months without an entry, which PostgreSQL reads as they are: there is nothing in them."""
    if url.startswith("sqlite"):
        return ()
    connection = await asyncpg.connect(url)
    months = await connection.fetch(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_entries'::regclass "
        "EXCEPT SELECT DISTINCT tableoid::regclass::text FROM audit_entries"
    )
    await connection.close()
    assert len(months) > 1
    return tuple(f"Seq Scan of {name}" for (name,) in months)


async def test_every_list_of_decisions_reads_what_it_shows(full: Store, full_url: str) -> None:
    ask = Asking()
    since, before = moment(ROWS // 2), moment(ROWS * 3 // 4)
    places, services = (None, "000000", "510000", "510100", DESERTED), (None, "apply", RARE_SERVICE, "unheard_of")
    async with full.reading() as work:
        for place, service, start, end in product(places, services, (None, since), (None, before)):
            selection = DecisionFilter(place, service, start, end)
            said = str(selection)
            for after in (None, (moment(ROWS * 5 // 8), "")):
                await ask(f"{said} {after}", lambda s=selection, a=after: work.decisions.page(s, a, PAGE))  # type: ignore[misc]
            await ask(f"count of {said}", lambda s=selection: work.decisions.count(s), counts=True)  # type: ignore[misc]
        await ask("of operations", lambda: work.decisions.of_operations(["operation-1", "operation-2"]))
    assert not await faults(full_url, ask.asked)
    nowhere = [each for each in ask.asked if DESERTED in each.what]
    assert nowhere
    assert not await faults(full_url, nowhere, STEPS // 100)


async def test_what_a_sweep_looks_for_is_found_by_an_index_of_its_own(full: Store, full_url: str) -> None:
    ask = Asking()
    async with full.reading() as work:
        due = await ask("due", lambda: work.operations.lapsed(LOOKED_AT, None, PAGE))
        assert len(due) == PAGE
        last = due[-1].at, due[-1].id
        following = await ask("the next page of what is due", lambda: work.operations.lapsed(LOOKED_AT, last, PAGE))
        assert [(each.at, each.id) for each in following] > [last]
        assert not await ask("paid for", lambda: work.operations.resumable("", PAGE))
    assert not await faults(full_url, ask.asked, STEPS // 100)


async def test_what_is_late_and_what_has_changed_is_found_by_indexes_of_their_own(
    full: Store, full_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, recently = Asking(), ROWS - 60
    places: list[dict[str, Any]] = [
        {},
        {"regions": frozenset({"510100"})},
        {"province": "510000", "bank": "large_bank"},
    ]
    async with full.reading() as work:
        monkeypatch.setattr(work._session.sealer, "unseal", lambda record, sealed: {})
        for place, holders in product(places, (None, frozenset({BUSY}))):
            late = OperationFilter(holder_ids=holders, now=LOOKED_AT, late=True, **place)
            page, _ = await ask(f"late {late}", lambda s=late: work.operations.page(s, None, PAGE))  # type: ignore[misc]
            assert page or place or holders
            await ask(f"count of late {late}", lambda s=late: work.operations.count(s), counts=True)  # type: ignore[misc]
            changed = OperationFilter(holder_ids=holders, now=LOOKED_AT, **place)
            for asked in (ChangesAsked((0, recently), None, PAGE), ChangesAsked(None, moment(recently), PAGE)):
                found, _ = await ask(
                    f"{asked} {changed}",
                    lambda s=changed, a=asked: work.operations.changed(s, a),  # type: ignore[misc]
                )
                assert len(found) <= PAGE
                assert found or holders
                await ask(
                    f"count of {asked} {changed}",
                    lambda s=changed, a=asked: work.operations.count_changed(s, a),  # type: ignore[misc]
                    counts=True,
                )
    assert not await faults(full_url, ask.asked)


async def test_accounts_to_close_are_found_by_indexes_of_their_own(
    full: Store, full_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, middle, recently = Asking(), (moment(CARDS // 2), ""), CARDS - 60
    windows = [
        Window(None, None, PAGE),
        Window(middle, None, PAGE),
        Window(None, None, PAGE, True),
        Window(None, middle, PAGE, True),
    ]
    async with full.reading() as work:
        for bank, province in product(("large_bank", RARE_BANK), (None, "510000")):
            selection = ClosingFilter(bank, province, LOOKED_AT)
            for window in windows:
                ids, _ = await ask(f"{window} {selection}", lambda s=selection, w=window: work.closings.page(s, w))  # type: ignore[misc]
                assert len(ids) == (PAGE if bank == "large_bank" else 0)
            await ask(f"count of {selection}", lambda s=selection: work.closings.count(s), counts=True)  # type: ignore[misc]
            for asked in (ChangesAsked((0, recently), None, PAGE), ChangesAsked(None, moment(recently), PAGE)):
                await ask(f"{asked} {selection}", partial(work.closings.changed, selection, asked))
                counted = partial(work.closings.count_changed, selection, asked)
                await ask(f"count of {asked} {selection}", counted, counts=True)
    assert not await faults(full_url, ask.asked, STEPS // 10)


async def test_a_page_of_accounts_to_close_is_that_of_all_that_match(full: Store) -> None:
    ended = [
        card
        for card in card_rows()
        if card["bank"] == "large_bank" and _ended_at(card) and card["account_state"] == "open"
    ]
    expected = [card["id"] for card in sorted(ended, key=lambda card: (_ended_at(card), card["id"]))]
    selection = ClosingFilter("large_bank", None, LOOKED_AT)
    async with full.reading() as work:
        assert await work.closings.page(selection, Window(None, None, PAGE)) == (tuple(expected[:PAGE]), True)
        assert await work.closings.page(selection, Window(None, None, PAGE, True)) == (tuple(expected[-PAGE:]), True)
        assert (await work.closings.count(selection)).number == len(expected)


def _ended_at(card: dict[str, Any]) -> datetime | None:
    moment: datetime | None = (
        card["state_since"] if card["state"] == "cancelled" else card["state_until"] or card["ends_at"]
    )
    return moment


async def test_every_list_of_account_entries_reads_what_it_shows(
    full: Store, full_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Asking()
    async with full.reading() as work:
        monkeypatch.setattr(work.account_entries, "_value", lambda row: row)
        for kind, since, before in product((None, *EntryKind), (None, moment(10)), (None, moment(60))):
            selection = AccountFilter(BUSY, "510100", kind, since, before)
            said = str(selection)
            for after in (None, (moment(50), "")):
                await ask(f"{said} {after}", lambda s=selection, a=after: work.account_entries.page(s, a, PAGE))  # type: ignore[misc]
                back = partial(work.account_entries.page, selection, None, PAGE, before=after, last=True)
                await ask(f"back from {after} in {said}", back)
            await ask(f"count of {said}", lambda s=selection: work.account_entries.count(s))  # type: ignore[misc]
            await ask(f"totals of {said}", lambda s=selection: work.account_entries.totals(s))  # type: ignore[misc]
        await ask("batch", lambda: work.account_entries.find_batch("510100", "batch-1"))
    assert not await faults(full_url, ask.asked)
