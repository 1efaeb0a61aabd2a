"""GraphQL documents by their hash: found by every process, and as many as there is room for."""

import asyncio
from datetime import timedelta

import pytest

from store import Store
from store.records import PersistedDocument
from tests.store import samples

pytestmark = pytest.mark.anyio


def document(name: str, minutes: int = 0, length: int = 10) -> PersistedDocument:
    return PersistedDocument(name, length, samples.NOW + timedelta(minutes=minutes), f"query {name}".ljust(length))


async def keep(store: Store, *documents: PersistedDocument, most: int = 3, most_characters: int = 100) -> None:
    for each in documents:
        async with store.transaction() as work:
            await work.persisted_documents.keep(each, most, most_characters)


async def kept(store: Store, *names: str) -> list[str]:
    async with store.reading() as work:
        return [name for name in names if await work.persisted_documents.find(name) is not None]


async def test_a_document_is_found_as_it_was_kept_and_another_is_not(store: Store) -> None:
    await keep(store, document("a"))
    async with store.reading() as work:
        assert await work.persisted_documents.find("a") == document("a")
        assert await work.persisted_documents.find("b") is None


async def test_those_that_were_not_asked_for_the_longest_make_room(store: Store) -> None:
    await keep(store, document("a"), document("b", 1), document("c", 2))
    async with store.transaction() as work:
        await work.persisted_documents.use("a", samples.NOW + timedelta(minutes=3))
    await keep(store, document("d", 4))
    assert await kept(store, "a", "b", "c", "d") == ["a", "c", "d"]


async def test_long_documents_make_room_for_no_more_than_they_take(store: Store) -> None:
    await keep(store, document("a", length=40), document("b", 1, length=40), document("c", 2, length=40))
    assert await kept(store, "a", "b", "c") == ["b", "c"]


async def test_a_document_that_is_kept_again_counts_as_asked_for(store: Store) -> None:
    await keep(store, document("a"), document("b", 1), document("c", 2), document("a", 3), document("d", 4))
    assert await kept(store, "a", "b", "c", "d") == ["a", "c", "d"]


async def test_several_keep_documents_at_once(store: Store) -> None:
    names = [f"d{number}" for number in range(12)]
    await asyncio.gather(*(keep(store, document(name, number)) for number, name in enumerate(names)))
    assert await kept(store, *names) == names[-3:]
