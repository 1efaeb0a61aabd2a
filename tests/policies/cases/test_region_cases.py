"""The officers' tests beside the policies: each is a test of its own here."""

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from policies.cases.case_files import Case, case_paths, load_cases
from policies.cases.cases import CaseResult, run_case, run_cases
from policies.cases.coverage import coverage
from policies.engine.decide import Policies
from policies.source.faults import PolicyFaults, SourceLocation
from policies.tree.tree import load_tree
from tests.coverage_page import rows
from tests.policies.support.regions import REGIONS, real_policies

ROWS = [row.id for row in rows(REGIONS.parent)]


@cache
def results() -> tuple[CaseResult, ...]:
    return run_cases(real_policies())


@cache
def by_place() -> dict[SourceLocation, CaseResult]:
    return {result.case.place: result for result in results()}


# The cases are run by whoever runs these tests, not by everybody who lists them.
@pytest.mark.parametrize(
    "case", load_cases(real_policies().tree), ids=lambda case: f"{case.place.file}::{case.name.en}"
)
def test_case(case: Case) -> None:
    result = by_place()[case.place]
    assert result.passed, result.text("en")


def test_every_service_file_has_a_tests_file() -> None:
    tree = real_policies().tree
    for place in tree.regions.values():
        files = {name for policy in place.services.values() for name in policy.files}
        own = {name for name in files if Path(name).parent.as_posix() == place.region.path}
        tested = {path.name.removesuffix(".tests.yaml") for path in case_paths(tree, place)}
        assert {Path(name).stem for name in own} <= tested, place.region.path


def test_every_rule_decides_in_some_case() -> None:
    found = coverage(real_policies(), results())
    assert not found.gaps, found.text("en")


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_source_documents_has_a_case(row: str) -> None:
    assert any(re.search(rf"\b{row}(?![\d])", result.case.name.en) for result in results())


def test_a_changed_amount_fails_the_case_that_states_it_and_names_the_rule(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    file = tmp_path / "regions/china/deliver.yaml"
    file.write_text(file.read_text().replace("value: 12 yuan", "value: 13 yuan"))
    failed = [result for result in run_cases(Policies(load_tree(tmp_path / "regions"))) if not result.passed]
    assert [result.case.name.en for result in failed] == ["NX-1 postage within the province is 12 yuan"]
    assert re.fullmatch(
        r"FAILED china/deliver.tests.yaml:\d+:\d+: NX-1 postage within the province is 12 yuan\n"
        r"    charges: expected {postage: 12 yuan}, but it is {postage: 13 yuan}\n"
        r"        same_province \(china/deliver.yaml:\d+:\d+\)",
        failed[0].text("en"),
    )


def test_a_dropped_rule_fails_a_case(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    file = tmp_path / "regions/china/correct.yaml"
    text = file.read_text()
    file.write_text(text[: text.index("rules:")])
    tests = tmp_path / "regions/china/correct.tests.yaml"
    tests.write_text(tests.read_text().replace("denials: [too_late_to_correct]", "allowed: false"))
    policies = Policies(load_tree(tmp_path / "regions"))
    failed = [result.case.name.en for result in run_cases(policies) if not result.passed]
    assert failed == [
        "Once the card is made nothing is changed (assumption)",
        "A withdrawn application is not changed (assumption)",
    ]


def test_the_cases_of_one_folder_alone() -> None:
    folder = REGIONS / "china/sichuan/chengdu"
    files = {result.case.place.file for result in run_cases(real_policies(), folder)}
    assert files == {path.relative_to(REGIONS).as_posix() for path in folder.rglob("*.tests.yaml")}
    assert len(files) > 10
    assert len(files) < len({result.case.place.file for result in results()})


def test_a_fault_of_the_decision_fails_a_case_and_can_be_expected(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    file = tmp_path / "regions/china/correct.tests.yaml"
    lines = [
        "defaults: {date: 2026-03-02, facts: {request.role: citizen, actor.relation: self}}",
        "cases:",
        "  - {name: Expects the fault, expect: {fault: MISSING_FACT}}",
        "  - {name: Expects a decision, expect: {allowed: true}}",
        "  - name: Expects a fault where there is none",
        "    facts: {operation.state: accepted}",
        "    expect: {fault: MISSING_FACT}",
    ]
    file.write_text("\n".join(lines))
    found = run_cases(Policies(load_tree(tmp_path / "regions")), file)
    assert [result.passed for result in found] == [True, False, False]
    assert "fault: expected a decision, but it is MISSING_FACT: " in found[1].text("en")
    assert "fault: expected MISSING_FACT, but it is none: it was decided" in found[2].text("en")


def test_faults_of_case_paths_come_all_at_once(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    nation = tmp_path / "regions/china"
    (nation / "pay.tests.yaml").write_text("defaults: {facts: {holder.age: 1}}\ncases: []\n")
    (nation / "ship.tests.yaml").write_text("cases:\n  - {name: a sentence, expect: {denials: [produed]}}\n")
    with pytest.raises(PolicyFaults) as caught:
        run_cases(Policies(load_tree(tmp_path / "regions")))
    assert [(fault.file, fault.code) for fault in caught.value.faults] == [
        ("china/pay.tests.yaml", "EXPECTS_NOTHING"),
        ("china/ship.tests.yaml", "MISSING_KEY"),
        ("china/ship.tests.yaml", "UNKNOWN_RULE"),
    ]


def test_a_case_runs_the_same_again() -> None:
    policies = real_policies()
    assert all(run_case(policies, result.case) == result for result in results()[:20])
