"""A policy officer tries changed files in the graph before anybody is affected."""

from pathlib import Path
from typing import Any

import pytest

from domain.holder import Actor
from tests.graph.caller import Caller
from tests.graph.service import REGIONS, GraphService

SETTINGS = "china/sichuan/settings.yaml"
WITHDRAW = "china/withdraw.yaml"
JINAN_SETTINGS = "china/shandong/jinan/settings.yaml"
DRAFT = """query($files: [PolicyFileInput!]!, $about: AboutInput) {policyDraft(files: $files) {
faults{file line code message{zh en} remedy{zh en}} warnings{code file}
tests(about: $about){passed failed{file name differences{what expected actual}}}
difference(about: $about){alike regionsAdded services{service regions alike changes{kind name what parts file line}
verdicts{first last alike open{en} decisions{on who{en} facts before{refused fault says{en}} after{refused fault says{en}}}}}}
findings(about: $about){warnings{code file line} open{zh}}}}"""
FAULTS = "query($files: [PolicyFileInput!]!) {policyDraft(files: $files) {faults{file line column path code message{zh en} remedy{zh en}}}}"


def text(file: str) -> str:
    return (REGIONS / file).read_text(encoding="utf-8")


def changed(file: str, before: str, after: str) -> dict[str, str]:
    assert text(file).count(before) == 1
    return {"file": file, "text": text(file).replace(before, after)}


@pytest.fixture
def officer(service: GraphService) -> Caller:
    return service.caller(Actor("officer", "policy_officer", "partner_system", "policies"))


def test_a_draft_is_tested_compared_and_looked_at(officer: Caller) -> None:
    files = [changed(SETTINGS, "value: 18", "value: 17")]
    found = officer.ask(DRAFT, {"files": files, "about": {"region": "510100", "service": "apply"}})["policyDraft"]
    assert found["faults"] == []
    [service] = found["difference"]["services"]
    assert (service["service"], service["regions"], service["alike"]) == ("apply", ["510100"], False)
    assert service["changes"] == [
        {
            "kind": "setting",
            "name": "acts_alone_from_age",
            "what": "changed",
            "parts": ["values"],
            "file": SETTINGS,
            "line": 5,
        }
    ]
    [verdict] = service["verdicts"]
    assert (verdict["first"], verdict["open"]) == ("2026-11-20", [])
    allowed = [decision for decision in verdict["decisions"] if decision["before"]["refused"]]
    assert [decision["facts"]["holder.age"] for decision in allowed] == [17]
    assert allowed[0]["before"]["says"][0]["en"].startswith(
        "UNDER_AGE_ALONE: Under 18, please let a guardian (such as a parent) apply."
    )
    assert not allowed[0]["after"]["refused"]
    assert found["findings"] == {"warnings": [], "open": []}


def test_tests_of_a_draft_run_and_name_what_differs(officer: Caller) -> None:
    files = [changed(SETTINGS, "value: 18", "value: 17")]
    found = officer.ask(DRAFT, {"files": files, "about": {"region": "510000", "service": "use"}})["policyDraft"]
    failed = found["tests"]["failed"]
    assert found["tests"]["passed"] > 50
    assert {case["file"].split("/")[1] for case in failed} == {"sichuan"}
    assert all(case["differences"] for case in failed)


@pytest.mark.parametrize(("language", "said"), [("zh-CN", "NX-1 不成立"), ("en", "NX-1 it is not so")])
def test_a_failed_test_is_named_in_the_language_of_the_reader(service: GraphService, language: str, said: str) -> None:
    name = "{zh: NX-1 不成立, en: NX-1 it is not so}"
    wrong = f"  - {{name: {name}, date: 2026-03-02, form: true, expect: {{fault: NO_SUCH_FAULT}}}}\n"
    actor = Actor("officer", "policy_officer", "partner_system", "policies")
    files = [{"file": "china/withdraw.tests.yaml", "text": text("china/withdraw.tests.yaml") + wrong}]
    variables = {"files": files, "about": {"service": "withdraw"}}
    query = "query($files: [PolicyFileInput!]!, $about: AboutInput) {policyDraft(files: $files) {tests(about: $about){failed{name}}}}"
    found = service.caller(actor, language).ask(query, variables)["policyDraft"]
    assert [case["name"] for case in found["tests"]["failed"]] == [said]


def test_what_is_only_written_otherwise_is_proven_alike(officer: Caller) -> None:
    before, after = "title: {zh: 撤销申请", "# A remark.\ntitle: {zh: 撤销申请"
    about = {"service": "withdraw", "region": "370200"}
    found = officer.ask(DRAFT, {"files": [changed(WITHDRAW, before, after)], "about": about})["policyDraft"]
    assert (found["difference"]["alike"], found["difference"]["services"]) == (True, [])


def test_a_new_city_is_tried_before_it_stands_anywhere(officer: Caller) -> None:
    region = 'code: "371000"\nlevel: city\nname: {zh: 威海市, en: Weihai}\n'
    found = officer.ask(
        DRAFT, {"files": [{"file": "china/shandong/weihai/region.yaml", "text": region}], "about": {"region": "371000"}}
    )["policyDraft"]
    assert (found["faults"], found["difference"]["regionsAdded"]) == ([], ["371000"])
    assert not (REGIONS / "china/shandong/weihai").exists()


def test_every_fault_of_a_draft_is_told_at_once(officer: Caller) -> None:
    files = [changed(SETTINGS, "value: 18", "value: 15"), {"file": "china/dance.yaml", "text": "title: x\n"}]
    found = officer.ask(FAULTS, {"files": files})["policyDraft"]
    assert {(fault["code"], fault["file"]) for fault in found["faults"]} == {
        ("LOOSENS_BOUND_SETTING", SETTINGS), ("UNKNOWN_SERVICE", "china/dance.yaml"),
    }  # fmt: skip
    assert officer.failure(DRAFT, {"files": files}) == "DRAFT_HAS_FAULTS"


def test_a_file_can_be_taken_away(officer: Caller) -> None:
    found = officer.ask(FAULTS, {"files": [{"file": "china/region.yaml", "text": None}]})["policyDraft"]
    assert "MISSING_REGION_FILE" in {fault["code"] for fault in found["faults"]}
    assert (REGIONS / "china/region.yaml").exists()


@pytest.mark.parametrize(
    "files",
    [
        [],
        [{"file": "../secret.yaml", "text": "a: b"}],
        [{"file": "/etc/passwd", "text": "a: b"}],
        [{"file": "china/.schema/x.yaml", "text": "a: b"}],
        [{"file": "china/apply.txt", "text": "a: b"}],
        [{"file": "china//apply.yaml", "text": "a: b"}],
    ],
)
def test_what_is_no_policy_file_is_refused(officer: Caller, files: list[Any]) -> None:
    assert officer.failure(FAULTS, {"files": files}) == "VALUE_NOT_POSSIBLE"


def test_only_policy_officers_try_drafts(service: GraphService) -> None:
    files = [{"file": WITHDRAW, "text": text(WITHDRAW)}]
    assert service.caller(None).failure(FAULTS, {"files": files}) == "NOT_AUTHENTICATED"
    clerk = service.caller(Actor("clerk", "clerk", "service_window", "chengdu", "510100"))
    assert clerk.failure(FAULTS, {"files": files}) == "NOT_PERMITTED"


def test_the_folder_in_force_is_left_as_it_is(officer: Caller, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in REGIONS.rglob("*.yaml")}
    officer.ask(FAULTS, {"files": [changed(SETTINGS, "value: 18", "value: 17")]})
    assert {path: path.read_bytes() for path in REGIONS.rglob("*.yaml")} == before
