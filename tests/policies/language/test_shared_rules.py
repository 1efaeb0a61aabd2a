"""Rules of a `rules.yaml`: they are what they would be in each service's own file, and in one place only."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from policies.cases.case_files import read_cases
from policies.cases.cases import run_cases
from policies.cases.coverage import coverage
from policies.checks.checking import check
from policies.engine.decide import Policies
from policies.engine.effective import Shared, effective_policy
from policies.language.service import ServicePolicy
from policies.source.faults import FaultLog, PolicyFaults
from policies.tree.tree import PolicyTree, load_tree, read_tree
from tests.policies.support.golden import files_of, write

DAY = date(2026, 3, 2)
MESSAGE = "message: {zh: 一, en: one}"
SERVICES = """\
label: {zh: 服务, en: services}
terms:
  apply: {label: {zh: 申领, en: apply}}
  activate: {label: {zh: 启用, en: activate}}
"""
BASE = {**files_of("base"), "vocabulary/services.yaml": SERVICES}
"""The small tree, with a second service that can do whatever the first can."""
ACTIVATE = """\
title: {zh: 查询, en: Status}
source: guide
rules:
  own: {tell: true, message: {zh: 自, en: own}}
"""
SHARED = f"""\
source: {{document: guide, clause: "二"}}
rules:
  closed:
    services: [apply, activate]
    when: {{request.channel: {{is: counter}}}}
    deny: true
    {MESSAGE}
"""


def tree_of(folder: Path, files: Mapping[str, str]) -> PolicyTree:
    return load_tree(write(folder, {**BASE, "china/activate.yaml": ACTIVATE, **files}))


def faults_of(folder: Path, files: Mapping[str, str]) -> list[tuple[str, int, str, str]]:
    log = FaultLog()
    folder = write(folder, {**BASE, "china/activate.yaml": ACTIVATE, **files})
    read_cases(read_tree(folder, log), log)
    return [(f.file, f.line, f.code, f.message.en) for f in PolicyFaults(log.faults).faults]


def rules_of(tree: PolicyTree, region: str, service: str) -> list[str]:
    return list(tree.regions[region].services[service].rules)


def digest(tree: PolicyTree, policy: ServicePolicy) -> str:
    place = tree.regions[policy.region]
    return (
        effective_policy(policy, place.region, place.words, DAY, DAY, Shared())
        .text()
        .replace("rules.yaml", "activate.yaml")
    )


def test_a_shared_rule_stands_before_the_rules_of_each_services_own_file(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"china/rules.yaml": SHARED})
    assert rules_of(tree, "000000", "activate") == ["closed", "own"]
    assert rules_of(tree, "000000", "apply")[:2] == ["closed", "channel_open"]
    citation = tree.regions["110100"].services["activate"].rules["closed"].citation
    assert (citation.file, citation.line, citation.clause) == ("china/rules.yaml", 4, "二")


def test_it_is_what_it_would_be_in_the_file_of_the_service(tmp_path: Path) -> None:
    shared = tree_of(tmp_path / "shared", {"china/rules.yaml": SHARED})
    lines = [line for line in SHARED.splitlines()[2:] if "services" not in line]
    source = '    source: {document: guide, clause: "二"}'
    own = "\n".join([*ACTIVATE.splitlines()[:3], *lines, source, *ACTIVATE.splitlines()[3:], ""])
    alone = tree_of(tmp_path / "alone", {"china/activate.yaml": own})
    for region in ("000000", "110100"):
        texts = [digest(tree, tree.regions[region].services["activate"]) for tree in (shared, alone)]
        assert texts[0] == texts[1]


def test_a_region_without_a_file_of_its_own_shares_rules_of_what_a_parent_offers(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"china/north/rules.yaml": SHARED})
    assert rules_of(tree, "110100", "activate") == ["own", "closed"]
    assert rules_of(tree, "000000", "activate") == ["own"]
    assert tree.regions["110100"].services["activate"].files == ("china/activate.yaml",)


def test_a_child_replaces_and_removes_shared_rules_in_some_services(tmp_path: Path) -> None:
    files = {
        "china/rules.yaml": SHARED,
        "china/north/activate.yaml": "rules: {closed: {removed: true, source: guide}}\n",
        "china/north/first/rules.yaml": f"source: guide\nrules:\n"
        f"  closed: {{services: [apply, activate], replaces: [apply], deny: true, {MESSAGE}}}\n",
    }
    tree = tree_of(tmp_path, files)
    assert rules_of(tree, "110000", "activate") == ["own"]
    assert rules_of(tree, "110000", "apply") == rules_of(tree, "000000", "apply") == rules_of(tree, "110100", "apply")
    assert rules_of(tree, "110100", "activate") == ["own", "closed"]
    found = tree.regions["110100"].services
    assert {service: found[service].rules["closed"].citation.file for service in found} == {
        "apply": "china/north/first/rules.yaml",
        "activate": "china/north/first/rules.yaml",
    }


def test_one_entry_removes_a_rule_of_several_services(tmp_path: Path) -> None:
    removed = "rules: {closed: {services: [apply, activate], removed: true, source: guide}}\n"
    tree = tree_of(tmp_path, {"china/rules.yaml": SHARED, "china/north/rules.yaml": removed})
    assert rules_of(tree, "110100", "activate") == ["own"]
    assert "closed" not in rules_of(tree, "110100", "apply")


def test_a_bound_shared_rule_binds_the_regions_below_and_not_the_service_beside_it(tmp_path: Path) -> None:
    bound = SHARED.replace("deny: true", "deny: true\n    bind: true")
    overruling = f"  open: {{deny: true, instead_of: [closed], {MESSAGE}}}\n"
    beside = {"china/rules.yaml": bound, "china/activate.yaml": ACTIVATE + overruling}
    assert tree_of(tmp_path / "beside", beside).regions
    below = {"china/rules.yaml": bound, "china/north/activate.yaml": f"source: guide\nrules:\n{overruling}"}
    assert faults_of(tmp_path / "below", below) == [
        (
            "china/north/activate.yaml",
            3,
            "LOOSENS_BOUND_RULE",
            "`closed` is bound by its parent at china/rules.yaml:4:5",
        )
    ]


def test_a_fault_of_every_service_is_told_once_and_one_of_some_names_them(tmp_path: Path) -> None:
    rules = f"""\
source: guide
rules:
  every: {{services: [apply, activate], when: {{holder.agee: {{is: 3}}}}, deny: true, {MESSAGE}}}
  some: {{services: [apply, activate], deny: true, instead_of: [too_old], {MESSAGE}}}
  silent: {{services: [apply, activate], tell: true, instead_of: [own], {MESSAGE}}}
  photo: {{services: [apply, activate], require: {{document: photo}}, {MESSAGE}}}
  own: {{services: [apply, activate], replaces: true, tell: true, {MESSAGE}}}
"""
    own = f"rules:\n  too_old: {{deny: true, {MESSAGE}, source: guide}}\n"
    found = faults_of(tmp_path, {"china/north/rules.yaml": rules, "china/north/activate.yaml": own})
    assert found == [
        ("china/north/rules.yaml", 3, "UNKNOWN_FACT", "there is no fact `holder.agee`"),
        ("china/north/rules.yaml", 4, "UNKNOWN_RULE", "for `apply`: there is no rule `too_old`"),
        (
            "china/north/rules.yaml", 6, "REPLACES_SILENTLY",
            "for `apply`: a parent defines the rule `photo` at china/apply.yaml:18:5",
        ),
        ("china/north/rules.yaml", 7, "REPLACES_NOTHING", "for `apply`: no parent defines the rule `own`"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("services", "codes"),
    [
        ("[apply, apply]", ["DUPLICATE_VALUE"]),
        ("apply", ["WRONG_TYPE"]),
        ("[aply]", ["UNKNOWN_TERM"]),
        ("[]", ["MISSING_KEY"]),
        ("[apply], replaces: []", ["MISSING_KEY"]),
        ("[apply], removed: true, replaces: true, source: guide", ["REMOVES_NOTHING", "UNKNOWN_KEY"]),
    ],
)
def test_services_that_cannot_be_meant(tmp_path: Path, services: str, codes: list[str]) -> None:
    outcome = "" if "removed" in services else f", deny: true, {MESSAGE}"
    rules = f"source: guide\nrules:\n  odd: {{services: {services}{outcome}}}\n"
    assert sorted(code for _, _, code, _ in faults_of(tmp_path, {"china/rules.yaml": rules})) == codes


def test_a_service_file_lists_no_services(tmp_path: Path) -> None:
    rules = f"  odd: {{services: [activate], replaces: [activate], deny: true, {MESSAGE}}}\n"
    codes = [code for _, _, code, _ in faults_of(tmp_path, {"china/activate.yaml": ACTIVATE + rules})]
    assert codes == ["UNKNOWN_KEY", "WRONG_TYPE"]


def test_a_setting_of_one_service_without_a_value_is_a_fault_of_that_service(tmp_path: Path) -> None:
    setting = "settings: {open: {type: terms, of: channels, label: {zh: 开, en: open}%s}}\n"
    rules = "source: guide\nrules: {open: {services: [apply, activate], route: {choice: request.channel, open: {setting: open}}}}\n"
    apply = files_of("base")["china/apply.yaml"].replace(
        "settings:\n", f"settings:\n  {setting[11:-2] % ', values: [{value: [app], from: 2020-01-01}]'}\n"
    )
    files = {"china/rules.yaml": rules, "china/activate.yaml": ACTIVATE + setting % "", "china/apply.yaml": apply}
    ((file, _, code, message),) = faults_of(tmp_path, files)
    assert (file, code) == ("china/rules.yaml", "SETTING_UNDEFINED")
    assert message == "`open` reads `open`, to which nobody gives a value for `activate` in 110100"


def test_a_shared_rule_must_apply_in_a_case_of_each_service(tmp_path: Path) -> None:
    tests = (
        "defaults: {date: 2026-03-02, facts: {request.channel: counter}}\n"
        "cases: [{name: It is closed, expect: {denials: [closed]}}]\n"
    )
    tree = tree_of(tmp_path, {"china/rules.yaml": SHARED, "china/activate.tests.yaml": tests})
    policies = Policies(tree)
    untested = coverage(policies, run_cases(policies)).gaps
    assert [gap.service for gap in untested if gap.rule == "closed"] == ["apply"]


def test_a_report_counts_a_shared_rule_once(tmp_path: Path) -> None:
    write(tmp_path, {**BASE, "china/activate.yaml": ACTIVATE, "china/rules.yaml": SHARED})
    counts = check(tmp_path, DAY).counts
    assert (counts["rules"], counts["shared_rules"], counts["service_files"]) == (6, 1, 2)
