"""The months of the record on PostgreSQL, each a table of its own, made before they begin."""

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from store.audit.rows import ENTRIES
from store.session import Session
from store.statement import Statement

AHEAD: Final = 2
"""How many months after this one there is a table for."""
_KNOWN: Final = Statement(
    "SELECT child.relname::text FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid "
    "WHERE inhparent = 'audit_entries'::regclass"
)
_MAKE: Final = """
CREATE TABLE "{name}" (LIKE "audit_entries" INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE "{name}" ADD CONSTRAINT "{name}_month" CHECK ("at" >= '{first}' AND "at" < '{end}');
ALTER TABLE "audit_entries" ATTACH PARTITION "{name}" FOR VALUES FROM ('{first}') TO ('{end}');
ALTER TABLE "{name}" DROP CONSTRAINT "{name}_month";
"""
"""Attached and not made as a part at once, so that nobody who writes is kept waiting for longer than a look at an empty table."""
_OTHERS: Final = Statement('SELECT 1 FROM "audit_entries" WHERE "at" >= $1 AND "at" < $2 LIMIT 1')
"""Where a month has no table, what is of it is in the table of all others."""
_OTHER: Final = "audit_entries_other"
_COLUMNS: Final = ", ".join(f'"{name}"' for name in ("id", *ENTRIES.columns))
_STAYING: Final = (
    f'INSERT INTO "audit_entries" ({_COLUMNS}) SELECT {_COLUMNS} FROM "{{name}}" WHERE "id" > $1 OR "id" = ANY($2)'
)
_LOCK: Final = "audit months"


def months_from(now: datetime) -> list[datetime]:
    """Return the first moments, in UTC, of this month and of those after it that there is a table for, and of the one after."""
    moment = now.astimezone(UTC)
    return [_first(moment.year * 12 + moment.month - 1 + ahead) for ahead in range(AHEAD + 2)]


def _first(months: int) -> datetime:
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


async def make_months(session: Session, now: datetime) -> list[str]:
    """Make the tables of this month and the next ones where they are not there, and return their names.

    What an entry has of a month without a table is in the table of all others, so that none is ever refused.
    """
    if not session.on_postgresql:
        return []
    await session.lock_names(_LOCK)
    known, made = {name for (name,) in await session.run(_KNOWN)}, []
    firsts = months_from(now)
    for first, end in pairwise(firsts):
        name = f"audit_entries_{first:%Y_%m}"
        if name not in known and not await _has_others(session, first, end):
            await session.writer.execute_script("SET LOCAL lock_timeout = '2s'")
            await session.writer.execute_script(_MAKE.format(name=name, first=first.isoformat(), end=end.isoformat()))
            made.append(name)
    return made


async def _has_others(session: Session, first: datetime, end: datetime) -> bool:
    """Say whether entries of a month are in the table of all others already: then they stay there, and those to come as well."""
    return bool(await session.run(_OTHERS, first, end))


async def drop_months(session: Session, month: str, top: int, staying: Collection[int]) -> None:
    """Take the tables of all months before one away, such as 2026-11; what stays of them goes to the table of all others.

    Args:
        top, staying: entries with greater ids than this, or with one of these, stay.
    """
    if not session.on_postgresql:
        return
    end = f"audit_entries_{month.replace('-', '_')}"
    for name in sorted(name for (name,) in await session.run(_KNOWN) if name != _OTHER and name < end):
        await session.writer.execute_script("SET LOCAL lock_timeout = '2s'")
        await session.writer.execute_script(f'ALTER TABLE "audit_entries" DETACH PARTITION "{name}"')
        await session.run(Statement(_STAYING.format(name=name)), top, list(staying))
        await session.writer.execute_script(f'DROP TABLE "{name}"')
