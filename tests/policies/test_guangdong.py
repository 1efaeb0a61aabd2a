"""The first twenty rules of another province, said in YAML alone: a tree of its own with its own words, and cases."""

import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from policies.cases import CaseResult, run_cases
from policies.coverage import coverage
from policies.decide import Policies
from policies.report import check
from policies.tree import load_tree

GUANGDONG = Path(__file__).parent / "guangdong"
RULES = [
    *(f"CN-{number:02}" for number in range(1, 11)),
    *(f"GD-{number:02}" for number in range(1, 4)),
    *(f"GZ-{number:02}" for number in range(1, 8)),
]


@cache
def policies() -> Policies:
    return Policies(load_tree(GUANGDONG))


@cache
def results() -> tuple[CaseResult, ...]:
    return run_cases(policies())


@pytest.mark.parametrize("result", results(), ids=lambda result: result.id)
def test_case(result: CaseResult) -> None:
    assert result.passed, result.text()


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_case_and_is_named_in_the_policies(rule: str) -> None:
    assert any(result.case.name.startswith(f"{rule} ") for result in results())
    assert any(
        re.search(rf"\b{rule}\b", path.read_text()) for path in GUANGDONG.rglob("*.yaml") if ".tests" not in path.name
    )


def test_every_rule_of_the_tree_decides_in_some_case() -> None:
    found = coverage(policies(), results())
    assert not found.gaps, found.text()


def test_the_tree_has_no_fault_and_no_warning() -> None:
    report = check(GUANGDONG, date(2026, 3, 2))
    assert (report.faults, report.warnings) == ((), ())
