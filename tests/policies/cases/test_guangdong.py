"""All 71 rules of another province, said in YAML alone over the services, records and words that the software has."""

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

GUANGDONG = Path(__file__).parents[1] / "guangdong"
README = (GUANGDONG / "README.md").read_text(encoding="utf-8")
COUNTS = {"CN": 10, "GD": 3, "GZ": 15, "SZN": 6, "ZH": 9, "FS": 2, "DG": 8, "QY": 5, "JM": 5, "HUI": 3, "ST": 5}
"""How many rules the source has of the country, the province and each of nine cities; it numbers them from 01."""
RULES = [f"{place}-{number:02}" for place, count in COUNTS.items() for number in range(1, count + 1)]


def _table(heading: str) -> dict[str, str]:
    """Return the rules that a table of the README is about, each with what it says of them."""
    _, _, rest = README.partition(f"## {heading}\n")
    rows = re.findall(r"^\| ([A-Z]{2,3}-[^|]+) \| (.+) \|$", rest.partition("\n## ")[0], re.MULTILINE)
    return {rule: said for rules, said in rows for rule in rules.split(", ")}


EXCEPTIONS = _table("What the service cannot do")
IN_PART = _table("What is said in part, or in another way")


@cache
def policies() -> Policies:
    return Policies(load_tree(GUANGDONG))


@cache
def results() -> tuple[CaseResult, ...]:
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
        re.search(rf"\b{rule}\b", path.read_text(encoding="utf-8"))
        for path in (GUANGDONG / "china").rglob("*.yaml")
        if ".tests" not in path.name
    )


def test_the_tables_of_the_readme_are_about_rules_that_there_are() -> None:
    assert EXCEPTIONS.keys() | IN_PART.keys() <= set(RULES)
    assert not EXCEPTIONS.keys() & IN_PART.keys()
    assert (len(EXCEPTIONS), bool(IN_PART)) == (1, True)


def test_every_rule_of_the_tree_decides_in_some_case() -> None:
    found = coverage(policies(), results())
    assert not found.gaps, found.text("en")


def test_the_tree_has_no_fault_and_no_warning() -> None:
    """Words and facts that all regions share and this tree has no use for are none of its own."""
    report = check(GUANGDONG, date(2026, 3, 2))
    assert report.faults == ()
    assert [notice for notice in report.warnings if notice.place.file.startswith("china/")] == []
