"""First answers under idempotency keys: kept for each person, given again, forgotten when they are old."""

import asyncio
from datetime import date, timedelta

import pytest

from domain.duration import Duration, Unit
from domain.retention import Kept
from store import Store
from tests.patience import PATIENCE
from tests.store import samples

pytestmark = pytest.mark.anyio

ANSWER = {
    "kind": "Changed",
    "fields": {
        "at": samples.NOW,
        "on": date(2026, 1, 2),
        "words": ("一", None, 2),
        "for": Duration(7, Unit.WORKING_DAYS),
    },
}


async def test_an_answer_comes_back_as_it_was_given(store: Store) -> None:
    async with store.transaction() as work:
        assert await work.answers.find("holder-1", "key-1", samples.NOW) is None
        await work.answers.keep("holder-1", "key-1", "fingerprint-1", ANSWER, samples.NOW)
    async with store.reading() as work:
        found = await work.answers.find("holder-1", "key-1", samples.NOW)
        assert found is not None
        assert (found.fingerprint, found.answered_at, found.answer) == ("fingerprint-1", samples.NOW, ANSWER)


async def test_a_key_is_a_persons_own(store: Store) -> None:
    async with store.transaction() as work:
        await work.answers.keep("holder-1", "key-1", "fingerprint-1", "first", samples.NOW)
        await work.answers.keep("holder-2", "key-1", "fingerprint-1", "second", samples.NOW)
        await work.answers.keep("holder-1", "key-2", "fingerprint-1", "third", samples.NOW)
        answers = [
            await work.answers.find(person, key, samples.NOW)
            for person, key in (("holder-1", "key-1"), ("holder-2", "key-1"), ("holder-1", "key-2"))
        ]
        assert [found and found.answer for found in answers] == ["first", "second", "third"]
        assert await work.answers.find("holder-2", "key-2", samples.NOW) is None


async def test_an_answer_that_is_too_old_is_not_given_and_makes_room_for_another(store: Store) -> None:
    later = samples.NOW + timedelta(microseconds=1)
    async with store.transaction() as work:
        await work.answers.keep("holder-1", "key-1", "fingerprint-1", "old", samples.NOW)
        assert await work.answers.find("holder-1", "key-1", later) is None
        await work.answers.keep("holder-1", "key-1", "fingerprint-2", "new", later)
        found = await work.answers.find("holder-1", "key-1", later)
        assert found is not None
        assert (found.fingerprint, found.answer) == ("fingerprint-2", "new")


async def test_only_answers_from_before_a_moment_are_forgotten(store: Store) -> None:
    async with store.transaction() as work:
        for days in range(5):
            await work.answers.keep("holder-1", f"key-{days}", "f", days, samples.NOW + timedelta(days=days))
        assert await work.retained.forget(Kept.ANSWERS, samples.NOW + timedelta(days=2), 99) == 2
        assert await work.retained.forget(Kept.ANSWERS, samples.NOW + timedelta(days=2), 99) == 0
    async with store.reading() as work:
        kept = [await work.answers.find("holder-1", f"key-{days}", samples.NOW) for days in range(5)]
        assert [found and found.answer for found in kept] == [None, None, 2, 3, 4]


async def test_who_asks_under_the_same_key_waits_and_then_finds_the_answer(store: Store) -> None:
    async def ask(number: int) -> object:
        async with store.transaction() as work:
            await work.answers.take_turn("holder-1", "key-1")
            found = await work.answers.find("holder-1", "key-1", samples.NOW)
            if found is not None:
                return found.answer
            await asyncio.sleep(0.02)
            await work.answers.keep("holder-1", "key-1", "f", number, samples.NOW)
            return number

    async with asyncio.timeout(PATIENCE):
        assert len(set(await asyncio.gather(*(ask(number) for number in range(20))))) == 1


async def test_an_answer_goes_with_the_change_that_is_rolled_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with store.transaction() as work:
            await work.answers.keep("holder-1", "key-1", "f", "never", samples.NOW)
            raise ZeroDivisionError
    async with store.reading() as work:
        assert await work.answers.find("holder-1", "key-1", samples.NOW) is None
