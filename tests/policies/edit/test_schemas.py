"""The schemas for editors: every file of the regions fits them, and what a schema can catch in broken files, it does."""

import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policies.edit.schemas import FOLDER, kind_of, schema_line, schema_texts, schemas, write_schemas
from policies.language.conditions import TEST_WORDS
from policies.language.json_schema import Schema
from policies.language.outcomes.table import OUTCOMES
from policies.language.values import Kind
from policies.source.faults import FaultLog
from policies.source.nodes import Mapping, Node, Refused, Scalar, compose
from policies.tree.tree import load_tree, read_tree
from tests.policies.source.test_faults import EXAMPLES, MADE, all_faults
from tests.policies.support.golden import files_of, write
from tests.policies.support.regions import REGIONS, real_policies

FILES = sorted(path.relative_to(REGIONS).as_posix() for path in REGIONS.rglob("*.yaml"))
GUANGDONG = Path(__file__).parents[1] / "guangdong"

CAUGHT = {
    "ALWAYS_PRESENT", "AMBIGUOUS_VALUE", "BAD_BINDING", "BAD_CASE", "BAD_COUNT", "BAD_LEVEL", "BAD_NAME", "BAD_OPERAND",
    "BAD_OUTCOME", "BAD_REGION_CODE", "BAD_REQUIREMENT", "BAD_ROUTE", "BAD_TEXT", "CLOSED_VOCABULARY", "DUPLICATE_VALUE", "EMPTY_CONDITION",
    "EXPECTS_NOTHING", "MISSING_KEY", "TEST_DOES_NOT_FIT", "TYPES_DIFFER", "UNKNOWN_FACT", "UNKNOWN_KEY", "UNKNOWN_ORIGIN",
    "UNKNOWN_REGION_CODE", "UNKNOWN_SERVICE", "UNKNOWN_SOURCE", "UNKNOWN_TERM", "UNKNOWN_TEST", "UNKNOWN_TYPE", "WRONG_TYPE",
    "MISSING_REGION_FILE", "REMOVES_NOTHING", "REPLACES_SILENTLY", "TEXT_TOO_LONG",
}  # fmt: skip
"""Broken examples in which a schema sees something; in the others one must look at other files, or at what words mean."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def as_editors_read(node: Node) -> Any:
    """Return what a reader of YAML 1.2 (its core schema) makes of a text; of repeated keys, the last."""
    if isinstance(node, Mapping):
        return {getattr(key, "value", "?"): as_editors_read(value) for key, value in node.entries}
    if not isinstance(node, Scalar):
        return [as_editors_read(item) for item in node.items]
    if not node.plain:
        return node.value
    if node.value.lower() in _WORDS:
        return _WORDS[node.value.lower()]
    if _INTEGER.fullmatch(node.value):
        return int(node.value)
    return float(node.value) if _FLOAT.fullmatch(node.value) else node.value


def mistakes(text: str, schema: Schema) -> list[str]:
    node = compose(text)
    assert node is not None
    found = Draft202012Validator(schema).iter_errors(as_editors_read(node))
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@cache
def real_schemas() -> dict[str, Schema]:
    return schemas(real_policies().tree)


def test_they_are_schemas() -> None:
    for schema in real_schemas().values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_the_regions_fits_its_schema(file: str) -> None:
    assert mistakes((REGIONS / file).read_text(), real_schemas()[kind_of(file)]) == []


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_the_regions_names_its_schema(file: str) -> None:
    first = (REGIONS / file).read_text().split("\n", 1)[0]
    assert first == schema_line(file)
    named = (REGIONS / file).parent / first.rpartition("=")[2]
    assert named.resolve() == (REGIONS / FOLDER / f"{kind_of(file)}.json").resolve()
    assert named.is_file()


def test_the_committed_schemas_are_those_of_the_code_and_the_regions() -> None:
    made = schema_texts(real_policies().tree)
    kept = {path.name: path.read_text() for path in (REGIONS / FOLDER).iterdir()}
    assert kept == made, "run `python main.py policy schema`"


def test_another_tree_has_schemas_of_its_own_words(tmp_path: Path) -> None:
    made = schemas(load_tree(GUANGDONG))
    for path in GUANGDONG.rglob("*.yaml"):
        assert mistakes(path.read_text(), made[kind_of(path.relative_to(GUANGDONG).as_posix())]) == [], path
    shutil.copytree(GUANGDONG, tmp_path / "regions")
    written = write_schemas(load_tree(tmp_path / "regions"))
    assert sorted(path.name for path in written) == sorted(f"{name}.json" for name in made)
    assert load_tree(tmp_path / "regions").regions.keys() == load_tree(GUANGDONG).regions.keys()


def caught(code: str, folder: Path) -> tuple[set[str], set[str]]:
    """Return the files of a broken example in which its schema sees a mistake, and those that have a fault."""
    write(folder, {**files_of("base"), **files_of(code)})
    if code in MADE:
        MADE[code](folder)
    faulty = {line.split(":")[0] for line in all_faults(folder).splitlines() if not line.startswith(" ")}
    made = schemas(read_tree(folder, FaultLog()))
    found = set()
    for path in sorted(folder.rglob("*.yaml")):
        file = path.relative_to(folder).as_posix()
        if not path.is_file():
            continue
        try:
            text = path.read_text()
            if compose(text) is not None and mistakes(text, made[kind_of(file)]):
                found.add(file)
        except (Refused, UnicodeDecodeError):
            continue  # no editor shows more than that
    return found, faulty


@pytest.mark.parametrize(
    "code", [code for code in EXAMPLES if code not in ("TOO_MANY_RULES", "FILE_TOO_LARGE", "NO_REGIONS")]
)
def test_a_schema_sees_what_it_can_in_a_broken_example_and_nothing_in_a_good_one(code: str, tmp_path: Path) -> None:
    found, faulty = caught(code, tmp_path)
    assert found <= faulty
    assert bool(found) is (code in CAUGHT)


def test_every_kind_of_outcome_test_and_type_has_its_schema() -> None:
    text = schema_texts(real_policies().tree)["service.json"]
    missing = [word for word in (*TEST_WORDS, *OUTCOMES, *Kind) if f'"{word}"' not in text]
    assert missing == []
    assert [word for word, outcome in OUTCOMES.items() if outcome.speaks] == ["deny", "require", "tell"]


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ("{deny: true, message: {zh: 一, en: one}}", True),
        ("{deny: true}", False),
        ("{deny: true, tell: true, message: {zh: 一, en: one}}", False),
        ("{archive: [social_security_card], when: {holder.age: {below: 16}}}", True),
        ("{archive: [social_security_card], when: {holder.age: {bellow: 16}}}", False),
        ("{archive: [social_security_card], when: {holder.age: {before: 2026-01-01}}}", False),
        ("{archive: [social_security_card], when: {card.expires_on: {present: true, before: {fact: request.today, plus: 60 natural days}}}}", True),
        ("{archive: [social_security_card], when: {card.expires_on: {before: {fact: holder.age}}}}", False),
        ("{charge: {fee: card_fee, amount: 10 yuan}}", True),
        ("{charge: {fee: card_fee, amount: 10}}", False),
        ("{removed: true, source: assumption}", True),
        ("{removed: true, source: nowhere}", False),
        ("{removed: true, source: assumption, deny: true}", False),
    ],
)  # fmt: skip
def test_rules(rule: str, fits: bool) -> None:
    assert (mistakes(f"rules: {{one: {rule}}}", real_schemas()["service"]) == []) is fits
