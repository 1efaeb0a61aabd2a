"""The report of `policy check`."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest

from policies.checks.checking import check
from tests.policies.support.golden import files_of, write
from tests.policies.support.regions import REGIONS

TODAY = date(2026, 3, 2)
TESTS = "defaults: {date: 2026-03-02}\ncases: [{name: A case, facts: {request.channel: app, holder.age: 3}, expect: {allowed: false}}]\n"
SETTINGS = """\
source: guide
settings:
  from_age: {replaces: true, values: [{value: 18, from: 2021-01-01, until: 2026-05-01}]}
  spare: {type: integer, label: {zh: 备, en: spare}, values: [{value: 1, from: 2021-01-01, until: 2026-05-01}]}
  shown: {type: integer, label: {zh: 示, en: shown}, values: [{value: 1, from: 2021-01-01}]}
"""
RULES = """\
source: guide
rules:
  tells: {tell: true, message: {zh: "{shown}", en: "{shown}"}, until: 2026-03-02}
  late: {deny: true, when: {holder.age: {below: {setting: shown}}}, message: {zh: 一, en: one}}
"""


def test_the_real_regions_have_no_fault_and_no_warning() -> None:
    report = check(REGIONS, TODAY)
    assert report.ok
    assert report.warnings == ()
    assert report.counts["regions"] == len(list(REGIONS.rglob("region.yaml")))
    assert report.counts["cases"] > 160
    assert report.text("en").endswith("0 faults, 0 warnings")


@pytest.fixture
def ending(tmp_path: Path) -> Path:
    own = {
        "china/apply.tests.yaml": TESTS,
        "china/north/settings.yaml": SETTINGS,
        "china/north/first/apply.yaml": RULES,
    }
    return write(tmp_path / "regions", {**files_of("base"), **own})


def test_warnings(ending: Path) -> None:
    report = check(ending, TODAY)
    assert report.ok
    assert [(notice.code, str(notice.place), notice.message.en) for notice in report.warnings] == [
        ("TESTS_MISSING", "china/north/first/apply.yaml:1:1", "the service `apply` of 110100 has no tests file"),
        ("RULE_ENDS", "china/north/first/apply.yaml:3:10", "the rule `tells` ends on 2026-03-02"),
        ("VALUE_ENDS", "china/north/settings.yaml:3:1",
         "the value 18 of `from_age` ends on 2026-05-01, then the parent's 16 holds"),
        ("VALUE_ENDS", "china/north/settings.yaml:4:1",
         "the value 1 of `spare` ends on 2026-05-01, and nothing follows"),
        ("SETTING_UNUSED", "china/north/settings.yaml:4:10", "no rule reads `spare`"),
        ("FACT_UNUSED", "facts.yaml:7:19", "no rule reads `declared.student`, so that nobody is asked for it"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("today", "kinds"),
    [(date(2026, 3, 1), 0), (date(2026, 3, 2), 2), (date(2026, 5, 1), 2), (date(2026, 5, 2), 0)],
)
def test_sixty_days_ahead_and_not_one_more(ending: Path, today: date, kinds: int) -> None:
    assert sum(notice.code == "VALUE_ENDS" for notice in check(ending, today).warnings) == kinds


def test_faults_of_policies_and_of_tests_come_together(ending: Path) -> None:
    write(ending, {"china/apply.tests.yaml": "cases: []", "china/status.yaml": "rules: {odd: {}}"})
    report = check(ending, TODAY)
    assert not report.ok
    assert report.warnings == ()
    assert {fault.code for fault in report.faults} == {
        "EXPECTS_NOTHING",
        "MISSING_KEY",
        "BAD_OUTCOME",
        "MISSING_SOURCE",
    }
    assert report.text("en").endswith("4 faults, 0 warnings")
    assert report.text("en").startswith("fault: china/apply.tests.yaml:1:8: EXPECTS_NOTHING at cases\n")
    assert {fault["severity"] for fault in json.loads(report.json())["faults"]} == {"fault"}


def test_json_says_the_same(ending: Path) -> None:
    report = check(ending, TODAY)
    assert report.text("en").startswith("warning: china/north/first/apply.yaml:1:1: TESTS_MISSING\n")
    shown = json.loads(report.json())
    assert shown["ok"] is True
    assert shown["faults"] == []
    assert [warning["message"] for warning in shown["warnings"]] == [
        asdict(notice.message) for notice in report.warnings
    ]
    assert shown["warnings"][1] == {
        "severity": "warning",
        "code": "RULE_ENDS",
        "file": "china/north/first/apply.yaml",
        "line": 3,
        "column": 10,
        "path": "rules.tells",
        "message": {"zh": "规则 `tells` 有效到2026年3月2日", "en": "the rule `tells` ends on 2026-03-02"},
        "remedy": {"zh": "如非有意，补写其后的规则", "en": "add the rule that follows, if this is not meant"},
    }


def test_what_follows_from_a_fault_is_counted_and_not_listed(ending: Path) -> None:
    name = "china/north/first/apply"
    cases = "defaults: {date: 2026-03-02}\ncases:\n  - {name: A case, facts: {request.channel: app}, expect: {denials: [late]}}\n"
    write(ending, {f"{name}.tests.yaml": cases})
    assert check(ending, TODAY).faults == ()
    broken = RULES.replace("deny: true", "deny: yes")
    write(ending, {f"{name}.yaml": broken})
    report = check(ending, TODAY)
    assert ([(fault.file, fault.code) for fault in report.faults], report.consequences) == (
        [(f"{name}.yaml", "WRONG_TYPE")],
        1,
    )
    assert "由上述错误引起" in report.text("zh")
    assert json.loads(report.json())["consequences"] == 1
    write(ending, {f"{name}.yaml": RULES, f"{name}.tests.yaml": cases.replace("late", "lates")})
    report = check(ending, TODAY)
    assert ([fault.code for fault in report.faults], report.consequences) == (["UNKNOWN_RULE"], 0)


def test_a_folder_that_is_not_there_is_a_fault() -> None:
    report = check(REGIONS / "nowhere", TODAY)
    assert [fault.code for fault in report.faults] == ["NO_REGIONS"]
    assert json.loads(report.json())["ok"] is False
