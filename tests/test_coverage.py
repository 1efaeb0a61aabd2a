"""Every row of the source documents has a policy, a resolver, a policy case and a graph test, and the page says so."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.coverage_page import PAGE, ROOT, Coverage, collect, page

DOCUMENTS = {"NX": range(6), "SC": range(1, 15), "CD": range(1, 11), "QD": range(1, 9)}
"""How the rows of each source document are numbered."""


@cache
def here() -> Coverage:
    return collect(ROOT)


def test_every_row_of_the_source_documents_is_listed_once() -> None:
    numbered = [f"{document}-{number}" for document, numbers in DOCUMENTS.items() for number in numbers]
    assert [row.id for row in here().rows] == numbered
    assert len(numbered) == 38


@pytest.mark.parametrize("kind", ["policy file", "resolver", "policy case", "graph test"])
def test_every_row_has_a(kind: str) -> None:
    missing = [gap for gap in here().gaps() if gap.endswith(f"has no {kind}")]
    assert not missing, "; ".join(missing)


def test_nothing_names_a_row_that_no_document_has() -> None:
    assert here().unknown_rows() == []


def test_the_page_is_current() -> None:
    assert (ROOT / PAGE).read_text("utf-8") == page(here()), "run `make coverage` and commit docs/coverage.md"


def test_every_link_of_the_page_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)]+)\)", page(here()))
    assert len(links) > len(here().rows)
    assert [link for link in links if not (ROOT / PAGE.parent / link).is_file()] == []


SMALL: dict[str, str] = {
    "docs/domain.md": "| row | source | what it says |\n|---|---|---|\n| CD-1 | guide | apply |\n| CD-10 | guide | look up |\n",
    "regions/china/apply.yaml": 'source: {document: guide, clause: "一 (CD-1)"}\n',
    "regions/china/apply.tests.yaml": "cases:\n  - name: CD-1 one applies\n  - name: It is cheap, says CD-10\n",
    "resolvers/services/apply.py": '"""Applying (CD-1)."""\n',
    "tests/graph/test_apply.py": "def test_CD_1_one_applies() -> None: ...\n",
}
"""A checkout in which all is well with CD-1, and nothing carries CD-10."""


def written(folder: Path, changed: Mapping[str, str] | None = None) -> Coverage:
    """Collect from the small checkout, some of its files written anew."""
    for name, text in {**SMALL, **(changed or {})}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return collect(folder)


NOTHING_FOR_CD_10 = [f"CD-10 has no {kind}" for kind in ("policy file", "resolver", "policy case", "graph test")]


def test_a_row_is_not_taken_for_another_that_begins_like_it(tmp_path: Path) -> None:
    assert written(tmp_path).gaps() == NOTHING_FOR_CD_10


@pytest.mark.parametrize(
    ("file", "text", "gap"),
    [
        ("resolvers/services/apply.py", '"""Applying."""\n# As CD-1 says.\n', "CD-1 has no resolver"),
        ("regions/china/apply.tests.yaml", "cases:\n  - name: One applies (CD-1)\n", "CD-1 has no policy case"),
        ("tests/graph/test_apply.py", 'def test_one_applies() -> None:\n    assert "CD-1"\n', "CD-1 has no graph test"),
        ("tests/graph/test_apply.py", '"""CD-1."""\n\ndef helper_CD_1() -> None: ...\n', "CD-1 has no graph test"),
        (
            "tests/graph/test_apply.py",
            "@pytest.mark.skip\ndef test_CD_1_one_applies() -> None: ...\n",
            "CD-1 has no graph test",
        ),
        (
            "tests/graph/test_apply.py",
            "@pytest.mark.xfail(strict=True)\ndef test_CD_1_one_applies() -> None: ...\n",
            "CD-1 has no graph test",
        ),
    ],
)
def test_what_only_mentions_a_row_does_not_carry_it(tmp_path: Path, file: str, text: str, gap: str) -> None:
    assert written(tmp_path, {file: text}).gaps() == [gap, *NOTHING_FOR_CD_10]


def test_the_note_of_an_assumption_cites_no_row(tmp_path: Path) -> None:
    assumed = 'source: {document: assumption, note: "CD-10 states it elsewhere"}\n'
    assert written(tmp_path, {"regions/china/apply.yaml": assumed}).gaps() == NOTHING_FOR_CD_10


@pytest.mark.parametrize(
    "text",
    [
        "def test_cd_10_and_more() -> None: ...\n",
        'async def test_more() -> None:\n    """One looks up more (CD-10)."""\n',
        '@pytest.mark.parametrize("x", [pytest.param(1, id="CD-10 one"), pytest.param(2, id="CD-10 two")])\n'
        "def test_more(x: int) -> None: ...\n",
        '@pytest.mark.parametrize("x", [1], ids=["CD-10"])\ndef test_more(x: int) -> None: ...\n',
        'MORE = [pytest.param(1, id="CD-10 one")]\n\n'
        '@pytest.mark.parametrize("x", MORE)\ndef test_more(x: int) -> None: ...\n',
    ],
)
def test_a_graph_test_names_its_row_in_name_docstring_or_ids_and_counts_once(tmp_path: Path, text: str) -> None:
    found = written(tmp_path, {"tests/graph/test_more.py": text}).carriers["graph test"]
    assert found["CD-10"] == {"tests/graph/test_more.py": 1}


def test_a_case_may_begin_with_several_rows_and_names_the_policy_beside_it(tmp_path: Path) -> None:
    cases = "cases:\n  - name: CD-1, CD-10 one applies and looks up\n  - name: CD-10 one looks up\n"
    found = written(tmp_path, {"regions/china/apply.tests.yaml": cases}).carriers
    assert found["policy case"]["CD-10"] == {"regions/china/apply.tests.yaml": 2}
    assert "regions/china/apply.yaml" in found["policy file"]["CD-10"]


def test_a_row_that_no_document_has_is_told_with_its_file(tmp_path: Path) -> None:
    found = written(tmp_path, {"resolvers/services/apply.py": '"""Applying (CD-1, QD-9)."""\n'})
    assert found.unknown_rows() == ["QD-9 in resolvers/services/apply.py"]


def test_the_page_shows_what_a_row_lacks(tmp_path: Path) -> None:
    shown = page(written(tmp_path))
    assert "\n1 of 2 rows have all four; not yet: CD-10.\n" in shown
    assert "\n| CD-10 | look up | **none** | **none** | **none** | **none** |\n" in shown
    assert (
        "\n| CD-1 | apply | [china/apply](../regions/china/apply.yaml) | [services/apply.py](../resolvers/services/apply.py) "
        "| [china/apply](../regions/china/apply.tests.yaml) (1) "
        "| [tests/graph/test_apply.py](../tests/graph/test_apply.py) (1) |\n"
    ) in shown
