"""Reading YAML: nothing changes type, nothing blows up, and nothing but faults ever comes out of bad text."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.cases.case_files import read_cases
from policies.source.faults import FaultLog, Unreadable
from policies.source.nodes import MAX_DEPTH, MAX_NODES
from policies.source.reader import MAX_FILE_BYTES, Value, read_file, read_text
from policies.tree.tree import read_tree
from tests.policies.support.golden import files_of, write

SOAK = 40 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 1


def read(text: str, reader: Callable[[Value], Any]) -> Any:
    """Return what is read, or the code of the one fault."""
    log = FaultLog()
    try:
        return reader(read_text(text, "file.yaml", log))
    except Unreadable:
        assert len(log.faults) == 1
        return log.faults[0].code


AMBIGUOUS = [
    "NO", "no", "On", "off", "y", "N", "true", "False", "null", "~", "510100", "-3", "+3", "1_000", "0x10", "0b1",
    "0o17", "017", "12:30", "190:20:30", "1e3", "1.", ".5", "-.5e3", "1.5E-3", ".inf", "-.INF", ".NaN", "2026-03-01",
    "2026-3-1", "2001-12-14t21:59:43.10-05:00", "=", "<<",
]  # fmt: skip


@pytest.mark.parametrize("word", AMBIGUOUS)
def test_words_that_some_reader_takes_for_something_else_are_faults_unless_quoted(word: str) -> None:
    assert read(word, Value.text) == "AMBIGUOUS_VALUE"
    assert read(f'"{word}"', Value.text) == word
    log = FaultLog()
    read_text(f"{word}: value", "file.yaml", log).entries()
    assert [fault.code for fault in log.faults] == ["AMBIGUOUS_VALUE"]


@pytest.mark.parametrize(
    "word", ["北京", "10 yuan", "7 working days", "at once", "a-b", "1a", "v1.2", "NOo", "e3", "a: b"[:1]]
)
def test_words_that_every_reader_takes_for_text_are_text(word: str) -> None:
    assert read(word, Value.text) == word
    assert isinstance(yaml.safe_load(word), str)


@given(st.text(alphabet="0123456789abcdefxobEINFTRUENLYSonaly.:_+-~=<>tTZ ", min_size=1, max_size=12))
@settings(max_examples=500 * SOAK, deadline=None, derandomize=True)
def test_what_is_read_as_text_is_text_for_other_readers_too(word: str) -> None:
    log = FaultLog()
    try:
        text = read_text(word, "file.yaml", log).text()
    except Unreadable:
        return
    assert yaml.safe_load(word) == text


@pytest.mark.parametrize(
    ("text", "reader", "expected"),
    [
        ("16", Value.integer, 16), ("-0", Value.integer, 0), ("016", Value.integer, "WRONG_TYPE"),
        ("1_6", Value.integer, "WRONG_TYPE"), ("１６", Value.integer, "WRONG_TYPE"), ("9" * 16, Value.integer, "WRONG_TYPE"),
        ("true", Value.boolean, True), ("True", Value.boolean, "WRONG_TYPE"), ("on", Value.boolean, "WRONG_TYPE"),
        ("2026-03-01", Value.date, date(2026, 3, 1)), ("2026-3-1", Value.date, "WRONG_TYPE"),
        ("2026-W09-1", Value.date, "WRONG_TYPE"), ("2026-02-29", Value.date, "WRONG_TYPE"),
        ('"2026-03-01"', Value.date, "WRONG_TYPE"), ("17:00", Value.time, "AMBIGUOUS_VALUE"),
        ('"24:00"', Value.time, "WRONG_TYPE"), ("[]", Value.entries, "WRONG_TYPE"), ("{}", Value.items, "WRONG_TYPE"),
        ("a_1", Value.name, "a_1"), ("a__b", Value.name, "BAD_NAME"), ("_a", Value.name, "BAD_NAME"),
        ("é", Value.name, "BAD_NAME"), ('""', Value.text, "BAD_TEXT"), ('"\\u200f"', Value.text, "BAD_TEXT"),
    ],
)  # fmt: skip
def test_scalars(text: str, reader: Callable[[Value], Any], expected: Any) -> None:
    assert read(text, reader) == expected


BOMBS = {
    "laughs": "a: &a [x, x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
    "depth": "[" * 1_000 + "]" * 1_000,
    "depth of mappings": "{a: " * 1_000 + "1" + "}" * 1_000,
    "depth of blocks": "- " * 1_000 + "x",
    "nodes": "[" + "1," * 100_000 + "]",
    "keys": "".join(f"k{number}: v\n" for number in range(25_000)),
    "no end": "a: [" + "b, " * 30_000,
    "indentation": "".join(" " * depth + "a:\n" for depth in range(700)),
    "question marks": "? " * 30_000,
    "tags": "!!python/object/apply:os.system [ls]",
    "directives": "%YAML 1.2\n" * 20_000,
    "documents": "---\na\n" * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_at_once(name: str) -> None:
    started = time.process_time()
    log = FaultLog()
    with suppress(Unreadable):
        read_text(BOMBS[name], "file.yaml", log).entries()
    assert {fault.code for fault in log.faults} <= {
        "YAML_ALIAS", "FILE_TOO_DEEP", "FILE_TOO_LARGE", "YAML_TAG", "NOT_YAML", "AMBIGUOUS_VALUE",
    }  # fmt: skip
    assert log.faults
    assert time.process_time() - started < 1


def test_as_much_as_the_limits_allow_is_read() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH, lambda value: value.kind.en) == "a list"
    assert read("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), lambda value: value.kind) == "FILE_TOO_DEEP"
    assert len(read("[" + "a, " * (MAX_NODES - 1) + "]", Value.items)) == MAX_NODES - 1
    assert read("[" + "a, " * MAX_NODES + "]", Value.items) == "FILE_TOO_LARGE"


def test_a_file_as_large_as_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("word #" + "a" * (MAX_FILE_BYTES - 6))
    assert read_file(path, "file.yaml", FaultLog()).text() == "word"


def test_a_long_value_is_cut_in_messages() -> None:
    log = FaultLog()
    read_text("{" + "k" * 900 + ": 1}", "file.yaml", log).fields((), ("known",))
    with pytest.raises(Unreadable):
        read_text("k" * 900, "file.yaml", log).date()
    assert [len(str(fault)) < 500 for fault in log.faults] == [True, True]


def test_a_character_that_is_not_allowed_is_placed_after_longer_ones() -> None:
    log = FaultLog()
    with pytest.raises(Unreadable):
        read_text("a: 一\nb: 二三\x00", "file.yaml", log)
    assert (log.faults[0].line, log.faults[0].column) == (2, 6)
    assert log.faults[0].message.en == "not YAML: it holds the character U+0000, which nobody can see"


@given(st.binary(max_size=400))
@settings(
    max_examples=300 * SOAK,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_random_bytes_give_faults_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(content)
    log = FaultLog()
    try:
        read_file(path, "file.yaml", log)
    except Unreadable:
        assert len(log.faults) == 1
    else:
        assert not log.faults


FILES = files_of("base")
TESTED = {
    **FILES,
    "china/apply.tests.yaml": "defaults: {date: 2026-03-02, facts: {request.channel: app, holder.age: 3}}\n"
    "cases:\n  - {name: A case, evidence: {documents: [photo]}, history: [], expect: {denials: [too_young]}}\n",
    "china/vocabulary.yaml": "facts:\n  history.losses: {type: integer, origin: counted, label: {zh: 次, en: n},"
    " count: {of: operation, within: lifetime}}\n",
    "china/status.yaml": "title: {zh: 查, en: s}\nsource: guide\nreview_every: 1 year\nrules:\n"
    "  fee: {charge: {fee: postage, amount: 10 yuan, payer: bank, refundable: true}}\n"
    "  soon: {promise: {what: done, within: at once, counted_from: submitted}}\n"
    "  lapse: {lapse: {state: lost, after: 7 natural days, becomes: active}}\n"
    "  keep: {archive: [photo]}\n"
    "  say: {tell: {contact: '12333'}, message: {zh: 一, en: a}, when: {request.today: {between: [2026-01-01, 2026-02-01]}}}\n",
}
WORDS = [
    "~", "NO", "510100", "1e3", "x" * 200, "[]", "{}", "[[[]]]", "{a: b}", "[a, a]", "true", "false", "2026-01-01",
    "2026-13-01", "'17:00'", "10 yuan", "7 natural days", "at once", "guide", "too_young", "photo", "icbc", "app",
    "request.channel", "holder.age", "'{from_age}'", "'{'", "{setting: from_age}", "{fact: holder.age}", "-1",
    "99999999999999", "terms", "duration", "counted", "assumption", "{replaces: true}", "{removed: true}",
    "{zh: 一, en: a}", "[{value: 1, from: 2026-01-01}]", "&a b", "*a", "!t b", "'", "\t", "{", "channels", "0001-01-01",
]  # fmt: skip


@given(st.data())
@settings(
    max_examples=80 * SOAK,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_tree_with_random_mistakes_gives_faults_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = dict(TESTED)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(files)))
        files[name] = _spoil(files[name], data)
    folder = write(tmp_path_factory.mktemp("tree"), files)
    log = FaultLog()
    read_cases(read_tree(folder, log), log)
    assert all(fault.file and fault.line >= 1 and fault.message and fault.remedy for fault in log.faults)


def _spoil(text: str, data: st.DataObject) -> str:
    """Replace one scalar or bracket of a file, drop a line, or repeat one."""
    kind = data.draw(st.sampled_from(["word", "word", "word", "drop", "repeat", "cut"]))
    lines = text.split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    if kind == "drop":
        return "\n".join(lines[:at] + lines[at + 1 :])
    if kind == "repeat":
        return "\n".join([*lines[: at + 1], *lines[at:]])
    if kind == "cut":
        return text[: data.draw(st.integers(0, len(text)))]
    log = FaultLog()
    try:
        places = list(_scalars(read_text(text, "file.yaml", log)))
    except Unreadable:
        return text
    if not places:
        return text
    line, column, old = data.draw(st.sampled_from(places))
    before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    lines[line - 1] = before + after.replace(old, data.draw(st.sampled_from(WORDS)), 1)
    return "\n".join(lines)


def _scalars(value: Value) -> list[tuple[int, int, str]]:
    if value.is_mapping or value.is_list:
        parts = list(value.entries().values()) if value.is_mapping else value.items()
        return [found for part in parts for found in _scalars(part)]
    return [(value.place.line, value.place.column, getattr(value.node, "value", ""))]
