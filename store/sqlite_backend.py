"""SQLite as this service needs it: write-ahead log, transactions that lock before they read, no hanging at exit.

Fixed statements run in the thread of the event loop: each is a look-up by an index, done before another thread would have
been woken for it. Whatever may take long has a thread: what tortoise builds, and every commit, which waits for the disk.
Nothing here waits for a lock in the thread of the loop; it tries again after a while.

Tortoise finds the client by this module's `client_class`, and the right migrations by "sqlite" in its name.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper, translate_exceptions

from store.failures import busy
from store.statement import Dialect

Answer = TypeVar("Answer")

BUSY_SECONDS = 30.0
"""How long is waited for others unless the URL says otherwise."""
RETRY_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02)
"""How long is waited before each try for a lock; the last one again and again."""
_IN_SQL: dict[type, Callable[[Any], Any]] = {
    list: json.dumps,
    date: date.isoformat,
    datetime: lambda moment: moment.astimezone(UTC).isoformat(" "),
}
"""What SQLite is given for values of kinds that it does not know, as tortoise gives it."""


class FileClient(SqliteClient):
    """A connection to a database file, and one on which fixed statements read; with the pragma `query_only` both only read.

    Args:
        busy_seconds: how long a transaction waits for one of another process, or for its turn in this one.
        options: pragmas by name, and what tortoise wants to know.
    """

    dialect: Dialect = "sqlite"

    def __init__(self, file_path: str, busy_seconds: float = BUSY_SECONDS, **options: Any) -> None:
        super().__init__(file_path, **options)
        self._busy_seconds = busy_seconds
        self._reading: sqlite3.Connection | None = None
        # Set apart: the switch to the write-ahead log ignores the busy timeout, so it is tried again by hand.
        self._journal_mode = self.pragmas.pop("journal_mode")

    async def create_connection(self, with_db: bool) -> None:
        """Open the file, once."""
        if self._connection:
            return
        # No timeout: whoever waits for a lock must let the loop go on.
        connection = aiosqlite.connect(self.filename, isolation_level=None, timeout=0, check_same_thread=False)
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
        await self._retried(lambda: _run(connection._conn, f"PRAGMA journal_mode={self._journal_mode}"))
        # Not before the log is written ahead: only then do readers and a writer not wait for each other.
        self._reading = sqlite3.connect(self.filename, isolation_level=None, timeout=0)
        for name, value in self.pragmas.items():
            _run(connection._conn, f"PRAGMA {name}={value}")
        _run(self._reading, "PRAGMA query_only=ON")
        connection._conn.row_factory = sqlite3.Row
        await self._post_connect()

    async def close(self) -> None:
        """Close the file; closing twice does nothing."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None
        await super().close()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["FileClient"]:
        """Lend the connection."""
        await self.create_connection(with_db=True)
        yield self

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run a fixed statement that reads, outside any transaction, and return its rows."""
        reading = self._reading
        if reading is None:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
        return await self._retried(lambda: _run(reading, text, values))

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
                await self._retried(lambda: _run(transaction._connection._conn, "BEGIN IMMEDIATE"))
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

    async def _retried(self, attempt: Callable[[], Answer]) -> Answer:
        """Try something until no other connection holds the lock that it needs, or the time to wait is up."""
        loop = asyncio.get_running_loop()
        until, tries = loop.time() + self._busy_seconds, 0
        while True:
            try:
                return attempt()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or loop.time() > until:
                    raise
            await asyncio.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1


class FileTransaction(SqliteTransactionWrapper):
    """What queries use inside a transaction. Python's `executescript` would commit it, so scripts run by statement."""

    dialect: Dialect = "sqlite"

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run a fixed statement and return its rows. The transaction has the lock, so there is nothing to wait for."""
        return _run(self._connection._conn, text, values)

    async def run_many(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a fixed statement once for each row of values."""
        self._connection._conn.executemany(text, [in_sql(values) for values in rows])

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(FileTransaction(self))

    @translate_exceptions
    async def execute_script(self, query: str) -> None:
        """Run several statements without leaving the transaction."""
        async with self.acquire_connection() as connection:
            for statement in statements(query):
                await connection.execute_fetchall(statement)


def _run(connection: sqlite3.Connection, text: str, values: Sequence[Any] = ()) -> list[Any]:
    """Run a statement in this thread, and return its rows as tuples."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(text, in_sql(values)).fetchall()


def in_sql(values: Sequence[Any]) -> list[Any]:
    """Return values of fixed statements as SQLite takes them."""
    return [_IN_SQL[type(value)](value) if type(value) in _IN_SQL else value for value in values]


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
