"""The table of entries, and the digests of rows that never change."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Final

import orjson

from store.audit.entries import KeptEntry, MarkedEntry, moment_text, plain_json
from store.audit_models import AuditEntryRow
from store.statement import Statement
from store.table import SEALED, Table

_MOVED: Final = frozenset({SEALED, "actor_id"})
"""Columns that change for a good reason: what is sealed, with the key; who acted, where two records of theirs become one."""
ENTRIES: Final = Table(AuditEntryRow, MarkedEntry)
_READ: Final = ", ".join(f'"{name}"' for name in (*ENTRIES.read_columns, "id"))


def finding(rest: str) -> Statement:
    """Return the statement that finds entries; `rest` is what follows the name of the table."""
    return Statement(f'SELECT {_READ} FROM "{ENTRIES.name}" {rest}')


def entries_of(rows: Iterable[Sequence[Any]]) -> list[KeptEntry]:
    """Return the entries that such a statement has found."""
    return [KeptEntry(row[0], row[1], moment_of(row[2]), *row[3:]) for row in map(tuple, rows)]


def moment_of(found: datetime | str) -> datetime:
    """Return a moment as a database has it; SQLite has none, and keeps texts."""
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def digest_of(table: Table[Any], row: Sequence[Any]) -> str:
    """Return the digest of a row, in hexadecimal digits: as `Table.write` gives its columns, or as a database has them.

    What is sealed is left out: its cipher keeps it from being changed, and it is sealed anew with another key. So is who acted, for
    the entry says it. Structures count as what they hold: PostgreSQL keeps neither their spaces nor the order of their names.
    """
    values: dict[str, Any] = {}
    for value, (name, plain) in zip(row, _told_of(table), strict=True):
        if plain is not None:
            values[name] = value if value is None else plain(value)
    return digest_of_values(values)


def digest_of_values(values: Mapping[str, Any]) -> str:
    """Return the digest of plain values by their names."""
    return sha256(plain_json(values).encode()).hexdigest()


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:  # Half a character, which no text of UTF-8 has.
        return json.loads(text)


def _as_it_is(value: Any) -> Any:
    return value


def _day(found: date | str) -> str:
    return found.isoformat() if isinstance(found, date) else found


_PLAIN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "moment": lambda found: moment_text(moment_of(found)),
    "day": _day,
    "structure": _read,
    "truth": bool,
    "plain": _as_it_is,
}
"""What makes of what a column holds what is told of it, by its kind; None stays None."""


@cache
def _told_of(table: Table[Any]) -> Sequence[tuple[str, Callable[[Any], Any] | None]]:
    """Return the columns of a table, each with what makes of it what is told, or with None where nothing is."""
    return [(name, None if name in _MOVED else _PLAIN[table.plain_kinds[name]]) for name in table.columns]
