"""What counts as tested: a rule that a case's expectations hang on, and nothing less."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policies.cases.cases import run_cases
from policies.cases.coverage import Coverage, coverage, results_json
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from tests.policies.support.regions import REGIONS
from tests.policies.support.small_trees import deny, policies_of

TELL = {"tell": True, "message": {"zh": "知", "en": "know"}}
SMALL = {"s.integer": {"below": 5}}


def case(name: str, facts: Mapping[str, Any], expect: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "facts": dict(facts), "expect": dict(expect)}


def covered(folder: Path, rules: Mapping[str, Any], *cases: Mapping[str, Any]) -> tuple[Coverage, bool]:
    """Return the coverage of a tree with these rules and cases, and whether all cases passed."""
    policies_of(folder, rules)
    text = json.dumps({"defaults": {"date": "2026-03-02"}, "cases": list(cases)}).replace('"2026-03-02"', "2026-03-02")
    (folder / "china" / "apply.tests.yaml").write_text(text)
    policies = Policies(load_tree(folder))
    results = run_cases(policies)
    return coverage(policies, results), all(result.passed for result in results)


def states(found: Coverage) -> dict[str, str]:
    return {rule.rule: rule.state for rule in found.rules}


def test_a_rule_is_tested_where_a_case_fails_without_it(tmp_path: Path) -> None:
    rules = {"small": deny(SMALL), "advice": TELL, "large": deny({"s.integer": {"above": 100}})}
    found, passed = covered(tmp_path, rules, case("small", {"s.integer": 4}, {"allowed": False}))
    assert passed
    assert states(found) == {"small": "tested", "advice": "never_decided", "large": "never_applied"}
    assert [gap.rule for gap in found.gaps] == ["advice", "large"]
    assert not found.reaches(34)
    assert found.reaches(33)


def test_two_rules_that_refuse_alike_decide_nothing_until_both_are_named(tmp_path: Path) -> None:
    rules = {"small": deny(SMALL), "tiny": deny({"s.integer": {"below": 3}})}
    vague, passed = covered(tmp_path, rules, case("tiny", {"s.integer": 2}, {"allowed": False}))
    assert passed
    assert set(states(vague).values()) == {"never_decided"}
    exact, passed = covered(tmp_path, rules, case("tiny", {"s.integer": 2}, {"denials": ["small", "tiny"]}))
    assert passed
    assert set(states(exact).values()) == {"tested"}


def test_a_rule_that_only_stands_in_for_another_decides_by_what_it_overrules(tmp_path: Path) -> None:
    message = {"zh": "知", "en": "know"}
    rules = {
        "usual": {"tell": True, "message": message},
        "special": {"tell": True, "message": message, "when": SMALL, "instead_of": ["usual"]},
    }
    found, passed = covered(
        tmp_path,
        rules,
        case("small", {"s.integer": 4}, {"advice": ["special"]}),
        case("large", {"s.integer": 5}, {"advice": ["usual"]}),
    )
    assert passed
    assert states(found) == {"usual": "tested", "special": "tested"}
    assert [(rule.tried, rule.decided) for rule in found.rules] == [(1, 1), (1, 1)]


def test_a_failed_case_tests_nothing(tmp_path: Path) -> None:
    found, passed = covered(tmp_path, {"small": deny(SMALL)}, case("wrong", {"s.integer": 4}, {"allowed": True}))
    assert not passed
    assert states(found) == {"small": "never_applied"}


def test_a_case_that_can_only_be_decided_with_the_rule_is_decided_by_it(tmp_path: Path) -> None:
    charge = {"charge": {"fee": "fee_1", "amount": "1 yuan"}}
    rules = {"dear": charge, "free": {**charge, "when": SMALL, "instead_of": ["dear"]}}
    rules["also"] = {**charge, "when": SMALL, "instead_of": ["dear"]}
    found, passed = covered(tmp_path, rules, case("conflict", {"s.integer": 4}, {"fault": "RULES_CONFLICT"}))
    assert passed
    assert set(states(found).values()) == {"never_applied"}, "a fault is nobody's decision"


def test_the_gaps_are_told_by_file_and_line_for_people_and_for_tools(tmp_path: Path) -> None:
    found, _ = covered(tmp_path, {"advice": TELL}, case("one", {}, {"allowed": True}))
    line = found.gaps[0].place.line
    assert found.text("en") == (
        f"china/apply.yaml:{line}: advice of apply never decided: without it every case still passes; "
        "let a case expect what it does\n1 rules: 0 decide in some case, 1 never decide, 0 never apply (0.0 %)"
    )
    assert found.as_json() == {
        "percent": 0.0,
        "rules": [
            {
                "file": "china/apply.yaml",
                "line": line,
                "service": "apply",
                "rule": "advice",
                "state": "never_decided",
                "tried": 1,
                "decided": 0,
            }
        ],
    }


def test_what_tools_get_of_a_failed_case_names_the_place(tmp_path: Path) -> None:
    policies_of(tmp_path, {"small": deny(SMALL)})
    (tmp_path / "china" / "apply.tests.yaml").write_text(
        'cases:\n  - {name: wrong, date: 2026-03-02, facts: {"s.integer": 4}, expect: {allowed: true}}\n'
    )
    shown = json.loads(results_json(run_cases(Policies(load_tree(tmp_path))), None))
    assert shown["passed"] == 0
    assert [(f["file"], f["line"], f["case"]) for f in shown["failed"]] == [
        ("china/apply.tests.yaml", 2, {"zh": "wrong", "en": "wrong"})
    ]
    assert shown["failed"][0]["differences"][0]["what"] == "allowed"
    assert "coverage" not in shown


def test_a_case_that_is_taken_away_leaves_its_rules_as_gaps(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    (tmp_path / "regions/china/correct.tests.yaml").unlink()
    policies = Policies(load_tree(tmp_path / "regions"))
    found = coverage(policies, run_cases(policies))
    assert {gap.service for gap in found.gaps} == {"correct"}
    assert {gap.place.file for gap in found.gaps} >= {"china/correct.yaml"}


def test_one_folder_alone() -> None:
    policies = Policies(load_tree(REGIONS))
    found = coverage(policies, run_cases(policies), REGIONS / "china" / "sichuan" / "chengdu")
    assert {rule.place.file.rpartition("/")[0] for rule in found.rules} == {"china/sichuan/chengdu"}
