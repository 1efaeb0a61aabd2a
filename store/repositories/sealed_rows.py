"""Every row with something sealed in it, whatever it is about: with which keys it is sealed, and sealing it anew."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from domain.errors import RecordUnreadable
from store.repositories.account_entries import ENTRIES
from store.repositories.answers import ANSWERS
from store.repositories.cards import Cards
from store.repositories.codes import Codes
from store.repositories.holders import Holders
from store.repositories.identity_documents import DOCUMENTS
from store.repositories.notices import NOTICES
from store.repositories.operations import Operations
from store.repositories.passwords import PASSWORDS
from store.repositories.persisted_documents import PERSISTED_DOCUMENTS
from store.repositories.timeline import TIMELINE
from store.sealing import sealed_with
from store.session import Session
from store.statement import Statement
from store.table import SEALED, Table

TABLES: Final[dict[str, Table[Any]]] = {
    table.name: table
    for table in (
        Holders.table,
        DOCUMENTS,
        Cards.table,
        Operations.table,
        TIMELINE,
        ENTRIES,
        PASSWORDS,
        Codes.table,
        ANSWERS,
        PERSISTED_DOCUMENTS,
        NOTICES,
    )
}
"""The tables with something sealed, by name; a test holds them to the models."""

EARLIER: Final = "earlier"
"""What is counted of earlier forms, which name no key."""
UNKNOWN: Final = "unknown"
"""What is counted of indexes that no index key makes."""

Key = int | str


@dataclass(slots=True)
class Looked:
    """Some rows of a table, in the order of their ids.

    Args:
        last: the id of the last one, None where there is none; stale: ids of those that are not as the newest keys make them.
        sealed_by: how many by the id of the key that they are sealed with; indexed_by: how many indexes by the id of theirs.
        unreadable: those that do not open, each with why.
    """

    last: Key | None = None
    rows: int = 0
    stale: list[Key] = field(default_factory=list)
    sealed_by: Counter[str] = field(default_factory=Counter)
    indexed_by: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)


class SealedRows:
    """The rows of tables with something sealed in them.

    Each is read and written as its own repository does; its version stays, for what it says stays the same.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._index_ids = session.sealer.index_ids

    async def count(self, name: str) -> int:
        """Return about how many rows a table has; on PostgreSQL as the planner guesses, for counting takes a while."""
        if self._session.on_postgresql:
            guess = f"SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = '\"{name}\"'::regclass"
            return int((await self._session.look_up(guess, []))[0][0])
        return int((await self._session.look_up(f'SELECT count(*) FROM "{name}"', []))[0][0])

    async def look(self, name: str, after: Key | None, limit: int) -> Looked:
        """Look at rows from above an id on, in the order of their ids.

        Args:
            after: None for the first ones; limit: how many at most.
        """
        table = TABLES[name]
        looked = Looked()
        for row in await self._session.run(_page(name), table.first_id if after is None else after, limit):
            looked.last, looked.rows = row[0], looked.rows + 1
            self._look_at(table, row, looked)
        return looked

    async def renew(self, name: str, ids: Sequence[Key]) -> int:
        """Seal rows anew, and make their indexes, with the newest keys; return how many: not those that somebody changes just now.

        So whoever renews waits for nobody, and nobody for long.
        """
        table, renewed = TABLES[name], []
        for row in await self._session.run(_locked(name), list(ids)):
            try:
                [value] = self._session.read(table, [row[1 : 1 + len(table.read_columns)]])
            except RecordUnreadable:
                continue
            renewed.append([*table.write(value, (SEALED, *table.indexes), self._session.sealer), row[0]])
        if renewed:
            await self._session.run_many(_renewing(name), renewed)
        return len(renewed)

    def _look_at(self, table: Table[Any], row: Sequence[Any], looked: Looked) -> None:
        """Note of one row with which keys it was made."""
        width = 1 + len(table.read_columns)
        sealed = row[width - 1]
        if sealed is None:
            return
        looked.sealed_by[sealed_with(sealed) or EARLIER] += 1
        try:
            [value] = self._session.read(table, [row[1:width]])
        except RecordUnreadable as broken:
            looked.unreadable.append(str(broken))
            return
        stale = not self._session.sealer.is_newest(sealed)
        for column, index in zip(table.indexes, row[width:], strict=True):
            by = self._indexed_by(table, value, column, index)
            looked.indexed_by[by] += 1
            stale = stale or by != self._index_ids[0]
        if stale:
            looked.stale.append(row[0])

    def _indexed_by(self, table: Table[Any], value: Any, column: str, index: str | None) -> str:
        sealer = self._session.sealer
        if index == table.write(value, (column,), sealer)[0]:
            return self._index_ids[0]
        others = table.other_indexes(value, column, sealer)
        return self._index_ids[1 + others.index(index)] if index in others else UNKNOWN


def _columns(name: str) -> str:
    table = TABLES[name]
    return ", ".join(f'"{column}"' for column in ("id", *table.read_columns, *table.indexes))


@cache
def _page(name: str) -> Statement:
    return Statement(f'SELECT {_columns(name)} FROM "{name}" WHERE "id" > $1 ORDER BY "id" LIMIT $2')


@cache
def _locked(name: str) -> Statement:
    return Statement(f'SELECT {_columns(name)} FROM "{name}" WHERE "id" = ANY($1) ORDER BY "id" FOR UPDATE SKIP LOCKED')


@cache
def _renewing(name: str) -> Statement:
    written = (SEALED, *TABLES[name].indexes)
    parts = ", ".join(f'"{column}" = ${place}' for place, column in enumerate(written, 1))
    return Statement(f'UPDATE "{name}" SET {parts} WHERE "id" = ${len(written) + 1}')
