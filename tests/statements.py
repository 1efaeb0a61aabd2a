"""Counting what reaches a database: every statement, as the driver sends it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import pytest

from store import Store

AROUND = ("BEGIN", "COMMIT", "ROLLBACK")
"""What opens and ends a transaction; savepoints count as statements, for each is a round trip in the middle of it."""
_EXECUTE = "_Connection__execute"


_OF_FACTS = (
    'FROM "merges" WHERE ("kept_id"',
    'FROM "card_states" WHERE "card_id"',
    'FROM "passwords"',
    'FROM "operations" WHERE "holder_id"',
)

_OF_LOCKED = ('"version" = "version" + 1', 'INTO "slots"')


def is_of_facts(statement: str) -> bool:
    """Say whether a statement reads what only facts of rules are computed from, so that it hangs on the region's rules."""
    return statement.startswith("SELECT") and any(table in statement for table in _OF_FACTS)


def together(statements: list[str]) -> list[str]:
    """Return statements without those that only go along with the one before them.

    Rows that nothing can stand in the way of are inserted together, and a row that is locked is changed with them: by one
    statement, or on SQLite, to which there is no way to go, by one after another.
    """
    appending = [each.startswith("INSERT") and "RETURNING" not in each for each in statements]
    leading = [each.endswith("RETURNING 1") and any(row in each for row in _OF_LOCKED) for each in statements]
    along = [False, *(one or other for one, other in zip(appending, leading, strict=True))]
    return [each for each, also, before in zip(statements, appending, along, strict=False) if not (also and before)]


@asynccontextmanager
async def counted_statements(store: Store) -> AsyncIterator[list[str]]:
    """Note down the statements that reach a store's database, but for those that open and end transactions.

    Looks are told to the audit record after the answer, so they wait until all is counted.
    """
    seen: list[str] = []
    await store.looks.write()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.looks, "note", lambda entries: None)
        async with _noted(store, seen):
            yield seen


@asynccontextmanager
async def _noted(store: Store, seen: list[str]) -> AsyncIterator[list[str]]:

    def note(statement: str) -> None:
        if not statement.lstrip().upper().startswith(AROUND):
            seen.append(statement)

    with store._active():
        clients: list[Any] = store._context.connections.all()
    if store._address.engine == "sqlite":
        connections = [connection for client in clients for connection in (client._connection._conn, client._reading)]
        for connection in connections:
            connection.set_trace_callback(note)
        yield seen
        for connection in connections:
            connection.set_trace_callback(None)
        return
    with _noting_asyncpg(note):
        yield seen


@contextmanager
def _noting_asyncpg(note: Any) -> Iterator[None]:
    plain, prepared, many = (
        asyncpg.Connection.execute,
        getattr(asyncpg.Connection, _EXECUTE),
        asyncpg.Connection._executemany,
    )

    async def execute(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        if not arguments:
            note(query)
        return await plain(self, query, *arguments, **options)

    async def execute_prepared(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        note(query)
        return await prepared(self, query, *arguments, **options)

    async def execute_many(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        note(query)
        return await many(self, query, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "execute", execute)
        patch.setattr(asyncpg.Connection, _EXECUTE, execute_prepared)
        patch.setattr(asyncpg.Connection, "_executemany", execute_many)
        yield
