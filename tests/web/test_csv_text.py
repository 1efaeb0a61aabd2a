"""CSV goes out so that no spreadsheet computes it, and comes in as what it was before that."""

import csv
from io import StringIO

import pytest

from web.csv_text import MARK, harmless, read_rows, write_rows

TEXTS = (
    "=1+1", "+86138", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "'=1", "''=1", "'quoted'", "'", "''", "plain", "王某某", "1-1",
    "=HYPERLINK(\"http://evil.example\")", "=cmd|' /C calc'!A0",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_what_goes_out_is_no_formula_and_comes_in_as_it_was(text: str) -> None:
    content = write_rows(["a", "b"], [[text, "second"]])
    [_, [cell, _]] = csv.reader(StringIO(content.decode().removeprefix(MARK)))
    assert cell[0] not in "=+-@\t\r\n＝＋－＠"
    [row] = read_rows(content, ["a", "b"], ["a"], 9)
    assert row.wrong is None
    assert row.cells["a"] == text


def test_what_begins_with_a_blank_that_a_spreadsheet_drops_is_no_formula_either() -> None:
    assert [harmless(text)[0] for text in ("\t=1", "\r=1", "\n=1")] == ["'"] * 3


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x00", "\x1b", "\u2028"])
def test_a_cell_with_a_character_that_nobody_sees_is_refused_with_its_column(hidden: str) -> None:
    [row] = read_rows(f'a,b\n1,"x{hidden}y"\n'.encode(), ["a", "b"], ["a"], 9)
    assert row.wrong is not None
    assert row.wrong.field == "input.b"
