"""Rows of other tables whose digests the record has: decisions, and the lines of timelines."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from domain.message import Message
from store.audit import findings
from store.audit.entries import KeptEntry
from store.audit.findings import Bent, Finding
from store.audit.rows import digest_of, moment_of
from store.repositories.decisions import DECISIONS
from store.repositories.timeline import TIMELINE
from store.session import Session
from store.statement import Statement
from store.table import Table

_FOUND_BY: Final = ((DECISIONS, "id"), (TIMELINE, "operation_id"))
"""The tables, and the column that names a row in an entry."""


def _columns(table: Table[Any]) -> str:
    return ", ".join(f'"{name}"' for name in table.columns)


_ROWS: Final = {
    table.name: Statement(f'SELECT {_columns(table)}, "{by}" FROM "{table.name}" WHERE "{by}" = ANY($1)')
    for table, by in _FOUND_BY
}
_TABLES: Final = {table.name: table for table, _ in _FOUND_BY}
_IDS: Final = Statement('SELECT "id" FROM "decisions" WHERE "at" >= $1 AND "id" > $2 ORDER BY "id" LIMIT $3')
_MADE: Final = DECISIONS.columns.index("at")
_AT_ONCE: Final = 1_000


class WitnessedRows:
    """Compares rows with the digests that entries have of them."""

    def __init__(self, session: Session, latest: datetime | None = None) -> None:
        self._session = session
        self.latest = latest
        """When the last of the decisions was made of which entries tell that were read, or that have gone."""
        self._decisions: set[str] = set()

    async def compared(self, entries: Iterable[KeptEntry]) -> list[Finding]:
        """Return what is wrong with the rows that entries tell of."""
        wanted: dict[str, list[tuple[str, str, int]]] = {}
        for entry in entries:
            for table, name, digest in _content(entry):
                if table in _TABLES:
                    wanted.setdefault(table, []).append((name, digest, entry.id))
        self._decisions.update(name for name, _, _ in wanted.get(DECISIONS.name, ()))
        return [each for table, told in wanted.items() for each in await self._compared(table, told)]

    async def _compared(self, table: str, told: Sequence[tuple[str, str, int]]) -> list[Finding]:
        there: Counter[tuple[str, str]] = Counter()
        names = list(dict.fromkeys(name for name, _, _ in told))
        for start in range(0, len(names), _AT_ONCE):
            for row in await self._session.run(_ROWS[table], names[start : start + _AT_ONCE]):
                *values, name = row
                if table == DECISIONS.name:
                    made = moment_of(values[_MADE])
                    self.latest = made if self.latest is None else max(made, self.latest)
                there[name, digest_of(_TABLES[table], values)] += 1
        known = {name for name, _ in there}
        return [
            findings.of_row(
                Bent.ROW_CHANGED if name in known else Bent.ROW_MISSING,
                table,
                name,
                [entry],
                Message("与记录时不同，被改过。", "is not what it was when it was recorded: it was changed")
                if name in known
                else Message("不见了。", "is missing"),
            )
            for name, digest, entry in told
            if (name, digest) not in there
        ]

    async def unknown(self, since: datetime | None) -> list[Finding]:
        """Return the decisions of which no entry tells, though they are of after the beginning of the record."""
        if since is None:
            return []
        found, last = [], ""
        while page := await self._session.run(_IDS, since, last, _AT_ONCE):
            found += [name for (name,) in page if name not in self._decisions]
            last = page[-1][0]
        return [
            findings.of_row(
                Bent.ROW_UNKNOWN,
                DECISIONS.name,
                name,
                [],
                Message(
                    "审计记录里没有，不是通过本系统办理的。",
                    "is in no entry of the record: the service has not made it",
                ),
            )
            for name in found
        ]


def _content(entry: KeptEntry) -> list[list[str]]:
    try:
        return [[str(part) for part in each] for each in entry.said.get("content", []) if len(each) == 3]
    except (AttributeError, TypeError, ValueError):  # It is told as changed already.
        return []
