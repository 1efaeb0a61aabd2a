"""How an exception is told in the log: by its type and the places that it came through, and by its text only where we wrote that.

The texts of drivers and libraries quote what they were given: `DETAIL: Key (number)=(…) already exists`, an address with its query.
"""

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from domain.errors import DomainError, OperatorError

_ROOT: Final = Path(__file__).parent.parent
MOST_PLACES: Final = 40
"""Places of one exception that are told, the innermost."""
MOST_CAUSES: Final = 8
_CODES: Final = ("sqlstate", "constraint_name", "table_name", "sqlite_errorname", "errno")
"""What exceptions say by words and numbers of the database's or the system's own."""
_WORD: Final = re.compile("[0-9A-Za-z_]{1,63}")


def type_of(error: BaseException) -> str:
    """Return the name of an exception's type, with its module unless it is Python's own."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def text_of(error: BaseException) -> str | None:
    """Return the text of an exception if we wrote it; None for any other."""
    return str(error) if isinstance(error, DomainError | OperatorError) else None


def told(error: BaseException) -> dict[str, Any]:
    """Return an exception as the log tells it: `type`, `text` where it is ours, `at` from the outermost place inwards, what it was `because` of."""
    return next(_chain(error))


def _chain(error: BaseException, deep: int = 0) -> Iterator[dict[str, Any]]:
    shown: dict[str, Any] = {"type": type_of(error)}
    if (text := text_of(error)) is not None:
        shown["text"] = text
    shown |= {name: value for name in _CODES if (value := _word(getattr(error, name, None))) is not None}
    shown["at"] = [
        f"{place(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in [*traceback.walk_tb(error.__traceback__)][-MOST_PLACES:]
    ]
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    inner = [*(error.exceptions if isinstance(error, BaseExceptionGroup) else ()), *([before] if before else [])]
    if inner and deep < MOST_CAUSES:
        shown["because"] = [next(_chain(each, deep + 1)) for each in inner[:MOST_CAUSES]]
    yield shown


def _word(value: object) -> str | int | None:
    """Return a code, a name in the schema or a number of the system; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def place(file: str) -> str:
    """Return the name of a file of code, from the folder of the service or of the libraries on."""
    _, found, rest = file.rpartition("site-packages/")
    if found:
        return rest
    return file.removeprefix(f"{_ROOT}/")
