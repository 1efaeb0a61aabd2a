"""What a sweep has to see to: what time alone has done and nobody has written down, and what is paid for and waits.

Each page is one range of an index in which nothing else stands, so that looking costs as much as there is to do.
"""

from datetime import UTC, datetime

from store.records import Place
from store.session import Session
from store.statement import Statement

_BEGINNING = (datetime.min.replace(tzinfo=UTC), "")


def _due(table: str, *columns: str) -> Statement:
    """Return the statement that finds what is due by moments in columns, each with an index; what is due by two is found twice."""
    parts = (
        f"SELECT id, holder_id, at FROM (SELECT id, holder_id, {column} AS at FROM {table} "
        f"WHERE {column} <= $1 AND ({column}, id) > ($2, $3) ORDER BY {column}, id LIMIT $4) AS by_{column}"
        for column in columns
    )
    return Statement(f"{' UNION ALL '.join(parts)} ORDER BY at, id LIMIT $4")


CARDS = _due("cards", "state_until", "ends_at")
OPERATIONS = _due("operations", "state_until")
# The condition stands here as in the index, which has nothing else in it.
_RESUMABLE = Statement("SELECT id FROM operations WHERE resumable AND id > $1 ORDER BY id LIMIT $2")


async def lapsed(
    session: Session, of: Statement, now: datetime, after: Place | None, limit: int
) -> list[tuple[str, str, datetime]]:
    """Return the ids of what is due, whose it is, and since when.

    Args:
        of: `CARDS` or `OPERATIONS`; after: the last one of the page before; limit: how many at most.
    """
    at, identifier = after or _BEGINNING
    rows = await session.run(of, now.astimezone(UTC), at.astimezone(UTC), identifier, limit)
    return [(found, holder, _moment(since)) for found, holder, since in rows]


async def resumable(session: Session, after: str, limit: int) -> tuple[str, ...]:
    """Return the ids, in their order, of operations that are paid for and on which a service waits for that."""
    return tuple(found for (found,) in await session.run(_RESUMABLE, after, limit))


def _moment(found: datetime | str) -> datetime:
    # SQLite has no moments.
    return datetime.fromisoformat(found) if isinstance(found, str) else found
