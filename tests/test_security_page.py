"""docs/security.md promises nothing that no test holds."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[a-z_0-9/]+\.py)::(test_\w+)`")


@cache
def written_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def promises() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each promise with the tests that are named beside it."""
    sections = re.split(r"^## ", PAGE, flags=re.M)
    rows = [
        line for each in sections if re.match(r"[1-7]\. ", each) for line in each.splitlines() if line.startswith("| ")
    ]
    cells = [row.strip("| ").split(" | ") for row in rows if not row.startswith("| promise")]
    return [
        (said, TEST.findall(" | ".join(rest)))
        for said, *rest in cells
        if TEST.search(" | ".join(rest)) or len(rest) == 1
    ]


def test_each_promise_is_held_by_tests_that_are_there() -> None:
    found = promises()
    assert len(found) > 60
    assert [said for said, held in found if not held] == []
    missing = [f"{file}::{name}" for file, name in TEST.findall(PAGE) if name not in written_in(file)]
    assert missing == []
    assert [said for said, count in Counter(said for said, _ in found).items() if count > 1] == []


def test_each_section_of_promises_has_some_and_what_is_not_promised_is_said() -> None:
    for number in range(1, 8):
        section = re.split(r"^## ", PAGE.split(f"\n## {number}. ")[1], flags=re.M)[0]
        assert TEST.search(section), number
    assert "## What is not promised" in PAGE
    assert "## How to report a fault" in PAGE


def test_whoever_looks_for_it_is_led_there() -> None:
    for page in ("README.md", "README.zh.md", "docs/operations.md", "docs/decisions/0019-who-may-do-what.md"):
        assert "security.md" in (ROOT / page).read_text("utf-8"), page
