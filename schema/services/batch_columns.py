"""The columns of rows in a table, such as a CSV file: the fields of an input, by the names that they have in the graph."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime, time
from enum import Enum
from functools import cache, partial
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from strawberry.utils.str_converters import to_camel_case

from domain.duration import CHINA_TIME
from domain.errors import InvalidInput
from domain.message import Message
from resolvers.changing.wrong_inputs import Wrong

Row = TypeVar("Row")
_LEFT_OUT = frozenset({"idempotency_key", "policy_digest", "evidence"})
"""What rows of a table do not have: a key of their own, a quoted decision, and what is a structure itself."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A field of an input: the name of its column, what reads a cell, and whether it must be filled in."""

    name: str
    read: Callable[[str], Any]
    needed: bool


def columns_of(row: type[Any]) -> dict[str, bool]:
    """Return the columns of an input, each with whether it must be there."""
    return {column.name: column.needed for column in _columns(row).values()}


def row_of(row: type[Row], cells: Mapping[str, str]) -> Row:
    """Return an input of the cells of a row. An empty cell is one that is left out.

    Args:
        cells: texts by column.

    Raises:
        InvalidInput: a cell that must be filled is empty, or a day, a moment or a word is none; each is told.
    """
    faults = Wrong()
    given: dict[str, Any] = {}
    for name, column in _columns(row).items():
        text = cells.get(column.name, "")
        if not text and not column.needed:
            continue
        with faults:
            if not text:
                raise _missing(column.name)
            given[name] = column.read(text)
    faults.refuse()
    return row(**given)


def _columns(row: Any) -> dict[str, _Column]:
    """Return the columns of an input, by field."""
    return _known_columns(row)


@cache
def _known_columns(row: Any) -> dict[str, _Column]:
    hints = get_type_hints(row)
    found: dict[str, _Column] = {}
    for each in fields(row):
        if each.name not in _LEFT_OUT and each.init:
            needed = each.default is MISSING and each.default_factory is MISSING
            name = to_camel_case(each.name)
            found[each.name] = _Column(name, _reader(name, hints[each.name]), needed)
    return found


def _reader(column: str, hint: Any) -> Callable[[str], Any]:
    """Return what reads the cells of a column."""
    if get_origin(hint) is list:
        return str.split
    kind = next((part for part in get_args(hint) if part is not NoneType), hint)
    if kind is date:
        return partial(_day, column)
    if kind is datetime:
        return partial(_moment, column)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return partial(_word, column, kind)
    return lambda text: text


def _missing(column: str) -> InvalidInput:
    return InvalidInput(
        Message(f"`{column}` 没有填写，请填写。", f"{column} is empty; fill it in."), field=f"input.{column}"
    )


def _day(column: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise InvalidInput(
            Message(
                f"`{column}` 应写作2026-11-30这样的日期，请改正。",
                f"{column} is no day, such as 2026-11-30; correct it.",
            ),
            field=f"input.{column}",
        )
    return found


def _moment(column: str, text: str) -> datetime:
    """Read a moment with its zone, or a day, which begins at midnight in China."""
    if len(text) == len("2026-11-30"):
        return datetime.combine(_day(column, text), time(), CHINA_TIME)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(
            Message(
                f"`{column}` 应写作2026-11-30或 `2026-11-30T09:30:00+08:00`，请改正。",
                f"{column} is no moment, such as 2026-11-30T09:30:00+08:00, and no day; correct it.",
            ),
            field=f"input.{column}",
        )
    return found


def _word(column: str, kind: type[Enum], text: str) -> Enum:
    try:
        return kind(text.lower())
    except ValueError:
        known = [str(each.value) for each in kind]
        raise InvalidInput(
            Message(
                f"`{column}` 应是这几项之一：{'、'.join(known)}，请改正。",
                f"{column} is one of {', '.join(known)}; correct it.",
            ),
            field=f"input.{column}",
        ) from None
