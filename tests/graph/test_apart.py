"""Work that fails or never ends in its own process: who asked for it is told so, and everybody else is answered meanwhile."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest

from domain.holder import Actor
from domain.uploads import MIB
from gateways import pictures
from gateways.apart.processes import Apart
from resolvers.policy_tools import policy_draft
from resolvers.policy_tools.draft_answers import About, CaseOutcomes
from resolvers.policy_tools.policy_draft import PolicyDraft
from tests.gateways import apart_work
from tests.graph.caller import Caller, codes
from tests.graph.journey import QINGDAO, portrait
from tests.graph.service import REGIONS, GraphService
from tests.patience import PATIENCE, PICTURES_WITH_PATIENCE

PHOTO = portrait(True, 358, 441, 350)
TAKEN = "2026-11-01"
SETTINGS = "china/sichuan/settings.yaml"
FAULTS = "query($files: [PolicyFileInput!]!) {policyDraft(files: $files) {faults{code}}}"
TESTS = (
    "query($files: [PolicyFileInput!]!, $about: AboutInput) "
    "{policyDraft(files: $files) {faults{code} tests(about: $about){passed failed{name}}}}"
)
STOPPED = [apart_work.for_ever, apart_work.fill_the_memory, apart_work.die]
Ended = Callable[..., Any]
# Nothing here hangs on the database.
pytestmark = pytest.mark.parametrize("one_service", ["sqlite"], indirect=True)


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
def officer(service: GraphService) -> Caller:
    return service.caller(Actor("officer", "policy_officer", "partner_system", "policies"))


@pytest.fixture
def drafts(service: GraphService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Apart]:
    """Return the processes that try drafts, none of which is there yet."""
    apart = service.running.dependencies.drafts
    monkeypatch.setattr(apart, "bounds", replace(apart.bounds, memory=100 * MIB))
    none_left(apart)
    yield apart
    none_left(apart)


def none_left(apart: Apart) -> None:
    for each in apart.processes:
        os.kill(each, signal.SIGKILL)
    patiently(lambda: not apart.processes)


@pytest.fixture
def quick(service: GraphService, monkeypatch: pytest.MonkeyPatch) -> Apart:
    """Return the processes that look at pictures, with little time for each."""
    apart = service.running.dependencies.pictures
    monkeypatch.setattr(apart, "bounds", replace(apart.bounds, seconds=0.5))
    return apart


WHY_STOPPED = {
    apart_work.for_ever: ("IMAGE_TOO_COMPLEX", "超过上限0.5秒"),
    apart_work.fill_the_memory: ("IMAGE_TOO_COMPLEX", "超过上限256兆字节"),
    apart_work.die: ("IMAGE_UNREADABLE", "损坏"),
}
"""How a picture is refused, by what became of the process that looked at it."""


@pytest.mark.parametrize("ended", STOPPED)
def test_a_picture_that_its_process_does_not_survive_is_refused_truly_and_the_next_is_taken(
    service: GraphService, quick: Apart, monkeypatch: pytest.MonkeyPatch, ended: Ended
) -> None:
    citizen: Caller = service.citizen(service.person(), "qingdao_app")
    with monkeypatch.context() as changed:
        changed.setattr(pictures, "_measured", ended)
        upload = partial(citizen.upload, "photo", QINGDAO, PHOTO, takenOn=TAKEN)
        refused = answered_meanwhile(service, upload, quick) if ended is apart_work.for_ever else upload()
        code, told = WHY_STOPPED[ended]
        assert codes(refused) == [code]
        assert told in refused["errors"][0]["message"]["zh"]
        assert [error["field"] for error in refused["errors"]] == ["input.file"]
    monkeypatch.setattr(quick, "bounds", PICTURES_WITH_PATIENCE)
    assert citizen.upload("photo", QINGDAO, PHOTO, takenOn=TAKEN)["document"]["widthPx"] == 358


def test_a_draft_that_is_too_much_is_stopped_and_the_next_is_tried(
    officer: Caller, service: GraphService, drafts: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"files": [{"file": SETTINGS, "text": (REGIONS / SETTINGS).read_text("utf-8")}]}
    told = {
        apart_work.for_ever: "took longer than the 0.5 seconds",
        apart_work.fill_the_memory: "took more memory",
        apart_work.die: "ended unexpectedly",
    }
    for ended in STOPPED:
        bounds = replace(drafts.bounds, seconds=0.5 if ended is apart_work.for_ever else PATIENCE)
        with monkeypatch.context() as changed:
            changed.setattr(drafts, "bounds", bounds)
            changed.setattr(policy_draft, "_checked", ended)
            ask = partial(officer.answer, FAULTS, files)
            answer = answered_meanwhile(service, ask, drafts) if ended is apart_work.for_ever else ask()
        assert answer["data"] == {"policyDraft": None}
        [error] = answer["errors"]
        assert (error["extensions"]["code"], error["extensions"]["field"]) == ("DRAFT_STOPPED", "files")
        assert told[ended] in error["message"]
        patiently(lambda: not drafts.processes)
    monkeypatch.setattr(PolicyDraft, "tests", after_a_death(drafts))
    found = officer.ask(TESTS, {**files, "about": {"region": "370200", "service": "withdraw"}})["policyDraft"]
    assert (found["faults"], found["tests"]["failed"]) == ([], [])
    assert found["tests"]["passed"] > 0


def after_a_death(drafts: Apart) -> Callable[[PolicyDraft, About], Awaitable[CaseOutcomes]]:
    """Return what runs the tests of a draft once the process that has loaded it is dead: another one finds it out again."""
    tests = PolicyDraft.tests

    async def run(draft: PolicyDraft, about: About) -> CaseOutcomes:
        await asyncio.to_thread(none_left, drafts)
        return await tests(draft, about)

    return run


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


def test_the_many_pictures_of_one_take_no_place_from_others(
    service: GraphService, quick: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thumbnails have no quota: whoever asks for one on many connections kept everybody from uploading."""
    greedy, other = (service.citizen(service.person(), "qingdao_app") for _ in range(2))
    photo = greedy.document("photo", QINGDAO, PHOTO, takenOn=TAKEN)
    asked = "query($id: ID!){node(id: $id){...on Document{thumbnail{url}}}}"
    address = greedy.ask(asked, {"id": photo})["node"]["thumbnail"]["url"]
    monkeypatch.setattr(quick, "bounds", replace(quick.bounds, seconds=PATIENCE, waiting=4))
    monkeypatch.setattr(pictures, "_thumbnail", apart_work.asleep)
    with ThreadPoolExecutor(9) as threads:
        many = [threads.submit(httpx.get, address, trust_env=False, timeout=PATIENCE) for _ in range(8)]
        patiently(lambda: sum(each.done() for each in many) >= 3)
        uploaded = threads.submit(other.document, "photo", QINGDAO, PHOTO, takenOn=TAKEN)
        patiently(lambda: uploaded.done() or quick.waiting > 0)
        [busy] = quick.processes
        os.kill(busy, signal.SIGKILL)
        try:
            assert uploaded.result()
        finally:
            monkeypatch.setattr(quick, "bounds", replace(quick.bounds, seconds=0.1))
            while not all(each.done() for each in many):
                for busy in quick.processes if not quick.idle else ():
                    with suppress(ProcessLookupError):
                        os.kill(busy, signal.SIGKILL)
                time.sleep(0.05)
    assert {each.result().status_code for each in many} == {400, 503}


def test_the_many_drafts_of_one_officer_take_no_place_from_others(
    officer: Caller, service: GraphService, drafts: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = service.caller(Actor("other-officer", "policy_officer", "partner_system", "policies"))
    files = {"files": [{"file": SETTINGS, "text": (REGIONS / SETTINGS).read_text("utf-8")}]}
    monkeypatch.setattr(drafts, "bounds", replace(drafts.bounds, seconds=PATIENCE, waiting=4))
    with ThreadPoolExecutor(9) as threads:
        with monkeypatch.context() as changed:
            changed.setattr(policy_draft, "_checked", apart_work.asleep)
            many = [threads.submit(officer.answer, FAULTS, files) for _ in range(8)]
            patiently(lambda: sum(each.done() for each in many) >= 3)
        asked = threads.submit(other.answer, FAULTS, files)
        patiently(lambda: asked.done() or drafts.waiting > 0)
        [busy] = drafts.processes
        os.kill(busy, signal.SIGKILL)
        try:
            assert asked.result()["data"] == {"policyDraft": {"faults": []}}
        finally:
            monkeypatch.setattr(drafts, "bounds", replace(drafts.bounds, seconds=0.1))
            while not all(each.done() for each in many):
                for busy in drafts.processes if not drafts.idle else ():
                    with suppress(ProcessLookupError):
                        os.kill(busy, signal.SIGKILL)
                time.sleep(0.05)
    ended = {each.result()["errors"][0]["extensions"]["code"] for each in many}
    assert ended == {"DRAFT_STOPPED", "SERVICE_BUSY"}
