"""Fixed statements are held to the schema, and what they read and write to what tortoise does, on both databases."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from importlib import import_module
from operator import attrgetter
from pkgutil import walk_packages
from random import Random
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import asyncpg
import pytest

import store as package
from domain.card import CardState
from domain.errors import Conflict, InvalidInput
from store import Store
from store.columns import Row
from store.fields import MomentField
from store.statement import Statement
from store.table import Table
from tests.statements import counted_statements, together
from tests.store import samples
from tests.store.samples import CHINA

pytestmark = pytest.mark.anyio

EACH = 60
"""How many values of each table are made."""


def _said() -> Iterator[tuple[str, Any]]:
    """Yield what every module of the store says about statements and tables, and where."""
    for module in walk_packages(package.__path__, "store."):
        for name, value in vars(import_module(module.name)).items():
            if isinstance(value, Statement | Table):
                yield f"{module.name}.{name}", value
            elif isinstance(value, type) and isinstance(getattr(value, "table", None), Table):
                yield f"{module.name}.{name}", value.table  # type: ignore[attr-defined]


TABLES = list({id(each): each for _, each in _said() if isinstance(each, Table)}.values())
MODELS: dict[str, Any] = {model._meta.db_table: model for model in Row.__subclasses__()}


def _statements() -> dict[str, Statement]:
    found = {name: each for name, each in _said() if isinstance(each, Statement)}
    for table in TABLES:
        found |= {f"{table.name}: append": table.append, f"{table.name}: insert": table.insert}
        if "id" in table.attributes:
            found |= {
                f"{table.name}: {name}": getattr(table, name) for name in ("by_id", "by_ids", "locked", "locked_many")
            }
            changeable = [name for name in table.columns if name not in ("id", "version")]
            for names in (changeable, *([name] for name in changeable)):
                found[f"{table.name}: update {names}"] = table.update(tuple(names))
    return found


async def test_every_statement_fits_the_schema(database_url: str) -> None:
    statements = _statements()
    assert len(statements) > 100
    if database_url.startswith("sqlite"):
        file = sqlite3.connect(database_url.removeprefix("sqlite:///"))
        for name, each in statements.items():
            if "pg_" not in each.texts["sqlite"]:
                parameters = [None] * sum(f"?{number}" in each.texts["sqlite"] for number in range(1, 100))
                assert file.execute(f"EXPLAIN {each.texts['sqlite']}", parameters).fetchall(), name
        file.close()
        return
    server = await asyncpg.connect(database_url)
    for each in statements.values():
        await server.prepare(each.texts["postgresql"])
    await server.close()


class Maker:
    """Makes values of any type that a record has, each None that may be one now and then."""

    def __init__(self, seed: str) -> None:
        self._random, self._made = Random(seed), 0

    def __call__(self, hint: Any) -> Any:
        """Return a value of a type."""
        random, origin, arguments = self._random, get_origin(hint), get_args(hint)
        if origin in (Union, UnionType):
            return self(random.choice(arguments))
        if origin is tuple:
            return tuple(self(arguments[0]) for _ in range(random.randrange(3)))
        if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
            return {f"{random.choice(('', '$'))}{number}": self(arguments[1]) for number in range(random.randrange(4))}
        if origin is Literal:
            return random.choice(arguments)
        if hint is Any:
            return self(random.choice((str, int, bool, date, datetime, tuple[str, ...], type(None))))
        if is_dataclass(hint):
            return self.record(hint)
        if issubclass(hint, Enum):
            return random.choice(list(hint))
        return self._plain(hint)

    def record(self, kind: Any) -> Any:
        """Return a value of a dataclass."""
        hints = get_type_hints(kind)
        return kind(**{each.name: self(hints[each.name]) for each in fields(kind)})

    def _plain(self, hint: type) -> Any:
        self._made += 1
        if hint is type(None):
            return None
        if hint is bool:
            return self._random.random() < 0.5
        if hint is int:
            return self._random.randrange(2**31)
        moment = datetime(2026, 11, 21, tzinfo=CHINA) + timedelta(microseconds=self._random.randrange(10**15))
        if hint is datetime:
            return moment
        return moment.date() if hint is date else f"‘{self._made}\u200b'\"\\{{}}"[:12]


def _made(table: Table[Any]) -> list[Any]:
    make = Maker(table.name)
    values = [make.record(table.record) for _ in range(EACH)]
    return [value for value in values if "id" not in table.attributes or table.key(value) is not None]


def _given(table: Table[Any], column: str, text: str) -> Any:
    """Return what a column holds of which no attribute says it: a moment, or a text."""
    return samples.NOW if isinstance(MODELS[table.name]._meta.fields_map[column], MomentField) else text


def _as_kept(value: Any) -> Any:
    """Return a value as a column holds it."""
    if is_dataclass(value) and not isinstance(value, type):
        return _as_kept(asdict(value))
    if isinstance(value, Mapping):
        return {name: _as_kept(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_kept(part) for part in value]
    return value.value if isinstance(value, Enum) else _in_one_zone(value)


def _in_one_zone(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _told(values: Iterable[Any]) -> list[str]:
    """Return values in an order of their own, so that they can be compared whatever order they come in."""
    return sorted(repr(_as_kept(value)) for value in values)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_rows_are_read_and_written_as_by_tortoise(store: Store, table: Table[Any]) -> None:
    inserted = []
    async with store.transaction() as work:
        for number, value in enumerate(_made(table)):
            given = {name: _given(table, name, f"{name}-{number}"[:12]) for name in table.given}
            if await work._session.insert_if_new(table, value, **given):
                inserted.append(value)
        found = await work._session.find(table.select('ORDER BY "id"'))
        rows = await work._session.rows(MODELS[table.name]).order_by("id")
        sealer = work._session.sealer
    assert len(inserted) > EACH // 4
    assert _told(found) == _told(inserted)
    for row, value in zip(rows, found, strict=True):
        for column, attribute in table.attributes.items():
            assert _as_kept(getattr(row, column)) == _as_kept(attrgetter(attribute)(value)), (column, value)
        if table.personal and row.sealed is not None:
            kept = table.unseal(row.sealed, sealer, *(getattr(row, column) for column in table.known_by))
            assert _told(kept.values()) == _told(getattr(value, name) for name in table.personal)


@pytest.mark.parametrize("table", [each for each in TABLES if "id" in each.attributes], ids=lambda table: table.name)
async def test_a_change_writes_the_columns_that_changed_and_no_others(store: Store, table: Table[Any]) -> None:
    first, second = _made(table)[:2]
    given = {name: name[:12] for name in table.given}
    columns = [name for name in table.changed(first, second) if name not in table.given]
    key = table.key(first)
    # What is sealed belongs to the row that it is written into.
    second = replace(second, **{table.attributes["id"]: key}) if "." not in table.attributes["id"] else second
    async with store.transaction() as work:
        session = work._session
        await session.append(table, first, **given)
        for name in columns:
            version = [getattr(first, "version", 0) + columns.index(name)] if table.versioned else []
            written = table.write(second, (name,), session.sealer, **given)
            assert await session.run(table.update((name,)), *written, key, *version)
        (changed,) = await session.find(table.by_id, key)
    same = {"id", "version", "evidence"}
    for each in fields(table.record):
        if each.name not in same and table.attributes.get("id") != each.name:
            assert _as_kept(getattr(changed, each.name)) == _as_kept(getattr(second, each.name)), each.name


async def test_rows_that_wait_are_inserted_together_in_their_order_before_anything_is_read(store: Store) -> None:
    lines = [samples.timeline_entry(f"event-{number}") for number in range(5)]
    async with store.transaction() as work:
        await work.operations.add(samples.operation())
        async with counted_statements(store) as seen:
            for number, line in enumerate(lines):
                await work.timeline.append(line)
                await work.decisions.add(samples.decision(f"decision-{number}"))
            assert seen == []
            assert [line.event for line in (await work.timeline.of_operations(["operation-1"]))["operation-1"]] == [
                line.event for line in lines
            ]
        assert len(together(seen)) == 2
        await work.timeline.append(samples.timeline_entry("last"))
    async with store.reading() as work:
        assert (await work.timeline.of_operations(["operation-1"]))["operation-1"][-1].event == "last"
        assert len((await work.decisions.of_operations(["operation-1"]))["operation-1"]) == len(lines)


async def test_what_is_locked_is_changed_together_with_what_tells_of_it(store: Store) -> None:
    async with store.transaction() as work:
        await work.holders.add(samples.holder())
        await work.operations.add(samples.operation())
        await work.cards.add(samples.card())
    async with store.transaction() as work:
        card, operation = await work.cards.lock("card-1"), await work.operations.lock("operation-1")
        async with counted_statements(store) as seen:
            await work.cards.update(replace(card, state=CardState.CANCELLED, state_since=samples.NOW))
            await work.timeline.append(samples.timeline_entry("cancelled"))
            await work.decisions.add(samples.decision())
            assert seen == []
            # Another row is changed by the next statement, and what is read has been written.
            await work.operations.update(replace(operation, reason="changed"))
            assert len(together(seen)) == 1
            assert (await work.operations.get("operation-1")).reason == "changed"
            assert len(together(seen)) == 3
            assert (await work.cards.get("card-1")).version == card.version + 1
        assert (await work.timeline.of_operations(["operation-1"]))["operation-1"][-1].event == "cancelled"
        states = (await work.cards.states_of_cards(["card-1"], samples.NOW))["card-1"]
        assert [entry.state for entry in states][-1] is CardState.CANCELLED


async def test_a_change_that_finds_nothing_to_write_takes_all_that_was_written_with_it_along(store: Store) -> None:
    async with store.transaction() as work:
        await work.slots.claim("510000", "holder-1", "operation-0")
    for further in (False, True):
        with pytest.raises(Conflict) as told:  # noqa: PT012
            async with store.transaction() as work:
                await work.slots.claim("510000", "holder-1", "operation-1", at_once=False)
                if further:
                    await work.operations.begin(samples.operation())
                    await work.timeline.append(samples.timeline_entry())
        assert told.value.code == "ONE_CARD_PER_PROVINCE"
    async with store.transaction() as work:
        assert await work.slots.holder_of("510000", "holder-1") == "operation-0"
        assert await work.operations.get_many(["operation-1"]) == {}
        await work.slots.claim("510000", "holder-1", "operation-1", ended=["operation-0"], at_once=False)
    async with store.reading() as work:
        assert await work.slots.holder_of("510000", "holder-1") == "operation-1"


async def test_rows_that_wait_are_gone_with_their_transaction(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with store.transaction() as work:
            await work.operations.add(samples.operation())
            await work.timeline.append(samples.timeline_entry())
            raise ZeroDivisionError
    with pytest.raises(InvalidInput):
        async with store.transaction() as work:
            await work.decisions.add(samples.decision(service="lone\ud800surrogate"))
    async with store.reading() as work:
        assert await work.timeline.of_operations(["operation-1"]) == {}
