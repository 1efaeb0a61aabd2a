"""Keys that are changed: everything is sealed and indexed anew while others read and write, and an old key is then needed by nothing."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

import main
from composition.renewing import Renewal, standing
from domain.errors import Conflict
from domain.identity import IdentityDocument
from gateways.files import FolderFiles
from schema.kit.relay import global_id
from store import Keys, Store, StoreError, UnitOfWork
from store.repositories.sealed_rows import EARLIER, TABLES
from tests.graph.caller import codes
from tests.graph.conftest import fresh_database
from tests.graph.service import REGIONS, GraphService, serve_graph
from tests.store import samples
from tests.store.earlier import by_fernet, unbound
from tests.store.filling import fill
from tests.store.raw import query, tables

pytestmark = pytest.mark.anyio

NEW = Keys((b"n" * 32,), b"j" * 32)
FILE_KEYS = (Fernet.generate_key(), Fernet.generate_key())
PEOPLE = 250


def both(keys: Keys) -> Keys:
    """Return the new keys before the old ones."""
    return Keys((*NEW.encryption, *keys.encryption), NEW.index, (keys.index,))


def announced(keys: Keys) -> Keys:
    """Return the new keys behind the old ones, where they are before anything is written with them."""
    return Keys((*keys.encryption, *NEW.encryption), keys.index, (NEW.index,))


async def adopted(url: str, *each: Keys) -> None:
    """Serve with keys, one after the other."""
    for keys in each:
        store = await Store.open(url, keys)
        await store.adopt_keys()
        await store.close()


async def found(work: UnitOfWork) -> list[Any]:
    """Return whatever is found by an index."""
    person = await work.holders.find_by_identity("identity_card", samples.IDENTITY_NUMBER)
    assert person is not None
    return [
        person,
        await work.cards.find_by_number(samples.card().number),
        await work.cards.owners([samples.card().number]),
        await work.cards.of_numbers([samples.card().number]),
        await work.holders.lock_by_identities([("identity_card", samples.IDENTITY_NUMBER)]),
        await work.holders.namesakes([replace(person, id="another")]),
        await work.codes.lock_latest(samples.code().person_id, samples.code().purpose, samples.code().mobile),
    ]


async def everything(url: str, keys: Keys) -> list[Any]:
    """Return all that a database holds of what was sealed, and what is found by an index, as keys show it."""
    store = await Store.open(url, keys)
    async with store.transaction() as work:
        values = [await work._session.find(table.select('ORDER BY "id"')) for table in TABLES.values()]
        values += await found(work)
    await store.close()
    return values


async def test_every_table_with_something_sealed_is_sealed_anew(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    columns = tables(database_url, request)
    assert {table for table, names in columns.items() if "sealed" in names} == set(TABLES)
    indexed = {f"{table}.{name}" for table, names in columns.items() for name in names if name.endswith("_index")}
    assert indexed == {f"{table.name}.{name}" for table in TABLES.values() for name in table.indexes}


async def test_everything_is_sealed_anew_and_an_old_key_is_needed_by_nothing(
    database_url: str, keys: Keys, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store = await Store.open(database_url, keys)
    await fill(store)
    await store.close()
    # As versions before left them.
    [secret] = keys.encryption
    for form, table, value in (
        (by_fernet, "passwords", {"hash": "as it was"}),
        (unbound, "timeline", {"note": "as it was"}),
    ):
        query(database_url, request, f"UPDATE {table} SET sealed = '{form(secret, value)}' WHERE sealed IS NOT NULL")
    stolen = unbound(secret, {"hash": "of somebody else"})
    before = await everything(database_url, keys)
    assert "as it was" in str(before)
    folder = tmp_path / "uploads"
    file = await FolderFiles(folder, FILE_KEYS[1:]).save(b"a photo")
    await adopted(database_url, keys, announced(keys), both(keys))
    assert await everything(database_url, both(keys)) == before

    store, files = await Store.open(database_url, both(keys)), FolderFiles(folder, FILE_KEYS)
    counted = await standing(store, files, lambda done, total: None)
    old = (keys.encryption_ids[0], keys.index_ids[0], files.key_ids[1])
    assert all(counted.users(key) for key in old)
    assert counted.sealed["passwords"][EARLIER] == 1
    told: list[tuple[int, int]] = []
    renewed = await Renewal(store, files, lambda done, total: told.append((done, total))).run()
    assert renewed.complete
    assert renewed.rows >= len(TABLES)
    assert renewed.files == 1
    assert all(done <= total for done, total in told)
    counted = await standing(store, files, lambda done, total: None)
    assert [counted.users(key) for key in old] == [0, 0, 0]
    assert counted.unreadable == []
    await store.close()

    assert await everything(database_url, NEW) == before
    assert await FolderFiles(folder, FILE_KEYS[:1]).read(file.name) == b"a photo"
    # Nothing that was sealed before, with whichever key, is of use to anybody now.
    query(database_url, request, f"UPDATE passwords SET sealed = '{stolen}'")
    store = await Store.open(database_url, both(keys))
    await store.follow_keys()
    async with store.reading() as work:
        with pytest.raises(Exception, match="in a form that is refused"):
            await work.passwords.of_card(samples.password().card_id)
    await store.close()


async def test_what_was_broken_off_goes_on_from_there_and_all_is_looked_at_in_the_end(
    database_url: str, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("composition.renewing.PAGE", 3)
    store = await Store.open(database_url, keys)
    people = [samples.holder(f"holder-{number:02}", identity_number=f"X{number}") for number in range(12)]
    async with store.transaction() as work:
        await work.holders.add_many(people)
    await store.close()
    await adopted(database_url, keys, announced(keys), both(keys))
    store, files = await Store.open(database_url, both(keys)), FolderFiles(tmp_path, FILE_KEYS)

    def breaks_off(done: int, total: int) -> None:
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await Renewal(store, files, breaks_off).run()
    async with store.reading() as work:
        assert (await work.key_marks.get("renewing"))["after"] == "holder-05"
        assert len((await work.sealed_rows.look("holders", None, 99)).stale) == 6
    again: list[int] = []
    renewed = await Renewal(store, files, lambda done, total: again.append(done)).run()
    assert renewed.complete
    assert again[0] == 3
    assert renewed.rows == 6 + 12, "the other half of the people, and all their documents"
    await store.close()
    await adopted(database_url, NEW)


async def test_no_number_is_taken_twice_while_the_index_key_is_changed(database_url: str, keys: Keys) -> None:
    await adopted(database_url, keys, announced(keys), both(keys))
    stores = [await Store.open(database_url, each) for each in (announced(keys), both(keys))]

    async def put(store: Store, number: int) -> bool:
        person = samples.holder(str(uuid4()), identity_number=f"Y{number}")
        card = samples.card(str(uuid4()), number=f"CARD{number}")
        document = IdentityDocument(str(uuid4()), person.id, "passport", f"P{number}")
        try:
            async with store.transaction() as work:
                await work.cards.add(card)
                await work.holders.add(person)
                await work.identity_documents.add(document)
        except Conflict:
            return False
        return True

    numbers = range(8)
    each = [(store, number) for number in numbers for store in (stores * 2 if number % 2 else stores[::-1] * 2)]
    taken = await asyncio.gather(*(put(store, number) for store, number in each))
    assert sum(taken) == len(numbers)
    async with stores[1].reading() as work:
        counts = [len((await work.sealed_rows.look(name, None, 99)).stale) for name in ("cards", "holders")]
        rows = [(await work.sealed_rows.look(name, None, 99)).rows for name in ("cards", "holders")]
    assert rows == [len(numbers), len(numbers)]
    assert all(count < len(numbers) for count in counts), "both ways of writing were met"
    for store, number in zip(stores, ("Z0", "Z1"), strict=True):
        async with store.transaction() as work:
            await work.holders.add(samples.holder(number, identity_number=number))
    with pytest.raises(Conflict):
        async with stores[1].transaction() as work:
            await work.holders.update(replace(await work.holders.get("Z1"), identity_number="Z0"))
    for store in stores:
        await store.close()


async def test_keys_that_do_not_fit_the_database_are_refused(database_url: str, keys: Keys) -> None:
    store = await Store.open(database_url, keys)
    async with store.transaction() as work:
        await work.holders.add(samples.holder())
    await store.close()
    with pytest.raises(StoreError, match="not the key by which"):
        await adopted(database_url, replace(keys, index=NEW.index))
    await adopted(database_url, keys)
    for wrong, told in (
        (replace(keys, index=NEW.index), "index key .* lacks it"),
        (replace(keys, encryption=NEW.encryption), "encryption key .* lacks it"),
        (both(keys), "in the second place"),
    ):
        with pytest.raises(StoreError, match=told):
            await adopted(database_url, wrong)
    store = await Store.open(database_url, both(keys))
    with pytest.raises(StoreError, match="Start all processes with these keys first"):
        await store.begin_renewing()
    await store.close()
    store = await Store.open(database_url, replace(keys, encryption=NEW.encryption))
    with pytest.raises(StoreError, match="lacks it"):
        await store.check()
    await store.close()


@pytest.fixture(scope="module")
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve a database of many people on PostgreSQL with new keys, of whom all were put on record with the old ones."""
    folder = tmp_path_factory.mktemp("rotating")
    with fresh_database("postgresql", request, folder) as url:
        asyncio.run(_settled(url, keys))
        encryption, index = both(keys).render()
        variables = {
            "ENCRYPTION_KEYS": encryption, "INDEX_KEY": index, "FILE_KEYS": b",".join(FILE_KEYS).decode(),
            "SERVICE_FOLDER": str(folder), "DATABASE_URL": url,
        }  # fmt: skip
        with serve_graph(folder, url, REGIONS, variables) as service:
            yield service


async def _settled(url: str, keys: Keys) -> None:
    await adopted(url, keys)
    store = await Store.open(url, keys)
    people = [samples.holder(_id(n), identity_number=f"51010019900307{n:04}") for n in range(PEOPLE)]
    cards = [samples.card(_id(n), holder_id=_id(n), number=f"R{n:08}") for n in range(PEOPLE)]
    async with store.transaction() as work:
        await work.holders.add_many(people)
        await work.cards.add_imported(cards, "import")
    await store.close()
    await adopted(url, announced(keys), both(keys))


def _id(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


@contextmanager
def under_load(service: GraphService) -> Iterator[list[Any]]:
    """Have people read and change their records again and again, in several threads; yield what failed."""
    stop, failed = threading.Event(), []  # type: threading.Event, list[Any]
    turns = [0, 0, 0, 0]

    def act(place: int) -> None:
        number = place
        while not stop.is_set():
            person = samples.holder(_id(number % PEOPLE))
            caller = service.citizen(person)
            try:
                shown = caller.answer("{me{id name identityNumber cards{number state}}}")
                if "errors" in shown or not shown["data"]["me"]["cards"]:
                    failed.append(shown)
                changed = caller.change("reportTemporaryLoss", cardId=global_id("Card", _id(number % PEOPLE)))
                if {"RECORD_UNREADABLE", "CONFLICT", "INTERNAL_ERROR", "NOT_FOUND"} & set(codes(changed)):
                    failed.append(changed)
            except Exception as error:
                failed.append(error)
            number += len(turns)
            turns[place] += 1

    threads = [threading.Thread(target=act, args=(place,)) for place in range(len(turns))]
    for thread in threads:
        thread.start()
    try:
        yield failed
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert min(turns) > 0


def test_keys_are_changed_under_load_with_no_failed_request(
    served: GraphService, capsys: pytest.CaptureFixture[str]
) -> None:
    values = dict(served.running.settings.values)
    with under_load(served) as failed:
        assert main.run(["keys", "rotate", "--lang", "en"], values) == 0, capsys.readouterr()
    assert failed == []
    assert "sealed anew" in capsys.readouterr().out
    assert main.run(["keys", "status", "--lang", "en"], values) == 0
    said = capsys.readouterr().out
    assert said.count("it can be taken out") == 3, said
    newest = {
        **values,
        "ENCRYPTION_KEYS": NEW.render()[0],
        "INDEX_KEY": NEW.render()[1],
        "FILE_KEYS": FILE_KEYS[0].decode(),
    }
    assert main.run(["keys", "status", "--json"], newest) == 0
    assert served.citizen(samples.holder(_id(0))).ask("{me{name}}")["me"]["name"] == samples.NAME
