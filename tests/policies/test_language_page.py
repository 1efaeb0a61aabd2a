"""The language reference in English and Chinese: its tables are current, and its examples are policies that load.

Each example stands in the place that its first line names. Both pages have the same sections and the same examples, and
name the same words of the language in each section.
"""

import re
import shutil
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import pytest

from domain.message import Language, Message
from policies.language import conditions, normal_form, vocabulary
from policies.language.outcomes import charge, needs
from policies.language.outcomes.table import OUTCOMES
from policies.language.values import Kind, ValueType, has_type, read_plain_value
from policies.source import reader
from policies.source.faults import FaultLog
from policies.source.nodes import MAX_DEPTH, MAX_NODES
from policies.tree import folders, tree
from policies.tree.policy_checks import MAX_RULE_CONJUNCTIONS, MAX_RULES
from policies.tree.tree import load_tree
from tests import language_page

PAGES = {language: path.read_text(encoding="utf-8") for language, path in language_page.PAGES.items()}
EXAMPLE = re.compile(r"```yaml\n# regions/(\S+)\n(.*?)```", re.DOTALL)
BLOCK = r"^```\w*\n(?s:.*?)^```$|(?:^ {4}.*\n)+"
PART = re.compile(rf"{BLOCK}|^#+ |^<!-- \w+:|^\*\*|^- |^\|", re.MULTILINE)
"""What a page is built of: examples, headings, generated tables, paragraphs with a name, items, rows."""
COMMENT = re.compile(r"(?<=\S) +# .*$", re.MULTILINE)

both = pytest.mark.parametrize("language", sorted(PAGES))


@both
def test_every_example_loads_in_its_place(language: Language, tmp_path: Path) -> None:
    examples = EXAMPLE.findall(PAGES[language])
    assert len(examples) == PAGES[language].count("```yaml") >= 4
    regions = tmp_path / "regions"
    shutil.copytree("regions", regions)
    for path, text in examples:
        assert (regions / path).exists()
        (regions / path).write_text(text, encoding="utf-8")
    # What the whole region has beside the shortened examples may be missed by its tests, not by its policies.
    assert "370200" in load_tree(regions).regions


@both
def test_every_word_of_the_language_stands_on_the_page(language: Language) -> None:
    origins = vocabulary.Origin.__args__  # type: ignore[attr-defined]
    words = {*conditions.TEST_WORDS, *OUTCOMES, *needs.SPECIFICATION, *charge.PAYERS, *origins}
    page = PAGES[language]
    assert sorted(word for word in words if not re.search(rf"`{word}[`:]|\b{word}\b", page, re.ASCII)) == []


@both
def test_every_limit_stands_on_the_page(language: Language) -> None:
    limits = (
        reader.MAX_FILE_BYTES // 1024, MAX_NODES, MAX_DEPTH, tree.MAX_REGIONS, MAX_RULES, MAX_RULE_CONJUNCTIONS,
        reader.MAX_TEXT, folders.MAX_ENTRIES, folders.MAX_TREE_BYTES // 2**20, normal_form.MAX_CONJUNCTIONS,
        normal_form.MAX_TESTS, needs.MAX_ALTERNATIVES, conditions.MAX_CONDITION_DEPTH,
    )  # fmt: skip
    written = [language_page.filled(Message("{}", "{}"), limit).text(language) for limit in limits]
    assert sorted(limit for limit in written if not re.search(rf"\b{limit}\b", PAGES[language], re.ASCII)) == []


@both
def test_the_tables_are_current(language: Language) -> None:
    current = language_page.page(PAGES[language], language)
    assert current == PAGES[language], f"run `make language` and commit {language_page.PAGES[language]}"


@pytest.mark.parametrize(("language", "cell"), [("en", "| a fee |"), ("zh", "| 一种费用 |")], ids=["en", "zh"])
def test_a_table_that_says_something_else_is_written_anew(language: Language, cell: str) -> None:
    wrong = PAGES[language].replace(cell, "| nothing |")
    assert wrong != PAGES[language]
    assert language_page.page(wrong, language) == PAGES[language]


@both
def test_a_word_that_nobody_describes_stops_the_writing(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_page, "TEST_WORDS", (*conditions.TEST_WORDS, "resembles"))
    with pytest.raises(language_page.Undescribed, match="resembles"):
        language_page.page(PAGES[language], language)


@both
def test_a_word_that_has_no_chinese_name_stops_the_writing(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    without = {word: name for word, name in language_page.CALLED.items() if word != "refundable"}
    monkeypatch.setattr(language_page, "CALLED", without)
    with pytest.raises(language_page.Undescribed, match="refundable"):
        language_page.page(PAGES[language], language)


@both
@pytest.mark.parametrize("said", [Message("", "at most"), Message("不超过", "")])
def test_a_word_described_in_one_language_only_stops_the_writing(
    language: Language, said: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_page, "FITS", {**language_page.FITS, "max_bytes": said})
    with pytest.raises(language_page.Undescribed, match="one language only"):
        language_page.page(PAGES[language], language)


@both
@pytest.mark.parametrize("kind", Kind)
def test_a_type_is_written_as_its_row_shows(kind: Kind, language: Language, tmp_path: Path) -> None:
    written = language_page.WRITTEN[kind][0].text(language)
    for number, example in enumerate(re.findall(r"`([^`]+)`", written)):
        if example == "of:":
            continue
        file = tmp_path / f"{number}.yaml"
        file.write_text(f"value: {example}\n", "utf-8")
        log = FaultLog()
        read = read_plain_value(reader.read_file(file, file.name, log).entries()["value"], ValueType(kind))
        assert log.faults == []
        assert has_type(read, ValueType(kind))


def outline(page: str) -> list[str]:
    """Return what a page is built of, in order: each example without its comments, of all else the mark it begins with."""
    return [COMMENT.sub("", part) for part in PART.findall(page)]


def test_both_pages_have_the_same_sections_and_examples() -> None:
    english, chinese = outline(PAGES["en"]), outline(PAGES["zh"])
    assert sum(part.startswith(("```", "    ")) for part in english) >= 7
    assert english.count("## ") >= 10
    for one, other in zip_longest(english, chinese, fillvalue="the end"):
        assert one == other


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        (lambda page: page.replace("value: [icbc, ccb]", "value: [icbc]"), False),
        (lambda page: page.replace("without: [choice.outlet]", "without: [choice.bank]"), False),
        (lambda page: page.replace("\n# regions/", "\n# ", 1), False),
        (lambda page: page.replace("## 值", "### 值"), False),
        (lambda page: page.replace("## 值\n", ""), False),
        (lambda page: page.replace("# 本用例没有", "# 该用例没有"), True),
    ],
    ids=["example", "block without a fence", "place", "level", "section", "comment"],
)
def test_pages_that_drift_apart_are_noticed(change: Callable[[str], str], alike: bool) -> None:
    changed = change(PAGES["zh"])
    assert changed != PAGES["zh"]
    assert (outline(changed) == outline(PAGES["en"])) is alike


def sections(page: str) -> list[str]:
    """Return the sections of a page, examples and all, without fences and blanks: a line's end may stand within a word."""
    text = re.sub(r"^```\w*$", "", page, flags=re.MULTILINE)
    return [re.sub(r"\s", "", section) for section in re.split(r"^#+ (?!regions/)", text, flags=re.MULTILINE)[1:]]


def test_both_pages_name_the_same_words_in_each_section() -> None:
    for english, chinese in zip(sections(PAGES["en"]), sections(PAGES["zh"]), strict=True):
        lacking = {span for span in re.findall(r"`[^`]+`", english) if span not in chinese}
        beyond = {span for span in re.findall(r"`([^`]+)`", chinese) if span not in english}
        assert (lacking, beyond) == (set(), set()), chinese[:20]
