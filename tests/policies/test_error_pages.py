"""Every code of a fault or error has a page in `docs/errors/`, and every page a code; officers read theirs in Chinese."""

import re
from pathlib import Path

import pytest

from composition.variables import KNOWN
from domain.error_codes import ErrorCode
from tests.chinese_style import other_names
from tests.policies.support.error_codes import ROOT, all_codes, codes_in

PAGES = ROOT / "docs" / "errors"
NO_CODES = {*KNOWN, "LC_ALL", "LD_LIBRARY_PATH", "WITH_IT"}
"""Texts in capitals that are the names of something else: of environment variables, the system's own too, and of a rule of access."""
IN_ENGLISH = "只有英文"
"""What the introduction of a section says whose pages no officer meets, but for those that it names."""
CHINESE = re.compile(r"\*\*中文：\*\* (?P<means>[一-鿿].*。)\*\*怎么办：\*\* (?P<remedy>[一-鿿].*。)")
"""A page's last line. Without the spaces Markdown takes the asterisks for text: a letter would follow punctuation and them."""


def pages() -> list[Path]:
    return sorted(path for path in PAGES.glob("*.md") if path.stem != "README")


def sections() -> dict[str, tuple[str, list[str]]]:
    """Return the introduction of each section of the index, and the codes that it lists."""
    _, *found = re.split(r"^## (.+)\n", (PAGES / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    parts = dict(zip(found[::2], found[1::2], strict=True))
    return {
        title: (text.partition("\n- ")[0], re.findall(r"^- \[(\w+)\]", text, re.M)) for title, text in parts.items()
    }


def pages_of_officers() -> list[Path]:
    """Return the pages of the codes that an officer can meet, as the index tells them."""
    codes: list[str] = []
    for introduction, listed in sections().values():
        codes += re.findall(r"`([A-Z_]+)`", introduction) if IN_ENGLISH in introduction else listed
    return sorted(PAGES / f"{code}.md" for code in codes)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    codes = all_codes()
    missing = {code: sorted(codes[code]) for code in codes.keys() - NO_CODES - {path.stem for path in pages()}}
    assert missing == {}
    assert {path.stem for path in pages()} - codes.keys() == set()


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_a_page_says_what_the_code_means_and_what_to_do(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith(f"# {path.stem}\n")
    assert "**What to do:** " in text
    assert 5 <= len(text.splitlines()) <= 16


def test_a_page_of_a_request_begins_with_what_the_graph_says_of_its_code() -> None:
    for code in ErrorCode:
        _, means, *_ = (PAGES / f"{code.name}.md").read_text("utf-8").split("\n\n")
        assert re.sub(r"^\*\w+\.\* ", "", means.replace("\n", " ")) == code.value


def test_every_code_that_a_request_can_be_refused_with_is_one_of_the_closed_set() -> None:
    rooms = ("domain", "gateways", "resolvers", "store")
    raised = {
        code
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        for code in re.findall(r'\b(?:code=|default_code = )"([A-Z_]+)"', path.read_text("utf-8"))
    }
    assert len(raised) > 40
    assert raised - ErrorCode.__members__.keys() - {"DOMAIN_ERROR"} == set()


def test_the_index_lists_every_page_once() -> None:
    listed = re.findall(r"^- \[(\w+)\]\((\w+)\.md\)$", (PAGES / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(name for name, _ in listed) == [path.stem for path in pages()]
    assert all(name == file for name, file in listed)


@pytest.mark.parametrize("path", pages_of_officers(), ids=lambda path: path.stem)
def test_a_page_of_the_officers_says_the_same_in_chinese_at_its_end(path: Path) -> None:
    *_, before, last = path.read_text("utf-8").splitlines()
    assert before == ""
    assert CHINESE.fullmatch(last), last


def test_the_pages_and_the_index_call_things_by_their_names() -> None:
    lines = [
        (path.stem, line)
        for path in PAGES.glob("*.md")
        for line in path.read_text("utf-8").splitlines()
        if re.search("[一-鿿]", line)
    ]
    assert len(lines) > 100
    assert [(page, found) for page, line in lines if (found := other_names(line, citizens=False))] == []


def test_the_index_is_in_chinese_too_and_says_which_pages_are_in_english_only() -> None:
    for title, (introduction, listed) in sections().items():
        assert re.search(r"[一-鿿].*。", introduction), title
        if IN_ENGLISH in introduction:
            assert set(re.findall(r"`([A-Z_]+)`", introduction)) <= set(listed), title
    assert [path for path in pages() if "**中文：**" in path.read_text("utf-8")] == pages_of_officers()
    assert set().union(*(codes_in(path) for path in (ROOT / "policies").rglob("*.py"))) <= {
        p.stem for p in pages_of_officers()
    }
