"""Each layer is held up in turn: whoever asked for it waits, and nobody else does. What runs in the loop itself is counted."""

import sqlite3
import sys
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from benchmarks.kit.everything import everything
from benchmarks.kit.hostile import forms
from domain.holder import Actor
from gateways.files import FolderFiles
from gateways.passwords import PasswordHasher
from schema.build import build_schema
from schema.kit.limits import Limits
from schema.policy import explain
from tests.graph.cards import add_active_card
from tests.graph.journey import CHENGDU, QINGDAO, portrait
from tests.graph.service import GraphService
from tests.graph.test_passwords import FIRST, twice, with_papers
from web.turns import Measured, Turns

PHOTO = portrait(True, 358, 441, 350)
LONG = 20.0
"""Seconds after which what is held up goes on by itself, so that a layer that holds up everybody fails and does not hang."""
Asks = Callable[[], Any]
# A lock of a whole database is SQLite's; what else is held up here hangs on none.
pytestmark = pytest.mark.parametrize("one_service", ["sqlite"], indirect=True)


class Holding:
    """Holds something up until it is let go."""

    def __init__(self) -> None:
        self.begun, self._let_go = threading.Event(), threading.Event()
        self.by_itself = False

    def wait(self) -> None:
        self.begun.set()
        self.by_itself |= not self._let_go.wait(LONG)

    def let_go(self) -> None:
        self._let_go.set()


@contextmanager
def replaced(place: Any, name: str, holding: Holding) -> Iterator[None]:
    """Hold a function up each time before it does its work."""
    work = getattr(place, name)

    def held(*arguments: Any, **named: Any) -> Any:
        holding.wait()
        return work(*arguments, **named)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(place, name, held)
        yield


@contextmanager
def locked(service: GraphService, holding: Holding) -> Iterator[None]:
    """Hold up whoever writes to the database."""
    file = service.running.settings.database_url.removeprefix("sqlite:///")

    def lock() -> None:
        database = sqlite3.connect(file, isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        holding.wait()
        database.close()

    thread = threading.Thread(target=lock)
    thread.start()
    holding.begun.wait()
    yield
    thread.join()


def upload(service: GraphService) -> Asks:
    citizen = service.citizen(service.person(), "qingdao_app")
    return lambda: citizen.document("photo", QINGDAO, PHOTO, takenOn="2026-11-01")


def password(service: GraphService) -> Asks:
    card = add_active_card(service, service.person(), CHENGDU)
    clerk = service.clerk(CHENGDU)
    return lambda: clerk.changed("setServicePassword", cardId=card.id, **twice(FIRST), **with_papers())


def ways(service: GraphService) -> Asks:
    query = f'{{explain(region: "{CHENGDU}", service: "reissue") {{wouldChange {{complete}}}}}}'
    return lambda: service.caller(None).ask(query)


LAYERS: dict[
    str, tuple[Callable[[GraphService], Asks], Callable[[GraphService, Holding], AbstractContextManager[None]]]
] = {
    "files are sealed and written": (upload, lambda _, holding: replaced(FolderFiles, "_save", holding)),
    "passwords are hashed": (password, lambda _, holding: replaced(PasswordHasher, "_hash", holding)),
    "ways are searched": (ways, lambda _, holding: replaced(explain, "ways_to_be_allowed", holding)),
    "the database is written to": (upload, locked),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_others_are_answered_while_a_layer_is_held_up(service: GraphService, layer: str) -> None:
    prepare, hold_up = LAYERS[layer]
    asks, holding = prepare(service), Holding()
    with (
        hold_up(service, holding),
        ThreadPoolExecutor(1) as thread,
        httpx.Client(base_url=service.http.base_url, trust_env=False, timeout=None) as other,
    ):
        asked = thread.submit(asks)
        assert holding.begun.wait(LONG)
        body = {"query": f'{{region(code: "{CHENGDU}") {{code}}}}'}
        assert other.post("/graphql", json=body).json() == {"data": {"region": {"code": CHENGDU}}}
        assert not asked.done()
        holding.let_go()
        asked.result()
    assert not holding.by_itself


@contextmanager
def counted_steps() -> Iterator[list[int]]:
    """Yield a list that grows with each step that the loop takes with a request or a task of one: the calls that are made in it."""
    steps: list[int] = []
    send = Measured.send

    def counted(measured: "Measured[Any]", value: Any) -> Any:
        calls = 0

        def one(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        sys.setprofile(one)
        try:
            return send(measured, value)
        finally:
            sys.setprofile(None)
            steps.append(calls)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Measured, "send", counted)
        yield steps


def largest(name: str) -> str:
    """Return the costliest document about a field."""
    return everything(build_schema()._schema, name, Limits())


LARGEST: dict[str, Callable[[], str]] = {
    "the whole schema": get_introspection_query,
    "forms of four regions": forms,
    **{name: partial(largest, name) for name in ("me", "policy", "region")},
}
MOST_CALLS = 100_000
"""Some fifteen milliseconds."""


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_requests_leave_the_loop_to_others_in_between(service: GraphService, name: str) -> None:
    text = LARGEST[name]()
    citizen = service.citizen(service.person())
    with counted_steps() as steps:
        for _ in range(2):
            citizen.ask(text)
    assert len(steps) > 4
    assert max(steps) < MOST_CALLS


def test_somebody_is_one_caller_by_whichever_token_and_however_it_is_written(
    service: GraphService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one who signs in ten times, or adds a space to the header, has ten turns while others have one."""
    vouched: dict[str, Hashable] = {}
    monkeypatch.setattr(Turns, "vouch", lambda _, header, whose: vouched.update({header: whose}))
    one, other = (Actor(service.person().id, "citizen", "national_mini_program") for _ in range(2))
    token = service.token(one)
    for header in (
        f"Bearer {token}",
        f"bearer   {token}",
        f"Bearer {service.token(one)}",
        f"Bearer {service.token(other)}",
    ):
        answer = service.http.post("/graphql", json={"query": "{me{id}}"}, headers={"Authorization": header})
        assert "errors" not in answer.json()
    known = [*vouched.values()]
    assert len(known) == 4
    assert known[0] == known[1] == known[2] != known[3]
