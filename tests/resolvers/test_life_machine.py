"""Applications from submission to activation, in any order, by anybody: the service does what the documents say.

A hypothesis state machine tries orders that nobody thought of; deterministic walks reach every state and step.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from domain.card import CardState
from domain.operation import OPERATION_TRANSITIONS
from store import Keys, Store
from tests.resolvers import life_records
from tests.resolvers.life_driver import Driver
from tests.resolvers.life_model import ACTORS, Life
from tests.resolvers.life_records import Step
from tests.resolvers.world import CHENGDU, JINAN, QINGDAO, ZIBO, World, settle, signing_key, world

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
EXAMPLES = {"sqlite": 25, "postgresql": 5}
ADDRESSES = (CHENGDU, "510700", QINGDAO, "110105", None)
BIRTHDAYS = {
    "adult": date(1990, 3, 7),
    "seventeen": date(2009, 3, 1),
    "fifteen": date(2011, 6, 12),
    "four": date(2022, 1, 15),
}


async def country_of(store: Store, folder: Path) -> Driver:
    """Return people of every kind who may apply, with a clock of their own."""
    country: World = world(store, folder, signing_key())
    parent = await settle(store)
    people = [
        parent,
        await settle(store, insured_in=(QINGDAO,)),
        *[
            await settle(store, born=BIRTHDAYS[name], guardian=parent.id, insured_in=(place,))
            for name, place in (("seventeen", CHENGDU), ("fifteen", QINGDAO), ("four", CHENGDU))
        ],
    ]
    return Driver(country, people, await settle(store, insured_in=()))


class LifeMachine(RuleBasedStateMachine):
    """Anybody does anything to any application at any time."""

    store: ClassVar[Store]
    folder: ClassVar[Path]
    runner: ClassVar[asyncio.Runner]
    reached: ClassVar[set[Step]]

    def _do(self, action: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(action)

    @initialize()
    def settle(self) -> None:
        """Begin with people of this run's own."""
        self.driver: Driver = self._do(country_of(self.store, self.folder))

    def _life(self, number: int) -> Life:
        return self.driver.lives[number % len(self.driver.lives)]

    @property
    def _has_lives(self) -> bool:
        return hasattr(self, "driver") and bool(self.driver.lives)

    @rule(
        person=st.integers(0, 4),
        who=st.sampled_from(("holder", "guardian", *ACTORS)),
        region=st.sampled_from((CHENGDU, QINGDAO, JINAN, ZIBO)),
        collected=st.booleans(),
    )
    def apply(self, person: int, who: str, region: str, collected: bool) -> None:
        """Apply."""
        self._do(self.driver.apply(self.driver.people[person], who, region, collected))

    @precondition(lambda self: self._has_lives)
    @rule(
        life=st.integers(0, 9),
        service=st.sampled_from(("withdraw", "accept", "request_correction", "ship", "produce")),
        who=st.sampled_from(ACTORS),
    )
    def meddle(self, life: int, service: str, who: str) -> None:
        """Try a step, in order or out of it, by the right one or not."""
        self._do(getattr(self.driver, service)(self._life(life), who))

    @precondition(lambda self: self._has_lives)
    @rule(
        life=st.integers(0, 9),
        service=st.sampled_from(("pay", "correct", "receive", "activate")),
        who=st.sampled_from(ACTORS),
    )
    def ask(self, life: int, service: str, who: str) -> None:
        """Try what is for citizens and windows."""
        self._do(getattr(self.driver, service)(self._life(life), who))

    @precondition(lambda self: self._has_lives)
    @rule(
        life=st.integers(0, 9),
        who=st.sampled_from(ACTORS),
        method=st.sampled_from(("post", "outlet")),
        address=st.sampled_from(ADDRESSES),
    )
    def deliver(self, life: int, who: str, method: str, address: str | None) -> None:
        """Choose a delivery."""
        self._do(self.driver.deliver(self._life(life), who, method, address))

    @precondition(lambda self: self._has_lives)
    @rule(
        life=st.integers(0, 9),
        which=st.integers(0, 5),
        kind=st.sampled_from(("paid", "paid", "wrong", "forged", "failed")),
    )
    def notify(self, life: int, which: int, kind: str) -> None:
        """Let the provider speak, perhaps again, perhaps somebody else in its name."""
        known = self._life(life)
        for reference in sorted(known.intents)[which % 6 : which % 6 + 1]:
            self._do(self.driver.notice(known, reference, kind))

    @precondition(lambda self: self._has_lives)
    @rule(life=st.integers(0, 9))
    def produce_a_known_number(self, life: int) -> None:
        """Give a card the number of another."""
        self._do(self.driver.produce(self._life(life), "card_maker", fresh_number=False))

    @precondition(lambda self: self._has_lives)
    @rule(life=st.integers(0, 9))
    def correct_nothing(self, life: int) -> None:
        """Send a correction that changes nothing."""
        self._do(self.driver.correct(self._life(life), "holder", change=False))

    @precondition(lambda self: self._has_lives)
    @rule(life=st.integers(0, 9), steps=st.integers(1, 5))
    def go_on(self, life: int, steps: int) -> None:
        """Do what comes next, by whom it belongs to, so that the end of the way is often reached."""
        for _ in range(steps):
            self._do(go_on(self.driver, self._life(life)))

    @rule(hours=st.integers(1, 72))
    def wait(self, hours: int) -> None:
        """Let time pass."""
        self.driver.country.clock.advance(timedelta(hours=hours))

    def teardown(self) -> None:
        """Look every policy text up, and note how far the applications came."""
        if not hasattr(self, "driver"):
            return
        self._do(life_records.check_texts(self.store, self.driver.records))
        for timeline in self.driver.records.timelines.values():
            self.reached.update(life_records.steps_of(timeline))


async def go_on(driver: Driver, life: Life) -> None:
    """Take an application one step on."""
    if life.method is None:
        await driver.deliver(life, "clerk", "post", "110105")
    elif life.state == "submitted" and life.due and not any(i.amount == life.due for i in life.intents.values()):
        await driver.pay(life, "clerk")
    elif life.state == "submitted" and life.due:
        await driver.notice(life, next(r for r, i in life.intents.items() if i.amount == life.due), "paid")
    elif life.state in ("submitted", "paid"):
        await driver.accept(life, "clerk")
    elif life.state == "correction_requested":
        await driver.correct(life, "clerk")
    elif life.state == "accepted":
        await driver.produce(life, "card_maker")
    elif life.state == "produced" and life.method == "post":
        await driver.ship(life, "card_maker")
    elif life.state in ("produced", "shipped"):
        await driver.receive(life, "clerk")
    else:
        await driver.activate(life, "guardian" if life.person.guardian else "holder")


@contextmanager
def running(database_url: str, keys: Keys) -> Iterator[tuple[asyncio.Runner, Store]]:
    """Open a store in an event loop that lasts, as hypothesis calls from outside of one."""
    with asyncio.Runner() as runner:
        store = runner.run(Store.open(database_url, keys))
        try:
            yield runner, store
        finally:
            runner.run(store.close())


def test_whatever_anybody_does_the_service_does_as_the_documents_say(
    engine: str, database_url: str, keys: Keys, tmp_path: Path
) -> None:
    with running(database_url, keys) as (runner, store):
        reached: set[Step] = set()
        machine = type(
            "Machine", (LifeMachine,), {"store": store, "folder": tmp_path, "runner": runner, "reached": reached}
        )
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES[engine] * (40 if SOAK else 1),
                stateful_step_count=30,
                deadline=None,
                derandomize=not SOAK,
                database=None,
                # Shrinking against a database takes minutes; a soak has them.
                phases=tuple(Phase) if SOAK else (Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(walk(store, tmp_path, reached))
    assert reached == set(OPERATION_TRANSITIONS)


async def walk(store: Store, folder: Path, reached: set[Step]) -> None:
    """Walk the ways that chance may have missed, to the active card."""
    driver = await country_of(store, folder)
    parent, islander, seventeen, _, four = driver.people
    await driver.apply(parent, "holder", CHENGDU)
    (withdrawn,) = driver.lives
    await driver.withdraw(withdrawn, "holder")
    await driver.apply(parent, "holder", CHENGDU)
    await driver.apply(islander, "holder", QINGDAO, collected=True)
    await driver.apply(four, "guardian", CHENGDU)
    await driver.apply(seventeen, "holder", JINAN)
    posted, collected, child, national = driver.lives[1:]
    await driver.deliver(posted, "holder", "post", "510700")
    for life in (posted, collected, child, national):
        while life.state != "accepted":
            await go_on(driver, life)
    await driver.request_correction(posted, "clerk")
    await driver.correct(posted, "holder")
    for life in (posted, collected, child, national):
        while not life.activated:
            await go_on(driver, life)
            driver.country.clock.advance(timedelta(hours=5))
    assert {card.state for cards in driver.records.cards.values() for card in cards} == {CardState.ACTIVE}
    await life_records.check_texts(store, driver.records)
    for timeline in driver.records.timelines.values():
        reached.update(life_records.steps_of(timeline))


@pytest.mark.anyio
async def test_the_walks_alone_reach_every_step_and_the_active_card(store: Store, tmp_path: Path) -> None:
    reached: set[Step] = set()
    await walk(store, tmp_path, reached)
    assert reached == set(OPERATION_TRANSITIONS)


@pytest.mark.anyio
async def test_a_payment_of_the_wrong_amount_does_not_bar_the_right_one(store: Store, tmp_path: Path) -> None:
    driver = await country_of(store, tmp_path)
    await driver.apply(driver.people[0], "holder", CHENGDU)
    (life,) = driver.lives
    await driver.deliver(life, "holder", "post", "110105")
    await driver.pay(life, "holder")
    (first,) = life.intents
    await driver.notice(life, first, "wrong")
    await driver.pay(life, "holder")
    second = next(reference for reference, intent in life.intents.items() if intent.status == "pending")
    await driver.notice(life, second, "paid")
    assert life.state == "paid"
    assert sorted(intent.status for intent in life.intents.values()) == ["needs_refund", "paid"]
