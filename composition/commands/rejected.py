"""The rows of a file that are refused, in a file beside it: where, why, and nothing of what stands in them."""

import csv
import os
from collections import Counter
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from domain.errors import DomainError, InvalidInput
from web.csv_text import harmless

COLUMNS: Final = ("line", "column", "code", "reason_zh", "reason_en")


class Rejected:
    """The file of refused rows. Within its context, rows are added.

    Args:
        path: of the file, which is made with the first row; last: line of the last row of the import that is done. What stands
            there of later lines, or of another import if none is done, was never committed and is left out.
    """

    def __init__(self, path: Path, last: int) -> None:
        self.path = path
        self._last = last
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        """Leave out what was never committed."""
        kept = [row for row in self._known() if int(row["line"]) <= self._last]
        if kept:
            beside = self.path.with_suffix(".tmp")
            with beside.open("w", encoding="utf-8-sig", newline="") as file:
                _write(file, [[row[name] for name in COLUMNS] for row in kept], header=True)
            beside.replace(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def add(self, refused: Iterable[tuple[int, DomainError]]) -> None:
        """Write rows down, each with all that is wrong with it, so that they are there whatever happens next.

        Args:
            refused: the line of each, and why.
        """
        rows = [_row(line, each) for line, error in refused for each in _each(error)]
        if not rows:
            return
        is_new = self._file is None and not self.path.exists()
        if self._file is None:
            self._file = self.path.open("a", encoding="utf-8", newline="")
        if is_new:
            self._file.write("\ufeff")
        _write(self._file, rows, header=is_new)
        self._file.flush()
        os.fsync(self._file.fileno())

    def codes(self) -> Counter[str]:
        """Return how often each code stands there."""
        return Counter(row["code"] for row in self._known())

    def _known(self) -> list[dict[str, str]]:
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            # The last line may be broken off; it is of a piece that was not committed.
            return [row for row in csv.DictReader(file) if (row.get("line") or "").isdecimal() and row.get("reason_en")]


def _each(error: DomainError) -> tuple[DomainError, ...]:
    return error.errors if isinstance(error, InvalidInput) else (error,)


def _row(line: int, error: DomainError) -> list[str]:
    column = (error.field or "").removeprefix("input.")
    return [str(line), column, error.code, error.message.zh, error.message.en]


def _write(file: IO[str], rows: Iterable[Iterable[str]], *, header: bool) -> None:
    text = StringIO(newline="")
    writer = csv.writer(text)
    if header:
        writer.writerow(COLUMNS)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    file.write(text.getvalue())
