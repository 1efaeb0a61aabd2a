"""PostgreSQL as this service needs it: read committed, waits that end, connections that are cheap to give back.

Tortoise finds the client by this module's `client_class`, and the right migrations by "asyncpg" in its name.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ssl import SSLError
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import ConnectionWrapper

from store.errors import StoreError
from store.failures import busy, unproved, unreachable
from store.statement import Dialect

WAIT_SECONDS = 30.0
"""How long a transaction waits for a free connection, or for a row that another transaction has locked."""
CONNECT_SECONDS = 10.0
_SETTINGS = {
    "default_transaction_isolation": "read committed",
    "lock_timeout": f"{WAIT_SECONDS:.0f}s",
    "statement_timeout": "60s",
    # A worker that hangs inside a transaction must not hold its row locks for ever.
    "idle_in_transaction_session_timeout": "120s",
    # The planner is as good without compiling queries, and a compilation costs more than our queries take.
    "jit": "off",
    # Statements have one text for whatever is asked, and indexes that fit it: planning each anew took half of the server's time.
    "plan_cache_mode": "force_generic_plan",
}


_NEEDED = {
    "default_transaction_isolation": "'read committed'",
    "lock_timeout": f"'{WAIT_SECONDS:.0f}s'",
    "statement_timeout": "'60s'",
    "idle_in_transaction_session_timeout": "'120s'",
}
"""What a pooler between the service and the server must find set for the role, each in SQL: what fails without it hangs for ever."""


class LeanConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that is given back to the pool without asking the server to forget everything.

    That is safe because nothing here changes a session: settings are local to a transaction, advisory locks too, and
    who listens to notifications must not use the pool. asyncpg still rolls back a transaction that was left open.
    """

    def get_reset_query(self) -> str:
        """Return no query."""
        return ""


class ServerClient(AsyncpgDBClient):
    """A pool of connections to a server.

    Args:
        pooler: `transaction` where each transaction may get another connection to the server, as PgBouncer gives them.
    """

    connection_class = LeanConnection
    _pool: Any

    def __init__(self, pooler: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.label = f"{self.host}:{self.port}/{self.database or ''}"
        self.extra = {"timeout": CONNECT_SECONDS, **self.extra, "connect": self._connect}
        self._pooled = pooler is not None
        if self._pooled:
            # What is prepared or set on one connection to the server is not there on the next.
            self.extra["statement_cache_size"] = 0
        else:
            self.server_settings = {**_SETTINGS, **self.server_settings}

    async def check_settings(self) -> None:
        """Make sure that behind a pooler the role has the settings that this client gives its own connections.

        Raises:
            StoreError: it lacks some.
        """
        if not self._pooled:
            return
        _, found = await self.execute_query(
            "SELECT name, setting FROM pg_settings WHERE name = ANY($1::text[])", [list(_NEEDED)]
        )
        unset = {"0", "serializable", "repeatable read", "read uncommitted"}
        lacking = sorted(row["name"] for row in found if row["setting"] in unset)
        if lacking:
            commands = "; ".join(f"ALTER ROLE {self.user} SET {name} = {_NEEDED[name]}" for name in lacking)
            raise StoreError(
                f"The database {self.label} is reached through a pooler, and its role lacks settings: {commands}. "
                "Run that on the server as a superuser, then start the pooler again."
            )

    async def _connect(self, *arguments: Any, **options: Any) -> Any:
        try:
            return await asyncpg.connect(*arguments, **options)
        except SSLError as error:
            # Not a matter of waiting: what answers is another, or its authority is not known here.
            raise unproved(self.label, getattr(error, "verify_message", None) or error.reason) from error
        except (OSError, TimeoutError) as error:
            raise unreachable(self.label) from error

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["ServerReading"]:
        """Lend a connection, which is taken from the pool with the first statement."""
        reading = ServerReading(self)
        try:
            yield reading
        finally:
            if reading._connection is not None:
                await give_back(reading._connection)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator["ServerTransaction"]:
        """Open a transaction on a connection of its own, and commit or roll back at the end.

        Raises:
            StoreError: no connection was free in time.
        """
        connection = await self.take_connection()
        try:
            transaction = ServerTransaction(self)
            transaction._connection = connection
            async with connection.transaction():
                yield transaction
        finally:
            await give_back(connection)

    async def take_connection(self) -> Any:
        """Take a connection from the pool.

        Raises:
            StoreError: no connection was free in time.
        """
        if not self._pool:
            await self.acquire_connection().ensure_connection()
        try:
            # The pool's own limit of time would take a task of its own.
            async with asyncio.timeout(WAIT_SECONDS):
                return await self._pool.acquire()
        except TimeoutError:
            raise busy(self.label, WAIT_SECONDS) from None


async def give_back(connection: Any) -> None:
    """Give a connection back to its pool, as `Pool.release` does, but for the task in which that shields it from being cancelled.

    Hardly ever is there anything to wait for, as nothing is reset. Who is cancelled while a transaction that was left open is rolled
    back closes the connection, and the pool opens another.
    """
    if connection._con is not None:  # It is, where the server has closed it.
        connection._con._on_release()
        await connection._holder.release(None)


class ServerReading(AsyncpgDBClient):
    """What reads outside a transaction: one connection for all statements of a unit of work, one after the other.

    Args:
        client: whose pool the connection is taken from.
    """

    dialect: Dialect = "postgresql"
    _connection: Any

    def __init__(self, client: ServerClient) -> None:
        # As tortoise's own transactions do: everything else is the client's.
        self._pooled, self._connection, self._lock = client, None, asyncio.Lock()
        self.log, self.connection_name = client.log, client.connection_name

    async def create_connection(self, with_db: bool) -> None:
        """Take the connection."""
        self._connection = await self._pooled.take_connection()

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        """Return what takes turns on the connection."""
        return ConnectionWrapper(self._lock, self)

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run a fixed statement and return its rows."""
        async with self._lock:
            if self._connection is None:
                await self.create_connection(with_db=True)
            rows: Sequence[Sequence[Any]] = await self._connection.fetch(text, *values)
            return rows


class ServerTransaction(TransactionWrapper):
    """What reads and writes inside a transaction."""

    dialect: Dialect = "postgresql"

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run a fixed statement and return its rows."""
        async with self._lock:
            rows: Sequence[Sequence[Any]] = await self._connection.fetch(text, *values)
            return rows

    async def run_many(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a fixed statement once for each row of values."""
        async with self.acquire_connection() as connection:
            await connection.executemany(text, rows)

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows by COPY."""
        async with self.acquire_connection() as connection:
            await connection.copy_records_to_table(table, columns=columns, records=rows)


client_class = ServerClient
