"""All 71 rules of another province, said in YAML alone: a tree of its own with its own words, and cases."""

import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from policies.cases.cases import CaseResult, run_cases
from policies.cases.coverage import coverage
from policies.checks.checking import check
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from tests.policies.support.own_services import own_services

GUANGDONG = Path(__file__).parents[1] / "guangdong"
README = GUANGDONG / "README.md"
OURS = Path(__file__).parents[3] / "regions"
COUNTS = {"CN": 10, "GD": 3, "GZ": 15, "SZN": 6, "ZH": 9, "FS": 2, "DG": 8, "QY": 5, "JM": 5, "HUI": 3, "ST": 5}
"""How many rules the source has of the country, the province and each of nine cities; it numbers them from 01."""
RULES = [f"{place}-{number:02}" for place, count in COUNTS.items() for number in range(1, count + 1)]
EXCEPTIONS: dict[str, str] = {}
"""Rules that the language cannot say, each with why and with the construct that would be needed: none."""


@cache
def policies() -> Policies:
    with own_services():
        return Policies(load_tree(GUANGDONG))


@cache
def results() -> tuple[CaseResult, ...]:
    with own_services():
        return run_cases(policies())


@pytest.mark.parametrize("result", results(), ids=lambda result: result.id)
def test_case(result: CaseResult) -> None:
    assert result.passed, result.text("en")


def test_the_source_has_seventy_one_rules() -> None:
    assert len(RULES) == 71


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_case_and_is_named_in_the_policies_or_is_an_argued_exception(rule: str) -> None:
    has_case = any(result.case.name.en.startswith(f"{rule} ") for result in results())
    assert has_case is (rule not in EXCEPTIONS)
    assert rule in EXCEPTIONS or any(
        re.search(rf"\b{rule}\b", path.read_text()) for path in GUANGDONG.rglob("*.yaml") if ".tests" not in path.name
    )


def test_every_exception_is_argued() -> None:
    assert [rule for rule, reason in EXCEPTIONS.items() if rule not in RULES or not reason] == []


def test_every_rule_of_the_tree_decides_in_some_case() -> None:
    found = coverage(policies(), results())
    assert not found.gaps, found.text("en")


def test_the_tree_has_no_fault_and_no_warning() -> None:
    report = check(GUANGDONG, date(2026, 3, 2))
    assert (report.faults, report.warnings) == ((), ())


def test_the_readme_names_every_fact_that_the_service_does_not_know_today() -> None:
    served = load_tree(OURS).regions["000000"].words.facts
    facts = policies().tree.regions["000000"].words.facts.values()
    wanted = {fact.name for fact in facts if fact.origin not in ("declared", "counted") and fact.name not in served}
    assert wanted == set(re.findall(r"`((?:\w+)\.\w+)`", README.read_text()))
