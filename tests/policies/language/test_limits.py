"""Every stated limit of policy files: as much as it allows is read, and one more is one clear fault, soon."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from stdnum import numdb

from policies.language.conditions import MAX_CONDITION_DEPTH
from policies.language.normal_form import MAX_CONJUNCTIONS, MAX_TESTS
from policies.language.outcomes.needs import MAX_ALTERNATIVES
from policies.source.faults import FaultLog, PolicyFaults, Unreadable
from policies.source.reader import MAX_FILE_BYTES, MAX_TEXT, read_text
from policies.tree import folders as folders_module
from policies.tree.folders import MAX_ENTRIES, MAX_TREE_BYTES
from policies.tree.policy_checks import MAX_RULE_CONJUNCTIONS, MAX_RULES
from policies.tree.tree import MAX_FOLDERS_DEEP, MAX_REGIONS, load_tree, read_tree
from tests.policies.support.golden import files_of, write

MESSAGE = "message: {zh: 一, en: one}"


def codes(folder: Path) -> set[str]:
    log = FaultLog()
    read_tree(folder, log)
    return {fault.code for fault in log.faults}


def codes_with(tmp_path: Path, rules: Iterable[str]) -> set[str]:
    """Return the codes of a tree whose north has these further rules to apply."""
    lines = "".join(f"  r{number}: {{{rule}}}\n" for number, rule in enumerate(rules))
    folder = write(tmp_path, {**files_of("base"), "china/north/apply.yaml": f"source: guide\nrules:\n{lines}"})
    return codes(folder)


def deny(condition: str) -> str:
    return f"deny: true, {MESSAGE}, when: {condition}"


def ages(count: int, test: str = "is_not") -> str:
    return ", ".join(f"{{holder.age: {{{test}: {age}}}}}" for age in range(count))


def nested(depth: int) -> str:
    return "{not: " * depth + "{holder.age: {is: 1}}" + "}" * depth


def needs(groups: int, more: str = "") -> str:
    """Return a requirement of 2 to the power of `groups` alternatives, and as many more."""
    one_of = "{one_of: [{document: photo}, {document: student_card}]}"
    every = f"{{all_of: [{', '.join([one_of] * groups)}]}}"
    return f"require: {{one_of: [{every}{more}]}}, {MESSAGE}"


INHERITED = 4
"""Rules that the base gives to `apply`, each with one alternative."""

LIMITS: dict[str, tuple[list[str], list[str], str]] = {
    "rules of a service": (
        [deny("{holder.age: {is: 1}}")] * (MAX_RULES - INHERITED),
        [deny("{holder.age: {is: 1}}")] * (MAX_RULES - INHERITED + 1),
        "TOO_MANY_RULES",
    ),
    "alternatives of a rule": (
        [deny(f"{{any: [{ages(MAX_CONJUNCTIONS, 'is')}]}}")],
        [deny(f"{{any: [{ages(MAX_CONJUNCTIONS + 1, 'is')}]}}")],
        "CONDITION_TOO_COMPLEX",
    ),
    "alternatives of all rules": (
        [deny(f"{{any: [{ages(60, 'is')}]}}")] * 16 + [deny("{holder.age: {is: 1}}")] * (40 - INHERITED),
        [deny(f"{{any: [{ages(60, 'is')}]}}")] * 16 + [deny("{holder.age: {is: 1}}")] * (41 - INHERITED),
        "TOO_MANY_RULES",
    ),
    "tests of an alternative": (
        [deny(f"{{all: [{ages(MAX_TESTS)}]}}")],
        [deny(f"{{all: [{ages(MAX_TESTS + 1)}]}}")],
        "CONDITION_TOO_COMPLEX",
    ),
    "depth of a condition": (
        [deny(nested(MAX_CONDITION_DEPTH))],
        [deny(nested(MAX_CONDITION_DEPTH + 1))],
        "CONDITION_TOO_DEEP",
    ),
    "alternatives of a requirement": (
        [needs(5)],
        [needs(5, ", {document: photo}")],
        "BAD_REQUIREMENT",
    ),
    "a text": (
        [f"tell: true, message: {{zh: {'长' * MAX_TEXT}, en: {'x' * MAX_TEXT}}}"],
        [f"tell: true, message: {{zh: {'长' * MAX_TEXT}, en: {'x' * (MAX_TEXT + 1)}}}"],
        "TEXT_TOO_LONG",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_reached_but_not_passed(name: str, tmp_path: Path) -> None:
    allowed, too_much, code = LIMITS[name]
    assert MAX_RULE_CONJUNCTIONS == 16 * 60 + 40
    assert MAX_ALTERNATIVES == 2**5
    assert codes_with(tmp_path, allowed) == set()
    assert codes_with(tmp_path, too_much) == {code}


def test_alternatives_that_multiply_are_refused_before_they_are_made(tmp_path: Path) -> None:
    parts = ", ".join(f"{{any: [{ages(8, 'is')}]}}" for _ in range(150))
    started = time.process_time()
    found = codes_with(tmp_path, [deny(f"{{all: [{parts}]}}"), needs(120)])
    assert found == {"CONDITION_TOO_COMPLEX", "BAD_REQUIREMENT"}
    assert time.process_time() - started < 2


@pytest.mark.parametrize("text", ["a: &a [x]\n", "a: x\nb: *a\n", "a: &a {b: *a}\n", "<<: *a\n"])
def test_no_alias_is_so_small_that_it_is_taken(text: str) -> None:
    log = FaultLog()
    with pytest.raises(Unreadable):
        read_text(text, "file.yaml", log)
    assert [fault.code for fault in log.faults] == ["YAML_ALIAS"]


def many_regions(tmp_path: Path, count: int) -> Path:
    folder = write(tmp_path / "regions", files_of("base"))
    provinces = numdb.get("cn/loc").prefixes
    listed = (f"{province}{place}" for _, province, _, _, places in provinces for _, place, *_ in places)
    codes = (code for code in listed if not code.endswith("0000") and not code.startswith("11"))
    for number, code in zip(range(3, count), codes, strict=False):  # the base has three
        place = folder / f"china/r{number}"
        place.mkdir()
        (place / "region.yaml").write_text(f'code: "{code}"\nlevel: city\nname: {{zh: 市, en: city}}\n')
    return folder


def test_as_many_regions_as_the_limit_are_read_and_one_more_is_a_fault(tmp_path: Path) -> None:
    folder = many_regions(tmp_path, MAX_REGIONS)
    assert len(load_tree(folder).regions) == MAX_REGIONS
    (folder / "china/one_more").mkdir()
    (folder / "china/one_more/region.yaml").write_text('code: "120000"\nlevel: province\nname: {zh: 省, en: p}\n')
    with pytest.raises(PolicyFaults) as caught:
        load_tree(folder)
    assert {fault.code for fault in caught.value.faults} == {"TOO_MANY_REGIONS"}


def faults_of(folder: Path) -> list[Any]:
    log = FaultLog()
    read_tree(folder, log)
    return [(fault.file, fault.code, fault.message.en) for fault in log.faults]


def test_as_many_bytes_as_a_tree_may_have_and_one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "regions", files_of("base"))
    size = sum(path.stat().st_size for path in folder.rglob("*.yaml"))
    monkeypatch.setattr(folders_module, "MAX_TREE_BYTES", size)
    assert faults_of(folder) == []
    with (folder / "china/north/first/region.yaml").open("a") as last:
        last.write("#")
    assert faults_of(folder) == [("regions", "TREE_TOO_LARGE", f"more than {size:,} bytes of YAML")]
    assert MAX_TREE_BYTES == 256 * MAX_FILE_BYTES


def test_as_many_files_as_a_tree_may_have_and_one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "regions", files_of("base"))
    monkeypatch.setattr(folders_module, "MAX_ENTRIES", len(list(folder.rglob("*"))))
    assert faults_of(folder) == []
    (folder / "china/north/first/picture.png").touch()
    found = faults_of(folder)
    assert found == [("regions", "TREE_TOO_LARGE", f"more than {folders_module.MAX_ENTRIES} files and folders")]
    assert MAX_ENTRIES == 20 * MAX_REGIONS


def test_folders_in_folders_without_end_are_left_where_the_levels_end(tmp_path: Path) -> None:
    folder = write(tmp_path / "regions", files_of("base"))
    deepest = folder / "china"
    for _ in range(1_200):
        deepest = deepest / "x"
        deepest.mkdir()
    found = faults_of(folder)
    while deepest != folder / "china":  # or whoever clears up after the tests would go as deep
        deepest.rmdir()
        deepest = deepest.parent
    assert {code for _, code, _ in found} == {"MISSING_REGION_FILE"}
    assert max(file.count("/") for file, _, _ in found) == MAX_FOLDERS_DEEP - 1
