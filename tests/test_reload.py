"""Policies that change under a running server: the next answer follows, a bad edit is refused and shown, nothing stops."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from demo.running import ROOT, Running, running_service
from domain.duration import CHINA_TIME
from tests.patience import PATIENCE
from tests.policies.source.test_consequences import gbk, instead, tab

SETTINGS = "china/sichuan/settings.yaml"
APPLY = "china/sichuan/chengdu/apply.yaml"
CLOSED = """
  no_work_today:
    when: {request.is_working_day: {is: false}}
    deny: true
    source: assumption
    message: {zh: 今天不办公。, en: Nobody works today.}
"""
FAULTS = "faults { file line column path code message { zh en } remedy { zh en } } consequences"
STATUS = f"{{ policies {{ digest loadedAt triedAt {FAULTS} }} }}"
DRAFT = f"query($files: [PolicyFileInput!]!) {{ policyDraft(files: $files) {{ {FAULTS} }} }}"
COMPARED = """query($files: [PolicyFileInput!]!) { policyDraft(files: $files) { faults { code }
    difference(about: {region: "510100", service: "apply"}) { services { service changes { name } } } } }"""
AGE = '{ policy(region: "510100", service: "apply") { settings { name shown { en } } } }'
CHILD = """mutation { applyForCard(input: {regionCode: "510100"}) {
    decision { policyDigest denials { code } missing { rule } facts } errors { code } } }"""
ENDED = {
    "the nation": ("china/settings.yaml", "renew_before", "60 natural days, from: 2017-01-01"),
    "the province": (SETTINGS, "photo_from_age", "value: 7, from: 2020-01-01"),
    "the city": (APPLY, "photo_width", "value: 35, from: 2020-01-01"),
}
"""Values that rules read, by whose they are: the file, the setting, and where an `until` is written that has passed."""
UNREADABLE = {
    "a tab": ("china/apply.yaml", tab, "NOT_YAML"),
    "a setting without quotes": (
        "china/sichuan/apply.yaml",
        instead("zh: 未满{photo_from_age}", "zh: {photo_from_age}"),
        "NOT_YAML",
    ),
    "GBK": ("china/sichuan/apply.yaml", gbk, "NOT_UTF8"),
}


class Served:
    """A server with a copy of the regions that a test may edit."""

    def __init__(self, running: Running, regions: Path) -> None:
        self.running, self.regions = running, regions
        self.http = httpx.Client(base_url=running.url, trust_env=False, timeout=PATIENCE)

    def ask(self, query: str, token: str | None = None, variables: Mapping[str, Any] = MappingProxyType({})) -> Any:
        headers = {"Authorization": f"Bearer {self.running.token(token)}", "Accept-Language": "en"} if token else {}
        answer = self.http.post("/graphql", json={"query": query, "variables": {**variables}}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def health(self) -> Any:
        answer = self.http.get("/health")
        assert answer.status_code == 200
        return answer.json()["policies"]

    def metric(self, name: str) -> float:
        lines = [line for line in self.http.get("/metrics").text.splitlines() if line.startswith(name)]
        assert len(lines) == 1, lines
        return float(lines[0].rpartition(" ")[2])

    def status(self, token: str = "policy_officer") -> Any:
        return self.ask(STATUS, token)["data"]["policies"]

    def draft(self, file: str, text: str) -> Any:
        """Return what the graph says of a changed file that stands nowhere yet."""
        return self.ask(DRAFT, "policy_officer", {"files": [{"file": file, "text": text}]})["data"]["policyDraft"]

    def printed(self) -> str:
        return self.running.console.read_text(encoding="utf-8")

    def age(self) -> str:
        """Return from what age people act alone in Chengdu, as the graph shows it."""
        settings = self.ask(AGE)["data"]["policy"]["settings"]
        return next(str(s["shown"]["en"]) for s in settings if s["name"] == "acts_alone_from_age")

    def text(self, file: str = SETTINGS) -> str:
        return (self.regions / file).read_text(encoding="utf-8")

    def write(self, text: str, file: str = SETTINGS) -> None:
        (self.regions / file).write_text(text, encoding="utf-8")


def until(reached: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def only_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve with demo data from a copy of the regions."""
    folder = tmp_path_factory.mktemp("reload")
    shutil.copytree(ROOT / "regions", folder / "regions")
    (folder / "var").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGIONS_FOLDER", str(folder / "regions"))
        with running_service(folder / "var") as running:
            served = Served(running, folder / "regions")
            yield served
            served.http.close()


@pytest.fixture
def server(only_server: Served, tmp_path: Path) -> Iterator[Served]:
    """Return the server; the regions are put back afterwards, and in force again before the next test begins."""
    regions = only_server.regions
    yield only_server
    if regions.exists():
        shutil.rmtree(regions)
    shutil.copytree(ROOT / "regions", regions)
    until(lambda: only_server.age() == "18" and not only_server.health()["faults"])


def test_an_edit_is_in_force_without_a_restart(server: Served) -> None:
    before = server.status()
    assert server.age() == "18"
    assert (before["faults"], before["digest"]) == ([], server.health()["digest"])
    server.write(server.text().replace("value: 18", "value: 17"))
    until(lambda: server.age() == "17")
    after = server.status("clerk")
    assert after["digest"] != before["digest"]
    assert after["loadedAt"] > before["loadedAt"]
    assert server.health()["digest"] == after["digest"]
    assert server.health()["ageSeconds"] < PATIENCE
    assert server.metric(f'policies_in_force{{digest="{after["digest"]}"}}') == 1
    assert server.metric("policies_in_force") == 1
    assert f"Policies in force now: {after['digest']}" in server.running.console.read_text()
    child = 'mutation { applyForCard(input: {regionCode: "510100"}) { errors { code message { en } } } }'
    errors = server.ask(child, "child-chengdu")["data"]["applyForCard"]["errors"]
    assert {
        "code": "UNDER_AGE_ALONE",
        "message": {"en": "Under 17, please let a guardian (such as a parent) apply."},
    } in errors


def test_a_bad_edit_is_refused_with_every_fault_and_the_good_ones_stay(server: Served) -> None:
    good = server.status()
    text = server.text()
    server.write(text.replace("value: 18", "value: 15") + "nonsense: true\n")
    until(lambda: server.health()["faults"] != [])
    refused = server.status()
    assert sorted(fault["code"] for fault in refused["faults"]) == ["LOOSENS_BOUND_SETTING", "UNKNOWN_KEY"]
    assert {fault["file"] for fault in refused["faults"]} == {SETTINGS}
    assert all(fault["line"] > 1 for fault in refused["faults"])
    assert all(
        fault[said][lang] for fault in refused["faults"] for said in ("message", "remedy") for lang in ("zh", "en")
    )
    assert (refused["digest"], refused["loadedAt"]) == (good["digest"], good["loadedAt"])
    assert refused["triedAt"] > good["triedAt"]
    assert server.age() == "18"
    assert server.health()["faults"][0].startswith(f"{SETTINGS}:")
    assert server.metric("policies_faults") == 2
    assert "The changed policies have 2 faults and are not used" in server.running.console.read_text()
    # A draft that mends the files is compared with what is in force, which no file says any more.
    files = {"files": [{"file": SETTINGS, "text": text.replace("value: 18", "value: 17")}]}
    compared = server.ask(COMPARED, "policy_officer", files)["data"]["policyDraft"]
    assert (compared["faults"], [each["service"] for each in compared["difference"]["services"]]) == ([], ["apply"])
    assert compared["difference"]["services"][0]["changes"] == [{"name": "acts_alone_from_age"}]
    server.write(text)
    until(lambda: server.status()["faults"] == [])
    assert server.status()["digest"] == good["digest"]
    until(lambda: server.metric("policies_faults") == 0)


@pytest.mark.parametrize("token", ["citizen-chengdu", "card_maker", "bank", None])
def test_the_state_of_the_files_is_for_those_who_keep_them(server: Served, token: str | None) -> None:
    answer = server.ask(STATUS, token)
    assert answer["data"] == {"policies": None}
    assert answer["errors"][0]["extensions"]["code"] == ("NOT_PERMITTED" if token else "NOT_AUTHENTICATED")


def test_a_day_off_that_officers_list_counts_at_once(server: Served) -> None:
    today = datetime.now(CHINA_TIME).date()
    days = [f"{today + timedelta(days=number)}" for number in (0, 1)]  # also where midnight passes meanwhile
    check = (
        '{ checkEligibility(input: {service: "apply", regionCode: "510100"}) { decision { facts denials { code } } } }'
    )

    def denied() -> bool:
        decision = server.ask(check, "citizen-chengdu")["data"]["checkEligibility"]["decision"]
        return "NO_WORK_TODAY" in [denial["code"] for denial in decision["denials"]]

    def listed(key: str) -> str:
        entries = ", ".join(f'{{date: {day}, name: "测试"}}' for day in days)
        other = "workdays" if key == "holidays" else "holidays"
        return f"{key}: [{entries}]\n{other}: []\n"

    server.write(server.text(APPLY) + CLOSED, APPLY)
    server.write(listed("holidays"), "calendar.yaml")
    until(denied)
    server.write(listed("workdays"), "calendar.yaml")
    until(lambda: not denied())
    server.write(listed("workdays").replace(days[0], "2026-13-01"), "calendar.yaml")
    until(lambda: {fault["file"] for fault in server.status()["faults"]} == {"calendar.yaml"})


def test_what_editors_leave_beside_the_files_changes_nothing(server: Served) -> None:
    before = server.status()
    folder = (server.regions / SETTINGS).parent
    for name in (
        ".settings.yaml.swp",
        "settings.yaml~",
        "4913",
        "#settings.yaml#",
        "settings.yaml.tmp",
        ".#settings.yaml",
    ):
        (folder / name).write_text("half: [a")
    time.sleep(2)
    assert (server.status()["digest"], server.status()["faults"]) == (before["digest"], [])
    # The way in which editors save: a new file takes the place of the old one.
    (folder / ".new").write_text(server.text().replace("value: 18", "value: 17"), encoding="utf-8")
    os.replace(folder / ".new", folder / "settings.yaml")
    until(lambda: server.age() == "17")


def test_a_file_that_is_written_slowly_never_counts_by_halves(server: Served) -> None:
    text = server.text().replace("value: 18", "value: 17")
    console = server.running.console.read_text()
    with (server.regions / SETTINGS).open("w", encoding="utf-8") as file:
        for line in text.splitlines(keepends=True):
            file.write(line)
            file.flush()
            time.sleep(0.02)
    until(lambda: server.age() == "17")
    assert "not used" not in server.running.console.read_text()[len(console) :]


def test_a_checkout_of_many_files_is_taken_as_a_whole(server: Served) -> None:
    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=officer", "-c", "user.email=officer@example.cn", *arguments]
        subprocess.run(command, cwd=server.regions, check=True, capture_output=True)

    git("init", "-b", "old")
    git("add", ".")
    git("commit", "-m", "as it was")
    git("checkout", "-b", "new")
    server.write(server.text().replace("value: 18", "value: 17"))
    shutil.move(server.regions / "china/shandong", server.regions / "china/shandong_moved")
    git("add", ".")
    git("commit", "-m", "as it will be")
    files = {f"{fault['file']}" for fault in server.status()["faults"]}
    until(lambda: server.age() == "17")
    new = server.status()["digest"]
    console = server.running.console.read_text()
    git("checkout", "old")
    until(lambda: server.age() == "18")
    git("checkout", "new")
    until(lambda: server.age() == "17")
    assert server.status()["digest"] == new
    assert server.running.console.read_text()[len(console) :].count("Policies in force now") == 2, files


def test_a_folder_put_in_the_place_of_another_is_followed(server: Served) -> None:
    release = server.regions.with_name("release")
    shutil.copytree(server.regions, release)
    changed = (release / SETTINGS).read_text().replace("value: 18", "value: 17")
    (release / SETTINGS).write_text(changed)
    server.regions.rename(server.regions.with_name("former"))
    until(lambda: [fault["code"] for fault in server.status()["faults"]] == ["NO_REGIONS"])
    assert server.age() == "18"
    release.rename(server.regions)
    until(lambda: server.age() == "17")
    assert server.status()["faults"] == []
    server.write(server.text().replace("value: 17", "value: 16"))
    until(lambda: server.age() == "16")
    shutil.rmtree(server.regions.with_name("former"))


def test_requests_go_on_while_policies_change_and_each_sees_one_set(server: Served) -> None:
    """Both fields of one request read the same setting; were a request to see two sets, they would differ."""
    twice = f"{{ first: {AGE[1:-1].strip()} second: {AGE[1:-1].strip()} }}"
    stop = threading.Event()
    seen: set[str] = set()
    wrong: list[Any] = []

    def go_on() -> None:
        with httpx.Client(base_url=server.running.url, trust_env=False, timeout=PATIENCE) as http:
            while not stop.is_set():
                data = http.post("/graphql", json={"query": twice}).json()["data"]
                if data["first"] != data["second"]:
                    wrong.append(data)
                seen.update(s["shown"]["en"] for s in data["first"]["settings"] if s["name"] == "acts_alone_from_age")

    threads = [threading.Thread(target=go_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    text = server.text()
    try:
        for age in ("17", "16", "18", "17"):
            server.write(text.replace("value: 18", f"value: {age}"))
            until(lambda age=age: server.age() == age)  # type: ignore[misc]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert seen == {"16", "17", "18"}
    assert wrong == []


def graph_of(status: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what the graph says is wrong."""
    return status["faults"], status["consequences"]


@pytest.mark.parametrize("whose", ENDED)
def test_a_value_that_has_ended_is_refused_and_applications_are_decided_as_before(server: Served, whose: str) -> None:
    file, setting, value = ENDED[whose]
    good, decided = server.status(), server.ask(CHILD, "child-chengdu")
    assert decided["data"]["applyForCard"]["decision"]["policyDigest"]
    right = server.text(file)
    assert right.count(value) == 1
    wrong, before = right.replace(value, f"{value}, until: 2025-12-31"), server.printed()
    draft = server.draft(file, wrong)
    server.write(wrong, file)
    until(lambda: server.health()["faults"] != [])
    refused = server.status()
    assert {(fault["code"], fault["file"]) for fault in refused["faults"]} == {("VALUE_MISSING", file)}
    assert all(f"`{setting}`" in fault["message"]["zh"] for fault in refused["faults"])
    assert graph_of(draft) == graph_of(refused)
    assert (refused["consequences"], server.health()["consequences"]) == (0, 0)
    assert len(server.health()["faults"]) == len(refused["faults"])
    assert all(line.startswith(f"{file}:") and setting in line for line in server.health()["faults"])
    until(lambda: "are not used; those of" in server.printed()[len(before) :])
    assert server.printed()[len(before) :].count(": VALUE_MISSING at settings.") == len(refused["faults"])
    assert (refused["digest"], server.ask(CHILD, "child-chengdu")) == (good["digest"], decided)
    server.write(right, file)
    until(lambda: server.health()["faults"] == [])
    assert (server.status()["digest"], graph_of(server.status())) == (good["digest"], ([], 0))
    until(lambda: f"Policies in force now: {good['digest']}" in server.printed()[len(before) :])


@pytest.mark.parametrize("how", UNREADABLE)
def test_a_file_that_cannot_be_read_is_one_fault_and_a_count(server: Served, how: str) -> None:
    file, slip, code = UNREADABLE[how]
    good, right, before = server.status(), server.text(file), server.printed()
    wrong = slip(right)
    (server.regions / file).write_bytes(wrong)
    until(lambda: server.health()["faults"] != [])
    refused = server.status()
    assert [(fault["file"], fault["code"]) for fault in refused["faults"]] == [(file, code)]
    many = refused["consequences"]
    assert many > 0
    assert (len(server.health()["faults"]), server.health()["consequences"]) == (1, many)
    until(lambda: "The changed policies have 1 fault and are not used" in server.printed()[len(before) :])
    said = server.printed()[len(before) :]
    assert (said.count(f": {code}"), said.count(f"(and {many} fault"), said.count("not listed")) == (1, 1, 1)
    assert server.metric("policies_faults") == 1
    assert refused["digest"] == good["digest"]
    if code != "NOT_UTF8":  # a draft is text already
        draft = server.draft(file, wrong.decode())
        assert draft["faults"] == refused["faults"]
        assert draft["consequences"] > many  # cases follow from it too, which do not count in what is in force
    server.write(right, file)
    until(lambda: graph_of(server.status()) == ([], 0))
    assert server.status()["digest"] == good["digest"]
