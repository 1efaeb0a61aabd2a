"""Filling a throw-away PostgreSQL with the rows of a province, by COPY."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import asyncpg
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from benchmarks.growth_rows import COLUMNS, Rows

_CONSTRAINTS = """SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE conrelid = $1::text::regclass AND contype IN ('p', 'u')"""
_INDEXES = """SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
WHERE indrelid = $1::text::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"""


async def load(url: str, rows: Rows) -> None:
    """Fill the tables of a migrated, empty database, with indexes made afterwards and statistics taken."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off")
        with _progress() as progress:
            for table, count in rows.counts.items():
                task = progress.add_task(table, total=count)
                await _load_table(connection, table, rows, progress, task)
    finally:
        await connection.close()


async def _load_table(connection: asyncpg.Connection, table: str, rows: Rows, progress: Progress, task: TaskID) -> None:
    constraints = await connection.fetch(_CONSTRAINTS, table)
    indexes = await connection.fetch(_INDEXES, table)
    for each in constraints:
        await connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{each["name"]}"')
    for each in indexes:
        await connection.execute(f"DROP INDEX {each['name']}")

    async def pieces() -> AsyncIterator[bytes]:
        for count, piece in rows.lines(table):
            yield piece
            progress.advance(task, count)

    await connection.copy_to_table(table, source=pieces(), columns=COLUMNS[table])
    for number, each in enumerate((*constraints, *indexes), 1):
        progress.update(task, description=f"{table}: index {number} of {len(constraints) + len(indexes)}")
        if number <= len(constraints):
            await connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{each["name"]}" {each["definition"]}')
        else:
            await connection.execute(each["definition"])
    progress.update(task, description=f"{table}: statistics")
    if await connection.fetchval("SELECT pg_get_serial_sequence($1, 'id')", table) is not None:
        await connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(max(id), 1)) FROM {table}"
        )
    # What PostgreSQL does itself within minutes of such a load.
    await connection.execute(f"VACUUM (ANALYZE, PARALLEL 0) {table}")
    progress.update(task, description=table)


@contextmanager
def _progress() -> Iterator[Progress]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield progress


async def weigh(url: str) -> dict[str, tuple[int, int, int]]:
    """Return, by table that has rows, how many they are, and the bytes of one and of its entries in all indexes."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "SELECT relname, reltuples::bigint AS rows, pg_table_size(oid) AS bytes, pg_indexes_size(oid) AS indexes "
            "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples >= 1000"
        )
    finally:
        await connection.close()
    return {row["relname"]: (row["rows"], row["bytes"] // row["rows"], row["indexes"] // row["rows"]) for row in found}
