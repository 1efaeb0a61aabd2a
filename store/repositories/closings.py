"""Accounts to close: cards of a bank that have ended, whose accounts are open still; those that ended first first, or as they ended.

The first list is one range of an index that has nothing else in it, with the few cards that have ended by time alone and are not written
down yet. The second is for who looks again: cards stand in it by the line of their history with which they ended, in the order of the
commits (`store/repositories/operation_changes.py` says how). A card ends once, so it is told once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from store.records import Count, Place, Window
from store.repositories.operation_changes import FUTURE, OPEN, Change, ChangesAsked
from store.session import Session
from store.statement import Statement

MOST_COUNTED: Final = 10_000
_BEGINNING: Final[Place] = (datetime.min.replace(tzinfo=UTC), "")
_END: Final[Place] = (datetime.max.replace(tzinfo=UTC), "")

_WRITTEN = (
    "SELECT id, state_since AS at FROM cards WHERE state = 'cancelled' AND account_state = 'open' AND bank = $1 "
    "AND ($2 = '' OR province = $2)"
)
# The lower bounds leave nothing out, and tell PostgreSQL that few are meant.
_LAPSED = (
    "SELECT id, state_until AS at FROM cards WHERE state_until > '-infinity' AND state_until <= $3 AND state_then = 'cancelled' "
    "AND (ends_at IS NULL OR state_until < ends_at) AND bank = $1 AND ($2 = '' OR province = $2) "
    "UNION ALL SELECT id, ends_at FROM cards WHERE ends_at > '-infinity' AND ends_at <= $3 "
    "AND (state_then IS NULL OR state_then <> 'cancelled' OR state_until >= ends_at) AND bank = $1 AND ($2 = '' OR province = $2)"
)


def _page(order: str) -> Statement:
    written = f"{_WRITTEN} AND (state_since, id) > ($4, $5) AND (state_since, id) < ($6, $7)"
    lapsed = f"SELECT id, at FROM ({_LAPSED}) AS ended WHERE (at, id) > ($4, $5) AND (at, id) < ($6, $7)"
    first = f"SELECT id, at FROM ({written} ORDER BY {order.format('state_since')} LIMIT $8) AS written"
    return Statement(f"SELECT id FROM ({first} UNION ALL {lapsed}) AS found ORDER BY {order.format('at')} LIMIT $8")


_FIRST, _LAST = _page("{0}, id"), _page("{0} DESC, id DESC")
_COUNT = Statement(f"SELECT count(*) FROM (SELECT id FROM ({_WRITTEN} UNION ALL {_LAPSED}) AS ended LIMIT $4) AS found")

_STILL_OPEN = (
    "FROM card_states AS told WHERE told.state = 'cancelled' AND {place} AND (SELECT 1 FROM cards WHERE id = told.card_id "
    "AND state = 'cancelled' AND account_state = 'open' AND bank = $1 AND ($2 = '' OR province = $2)) IS NOT NULL"
)
# Numbers of another server's transactions are old ones by now.
_BELOW_OPEN = (
    f"(told.changed_in, told.id) > (CASE WHEN $3::bigint >= {FUTURE} THEN 0 ELSE $3::bigint END, $4::bigint) "
    f"AND told.changed_in < {OPEN}"
)
_BY_LINE = "told.id > $4"


@dataclass(frozen=True, slots=True)
class _Changes:
    """The statements about cards by how they ended, in the words of one database.

    Args:
        page: takes a bank, a province, a place and how many; count: the same; since: finds the place before a moment.
    """

    page: Statement
    count: Statement
    since: Statement


def _changes(place: str, order: str, since: str) -> _Changes:
    still_open = _STILL_OPEN.format(place=place)
    return _Changes(
        Statement(f"SELECT told.card_id, told.changed_in, told.id {still_open} ORDER BY {order} LIMIT $5"),
        Statement(f"SELECT count(*) FROM (SELECT 1 {still_open} LIMIT $5) AS found"),
        Statement(f"SELECT {since} FROM card_states WHERE state = 'cancelled' AND since >= $1"),
    )


_ON_POSTGRESQL = _changes(_BELOW_OPEN, "told.changed_in, told.id", "min(changed_in), min(id) - 1")
# The plus keeps SQLite from going through all ids in their order.
_ON_SQLITE = _changes(_BY_LINE, "told.id", "0, min(+id) - 1")


@dataclass(frozen=True, slots=True)
class ClosingFilter:
    """Whose accounts.

    Args:
        bank: a term of the banks vocabulary; province: GB/T 2260, None for all; now: what has ended by then by time alone has ended.
    """

    bank: str
    province: str | None
    now: datetime


class Closings:
    """Cards that have ended, whose accounts are open."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def page(self, selection: ClosingFilter, asked: Window) -> tuple[tuple[str, ...], bool]:
        """Return the ids of a page of cards, those that ended first first, and whether there are more in that direction."""
        statement = _LAST if asked.last else _FIRST
        after, before = asked.after or _BEGINNING, asked.before or _END
        places = after[0].astimezone(UTC), after[1], before[0].astimezone(UTC), before[1]
        rows = await self._session.run(statement, *self._whose(selection), *places, asked.size + 1)
        found = tuple(identifier for (identifier,) in rows[: asked.size])
        return found[::-1] if asked.last else found, len(rows) > asked.size

    async def count(self, selection: ClosingFilter) -> Count:
        """Return how many there are, up to `MOST_COUNTED`."""
        return self._counted(await self._session.run(_COUNT, *self._whose(selection), MOST_COUNTED + 1))

    async def changed(
        self, selection: ClosingFilter, asked: ChangesAsked
    ) -> tuple[tuple[tuple[str, Change], ...], bool]:
        """Return the ids of cards in the order in which their ends were committed, each with its place, and whether more follow."""
        place = await self._place(asked)
        if place is None:
            return (), False
        rows = await self._session.run(
            self._changes.page, selection.bank, selection.province or "", *place, asked.size + 1
        )
        return tuple((card, (number, line)) for card, number, line in rows[: asked.size]), len(rows) > asked.size

    async def count_changed(self, selection: ClosingFilter, asked: ChangesAsked) -> Count:
        """Return how many have ended, up to `MOST_COUNTED`."""
        place = await self._place(asked)
        if place is None:
            return Count(0, more=False)
        given = selection.bank, selection.province or "", *place, MOST_COUNTED + 1
        return self._counted(await self._session.run(self._changes.count, *given))

    @property
    def _changes(self) -> _Changes:
        return _ON_POSTGRESQL if self._session.on_postgresql else _ON_SQLITE

    async def _place(self, asked: ChangesAsked) -> Change | None:
        """Return after which place it is asked; None where nothing has ended since."""
        if asked.after is not None or asked.since is None:
            return asked.after or (-1, -1)
        [(number, line)] = await self._session.run(self._changes.since, asked.since.astimezone(UTC))
        return None if line is None else (number, line)

    @staticmethod
    def _whose(selection: ClosingFilter) -> tuple[str, str, datetime]:
        return selection.bank, selection.province or "", selection.now.astimezone(UTC)

    @staticmethod
    def _counted(rows: Sequence[Sequence[int]]) -> Count:
        [[found]] = rows
        return Count(min(found, MOST_COUNTED), found > MOST_COUNTED)
