"""The examples of docs/policy-language.md are policies that load, each in the place that its first line names."""

import re
import shutil
from pathlib import Path

import pytest

from policies import conditions, folders, outcomes, program, reader, tree, vocabulary
from policies.faults import FaultLog
from policies.limits import MAX_RULE_CONJUNCTIONS, MAX_RULES
from policies.nodes import MAX_DEPTH, MAX_NODES
from policies.tree import load_tree
from policies.values import Kind, ValueType, has_type, read_plain_value
from tests import language_page

PAGE = Path("docs/policy-language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n# regions/(\S+)\n(.*?)```", PAGE, re.DOTALL)


def test_every_example_loads_in_its_place(tmp_path: Path) -> None:
    assert len(EXAMPLES) == PAGE.count("```yaml") >= 4
    regions = tmp_path / "regions"
    shutil.copytree("regions", regions)
    for path, text in EXAMPLES:
        assert (regions / path).exists()
        (regions / path).write_text(text, encoding="utf-8")
    # What the whole region has beside the shortened examples may be missed by its tests, not by its policies.
    assert "370200" in load_tree(regions).regions


def test_every_word_of_the_language_stands_on_the_page() -> None:
    origins = vocabulary.Origin.__args__  # type: ignore[attr-defined]
    words = {*conditions.TEST_WORDS, *outcomes.OUTCOMES, *outcomes.SPECIFICATION, *outcomes.PAYERS, *origins}
    assert sorted(word for word in words if not re.search(rf"`{word}[`:]|\b{word}\b", PAGE)) == []


def test_every_limit_stands_on_the_page() -> None:
    limits = (
        reader.MAX_FILE_BYTES // 1024, MAX_NODES, MAX_DEPTH, tree.MAX_REGIONS, MAX_RULES, MAX_RULE_CONJUNCTIONS,
        reader.MAX_TEXT, folders.MAX_ENTRIES, folders.MAX_TREE_BYTES // 2**20, program.MAX_CONJUNCTIONS,
        program.MAX_TESTS, outcomes.MAX_ALTERNATIVES, conditions.MAX_CONDITION_DEPTH,
    )  # fmt: skip
    assert sorted(limit for limit in limits if not re.search(rf"\b{limit:,}\b", PAGE)) == []


def test_the_tables_are_current() -> None:
    assert language_page.page(PAGE) == PAGE, "run `make language` and commit docs/policy-language.md"


def test_a_table_that_says_something_else_is_written_anew() -> None:
    wrong = PAGE.replace("| `waive` | a fee |", "| `waive` | nothing |")
    assert wrong != PAGE
    assert language_page.page(wrong) == PAGE


def test_a_word_that_nobody_describes_stops_the_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_page, "TEST_WORDS", (*conditions.TEST_WORDS, "resembles"))
    with pytest.raises(language_page.Undescribed, match="resembles"):
        language_page.page(PAGE)


@pytest.mark.parametrize("kind", Kind)
def test_a_type_is_written_as_its_row_shows(kind: Kind, tmp_path: Path) -> None:
    for number, example in enumerate(re.findall(r"`([^`]+)`", language_page.WRITTEN[kind][0])):
        if example == "of:":
            continue
        file = tmp_path / f"{number}.yaml"
        file.write_text(f"value: {example}\n", "utf-8")
        log = FaultLog()
        read = read_plain_value(reader.read_file(file, file.name, log).entries()["value"], ValueType(kind))
        assert log.faults == []
        assert has_type(read, ValueType(kind))
