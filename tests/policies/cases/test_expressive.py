"""Rules of the kinds that other regions have, said by one city over the country's own words: YAML alone, with cases.

The city lies in `expressive/` and is laid over `regions/`, so it has nothing but what any city has: the facts that the
service computes today, and the declared and counted facts and the words that it adds itself.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest

from gateways.working_calendar import ChineseWorkingCalendar
from policies.cases.cases import run_cases
from policies.cases.coverage import coverage
from policies.checks.checking import check
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from tests.policies.engine.test_oracle import REAL_DAYS, differences, questions_about
from tests.policies.support.added_codes import add_codes
from tests.policies.support.oracle_tree import read_places
from tests.policies.support.random_questions import ODD_DAYS

CITY = Path(__file__).parents[1] / "expressive"
CODE = "990100"
CODES = (CODE, "990101", "990102")


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The country as it is, with one city more."""
    folder = tmp_path_factory.mktemp("expressive") / "regions"
    shutil.copytree("regions", folder)
    shutil.copytree(CITY, folder / "china/expressive")
    add_codes(folder, CODES)
    return folder


def test_the_city_has_no_fault_and_no_warning(regions: Path) -> None:
    report = check(regions, date(2026, 3, 2))
    assert report.faults == ()
    assert [notice for notice in report.warnings if "expressive" in notice.place.file] == []


def test_every_case_of_the_city_passes_and_every_rule_of_it_applies_in_one(regions: Path) -> None:
    tree = load_tree(regions)
    policies = Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))
    results = run_cases(policies, regions / "china/expressive")
    assert len(results) > 40
    assert [result.text("en") for result in results if not result.passed] == []
    assert [gap.rule for gap in coverage(policies, results).gaps if "expressive" in gap.place.file] == []


TOLD = {"status": "request.is_working_day: {is: false}", "progress": "request.working_days_left_in_month: {is: 0}"}
"""What the calendar tells of a day, each read by a service of its own."""


@pytest.mark.parametrize(
    ("day", "service", "estimated"),
    [
        ("2026-12-01", "status", False),
        ("2099-12-01", "status", True),
        ("2026-12-01", "progress", False),
        ("2099-12-01", "progress", True),
        ("2099-12-31", "progress", False),
        ("2099-12-01", "remind", False),
    ],
)
def test_a_decision_says_that_the_calendar_told_a_guess(
    told: Policies, day: str, service: str, estimated: bool
) -> None:
    facts = {"request.is_working_day": True, "request.working_days_left_in_month": 20}
    decision = told.decide(service, CODE, facts, date.fromisoformat(day), form=True)
    assert decision.estimated is estimated


def test_what_nobody_told_is_no_guess(told: Policies) -> None:
    assert not told.decide("status", CODE, {}, date(2099, 12, 1), form=True).estimated


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    """The country with a city whose services hang on the calendar."""
    folder = tmp_path_factory.mktemp("told") / "regions"
    shutil.copytree("regions", folder)
    (folder / "china/expressive").mkdir()
    shutil.copy(CITY / "region.yaml", folder / "china/expressive")
    add_codes(folder, CODES)
    for service, test in TOLD.items():
        rule = f"  told: {{when: {{{test}}}, deny: true, message: {{zh: 停, en: closed}}}}\n"
        (folder / f"china/expressive/{service}.yaml").write_text(f"source: assumption\nrules:\n{rule}")
    tree = load_tree(folder)
    return Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))


def test_the_city_decides_as_the_language_says(regions: Path) -> None:
    place = read_places(regions)[CODE]
    assert not differences(
        Policies(load_tree(regions), calendar=ODD_DAYS), place, questions_about(1, place, 30, REAL_DAYS)
    )
