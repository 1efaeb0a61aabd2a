"""What the database of a service holds, as its files or rows show it to whoever looks into them."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from tests.graph.service import GraphService


def settle(service: GraphService) -> None:
    """Wait until what may be written after an answer is: looks, for the audit record."""

    async def written() -> None:
        # Not `write`, which waits for nothing that is being written already.
        if (writing := service.running.dependencies.store.looks._writing) is not None:
            await writing

    asyncio.run_coroutine_threadsafe(written(), service._loop).result()


def rows(service: GraphService, *tables: str) -> dict[str, list[str]]:
    """Return every row as a text, by table, once nothing is to be written any more.

    Args:
        tables: those that are looked into; all where none is named.
    """
    return {table: sorted(map(str, found.elements())) for table, found in counted_rows(service, *tables).items()}


def counted_rows(service: GraphService, *tables: str) -> dict[str, Counter[Any]]:
    """Return how often each row stands in each table: all that it takes to compare them, and in a fraction of the time."""
    settle(service)
    url = service.running.settings.database_url
    if url.startswith("sqlite"):
        return _sqlite_rows(_file(url), tables)
    return asyncio.run(_postgresql_rows(url, tables))


def at_rest(service: GraphService) -> str:
    """Return everything that is kept: the bytes of SQLite's files, or PostgreSQL's rows."""
    url = service.running.settings.database_url
    if url.startswith("sqlite"):
        files = sorted(_file(url).parent.glob(f"{_file(url).name}*"))
        return "".join(file.read_bytes().decode(errors="replace") for file in files)
    return "\n".join(row for found in rows(service).values() for row in found)


def _file(url: str) -> Path:
    return Path(urlsplit(url).path[1:])


def _sqlite_rows(file: Path, tables: Collection[str]) -> dict[str, Counter[Any]]:
    with closing(sqlite3.connect(file)) as connection:
        every = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        names = tables or [name for (name,) in connection.execute(every)]
        return {name: Counter(connection.execute(f'SELECT * FROM "{name}"')) for name in names}


async def _postgresql_rows(url: str, tables: Collection[str]) -> dict[str, Counter[Any]]:
    connection = await asyncpg.connect(url)
    try:
        every = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        names = tables or [name for (name,) in await connection.fetch(every)]
        # In the database's own words, so that two readings compare as texts.
        return {
            name: Counter(text for (text,) in await connection.fetch(f'SELECT t::text FROM "{name}" t'))
            for name in names
        }
    finally:
        await connection.close()
