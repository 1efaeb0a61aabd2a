"""Writing down what time alone has done: it may be done at any time, by anybody, twice or never."""

import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.card import Card, CardState
from domain.history import History
from domain.holder import Holder
from resolvers.changing.idempotency import KEPT_FOR
from resolvers.changing.sweep import PAGE, Swept, settle, sweep
from resolvers.repeating import Repeating
from store import Keys, Store, UnitOfWork
from store.repositories.limit_counts import LimitCount
from tests.history import history_of_holder
from tests.patience import PATIENCE
from tests.resolvers.together import together
from tests.resolvers.walks import A_WEEK, A_YEAR, look_at_lapses
from tests.resolvers.world import START, Person, World, card_number
from tests.resolvers.world import settle as settle_person

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
PROVINCE, CITY = "510000", "510100"
MANY = 500
LAPSED = "lapsed"


def _card(person: str, state: CardState, then: CardState, until: datetime) -> Card:
    return Card(
        id=str(uuid4()),
        holder_id=person,
        region=CITY,
        province=PROVINCE,
        number=card_number(),
        social_security_number="T0000000",
        bank="icbc",
        generation="third",
        state=state,
        issued_on=START.date(),
        expires_on=None,
        state_since=START,
        state_until=until,
        state_then=then,
    )


async def test_what_was_counted_is_forgotten_when_its_time_is_over(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.changing.sweep.COUNTS", 1)
    counted = [
        LimitCount(name, 1, START + timedelta(hours=hours))
        for name, hours in (("over", 1), ("over too", 1), ("not over", 2))
    ]
    async with country.store.transaction() as work:
        await work.limit_counts.add(counted, START)
    country.clock.set(START + timedelta(hours=1))
    await sweep(country.dependencies)
    async with country.store.transaction() as work:
        again = await work.limit_counts.add(counted, START)
    assert {name: each.count for name, each in again.items()} == {"over": 1, "over too": 1, "not over": 2}


async def test_a_sweep_waits_for_nobody_who_counts(country: World, database_url: str) -> None:
    """On SQLite it does, since one transaction writes at a time."""
    over, again = (LimitCount(name, 1, START) for name in ("over", "counted anew"))
    async with country.store.transaction(unrecorded=True) as work:
        await work.limit_counts.add([over, again], START - timedelta(hours=1))
    async with country.store.transaction(unrecorded=True) as work:
        await work.limit_counts.add([replace(again, ends_at=START + timedelta(hours=1))], START)
        sweeping = asyncio.create_task(sweep(country.dependencies))
        if not database_url.startswith("sqlite"):
            await sweeping
    await sweeping
    async with country.store.transaction(unrecorded=True) as work:
        counted = await work.limit_counts.add([over, again], START)
    assert {name: each.count for name, each in counted.items()} == {"over": 1, "counted anew": 2}


async def _fill(store: Store, number: int) -> list[Card]:
    """Put people on record with a card each whose state ends after a week: every second is lost, the others sealed."""
    cards = []
    async with store.transaction() as work:
        for place in range(number):
            holder = Holder(str(uuid4()), "示例", "citizen", "passport", f"T{uuid4().hex[:16]}", START.date())
            await work.holders.add(holder)
            ends = (
                (CardState.TEMPORARILY_LOST, CardState.ACTIVE) if place % 2 else (CardState.SEALED, CardState.CANCELLED)
            )
            cards.append(_card(holder.id, *ends, START + A_WEEK))
            await work.cards.add(cards[-1])
    return cards


async def _check_swept(store: Store, cards: Sequence[Card], now: datetime) -> None:
    """Assert that every card's end is written down once."""
    async with store.reading() as work:
        assert await work.cards.lapsed(now, None, MANY) == ()
        # Looked at from before everything, nothing is added to what is written down.
        histories = await work.cards.states_of_cards([card.id for card in cards], START - A_YEAR)
        for card in cards:
            found = [(entry.state, entry.since, entry.reason) for entry in histories[card.id]]
            assert found == [(card.state, START, None), (card.state_then, START + A_WEEK, LAPSED)]


async def test_a_second_sweep_has_nothing_to_do(country: World) -> None:
    cards = await _fill(country.store, 20)
    assert await sweep(country.dependencies) == Swept(cards=0, answers=0)
    country.clock.advance(A_WEEK - timedelta(seconds=1))
    assert (await sweep(country.dependencies)).cards == 0
    country.clock.advance(timedelta(seconds=1))
    assert await sweep(country.dependencies) == Swept(cards=20, answers=0)
    assert await sweep(country.dependencies) == Swept(cards=0, answers=0)
    await _check_swept(country.store, cards, country.clock.now())


async def test_sweeps_at_once_in_one_process_write_each_end_down_once(country: World) -> None:
    cards = await _fill(country.store, 20)
    country.clock.advance(A_WEEK)
    swept = await together(*(sweep(country.dependencies) for _ in range(5)))
    assert sum(each.cards for each in swept) == 20
    assert not any(each.failed for each in swept)
    await _check_swept(country.store, cards, country.clock.now())


async def _sweepers(url: str, now: datetime, number: int) -> list[int]:
    """Sweep in several processes at the same moment, and return what each of their tasks wrote down."""
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.resolvers.sweepers", url, now.isoformat()),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(number)
    ]
    async with asyncio.timeout(PATIENCE):
        for process in processes:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0] * number
    return [cards for output, _ in answers for cards in json.loads(output)]


async def test_two_processes_at_once_write_500_ends_down_once(country: World, database_url: str) -> None:
    assert MANY > 2 * PAGE, "one page is no proof that pages follow one another"
    cards = await _fill(country.store, MANY)
    now = START + A_WEEK + timedelta(hours=1)
    swept = await _sweepers(database_url, now, 2)
    assert len(swept) == 4
    assert sum(swept) == MANY
    await _check_swept(country.store, cards, now)


@asynccontextmanager
async def _counted_transactions(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Store]]:
    opened: list[Store] = []
    transaction = Store.transaction

    @asynccontextmanager
    async def counting(self: Store, **how: Any) -> AsyncIterator[UnitOfWork]:
        opened.append(self)
        async with transaction(self, **how) as work:
            yield work

    with monkeypatch.context() as patch:
        patch.setattr(Store, "transaction", counting)
        yield opened


async def test_many_ends_are_written_down_in_one_transaction(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await _fill(country.store, 3 * PAGE)
    async with _counted_transactions(monkeypatch) as before:
        await sweep(country.dependencies)
    country.clock.advance(A_WEEK)
    async with _counted_transactions(monkeypatch) as opened:
        assert (await sweep(country.dependencies)).cards == 3 * PAGE
    assert len(opened) - len(before) == 3


@pytest.mark.parametrize("engine", ["postgresql"])  # SQLite has one write lock for all.
async def test_whoever_is_being_changed_keeps_no_other_from_being_swept(country: World) -> None:
    cards = await _fill(country.store, 20)
    country.clock.advance(A_WEEK)
    busy = cards[7].holder_id
    async with country.store.transaction() as work:
        await work.holders.lock(busy)
        async with asyncio.timeout(PATIENCE):
            # In a task of its own, for a task has one transaction.
            assert await asyncio.create_task(sweep(country.dependencies)) == Swept(cards=19, answers=0)
    assert await sweep(country.dependencies) == Swept(cards=1, answers=0)
    await _check_swept(country.store, cards, country.clock.now())


async def test_sweeps_beside_changes_write_down_each_end_and_lose_no_change(country: World) -> None:
    cards = await _fill(country.store, 40)
    country.clock.advance(A_WEEK)
    now = country.clock.now()

    async def lose_again(card: Card) -> None:
        """Do as a change does: the person first, then the card, what time has done, and what is asked for."""
        async with country.store.transaction() as work:
            await work.holders.lock(card.holder_id)
            found = await settle(work, await work.cards.lock(card.id), now)
            if found.state is CardState.ACTIVE:
                await work.cards.update(replace(found, state=CardState.FORMALLY_LOST, state_since=now))

    lost = [card for card in cards if card.state is CardState.TEMPORARILY_LOST]
    sweeps = [sweep(country.dependencies) for _ in range(4)]
    results = await together(*map(lose_again, lost[::2]), *sweeps, *map(lose_again, lost[1::2]))
    assert not any(result.failed for result in results if isinstance(result, Swept))
    await sweep(country.dependencies)
    async with country.store.reading() as work:
        histories = await work.cards.states_of_cards([card.id for card in cards], START - A_YEAR)
    for card in cards:
        states = [(entry.state, entry.reason) for entry in histories[card.id]]
        assert states[:2] == [(card.state, None), (card.state_then, LAPSED)]
        assert states[2:] == ([(CardState.FORMALLY_LOST, None)] if card in lost else [])


async def test_a_card_that_is_due_twice_and_fails_is_told_once(
    country: World, database_url: str, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    others = Keys((b"encryption key of somebody else!",), keys.index)
    person = await settle_person(country.store)
    twice = _card(person.id, CardState.TEMPORARILY_LOST, CardState.ACTIVE, START + A_WEEK)
    await _with(database_url, others, replace(twice, ends_at=START + A_WEEK + timedelta(hours=1)))
    await _fill(country.store, 4)
    country.clock.advance(A_YEAR)
    with caplog.at_level(logging.ERROR):
        assert await sweep(country.dependencies) == Swept(cards=4, answers=0, failed=1)
    assert [record.getMessage() for record in caplog.records] == [f"the card {twice.id} could not be swept"]


async def _kept(country: World, person: Person, keys: Sequence[str]) -> list[str]:
    async with country.store.reading() as work:
        found = {key: await work.answers.find(person.id, key, START - A_YEAR) for key in keys}
    return [key for key, answer in found.items() if answer is not None]


async def test_answers_older_than_a_week_are_forgotten(country: World) -> None:
    person = await settle_person(country.store)
    now = START + A_YEAR
    moments = {"old": now - KEPT_FOR - timedelta(microseconds=1), "just": now - KEPT_FOR, "new": now}
    assert timedelta(days=7) == KEPT_FOR
    async with country.store.transaction() as work:
        for key, moment in moments.items():
            await work.answers.keep(person.id, key, "fingerprint", "answer", moment)
    country.clock.set(now)
    assert await sweep(country.dependencies) == Swept(cards=0, answers=1)
    assert await _kept(country, person, tuple(moments)) == ["just", "new"]


async def _histories(country: World, people: Sequence[Person]) -> list[History]:
    async with country.store.reading() as work:
        return [await history_of_holder(work, person.id, country.clock.now()) for person in people]


async def test_nobody_sees_whether_it_was_swept(store: Store, tmp_path: Path) -> None:
    driver = await look_at_lapses(store, tmp_path)
    before, told = driver.records, await _histories(driver.country, driver.people)
    await driver.sweep()
    assert driver.records.states == before.states
    assert driver.records.timelines == before.timelines
    assert driver.records.decisions == before.decisions
    assert await _histories(driver.country, driver.people) == told
    lapsed = Counter(
        entry.state.value for states in before.states.values() for entry in states if entry.reason == LAPSED
    )
    assert lapsed == {"locked": 1, "cancelled": 1}
    assert driver.records.slots == before.slots


async def test_a_card_that_cannot_be_read_keeps_no_other_from_being_swept(
    country: World, database_url: str, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    others = Keys((b"encryption key of somebody else!",), keys.index)
    cards = await _fill(country.store, 6)
    person = await settle_person(country.store)
    unreadable = replace(_card(person.id, CardState.TEMPORARILY_LOST, CardState.ACTIVE, START + A_WEEK), id="0")
    await _with(database_url, others, unreadable)
    async with country.store.transaction() as work:
        await work.answers.keep(person.id, "old", "fingerprint", "answer", START - A_YEAR)
    country.clock.advance(A_WEEK)
    with caplog.at_level(logging.ERROR):
        assert await sweep(country.dependencies) == Swept(cards=6, answers=1, failed=1)
    assert [record.getMessage() for record in caplog.records] == ["the card 0 could not be swept"]
    async with country.store.reading() as work:
        assert [card.id for card in await work.cards.lapsed(country.clock.now(), None, MANY)] == ["0"]
    both = await Store.open(database_url, Keys((*keys.encryption, *others.encryption), keys.index))
    try:
        assert await sweep(replace(country.dependencies, store=both)) == Swept(cards=1, answers=0)
        await _check_swept(both, [*cards, unreadable], country.clock.now())
    finally:
        await both.close()


async def _with(url: str, keys: Keys, card: Card) -> None:
    """Put a card on record under other keys."""
    store = await Store.open(url, keys)
    try:
        async with store.transaction() as work:
            await work.cards.add(card)
    finally:
        await store.close()


class StoppedClock:
    """A clock that fails the first time it is asked, as a database does that is away for a moment."""

    def __init__(self, now: datetime) -> None:
        self._now, self._asked = now, 0
        self.asked_again = asyncio.Event()

    def now(self) -> datetime:
        """Return the moment, but for the first time.

        Raises:
            OSError: it is the first time.
        """
        self._asked += 1
        if self._asked == 1:
            raise OSError("away for a moment")
        if self._asked == 3:
            # The second sweep, which asks once, is over.
            self.asked_again.set()
        return self._now


async def test_a_sweep_that_fails_is_told_and_tried_again(country: World, caplog: pytest.LogCaptureFixture) -> None:
    cards = await _fill(country.store, 2)
    clock = StoppedClock(START + A_WEEK)
    sweeping = asyncio.create_task(
        Repeating().each(
            timedelta(milliseconds=1), "the sweep", lambda: sweep(replace(country.dependencies, clock=clock))
        )
    )
    async with asyncio.timeout(PATIENCE):
        await clock.asked_again.wait()
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    assert sum("the sweep failed (" in record.getMessage() for record in caplog.records) == 1
    await _check_swept(country.store, cards, START + A_WEEK)
