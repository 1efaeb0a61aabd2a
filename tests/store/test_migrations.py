"""The same migrations make the tables that the models describe, on both databases, once, all or nothing."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from store import Keys, Store, StoreError
from tests.patience import PATIENCE
from tests.store import samples
from tests.store.raw import query, tables

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
MIGRATE = """
import asyncio, sys
from store import Keys, Store
async def main():
    store = await Store.open(sys.argv[1], Keys.generate())
    await store.migrate()
    await store.check()
    await store.close()
asyncio.run(main())
"""
COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"


def _schema(url: str, request: pytest.FixtureRequest) -> list[Any]:
    if url.startswith("sqlite"):
        return [
            (name, _columns(url, name, request), _keys(url, name, request)) for name in sorted(tables(url, request))
        ]
    found = query(url, request, COLUMNS) + query(url, request, INDEXES)
    # The entries of the audit record are a table for each month, of which tortoise knows nothing; `test_audit.py` looks at it.
    return [row for row in found if row[0] != "tortoise_migrations" and not row[0].startswith("audit_entries")]


def _columns(url: str, table: str, request: pytest.FixtureRequest) -> list[Any]:
    return sorted(row[1:] for row in query(url, request, f"PRAGMA table_info({table})"))


def _keys(url: str, table: str, request: pytest.FixtureRequest) -> list[Any]:
    indexes = query(url, request, f"PRAGMA index_list({table})")
    return sorted(
        (index[2], tuple(row[2] for row in query(url, request, f"PRAGMA index_info({index[1]})"))) for index in indexes
    )


async def test_the_migrations_describe_the_models(store: Store) -> None:
    assert await store.drift() == []


async def test_the_migrations_make_the_tables_that_the_models_would_make(
    database_url: str, empty_database_url: str, keys: Keys, request: pytest.FixtureRequest
) -> None:
    store = await Store.open(empty_database_url, keys)
    with store._active():
        await store._context.generate_schemas()
    await store.close()
    by_models = _schema(empty_database_url, request)
    by_migrations = _schema(database_url, request)
    assert by_migrations == by_models
    assert len(by_migrations) > 10


async def test_a_database_without_tables_must_be_migrated_first(empty_database_url: str, keys: Keys) -> None:
    store = await Store.open(empty_database_url, keys)
    with pytest.raises(StoreError, match="lacks the migrations 0001_initial"):
        await store.check()
    await store.migrate()
    await store.check()
    async with store.transaction() as work:
        await work.operations.add(samples.operation())
    await store.migrate()
    async with store.reading() as work:
        assert await work.operations.get("operation-1") == samples.operation()
    await store.close()


async def test_a_newer_schema_is_refused(database_url: str, keys: Keys, request: pytest.FixtureRequest) -> None:
    record = (
        "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('store', '9999_future', CURRENT_TIMESTAMP)",
        "SELECT 1",
    )
    query(database_url, request, *record)
    store = await Store.open(database_url, keys)
    with pytest.raises(StoreError, match=r"newer than this code.*9999_future"):
        await store.check()
    with pytest.raises(StoreError, match=r"newer than this code.*9999_future"):
        await store.migrate()
    await store.close()


async def test_a_migration_that_fails_leaves_nothing_behind(
    empty_database_url: str, keys: Keys, request: pytest.FixtureRequest
) -> None:
    in_the_way = ("CREATE TABLE timeline (id INTEGER)", "SELECT 1")
    query(empty_database_url, request, *in_the_way)
    store = await Store.open(empty_database_url, keys)
    with pytest.raises(Exception, match="timeline"):
        await store.migrate()
    schema = _schema(empty_database_url, request)
    assert {row[0] for row in schema} == {"timeline"}
    query(empty_database_url, request, "DROP TABLE timeline", "SELECT 1")
    await store.migrate()
    await store.check()
    await store.close()


async def test_processes_that_migrate_at_once_all_end_well(empty_database_url: str, keys: Keys) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, empty_database_url, cwd=ROOT, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    async with asyncio.timeout(PATIENCE):
        complaints = [(await process.communicate())[1].decode() for process in processes]
    assert [(process.returncode, complaint) for process, complaint in zip(processes, complaints, strict=True)] == [
        (0, "")
    ] * 3
    store = await Store.open(empty_database_url, keys)
    await store.check()
    await store.close()
