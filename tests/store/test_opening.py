"""Opening, closing and leaving a store: one plain line when it cannot be used, and no process that hangs."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from store import Keys, Store, StoreError
from store.address import Address
from tests.databases import TestServer
from tests.store import samples

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
IMPATIENT = "busy_seconds=0.1"
"""Wait for a locked file only a moment."""
LEAVE = """
import asyncio, sys
from store import Keys, Store
async def main():
    store = await Store.open(sys.argv[1], Keys.generate())
    async with store.reading() as work:
        print(await work.operations.of_holder("nobody"), flush=True)
    if sys.argv[2] == "crash":
        async with store.transaction() as work:
            await work.slots.claim("510000", "holder-1", "operation-1")
            raise SystemExit(3)
    sys.exit(3)
asyncio.run(main())
"""


@pytest.fixture(scope="session")
def guarded(postgresql: TestServer) -> TestServer:
    """Return a server with a user who needs a password."""
    postgresql.demand_password("guarded", "right")
    return postgresql


async def _complaint(url: str) -> str:
    with pytest.raises(StoreError) as caught:
        await Store.open(url, Keys.generate())
    text = str(caught.value)
    assert "\n" not in text
    assert "secret" not in text
    return text


@pytest.mark.parametrize("leaving", ["quietly", "crash"])
async def test_a_process_that_does_not_close_its_store_ends_all_the_same(database_url: str, leaving: str) -> None:
    command = [sys.executable, "-c", LEAVE, database_url, leaving]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)  # noqa: ASYNC221
    assert (done.returncode, done.stdout) == (3, "()\n"), done.stderr


async def test_what_a_process_that_ended_had_not_committed_is_gone(store: Store, database_url: str) -> None:
    command = [sys.executable, "-c", LEAVE, database_url, "crash"]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=False)  # noqa: ASYNC221
    async with store.transaction() as work:
        assert await work.slots.holder_of("510000", "holder-1") is None


async def test_stores_can_be_opened_one_after_another_and_at_once(database_url: str, keys: Keys) -> None:
    for number in range(3):
        first = await Store.open(database_url, keys)
        second = await Store.open(database_url, keys)
        async with first.transaction() as work:
            await work.operations.add(samples.operation(f"operation-{number}"))
        await first.close()
        async with second.reading() as work:
            assert len(await work.operations.of_holder("holder-1")) == number + 1
        await second.close()


async def test_closing_twice_does_nothing(database_url: str, keys: Keys) -> None:
    store = await Store.open(database_url, keys)
    await store.close()
    await store.close()


async def test_a_new_file_is_made_with_its_folder(tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = await Store.open("sqlite:///var/data/store.db", keys)
    await store.migrate()
    await store.close()
    assert {"store.db"} == {name for _, _, names in os.walk(tmp_path) for name in names}


async def test_a_file_that_another_process_locks_is_told(tmp_path: Path) -> None:
    file = tmp_path / "locked.db"
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE t (a)")
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert "locked.db is locked by another process" in await _complaint(f"sqlite:///{file}?{IMPATIENT}")
    finally:
        other.close()


async def test_a_transaction_that_cannot_begin_is_told_and_the_store_goes_on(
    sqlite_template: Path, tmp_path: Path, keys: Keys
) -> None:
    file = tmp_path / "store.db"
    shutil.copyfile(sqlite_template, file)
    store = await Store.open(f"sqlite:///{file}?{IMPATIENT}", keys)
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(StoreError, match="locked by another process"):
            async with store.transaction() as work:
                await work.operations.add(samples.operation())
    other.close()
    async with store.transaction() as work:
        await work.operations.add(samples.operation())
    await store.close()


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear Sir or Madam, " * 100)
    assert "letter.db is not an SQLite database" in await _complaint(f"sqlite:///{file}")
    assert file.read_text().startswith("Dear Sir")


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be made" in await _complaint(f"sqlite:///{tmp_path / 'file' / 'store.db'}")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that not even root can write to")
async def test_a_folder_that_cannot_be_written_to_is_told() -> None:
    assert "check that its folder exists and that this user may write to it" in await _complaint(
        "sqlite:////proc/store.db"
    )


async def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    assert "cannot be opened" in await _complaint(f"sqlite:///{tmp_path}")


async def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    assert "cannot be reached" in await _complaint("postgresql://user:secret@127.0.0.1:1/name")
    assert "cannot be reached" in await _complaint(f"postgresql://user:secret@/name?host={tmp_path}")
    assert "cannot be reached" in await _complaint("postgresql://user:secret@no-such-host.invalid/name")


async def test_a_wrong_password_is_told(guarded: TestServer, keys: Keys) -> None:
    assert "refuses the user or the password" in await _complaint(guarded.url("postgres", "guarded", "secret"))
    assert "refuses the user or the password" in await _complaint(guarded.url("postgres", "nobody_at_all", "secret"))
    store = await Store.open(guarded.url("postgres", "guarded", "right"), keys)
    await store.close()


async def test_a_database_that_does_not_exist_is_told(postgresql: TestServer) -> None:
    assert "no_such_database does not exist" in await _complaint(postgresql.url("no_such_database"))


async def test_a_server_that_goes_away_is_told(postgresql: TestServer, keys: Keys) -> None:
    name = postgresql.create()
    store = await Store.open(postgresql.url(name), keys)
    await store.migrate()
    with pytest.raises(StoreError, match="broke the connection"):  # noqa: PT012
        async with store.transaction() as work:
            await work.slots.claim("510000", "holder-1", "operation-1")
            postgresql.drop(name)
            await work.slots.claim("510000", "holder-2", "operation-2")
    # And not as one that was never migrated, which would have somebody migrate it at night.
    with pytest.raises(StoreError, match=f"{name} does not exist"):
        await store.check()
    await store.close()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "must start with"),
        ("mysql://user@host/name", "must start with"),
        ("sqlite://relative.db", "names a file"),
        ("sqlite:///", "names a file"),
        ("sqlite:///:memory:", "names a file"),
        ("sqlite:///file.db?mode=ro", "unknown option mode; known are busy_seconds"),
        ("sqlite:///file.db?busy_seconds=0", "cannot be read: 0 is no time to wait"),
        ("sqlite:///file.db?busy_seconds=inf", "cannot be read"),
        ("sqlite:///file.db?busy_seconds=soon", "cannot be read"),
        ("postgresql://host:port/name", "cannot be read"),
        ("postgresql://host/name?pool_size=many", "cannot be read"),
        ("postgresql://host/name?pool_size=0", "0 is no pool_size; give 1 to 1000"),
        ("postgresql://host/name?pool_size=-5", "-5 is no pool_size"),
        ("postgresql://host/name?colour=blue", "unknown option colour"),
        ("postgresql://[host/name", "cannot be read"),
    ],
)
async def test_a_url_that_cannot_be_right_is_refused(url: str, complaint: str) -> None:
    assert complaint in await _complaint(url)


async def test_a_url_is_taken_apart() -> None:
    address = Address.parse("postgresql://us%40er:se%2Fcret@db.example:6000/na%20me?pool_size=3&sslmode=require")
    assert address.label == "db.example:6000/na me"
    assert address.credentials == {
        "user": "us@er", "password": "se/cret", "host": "db.example", "port": 6000, "database": "na me",
        "minsize": 1, "maxsize": 3, "ssl": "require",
    }  # fmt: skip
    socket = Address.parse("postgresql://postgres:@/postgres?host=/run/with%20space")
    assert (socket.credentials["host"], socket.credentials["password"]) == ("/run/with space", None)
    assert Address.parse("sqlite:////a%20b/c.db").credentials == {"file_path": "/a b/c.db"}
    assert Address.parse("sqlite:////c.db?busy_seconds=2.5").credentials == {"file_path": "/c.db", "busy_seconds": 2.5}


async def test_behind_a_pooler_the_role_must_have_what_no_connection_is_given(
    postgresql: TestServer, keys: Keys
) -> None:
    name = postgresql.create()
    postgresql.run("DROP ROLE IF EXISTS pooled", "CREATE ROLE pooled LOGIN", f"ALTER DATABASE {name} OWNER TO pooled")
    url = f"{postgresql.url(name, user='pooled')}&pooler=transaction"
    complaint = await _complaint(url)
    commands = [part.split(". Run")[0] for part in complaint.split("settings: ")[1].split("; ")]
    assert commands == [
        "ALTER ROLE pooled SET idle_in_transaction_session_timeout = '120s'",
        "ALTER ROLE pooled SET lock_timeout = '30s'",
        "ALTER ROLE pooled SET statement_timeout = '60s'",
    ]
    postgresql.run(*commands)
    store = await Store.open(url, keys)
    try:
        await store.migrate()
        async with store.transaction() as work:
            await work.holders.add(samples.holder())
        async with store.reading() as work:
            assert await work.holders.get("holder-1") == samples.holder()
            _, rows = await work._session.reader.execute_query("SELECT count(*) AS kept FROM pg_prepared_statements")
        # Nothing stays prepared, for the next transaction may get another connection to the server.
        assert rows[0]["kept"] == 0
    finally:
        await store.close()
    assert "no kind of pooler" in await _complaint(f"{postgresql.url(name)}&pooler=session")
