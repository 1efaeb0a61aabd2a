"""Personal data is unreadable at rest, and keys can be rotated."""

import json
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain.errors import RecordUnreadable
from store import Keys, Store, StoreError, UnitOfWork
from store.sealing import Sealer
from tests.store import samples
from tests.store.earlier import by_fernet, unbound
from tests.store.filling import fill
from tests.store.raw import query, tables

pytestmark = pytest.mark.anyio

SECRETS = (
    samples.NAME,
    samples.IDENTITY_NUMBER,
    samples.MOBILE,
    samples.ADDRESS,
    samples.LANDLINE,
    samples.REGISTER_ADDRESS,
    samples.RECIPIENT,
    samples.DETAIL,
    samples.NOTE,
    samples.PASSWORD_HASH,
    samples.PURCHASE,
    samples.ANSWER,
    samples.card().number,
    samples.PASSPORT_NUMBER,
    "1990-03-07",
)


def _raw(url: str, request: pytest.FixtureRequest) -> str:
    """Return everything that the database holds, as its files or its rows show it."""
    if url.startswith("sqlite"):
        files = Path(urlsplit(url).path[1:]).parent.glob("store.db*")
        return "".join(file.read_bytes().decode(errors="replace") for file in files)
    rows = [query(url, request, f"SELECT t::text FROM {table} t") for table in tables(url, request)]
    return "\n".join(row[0] for found in rows for row in found)


async def test_the_rows_below_fill_every_column_of_every_table(
    database_url: str, keys: Keys, request: pytest.FixtureRequest
) -> None:
    store = await Store.open(database_url, keys)
    await fill(store)
    await store.close()
    empty = [
        f"{table}.{column}"
        for table, columns in tables(database_url, request).items()
        for column in columns
        if query(database_url, request, f'SELECT count("{column}") FROM {table}') == [(0,)]
    ]
    assert empty == [], "fill them, so that the next test looks whether they hold anything personal"


async def test_nothing_personal_is_readable_in_the_database(
    database_url: str, keys: Keys, request: pytest.FixtureRequest
) -> None:
    store = await Store.open(database_url, keys)
    await fill(store)
    raw = _raw(database_url, request)
    await store.close()
    assert "reference-of-payment-1" in raw
    for secret in SECRETS:
        assert secret not in raw
        assert json.dumps(secret)[1:-1] not in raw


async def test_the_search_above_would_find_what_is_readable(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute("CREATE TABLE people AS SELECT ? AS name", [samples.NAME])
    connection.commit()
    connection.close()
    assert samples.NAME in _raw(f"sqlite:///{tmp_path / 'store.db'}", request)


_SEALED_TABLES = {
    "holders": "id", "identity_documents": "id", "cards": "id", "operations": "id", "verification_codes": "id",
    "passwords": "id", "persisted_documents": "id", "account_entries": "id", "timeline": "operation_id", "answers": "person_id",
    "notices": "id",
}  # fmt: skip
"""Every table with something sealed, and a column by which a row is known where that is sealed."""


async def test_what_is_sealed_opens_in_its_own_row_alone(
    database_url: str, keys: Keys, request: pytest.FixtureRequest
) -> None:
    """Give each row's name to the row itself: whoever moves what is sealed changes what it is read beside, which is the same."""
    store = await Store.open(database_url, keys)
    await fill(store)
    columns = tables(database_url, request)
    assert {table for table, names in columns.items() if "sealed" in names} == set(_SEALED_TABLES)
    reads: dict[str, Callable[[UnitOfWork], Awaitable[Any]]] = {
        "holders": lambda work: work.holders.get("moved"),
        "identity_documents": lambda work: work.identity_documents.of_holder("holder-1"),
        "cards": lambda work: work.cards.get("moved"),
        "operations": lambda work: work.operations.get("moved"),
        "verification_codes": lambda work: work.codes.get("moved"),
        "passwords": lambda work: work.passwords.of_card("moved"),
        "persisted_documents": lambda work: work.persisted_documents.find("moved"),
        "account_entries": lambda work: work.account_entries.get("moved"),
        "timeline": lambda work: work.timeline.of_operations(["moved"]),
        "answers": lambda work: work.answers.find("moved", "key", samples.NOW),
        "notices": lambda work: work.notices.get("moved"),
    }
    for table, column in _SEALED_TABLES.items():
        one = f"(SELECT max({column}) FROM {table} WHERE sealed IS NOT NULL)"
        query(database_url, request, f"UPDATE {table} SET {column} = 'moved' WHERE {column} = {one}")
        async with store.reading() as work:
            with pytest.raises(RecordUnreadable, match=f"{table}/sealed/.*another record"):
                await reads[table](work)
    await store.close()


async def test_a_new_key_encrypts_and_the_old_ones_still_decrypt(database_url: str, keys: Keys) -> None:
    old = await Store.open(database_url, keys)
    async with old.transaction() as work:
        await work.holders.add(samples.holder())
    await old.close()
    newer = Keys((b"n" * 32, *keys.encryption), keys.index)
    rotated = await Store.open(database_url, newer)
    async with rotated.transaction() as work:
        assert await work.holders.find_by_identity("identity_card", samples.IDENTITY_NUMBER) == samples.holder()
        await work.holders.add(samples.holder("holder-2"))
    await rotated.close()
    only_new = await Store.open(database_url, Keys((b"n" * 32,), keys.index))
    async with only_new.reading() as work:
        assert await work.holders.get("holder-2") == samples.holder("holder-2")
        with pytest.raises(RecordUnreadable, match=r"holders/sealed/holder-1: its key .* is not among"):
            await work.holders.get("holder-1")
    await only_new.close()


async def test_equal_values_are_sealed_differently(keys: Keys) -> None:
    sealer = Sealer(keys)
    assert sealer.seal("holders/sealed/1", {"name": samples.NAME}) != sealer.seal(
        "holders/sealed/1", {"name": samples.NAME}
    )


_EARLIER = [by_fernet(b"o" * 32, {"name": samples.NAME}), unbound(b"o" * 32, {"name": samples.NAME})]


async def test_what_earlier_versions_sealed_is_read_until_everything_is_sealed_anew(keys: Keys) -> None:
    old, new = b"o" * 32, b"n" * 32
    sealer = Sealer(Keys((new, old), keys.index))
    for kept in _EARLIER:
        assert sealer.unseal("holders/sealed/1", kept) == {"name": samples.NAME}
    sealer.refuses_earlier = True
    for kept in _EARLIER:
        with pytest.raises(RecordUnreadable, match="in a form that is refused"):
            sealer.unseal("holders/sealed/1", kept)


async def test_what_was_tampered_with_does_not_open(keys: Keys) -> None:
    sealer = Sealer(Keys((b"n" * 32, b"o" * 32), keys.index))
    sealed = sealer.seal("holders/sealed/1", {"name": samples.NAME})
    fernet, other = _EARLIER
    swapped = sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1]
    as_unbound = "2." + sealed.split(".")[2]
    as_bound = ".".join([*sealed.split(".")[:2], other[2:]])
    for wrong in (
        fernet[:-1],
        other[:-1],
        swapped,
        sealed[:-1],
        as_unbound,
        as_bound,
        sealed[:10],
        sealed[:2],
        "",
        "x",
    ):
        with pytest.raises(RecordUnreadable, match="holders/sealed/1"):
            sealer.unseal("holders/sealed/1", wrong)


async def test_an_index_depends_on_its_key_and_its_kind(keys: Keys) -> None:
    sealer = Sealer(keys)
    assert sealer.mobile_index(samples.MOBILE) != Sealer(Keys.generate()).mobile_index(samples.MOBILE)
    assert sealer.card_number_index("1") != sealer.identity_index("1", "1")
    assert sealer.identity_index("a", "bc") != sealer.identity_index("ab", "c")


async def test_keys_are_read_as_they_are_written_and_never_printed() -> None:
    keys = Keys((b"a" * 32, b"b" * 33), b"c" * 32)
    assert Keys.parse(*keys.render()) == keys
    assert "aaa" not in repr(keys)
    assert "ccc" not in str(keys)
    assert Keys.generate() != Keys.generate()


@pytest.mark.parametrize(
    ("encryption", "index", "complaint"),
    [
        ("", "", "No encryption key"),
        ("YQ==", "YQ==", "shorter than 32 bytes"),
        ("not base64!", "YQ==", "not base64"),
        ("ключ", "YQ==", "not base64"),
    ],
)
async def test_keys_that_cannot_be_right_are_refused(encryption: str, index: str, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint):
        Keys.parse(encryption, index)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # only a file can be copied
async def test_a_copied_file_needs_the_same_keys(database_url: str, keys: Keys, tmp_path: Path) -> None:
    store = await Store.open(database_url, keys)
    await fill(store)
    await store.close()
    shutil.copyfile(tmp_path / "store.db", tmp_path / "copy.db")
    thief = await Store.open(f"sqlite:///{tmp_path / 'copy.db'}", Keys.generate())
    async with thief.reading() as work:
        assert await work.holders.find_by_identity("identity_card", samples.IDENTITY_NUMBER) is None
        with pytest.raises(RecordUnreadable):
            await work.operations.get("operation-1")
    await thief.close()
