"""What the database of a service holds, as its files or rows show it to whoever looks into them."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
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


def rows(service: GraphService) -> dict[str, list[str]]:
    """Return every row of every table as a text, by table, once nothing is to be written any more."""
    settle(service)
    url = service.running.settings.database_url
    return _sqlite_rows(_file(url)) if url.startswith("sqlite") else asyncio.run(_postgresql_rows(url))


def at_rest(service: GraphService) -> str:
    """Return everything that is kept: the bytes of SQLite's files, or PostgreSQL's rows."""
    url = service.running.settings.database_url
    if url.startswith("sqlite"):
        files = sorted(_file(url).parent.glob(f"{_file(url).name}*"))
        return "".join(file.read_bytes().decode(errors="replace") for file in files)
    return "\n".join(row for found in rows(service).values() for row in found)


def _file(url: str) -> Path:
    return Path(urlsplit(url).path[1:])


def _sqlite_rows(file: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(file)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()
        return {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for (name,) in tables}


async def _postgresql_rows(url: str) -> dict[str, list[str]]:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        found = {}
        for (name,) in tables:
            # In the database's own words, so that two readings compare as texts.
            texts = await connection.fetch(f'SELECT t::text FROM "{name}" t')
            found[name] = sorted(row[0] for row in texts)
        return found
    finally:
        await connection.close()
