"""People on record to measure with: one of each kind as the service itself makes them, and copies of all their rows."""

import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from uuid import uuid4

import asyncpg

from resolvers.services.activate import activate_card
from resolvers.services.apply import apply_for_card
from resolvers.services.reissue import reissue_card
from resolvers.services.report_formal_loss import report_formal_loss
from store import Keys, Store
from store.sealing import Sealer
from tests.resolvers.together import accepted, at_window, handed_over, produced
from tests.resolvers.world import CHENGDU, Person, World, application, clerk, settle, world

READER, APPLICANT, OWNER, RECEIVER = "reader", "applicant", "owner", "receiver"
_TABLES = (
    ("holders", "id"),
    ("documents", "owner_id"),
    ("cards", "holder_id"),
    ("card_states", "card_id"),
    ("operations", "holder_id"),
    ("slots", "holder_id"),
    ("timeline", "operation_id"),
    ("decisions", "operation_id"),
)
"""The tables with rows about a person, each with the column that says about whom, or about what of theirs."""
_DAYS_AGO = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person to ask about.

    Args:
        operation_id: the first of theirs; card_id: the newest of theirs; documents: ids of all of theirs.
    """

    person: Person
    operation_id: str = ""
    card_id: str = ""

    @property
    def ids(self) -> set[str]:
        """The ids that rows about them name."""
        return {self.person.id, self.operation_id, self.card_id, *self.person.documents.values()} - {""}

    def renamed(self, names: Mapping[str, str]) -> "Somebody":
        """Return them under other ids, and with the identity number that goes with that."""
        identifier = names[self.person.id]
        holder = replace(self.person.holder, id=identifier, identity_number=_number(identifier))
        documents = {kind: names[name] for kind, name in self.person.documents.items()}
        person = Person(holder, documents)
        return Somebody(person, names.get(self.operation_id, ""), names.get(self.card_id, ""))


def _number(identifier: str) -> str:
    """Return a number that no other person or card has, and nobody could have."""
    return f"T{identifier.replace('-', '')[:19].upper()}"


class Rows(Protocol):
    """A database whose rows can be read and written as they are."""

    async def of(self, table: str, column: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return the rows of a table that name one of these ids."""

    async def add(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows, all with the same columns."""


class PostgreSQLRows:
    """The rows of a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def of(self, table: str, column: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return the rows of a table that name one of these ids."""
        connection = await asyncpg.connect(self._url)
        query = f"SELECT * FROM {table} WHERE {column} = ANY($1) ORDER BY id"
        found = [dict(row) for row in await connection.fetch(query, list(ids))]
        await connection.close()
        return found

    async def add(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows, all with the same columns."""
        connection = await asyncpg.connect(self._url)
        # JSON is read as text, and written as it was read.
        await connection.copy_records_to_table(table, records=[tuple(r.values()) for r in rows], columns=[*rows[0]])
        await connection.close()


class SQLiteRows:
    """The rows of an SQLite file."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.row_factory = sqlite3.Row

    async def of(self, table: str, column: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return the rows of a table that name one of these ids."""
        wanted = list(ids)
        marks = ", ".join("?" for _ in wanted)
        query = f"SELECT * FROM {table} WHERE {column} IN ({marks}) ORDER BY id"
        return [dict(row) for row in self._connection.execute(query, wanted)]

    async def add(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows, all with the same columns."""
        columns = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join("?" for _ in rows[0])
        with self._connection:
            self._connection.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})", [tuple(row.values()) for row in rows]
            )


def rows_of(url: str) -> Rows:
    """Return the rows of a database."""
    return PostgreSQLRows(url) if url.startswith("postgresql") else SQLiteRows(Path(url.removeprefix("sqlite:///")))


async def populate(url: str, keys: Keys, wanted: Mapping[str, int]) -> dict[str, list[Somebody]]:
    """Fill an empty database with people.

    Args:
        wanted: how many of each kind.

    Returns:
        The people, by kind.
    """
    store = await Store.open(url, keys)
    try:
        await store.migrate()
        with TemporaryDirectory() as folder:
            country = world(store, Path(folder))
            country.clock.set(datetime.now(UTC).replace(microsecond=0) - _DAYS_AGO)
            models = {kind: await make(country) for kind, make in _MAKE.items() if kind in wanted}
    finally:
        await store.close()
    rows, sealer = rows_of(url), Sealer(keys)
    return {kind: await _copies(rows, sealer, model, wanted[kind]) for kind, model in models.items()}


async def _copies(rows: Rows, sealer: Sealer, model: Somebody, count: int) -> list[Somebody]:
    """Copy all rows about somebody again and again, each time under other ids."""
    known, about = set(model.ids), {}
    for table, column in _TABLES:
        about[table] = await rows.of(table, column, known)
        # Numbers are given by the database; texts are the ids of what others name.
        known |= {row["id"] for row in about[table] if isinstance(row["id"], str)}
    pattern = re.compile("|".join(map(re.escape, sorted(known))))
    names = [{name: str(uuid4()) for name in known} for _ in range(count)]
    for table, found in about.items():
        if found:
            copies = [(row, _copy(row, mapping, pattern)) for mapping in names for row in found]
            await rows.add(table, [_resealed(table, row, copy, sealer) for row, copy in copies])
    return [model.renamed(mapping) for mapping in names]


def _copy(row: dict[str, Any], names: Mapping[str, str], pattern: re.Pattern[str]) -> dict[str, Any]:
    """Return a row with other ids; the database gives it its number."""
    return {
        column: pattern.sub(lambda found: names[found[0]], value) if isinstance(value, str) else value
        for column, value in row.items()
        if column != "id" or isinstance(value, str)
    }


def _resealed(table: str, row: dict[str, Any], copy: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """Seal what is personal of a copy as its own, and give a person or a card a number of their own."""
    if copy.get("sealed") is None:
        return copy
    known = sealer.unseal(_record(table, row), row["sealed"])
    if table in ("holders", "cards"):
        number = _number(copy["id"])
        known["number" if table == "cards" else "identity_number"] = number
        indexes = (
            {"number_index": sealer.card_number_index(number)}
            if table == "cards"
            else {"identity_index": sealer.identity_index(known["identity_type"], number)}
        )
        copy = {**copy, **indexes}
    return {**copy, "sealed": sealer.seal(_record(table, copy), known)}


def _record(table: str, row: dict[str, Any]) -> str:
    """Return the name under which what is personal of a row is sealed, as `Table` has it."""
    if table != "timeline":
        return f"{table}/sealed/{row['id']}"
    at = row["at"] if isinstance(row["at"], datetime) else datetime.fromisoformat(row["at"])
    return f"{table}/sealed/{row['operation_id']}/{at.astimezone(UTC).isoformat()}/{row['event']}"


async def _applicant(country: World) -> Somebody:
    return Somebody(await settle(country.store))


async def _receiver(country: World) -> Somebody:
    """Return somebody who has a card that is not activated yet."""
    person = await settle(country.store)
    ask = await application(country, person.citizen(CHENGDU), person, CHENGDU)
    operation = (await apply_for_card(country.dependencies, person.citizen(CHENGDU), ask)).operation
    card_id = await _made(country, operation.id)
    return Somebody(person, operation.id, card_id)


async def _made(country: World, operation_id: str) -> str:
    """Bring a request for a card to its end, a minute for each step, and return the card's id."""
    country.clock.advance(timedelta(minutes=1))
    await accepted(country, operation_id)
    country.clock.advance(timedelta(minutes=1))
    card_id, _ = await produced(country, operation_id)
    country.clock.advance(timedelta(minutes=1))
    await handed_over(country, operation_id)
    country.clock.advance(timedelta(minutes=1))
    return card_id


async def _owner(country: World) -> Somebody:
    """Return somebody who has a card in use."""
    somebody = await _receiver(country)
    await activate_card(country.dependencies, clerk(CHENGDU), at_window("activate", somebody.card_id))
    country.clock.advance(timedelta(minutes=1))
    return somebody


async def _reader(country: World) -> Somebody:
    """Return somebody who has had a card, lost it, and has the one that came in its place."""
    somebody = await _owner(country)
    dependencies, window = country.dependencies, clerk(CHENGDU)
    await report_formal_loss(dependencies, window, at_window("report_formal_loss", somebody.card_id))
    country.clock.advance(timedelta(minutes=1))
    ask = at_window("reissue", somebody.card_id, reissue_reason="lost")
    operation = (await reissue_card(dependencies, window, ask)).operation
    card_id = await _made(country, operation.id)
    await activate_card(dependencies, window, at_window("activate", card_id))
    country.clock.advance(timedelta(minutes=1))
    return replace(somebody, card_id=card_id)


_MAKE: Mapping[str, Callable[[World], Awaitable[Somebody]]] = {
    READER: _reader,
    APPLICANT: _applicant,
    OWNER: _owner,
    RECEIVER: _receiver,
}
