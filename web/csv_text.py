"""CSV as this service takes and gives it: UTF-8, with or without a byte order mark, and nothing that a spreadsheet would compute."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Final

from domain.errors import InvalidInput
from domain.message import Message
from domain.spelling import hidden_at
from web.refusal import RequestRefused

MARK: Final = "\ufeff"
"""The byte order mark, by which a spreadsheet knows UTF-8."""
_COMPUTED: Final = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""How a cell begins that a spreadsheet takes for a formula, or that has the apostrophe already by which it takes it for none."""
MOST_CELL: Final = 4_096
MOST_CELLS: Final = 1_000
"""Of a row that are looked at: more than any file has columns."""
MOST_LINES: Final = 20
"""Lines of a file for each row that it may have, empty ones and those inside of cells counted."""
MOST_NAMED, MOST_NAME = 50, 100
"""Columns of a file whose names nobody knows beforehand, and characters of such a name."""

_NOT_UTF8 = Message(
    "文件的第{position}字节不是UTF-8编码。请在表格软件里另存为 `CSV UTF-8` 格式，再重新上传。",
    "The file is not UTF-8 at byte {position}; save it as CSV UTF-8 and send it again",
)
_NOT_UTF8_LINE = Message(
    "文件在第{line}行或稍后不是UTF-8编码。请在表格软件里另存为 `CSV UTF-8` 格式，再重新导入。",
    "The file is not UTF-8 on line {line} or soon after; save it as CSV UTF-8 and import it again",
)
_EMPTY = Message("文件是空的，第一行应为列名。", "The file is empty; its first line names the columns")
_COLUMNS = Message(
    "第一行的列名不对：多出{more}，缺少{less}，重复{twice}。可用的列是{known}，请改正。",
    "The columns in the first line are not right: unknown {more}, missing {less}, twice {twice}; there are {known}",
)
_UNREADABLE = Message("第{line}行的格式不对，请检查引号。", "Line {line} is no CSV; check its quotes")
_TOO_MANY = Message("文件超过{limit}行，请分成几个文件。", "The file has more than {limit} rows; split it")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row of a file.

    Args:
        line: where it begins, the first line of the file is 1; cells: by column, without blanks around.
        wrong: why it cannot be read.
    """

    line: int
    cells: Mapping[str, str]
    wrong: InvalidInput | None = None


def read_rows(content: bytes, known: Sequence[str], needed: Sequence[str], most: int) -> list[CsvRow]:
    """Read a file. A row that cannot be right is told by itself; empty lines are left out.

    Args:
        known: columns that there may be, in any order; one that ends with `*` is any that begins so.
        needed: those that must be there; most: rows.

    Raises:
        RequestRefused: the file as a whole cannot be read: its encoding, its columns, its length.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(_NOT_UTF8.format(position=error.start)) from None
    if max(text.count("\n"), text.count("\r")) > most * MOST_LINES:
        raise _refused(_TOO_MANY.format(limit=most))
    rows = list(islice(each_row(StringIO(text, newline=""), known, needed), most + 1))
    if len(rows) > most:
        raise _refused(_TOO_MANY.format(limit=most))
    return rows


def each_row(lines: Iterable[str], known: Sequence[str], needed: Sequence[str]) -> Iterator[CsvRow]:
    """Yield the rows of a file one by one. A row that cannot be right is told by itself; empty lines are left out.

    Args:
        lines: of the file, without a byte order mark, their ends as they are; known, needed: as for `read_rows`.

    Raises:
        RequestRefused: the file cannot be read from there on: its encoding, its columns, its quotes.
    """
    records = _records(lines)
    header = next(records, None)
    if header is None:
        raise _refused(_EMPTY)
    columns = _columns(header[1], known, needed)
    for line, cells in records:
        if any(cells):
            yield CsvRow(line, dict(zip(columns, cells, strict=False)), _wrong(cells, columns))


def _records(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the records with the lines on which they begin."""
    reader, line = csv.reader(lines, strict=True), 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError:
            raise _refused(_NOT_UTF8_LINE.format(line=line)) from None
        except csv.Error:
            raise _refused(_UNREADABLE.format(line=line)) from None
        yield line, [as_given(cell.strip()).strip() for cell in record[:MOST_CELLS]] + record[MOST_CELLS:]
        line = reader.line_num + 1


def _columns(header: Sequence[str], known: Sequence[str], needed: Sequence[str]) -> list[str]:
    wide = len(header) > len(known) + MOST_NAMED
    more = {name for name in header if wide or not _is_known(name, known)}
    less = set(needed) - set(header)
    twice = {name for name, often in Counter(header).items() if often > 1}
    if more or less or twice:
        named = {"more": more, "less": less, "twice": twice, "known": known}
        raise _refused(_COLUMNS.format(**{name: _shown(names) for name, names in named.items()}))
    return list(header)


def _is_known(name: str, known: Sequence[str]) -> bool:
    if name in known:
        return not name.endswith("*")
    begins = (each.removesuffix("*") for each in known if each.endswith("*"))
    return len(name) <= MOST_NAME and any(name.startswith(each) and name != each for each in begins)


def _shown(names: Iterable[str]) -> str:
    return ", ".join(f"`{name[:40]}`" for name in sorted(names)[:20]) or "-"


def _wrong(cells: Sequence[str], columns: Sequence[str]) -> InvalidInput | None:
    if len(cells) != len(columns):
        return InvalidInput(
            Message(
                f"这一行有{len(cells)}格，应为{len(columns)}格，请改正。",
                f"The row has {len(cells)} cells, and there are {len(columns)} columns; correct it.",
            )
        )
    for column, cell in zip(columns, cells, strict=True):
        if len(cell) > MOST_CELL or hidden_at(cell) is not None:
            return InvalidInput(
                Message(
                    f"这一格太长，或者有不允许的字符；最多{MOST_CELL}个字符，请改正。",
                    f"The cell is too long or holds a character that is not allowed; it has at most {MOST_CELL} characters.",
                ),
                field=f"input.{column}",
            )
    return None


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write a file that spreadsheets read as it is: a cell that they would compute begins with an apostrophe."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (MARK + text.getvalue()).encode()


def harmless(value: object) -> str:
    """Return what a cell holds, so that no spreadsheet takes it for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if _COMPUTED.match(text) else text


def as_given(cell: str) -> str:
    """Return what a cell held before it was made harmless."""
    return cell[1:] if cell.startswith("'") and _COMPUTED.match(cell, 1) else cell


def _refused(message: Message) -> RequestRefused:
    return RequestRefused(message, code="CSV_UNREADABLE")
