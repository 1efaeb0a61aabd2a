"""The way of a change, as docs/architecture.md draws it: each step once, in one order, and never back up."""

import sys
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

import pytest

from policies.engine.decide import Policies
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.recording import record
from resolvers.changing.subjects import find_subject
from resolvers.facts import load_facts
from resolvers.services.activate import activate_card
from resolvers.services.apply import apply_for_card
from resolvers.services.cancel import cancel_card
from store import Store
from store.repositories.holders import Holders
from tests.resolvers.together import active_card, at_window, sealed_card
from tests.resolvers.world import CHENGDU, World, application, clerk, settle

pytestmark = pytest.mark.anyio

OPENED = Store.transaction.__wrapped__.__code__  # type: ignore[attr-defined]
STEPS = {
    "identify": find_subject.__code__,
    "lock": Holders.concerned.__code__,
    "load facts": load_facts.__code__,
    "decide": Policies.decide.__code__,
    "carry out": carry_out.__code__,
    "record": record.__code__,
}
FLOORS = ("resolvers.facts", "resolvers.changing", "resolvers.services")
"""Rooms of the use cases that a change goes through, the lowest first."""


class Way:
    """The functions that were entered, in order, and those that a lower room called in a higher one."""

    def __init__(self) -> None:
        self.entered: list[CodeType] = []
        self.climbs: list[str] = []
        self._frames: dict[int, FrameType] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        # A coroutine that goes on is no second call.
        if event != "call" or id(frame) in self._frames:
            return
        floor = _floor(frame)
        if floor >= 0 or frame.f_code in (OPENED, *STEPS.values()):
            self._frames[id(frame)] = frame
            self.entered.append(frame.f_code)
            caller = frame.f_back
            if caller is not None and 0 <= _floor(caller) < floor:
                self.climbs.append(f"{caller.f_code.co_qualname} calls {frame.f_code.co_qualname}")

    def steps(self) -> Sequence[str]:
        """Return the steps that were taken in the one transaction."""
        assert self.entered.count(OPENED) == 1
        names = {code: name for name, code in STEPS.items()}
        within = self.entered[self.entered.index(OPENED) :]
        return [names[code] for code in within if code in names]


def _floor(frame: FrameType) -> int:
    module = str(frame.f_globals.get("__name__", ""))
    return next((number for number, room in enumerate(FLOORS) if module.startswith(room)), -1)


@contextmanager
def followed() -> Iterator[Way]:
    """Follow what is entered."""
    way = Way()
    sys.setprofile(way)
    try:
        yield way
    finally:
        sys.setprofile(None)


async def _changes(country: World) -> dict[str, Awaitable[Any]]:
    """Return a change of each kind, to be awaited: one that begins an operation, one on a card, one that frees a place."""
    dependencies, office = country.dependencies, clerk(CHENGDU)
    applicant, other, leaving = [await settle(country.store) for _ in range(3)]
    asked = await application(country, applicant.citizen(CHENGDU), applicant, CHENGDU)
    card_id, _ = await sealed_card(country, other)
    ended = at_window("cancel", await active_card(country, leaving), cancellation_reason="settled_abroad")
    ended = replace(ended, sighted=(*ended.sighted, "settlement_abroad_proof"))
    return {
        "apply": apply_for_card(dependencies, applicant.citizen(CHENGDU), asked),
        "activate": activate_card(dependencies, office, at_window("activate", card_id)),
        "cancel": cancel_card(dependencies, office, ended),
    }


async def test_each_step_of_a_change_is_taken_once_and_in_order(country: World) -> None:
    for service, change in (await _changes(country)).items():
        with followed() as way:
            await change
        assert (service, way.steps()) == (service, list(STEPS))
        assert way.climbs == []
