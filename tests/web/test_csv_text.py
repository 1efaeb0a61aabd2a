"""CSV goes out so that no spreadsheet computes it, and comes in as what it was before that."""

import csv
from io import StringIO

import pytest

from web import csv_text
from web.csv_text import MARK, harmless, read_rows, write_rows
from web.refusal import RequestRefused

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


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", ",\n"])
def test_empty_lines_count_too_for_each_is_read(end: str) -> None:
    line = end.removeprefix(",")
    few, many = (f"a,b{line}1,2{line}{end * number}".encode() for number in (50, 300))
    assert [row.cells for row in read_rows(few, ["a", "b"], ["a"], 9)] == [{"a": "1", "b": "2"}]
    with pytest.raises(RequestRefused, match="more than 9 rows"):
        read_rows(many, ["a", "b"], ["a"], 9)


def test_of_a_row_no_more_cells_are_looked_at_than_a_file_may_have_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def as_given(cell: str) -> str:
        seen.append(cell)
        return cell

    monkeypatch.setattr(csv_text, "as_given", as_given)
    [row] = read_rows(b"a,b\n" + b"1," * 100_000, ["a", "b"], ["a"], 9)
    assert row.wrong is not None
    assert "100001 cells" in row.wrong.message.en
    assert len(seen) <= csv_text.MOST_CELLS + 2
