"""SQLite as this service needs it: write-ahead log, transactions that lock before they read, no hanging at exit.

Tortoise finds the client by this module's `client_class`, and the right migrations by "sqlite" in its name.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper, translate_exceptions

from store.failures import busy

BUSY_SECONDS = 30.0
"""How long is waited for others unless the URL says otherwise."""
RETRY_SECONDS = 0.02


class FileClient(SqliteClient):
    """One connection to a database file; with the pragma `query_only` it only reads.

    Args:
        busy_seconds: how long a transaction waits for one of another process, or for its turn in this one.
        options: pragmas by name, and what tortoise wants to know.
    """

    def __init__(self, file_path: str, busy_seconds: float = BUSY_SECONDS, **options: Any) -> None:
        super().__init__(file_path, **options)
        self._busy_seconds = busy_seconds
        # Set apart: the switch to the write-ahead log ignores the busy timeout, so it is tried again by hand.
        self._journal_mode = self.pragmas.pop("journal_mode")

    async def create_connection(self, with_db: bool) -> None:
        """Open the file, once."""
        if self._connection:
            return
        connection = aiosqlite.connect(self.filename, isolation_level=None, timeout=self._busy_seconds)
        # aiosqlite's thread waits for ever for its next task; as a daemon it cannot keep the process alive.
        connection._thread.daemon = True
        try:
            self._connection = await connection
        except BaseException:
            # It has been told to stop; a loop that closes before it does would print a traceback.
            connection._thread.join()
            raise
        try:
            await self._prepare(self._connection)
        except BaseException:
            await self.close()
            raise

    async def _prepare(self, connection: aiosqlite.Connection) -> None:
        connection._conn.row_factory = sqlite3.Row
        await self._retried(lambda: connection.execute_fetchall(f"PRAGMA journal_mode={self._journal_mode}"))
        for name, value in self.pragmas.items():
            await connection.execute_fetchall(f"PRAGMA {name}={value}")
        await self._post_connect()

    @asynccontextmanager
    async def unit(self) -> AsyncIterator["FileTransaction"]:
        """Open a transaction that holds the write lock from its first moment, and commit or roll back at the end.

        Raises:
            StoreError: the write lock was not free in time.
        """
        await self._take_turn()
        try:
            await self.create_connection(with_db=True)
            transaction = FileTransaction(self)
            try:
                await transaction._connection.execute("BEGIN IMMEDIATE")
                yield transaction
                await transaction._connection.commit()
            except BaseException:
                # Queued behind whatever a cancellation left running, and nothing to do when nothing is open.
                await transaction._connection.rollback()
                raise
        finally:
            self._lock.release()

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(self._busy_seconds):
                await self._lock.acquire()
        except TimeoutError:
            raise busy(self.filename, self._busy_seconds) from None

    async def _retried(self, attempt: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._busy_seconds
        while True:
            try:
                await attempt()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or loop.time() > until:
                    raise
            await asyncio.sleep(RETRY_SECONDS)


class FileTransaction(SqliteTransactionWrapper):
    """What queries use inside a transaction. Python's `executescript` would commit it, so scripts run by statement."""

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(FileTransaction(self))

    @translate_exceptions
    async def execute_insert(self, query: str, values: list[Any]) -> int:
        """Insert a row and return its number, which the cursor knows; tortoise's own asks the database for it."""
        async with self.acquire_connection() as connection:
            return int(await connection._execute(_insert, connection._conn, query, values))

    @translate_exceptions
    async def execute_script(self, query: str) -> None:
        """Run several statements without leaving the transaction."""
        async with self.acquire_connection() as connection:
            for statement in statements(query):
                await connection.execute_fetchall(statement)


def _insert(connection: sqlite3.Connection, query: str, values: list[Any]) -> int:
    return connection.execute(query, values).lastrowid or 0


def statements(script: str) -> Iterator[str]:
    """Take a script apart into its statements."""
    statement = ""
    for piece in script.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \n\t;"):
                yield statement
            statement = ""
    # Text after the last semicolon is a statement too; only comments and space are not.
    if statement.strip(" \n\t;"):
        yield statement


client_class = FileClient
