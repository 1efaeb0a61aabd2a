"""Work that fails or never ends in its own process: who asked for it is told so, and everybody else is answered meanwhile."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest

from gateways import pictures
from gateways.apart.processes import Apart
from tests.gateways import apart_work
from tests.graph.caller import Caller, codes
from tests.graph.journey import QINGDAO, portrait
from tests.graph.service import GraphService
from tests.patience import PATIENCE

PHOTO = portrait(True, 358, 441, 350)
TAKEN = "2026-11-01"
STOPPED = [apart_work.for_ever, apart_work.fill_the_memory, apart_work.die]
Ended = Callable[..., Any]


def patiently(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def answered_meanwhile(service: GraphService, asking: Callable[[], Any], apart: Apart) -> Any:
    """Ask for something that takes its time, have others answered meanwhile, and return what is answered to it."""
    with (
        ThreadPoolExecutor(1) as thread,
        httpx.Client(base_url=service.http.base_url, trust_env=False, timeout=None) as other,
    ):
        asked = thread.submit(asking)
        others = 0
        while not asked.done():
            busy = apart.processes and not apart.idle
            answer = other.get("/graphql", params={"query": "{__typename}"}, headers={"GraphQL-Preflight": "1"})
            assert answer.json() == {"data": {"__typename": "Query"}}
            others += bool(busy)
        assert others
        return asked.result()


@pytest.fixture
def quick(service: GraphService, monkeypatch: pytest.MonkeyPatch) -> Apart:
    """Return the processes that look at pictures, with little time for each."""
    apart = service.running.dependencies.pictures
    monkeypatch.setattr(apart, "bounds", replace(apart.bounds, seconds=0.5))
    return apart


@pytest.mark.parametrize("ended", STOPPED)
def test_a_picture_that_its_process_does_not_survive_cannot_be_read_and_the_next_can(
    service: GraphService, quick: Apart, monkeypatch: pytest.MonkeyPatch, ended: Ended
) -> None:
    citizen: Caller = service.citizen(service.person(), "qingdao_app")
    with monkeypatch.context() as changed:
        changed.setattr(pictures, "_measured", ended)
        upload = partial(citizen.upload, "photo", QINGDAO, PHOTO, takenOn=TAKEN)
        refused = answered_meanwhile(service, upload, quick) if ended is apart_work.for_ever else upload()
        assert codes(refused) == ["IMAGE_UNREADABLE"]
        assert [error["field"] for error in refused["errors"]] == ["input.file"]
    monkeypatch.setattr(quick, "bounds", pictures.PICTURES)
    assert citizen.upload("photo", QINGDAO, PHOTO, takenOn=TAKEN)["document"]["widthPx"] == 358


def test_too_many_pictures_at_once_are_told_when_to_come_again(
    service: GraphService, quick: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen: Caller = service.citizen(service.person(), "qingdao_app")
    monkeypatch.setattr(quick, "bounds", replace(quick.bounds, seconds=PATIENCE, waiting=0))
    monkeypatch.setattr(pictures, "_measured", apart_work.asleep)

    def upload() -> list[str]:
        return codes(citizen.upload("photo", QINGDAO, PHOTO, takenOn=TAKEN))

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(upload)
        patiently(lambda: bool(quick.processes) and not quick.idle)
        assert upload() == ["SERVICE_BUSY"]
        [busy] = quick.processes
        os.kill(busy, signal.SIGKILL)
        assert first.result() == ["IMAGE_UNREADABLE"]
