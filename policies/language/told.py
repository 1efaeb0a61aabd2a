"""What attributes of terms tell people and no rule reads: texts in both languages, and places on the map.

A term may be without it: not every outlet's hours are known. What is told has a source, like a value of a setting.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

from domain.message import Message
from domain.place import Point
from policies.language.values import Kind, ValueType, read_plain_value
from policies.source.faults import Unreadable
from policies.source.reader import Value, read_all

FOR_PEOPLE: Final[Mapping[str, bool]] = {"for people": True}
"""Metadata of a field that decides nothing: no kept text of policies says it, so that digests stay when it changes."""


class Told(StrEnum):
    """What an attribute tells people."""

    MESSAGE = "message"
    POINT = "point"


DEGREES: Final[Mapping[str, int]] = {"latitude": 90, "longitude": 180}
"""How far each goes on both sides of zero."""


def read_told(value: Value, kind: Told) -> Message | Point:
    """Read what a term tells people.

    Raises:
        Unreadable: it is not written as its kind is.
    """
    return _READERS[kind](value)


def _point(value: Value) -> Point:
    read = read_all(value.fields(tuple(DEGREES)), dict.fromkeys(DEGREES, _degrees))
    return Point(**read)


def _degrees(value: Value) -> float:
    number: Decimal = read_plain_value(value, ValueType(Kind.DECIMAL))
    most = DEGREES[value.path.rpartition(".")[2]]
    if abs(number) > most:
        raise _too_far(value, number, most)
    return float(number)


def _too_far(value: Value, number: Decimal, most: int) -> Unreadable:
    message = Message(f"`{number}` 超出经纬度的范围", f"`{number}` is no such coordinate")
    remedy = Message(
        f"写-{most}至{most}之间的度数；核对纬度和经度是否写反",
        f"write degrees from -{most} to {most}; see whether latitude and longitude were swapped",
    )
    return value.fault("WRONG_TYPE", message, remedy)


_READERS: Final[Mapping[Told, Callable[[Value], Message | Point]]] = {Told.MESSAGE: Value.message, Told.POINT: _point}
