"""What a database holds, looked at without the store."""

import sqlite3
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.databases import TestServer


def query(url: str, request: pytest.FixtureRequest, *statements: str) -> list[Any]:
    """Run statements and return the rows of the last."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        with sqlite3.connect(parts.path[1:]) as connection:
            rows = [connection.execute(statement).fetchall() for statement in statements]
        connection.close()
        return rows[-1]
    server: TestServer = request.getfixturevalue("postgresql")
    return [tuple(row) for row in server.run(*statements, database=parts.path[1:])]


def tables(url: str, request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """Return the names of the columns of every table of ours, by table."""
    if url.startswith("sqlite"):
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        names = [name for (name,) in query(url, request, named)]
        found = [(name, column[1]) for name in names for column in query(url, request, f"PRAGMA table_info({name})")]
    else:
        found = query(
            url,
            request,
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "ORDER BY table_name, ordinal_position",
        )
    columns: dict[str, list[str]] = {}
    for table, column in found:
        columns.setdefault(table, []).append(column)
    columns.pop("tortoise_migrations", None)
    # The months of the audit record are parts of one table.
    return {table: names for table, names in columns.items() if not table.startswith("audit_entries_")}
