"""What a sweep has to see to: what time alone has done and nobody has written down, and what is paid for and waits.

Each page is one range of an index in which nothing else stands, so that looking costs as much as there is to do.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from store.session import Session

Place = tuple[datetime, str]
"""When something was due, and its id: where the next page goes on."""


async def lapsed(
    session: Session, table: str, columns: Sequence[str], now: datetime, after: Place | None, limit: int
) -> list[tuple[str, str, datetime]]:
    """Return the ids of rows that are due, whose they are, and since when.

    Args:
        columns: of moments, each with an index; a row that is due by two of them is found twice.
        after: the last one of the page before; None for the first page. limit: how many at most.
    """
    mark = "$" if session.on_postgresql else "?"
    values: list[object] = [now.astimezone(UTC), limit]
    if after is not None:
        values += [after[0].astimezone(UTC), after[1]]
    parts = []
    for column in columns:
        beyond = f" AND ({column}, id) > ({mark}3, {mark}4)" if after is not None else ""
        parts.append(
            f"SELECT id, holder_id, at FROM (SELECT id, holder_id, {column} AS at FROM {table} "
            f"WHERE {column} <= {mark}1{beyond} ORDER BY {column}, id LIMIT {mark}2) AS by_{column}"
        )
    text = f"{' UNION ALL '.join(parts)} ORDER BY at, id LIMIT {mark}2"
    _, rows = await session.reader.execute_query(text, values)
    return [(row["id"], row["holder_id"], _moment(row["at"])) for row in rows]


async def resumable(session: Session, after: str, limit: int) -> tuple[str, ...]:
    """Return the ids, in their order, of operations that are paid for and on which a service waits for that."""
    mark = "$" if session.on_postgresql else "?"
    # The condition stands here as in the index, which has nothing else in it.
    text = f"SELECT id FROM operations WHERE resumable AND id > {mark}1 ORDER BY id LIMIT {mark}2"
    _, rows = await session.reader.execute_query(text, [after, limit])
    return tuple(row["id"] for row in rows)


def _moment(found: datetime | str) -> datetime:
    # SQLite has no moments.
    return datetime.fromisoformat(found) if isinstance(found, str) else found
