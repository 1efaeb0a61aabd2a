"""How often something limited was asked for, counted over all processes by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from domain.frozen import quickly_made
from store.limit_models import LimitCountRow
from store.session import Session
from store.statement import Statement
from store.table import Table


@quickly_made
@dataclass(frozen=True, slots=True)
class LimitCount:
    """How often something was asked for.

    Args:
        id: a keyed hash of what is counted and of whom, and the period in seconds.
        count: how often, until `ends_at`, when it begins anew.
        most: how often it may be; None where nobody has to hear who is over it.
        full_until: until when no more is let through; None where more is, or nobody has to hear of it.
    """

    id: str
    count: int
    ends_at: datetime
    most: int | None = None
    full_until: datetime | None = None


_COUNTS = Table(LimitCountRow, LimitCount)
_FULL = _COUNTS.select('WHERE "full_until" > $1')
_FORGET = Statement(
    'DELETE FROM "limit_counts" WHERE "id" IN (SELECT "id" FROM "limit_counts" WHERE "ends_at" <= $1 ORDER BY "ends_at" LIMIT $2 '
    "FOR UPDATE SKIP LOCKED) RETURNING 1"
)
_OVER = '"limit_counts"."ends_at" <= $1'
_COUNT = f'(CASE WHEN {_OVER} THEN excluded."count" ELSE "limit_counts"."count" + excluded."count" END)'
_ENDS = f'(CASE WHEN {_OVER} THEN excluded."ends_at" ELSE "limit_counts"."ends_at" END)'


@lru_cache(maxsize=16)
def _counting(rows: int) -> Statement:
    """Return the statement that counts so many things at once, and says how often each was asked for by now."""
    marks = []
    for first in range(2, 2 + 4 * rows, 4):
        key, count, most, ends = (f"${place}" for place in range(first, first + 4))
        full = f"CASE WHEN {count}::int >= {most}::int THEN {ends}::timestamptz END"
        marks.append(f"({key}, {count}::int, {most}::int, {ends}::timestamptz, {full})")
    columns = ", ".join(f'"{name}"' for name in _COUNTS.read_columns)
    return Statement(
        f'INSERT INTO "limit_counts" ("id", "count", "most", "ends_at", "full_until") VALUES {", ".join(marks)} '
        f'ON CONFLICT ("id") DO UPDATE SET "count" = {_COUNT}, "most" = excluded."most", "ends_at" = {_ENDS}, '
        f'"full_until" = CASE WHEN {_COUNT} >= excluded."most" THEN {_ENDS} END RETURNING {columns}'
    )


class LimitCounts:
    """Counts, by keyed hashes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, counted: Sequence[LimitCount], now: datetime) -> dict[str, LimitCount]:
        """Count, and return how it stands then with each, by id; what has ended before begins anew.

        Whoever counts the same waits for this transaction.

        Args:
            counted: each once; `count` says how many more, `ends_at` when it ends if it begins now.
        """
        # In one order, so that no two who count wait for each other.
        rows = sorted(counted, key=lambda each: each.id)
        values = [value for each in rows for value in (each.id, each.count, each.most, each.ends_at)]
        found = await self._session.run(_counting(len(rows)), now, *values)
        return {each.id: each for each in self._session.read(_COUNTS, found)}

    async def full(self, now: datetime) -> list[LimitCount]:
        """Return those of which no more is let through."""
        return await self._session.find(_FULL, now)

    async def forget(self, now: datetime, limit: int) -> int:
        """Delete those that have ended, but for what is counted anew at that moment, and return how many there were.

        Args:
            limit: how many at most.
        """
        return len(await self._session.run(_FORGET, now, limit))
