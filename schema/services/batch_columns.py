"""The columns of rows in a table, such as a CSV file: the fields of an input, by the paths that they have in the graph.

A field of an input within is a column of its own, such as `evidence.details.mobile`; words of a list stand in one cell with spaces
between. What is answered by name (`evidence.declared`) has a column for each name.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache, partial
from types import NoneType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from strawberry.utils.str_converters import to_camel_case

from domain.duration import CHINA_TIME
from domain.errors import InvalidInput
from domain.message import Message
from resolvers.changing.wrong_inputs import Wrong
from schema.kit.scalars import Answers

Row = TypeVar("Row")
ANY: Final = "*"
"""The last part of a column's name that stands for whatever name somebody writes there."""
_LEFT_OUT = frozenset({"idempotency_key", "policy_digest"})
"""What rows of a table do not have: a key of their own, and a quoted decision."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A field of an input: the name of its column, what reads a cell, and whether it must be filled in."""

    name: str
    read: Callable[[str], Any]
    needed: bool


@dataclass(frozen=True, slots=True)
class _Answers:
    """A field that has a column for each name that was answered: the name of its columns up to that."""

    prefix: str


@dataclass(frozen=True, slots=True)
class _Within:
    """A field that is an input itself: its type, and the name of its columns up to their own."""

    kind: Any
    prefix: str


def columns_of(row: Any) -> dict[str, bool]:
    """Return the columns of an input, each with whether it must be there; the last part of one may be `ANY`."""
    return dict(_names(_parts(row, "")))


def _names(parts: Mapping[str, "_Column | _Answers | _Within"]) -> Iterator[tuple[str, bool]]:
    for part in parts.values():
        if isinstance(part, _Within):
            # What is left out as a whole lacks nothing.
            yield from ((name, False) for name, _ in _names(_parts(part.kind, part.prefix)))
        elif isinstance(part, _Answers):
            yield part.prefix + ANY, False
        else:
            yield part.name, part.needed


def row_of(row: type[Row], cells: Mapping[str, str]) -> Row:
    """Return an input of the cells of a row. An empty cell is one that is left out.

    Args:
        cells: texts by column.

    Raises:
        InvalidInput: a cell that must be filled is empty, or a day, a moment or a word is none; each is told.
    """
    faults = Wrong()
    given = _given(row, "", {name: text for name, text in cells.items() if text}, faults)
    faults.refuse()
    return row(**given)


def _given(kind: Any, prefix: str, cells: Mapping[str, str], faults: Wrong) -> dict[str, Any]:
    """Return the fields of an input that are filled in, by name."""
    given: dict[str, Any] = {}
    for name, part in _parts(kind, prefix).items():
        if isinstance(part, _Column):
            text = cells.get(part.name)
            if text is None and not part.needed:
                continue
            with faults:
                if text is None:
                    raise _missing(part.name)
                given[name] = part.read(text)
        elif found := {cell: text for cell, text in cells.items() if cell.startswith(part.prefix)}:
            if isinstance(part, _Answers):
                given[name] = {cell.removeprefix(part.prefix): text for cell, text in found.items()}
            else:
                fields = _given(part.kind, part.prefix, found, faults)
                # What lacks a field is told of, and no input.
                given[name] = None if faults.found else part.kind(**fields)
    return given


@cache
def _parts(kind: Any, prefix: str) -> dict[str, _Column | _Answers | _Within]:
    """Return the columns of an input, by field."""
    hints = get_type_hints(kind)
    found: dict[str, _Column | _Answers | _Within] = {}
    for each in fields(kind):
        if each.name not in _LEFT_OUT and each.init:
            needed = each.default is MISSING and each.default_factory is MISSING
            part = _part(hints[each.name], prefix + to_camel_case(each.name), needed)
            if part is not None:
                found[each.name] = part
    return found


def _part(hint: Any, name: str, needed: bool) -> _Column | _Answers | _Within | None:
    """Return the columns of a field; None of a list of inputs, which no table has."""
    kind = next((part for part in get_args(hint) if part is not NoneType), hint)
    if kind is Answers:
        return _Answers(f"{name}.")
    if not is_dataclass(kind):
        return _Column(name, _reader(name, hint), needed)
    return None if get_origin(hint) is list else _Within(kind, f"{name}.")


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
