"""Every code of a fault or error has a page in `docs/errors/`, and every page a code."""

import re
from pathlib import Path

import pytest

from tests.policies.error_codes import ROOT, all_codes

PAGES = ROOT / "docs" / "errors"
NO_CODES = {"PROMETHEUS_MULTIPROC_DIR"}
"""Texts in capitals that are the names of something else."""


def pages() -> list[Path]:
    return sorted(path for path in PAGES.glob("*.md") if path.stem != "README")


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    codes = all_codes()
    missing = {code: sorted(codes[code]) for code in codes.keys() - NO_CODES - {path.stem for path in pages()}}
    assert missing == {}
    assert {path.stem for path in pages()} - codes.keys() == set()


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_a_page_says_what_the_code_means_and_what_to_do(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# {path.stem}\n")
    assert "**What to do:** " in text
    assert 5 <= len(text.splitlines()) <= 15


def test_the_index_lists_every_page_once() -> None:
    listed = re.findall(r"^- \[(\w+)\]\((\w+)\.md\)$", (PAGES / "README.md").read_text(), re.MULTILINE)
    assert sorted(name for name, _ in listed) == [path.stem for path in pages()]
    assert all(name == file for name, file in listed)
