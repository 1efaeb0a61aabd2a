"""Names of cases and notes of sources, in both languages or in the one that an officer writes in."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain.message import Language
from policies.cases.cases import CaseResult, run_cases
from policies.cases.coverage import results_json
from policies.edit.formatting import format_text
from policies.engine.decide import Policies
from policies.engine.effective import EffectivePolicy
from policies.explain.policy_view import PolicyOfDay, ShownPolicy, shown_policy
from policies.explain.policy_view_text import showing_json, showing_text
from policies.replay.repeating import policies_of_text
from policies.source.faults import PolicyFaults
from policies.tree.tree import load_tree
from tests.chinese_style import PROPER, other_names, slips
from tests.policies.support.regions import REGIONS
from tests.policies.support.small_trees import DAY, policies_of

NAME = {"zh": "NX-1 小的不行", "en": "NX-1 small will not do"}
NOTE = {"zh": "文件没有写明日期", "en": "the document gives no date"}
BOTH = [pytest.param("zh", id="in Chinese"), pytest.param("en", id="in English")]


def ran(folder: Path, *names: Any) -> tuple[CaseResult, ...]:
    """Run cases with these names, all of which fail."""
    policies_of(folder, {})
    cases = [{"name": name, "expect": {"allowed": False}} for name in names]
    text = json.dumps({"defaults": {"date": "DAY"}, "cases": cases}, ensure_ascii=False).replace('"DAY"', str(DAY))
    (folder / "china" / "apply.tests.yaml").write_text(text, "utf-8")
    return run_cases(Policies(load_tree(folder)))


def noted(folder: Path, note: Any) -> EffectivePolicy:
    """Return a policy in force with one rule, whose source has this note."""
    rule = {"tell": True, "message": {"zh": "知", "en": "know"}, "source": {"document": "assumption", "note": note}}
    policy = policies_of(folder, {"advice": rule}).effective("apply", "000000", DAY, DAY)
    assert policy is not None
    return policy


def shown(folder: Path, note: Any) -> ShownPolicy:
    policy = noted(folder, note)
    return shown_policy(Policies(load_tree(folder)), PolicyOfDay(policy, DAY, DAY))


@pytest.mark.parametrize("language", BOTH)
def test_a_failed_case_is_named_in_the_language_of_the_reader(tmp_path: Path, language: Language) -> None:
    [result] = ran(tmp_path, NAME)
    assert result.text(language).splitlines()[0].endswith(f": {NAME[language]}")
    assert json.loads(results_json([result], None))["failed"][0]["case"] == NAME


@pytest.mark.parametrize("language", BOTH)
def test_a_case_named_in_one_language_is_named_so_to_everybody(tmp_path: Path, language: Language) -> None:
    [result] = ran(tmp_path, "NX-1 小的不行")
    assert result.text(language).splitlines()[0].endswith(": NX-1 小的不行")


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        ([NAME, {"zh": NAME["zh"], "en": "another"}], True),
        ([NAME, {"zh": "另一个", "en": NAME["en"]}], True),
        ([NAME, NAME["zh"]], True),
        ([NAME, {"zh": "另一个", "en": "another"}], False),
    ],
    ids=["in Chinese", "in English", "in one language", "not alike"],
)
def test_cases_that_readers_of_one_language_cannot_tell_apart_are_a_fault(
    tmp_path: Path, names: list[Any], alike: bool
) -> None:
    if not alike:
        assert len(ran(tmp_path, *names)) == len(names)
        return
    with pytest.raises(PolicyFaults) as refused:
        ran(tmp_path, *names)
    assert [fault.code for fault in refused.value.faults] == ["DUPLICATE_DEFINITION"]


@pytest.mark.parametrize("name", [{"zh": "只有中文"}, {"zh": "甲", "en": "a", "fr": "a"}, 5], ids=str)
def test_a_name_that_is_neither_one_text_nor_both_is_a_fault(tmp_path: Path, name: Any) -> None:
    with pytest.raises(PolicyFaults):
        ran(tmp_path, name)


@pytest.mark.parametrize("language", BOTH)
def test_a_note_is_told_in_the_language_of_the_reader(tmp_path: Path, language: Language) -> None:
    found = shown(tmp_path, NOTE)
    other = NOTE["en" if language == "zh" else "zh"]
    text = showing_text(found, language)
    assert NOTE[language] in text
    assert other not in text
    assert json.loads(showing_json(found))["rules"][0]["note"] == NOTE


def test_a_note_in_one_language_is_told_to_everybody(tmp_path: Path) -> None:
    found = shown(tmp_path, "没有日期")
    assert "没有日期" in showing_text(found, "en")
    assert json.loads(showing_json(found))["rules"][0]["note"] == {"zh": "没有日期", "en": "没有日期"}


@pytest.mark.parametrize("note", [NOTE, "没有日期"], ids=["both languages", "one language"])
def test_a_kept_text_says_a_note_as_it_was_written(tmp_path: Path, note: Any) -> None:
    policy = noted(tmp_path, note)
    assert json.loads(policy.text())["rules"][0]["citation"]["note"] == (
        note if isinstance(note, str) else {"is": "Message", **note}
    )
    policies_of_text(policy.text(), DAY, DAY)  # raises where it would say anything else


def test_names_and_notes_are_brought_into_form() -> None:
    text = "cases:\n  - expect: {allowed: true}\n    name: {en: one, zh: 'CD-1 一'}\n"
    assert format_text(text, "tests") == "cases:\n  - name: {zh: CD-1 一, en: one}\n    expect: {allowed: true}\n"
    text = "source: {note: {en: one, zh: 一}, document: assumption}\n"
    assert format_text(text, "service") == "source: {document: assumption, note: {zh: 一, en: one}}\n"


def remarks(kind: str) -> list[tuple[str, Any]]:
    """Return every `name` of a case or every `note` of the regions with its file, as it is written."""
    found: list[tuple[str, Any]] = []
    for path in sorted(REGIONS.rglob("*.yaml")):
        file = path.relative_to(REGIONS).as_posix()
        found.extend(
            (file, text) for text in _remarks(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader), kind)
        )
    return found


def _remarks(node: Any, kind: str) -> Iterator[Any]:
    if isinstance(node, list):
        for item in node:
            yield from _remarks(item, kind)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == kind and (kind == "note" or "expect" in node):
                yield value
            else:
                yield from _remarks(value, kind)


@pytest.mark.parametrize(("kind", "least"), [("name", 650), ("note", 150)])
def test_the_regions_have_them_in_both_languages(kind: str, least: int) -> None:
    found = remarks(kind)
    assert len(found) > least
    assert [f"{file}: {text}" for file, text in found if not isinstance(text, dict)] == []


@pytest.mark.parametrize("kind", ["name", "note"])
def test_their_chinese_is_chinese_in_good_form_and_calls_things_by_their_names(kind: str) -> None:
    for file, text in remarks(kind):
        said = _ROWS.sub("", text["zh"], count=1)
        assert re.search("[一-龥]", said), f"{file}: {said}"
        assert slips(said, PROPER | _DOCUMENTS) + other_names(said, citizens=False) == [], f"{file}: {said}"
        assert not re.search(r"`|。$|(?<!\d)\d{6}(?!\d)", said), f"{file}: {said}"
        assert not re.search("您|请(?!人)", said.replace("申请", "")), f"{file}: officers are not spoken to: {said}"


def test_a_case_begins_with_the_same_rows_and_assumes_the_same_in_both_languages() -> None:
    for file, text in remarks("name"):
        zh, en = text["zh"], text["en"]
        assert _rows(zh) == _rows(en), f"{file}: {zh} · {en}"
        assert ("（假定）" in zh) is ("(assumption)" in en), f"{file}: {zh} · {en}"


_DOCUMENTS = frozenset({"CD", "NX", "SC", "QD"})
_ROWS = re.compile(r"(?:(?:CD|NX|SC|QD)-[0-9]+[, ]*)*")


def _rows(name: str) -> list[str]:
    found = _ROWS.match(name)
    return re.findall(r"[A-Z]+-[0-9]+", found[0]) if found else []
