"""Requests and cards from the first step to the last, in any order, by anybody: the service does what the documents say.

A hypothesis state machine tries orders that nobody thought of; deterministic walks reach every state, step and lapse.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from domain.card import CARD_TRANSITIONS
from domain.operation import OPERATION_TRANSITIONS, OperationEvent
from policies.language.outcomes.lapse import LapseSpec
from store import Keys, Store
from tests.resolvers import life_records
from tests.resolvers.guardian_walks import walk_guardians
from tests.resolvers.life_records import Lapse
from tests.resolvers.machine import CardMachine
from tests.resolvers.walks import ADULT, WALKS, Reached, country_of
from tests.resolvers.world import CHENGDU, START, policies

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
EXAMPLES = {"sqlite": 12, "postgresql": 4}
STEPS = 30

OF_WHAT_WAITS = (OperationEvent.COMPLETE, OperationEvent.GIVE_UP)
"""Steps of what waits for a payment that no region asks for first; `tests/graph/test_fees.py` takes them."""


@contextmanager
def running(database_url: str, keys: Keys) -> Iterator[tuple[asyncio.Runner, Store]]:
    """Open a store in an event loop that lasts, as hypothesis calls from outside of one."""
    with asyncio.Runner() as runner:
        store = runner.run(Store.open(database_url, keys))
        try:
            yield runner, store
        finally:
            runner.run(store.close())


def lapses_by_policy(on: date) -> set[Lapse]:
    """Return every lapse that a policy of any region states: the service that says it, the state, what it becomes."""
    found = set()
    for region, place in policies().tree.regions.items():
        for service in place.services:
            effective = policies().effective(service, region, on)
            for rule in effective.rules.values() if effective else ():
                if isinstance(rule.outcome, LapseSpec):
                    found.add((service, rule.outcome.state, rule.outcome.becomes))
    return found


def test_whatever_anybody_does_the_service_does_as_the_documents_say(
    engine: str, database_url: str, keys: Keys, tmp_path: Path
) -> None:
    with running(database_url, keys) as (runner, store):
        reached = Reached()
        given = {"store": store, "folder": tmp_path, "runner": runner, "reached": reached}
        run_state_machine_as_test(
            type("Machine", (CardMachine,), given),
            settings=settings(
                max_examples=EXAMPLES[engine] * (40 if SOAK else 1),
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=not SOAK,
                database=None,
                # Shrinking against a database takes minutes; a soak has them.
                phases=tuple(Phase) if SOAK else (Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert reached.operations, "no request came anywhere"
    assert reached.cards, "no card came anywhere"
    assert reached.operations <= set(OPERATION_TRANSITIONS)
    assert reached.cards <= set(CARD_TRANSITIONS)


@pytest.mark.anyio
async def test_the_walks_alone_reach_every_step_and_every_lapse(store: Store, tmp_path: Path) -> None:
    reached = Reached()
    for walk in (*WALKS, walk_guardians):
        driver = await country_of(store, tmp_path)
        await walk(driver)
        await life_records.check_texts(store, driver.records)
        reached.note(driver.records)
    assert reached.operations == {step for step in OPERATION_TRANSITIONS if step[1] not in OF_WHAT_WAITS}
    assert reached.cards == set(CARD_TRANSITIONS)
    assert reached.lapses == lapses_by_policy(START.date())


@pytest.mark.anyio
async def test_a_payment_of_the_wrong_amount_does_not_bar_the_right_one(store: Store, tmp_path: Path) -> None:
    driver = await country_of(store, tmp_path)
    await driver.apply(driver.people[ADULT], "holder", CHENGDU)
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
