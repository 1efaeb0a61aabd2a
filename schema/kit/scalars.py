"""Scalars of our own."""

import re
from datetime import date
from operator import methodcaller
from typing import Any, Final, NewType

import strawberry
from starlette.datastructures import UploadFile
from strawberry.file_uploads import Upload
from strawberry.types.scalar import ScalarDefinition

from domain.errors import InvalidInput
from domain.message import Message

_NO_FILE = Message(
    "上传的文件没有收到，请选择文件后重新上传。",
    "There is no file here: send the request as multipart/form-data, null in this place and the file in a part of its own, "
    "as the GraphQL multipart request specification says.",
)

_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

Json = NewType("Json", object)
Fen = NewType("Fen", int)


def _same(value: Any) -> Any:
    return value


def _fen(value: Any) -> int:
    """Read an amount, and round nothing: 1.5 and true are no amounts of money.

    Raises:
        ValueError: it is no whole number.
    """
    if type(value) is not int:
        raise ValueError("an amount is a whole number of fen, such as 1050 for 10.50 yuan")
    return value


def _upload(value: Any) -> UploadFile:
    """Read a file, which only a multipart request can carry.

    Raises:
        InvalidInput: it is anything else.
    """
    if not isinstance(value, UploadFile):
        raise InvalidInput(_NO_FILE, code="INVALID_UPLOAD")
    return value


def _day(value: Any) -> date:
    """Read a day, in the one form in which they are written.

    Raises:
        ValueError: it is no day, or written otherwise, such as 20261120 or 2026-W47-5.
    """
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("a day is written as YYYY-MM-DD, such as 2026-11-20")
    return date.fromisoformat(value)


JSON_SCALAR = strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same)
FEN_SCALAR = strawberry.scalar(
    name="Fen",
    description="An amount of money in fen, a hundredth of a yuan: a whole number.",
    serialize=int,
    parse_value=_fen,
)
UPLOAD_SCALAR = strawberry.scalar(
    name="Upload",
    description="A file, sent as the GraphQL multipart request specification says.",
    serialize=_same,
    parse_value=_upload,
)
DATE_SCALAR = strawberry.scalar(
    name="Date",
    description="A day of the calendar: YYYY-MM-DD, such as 2026-11-20.",
    serialize=methodcaller("isoformat"),
    parse_value=_day,
)
SCALARS: dict[object, ScalarDefinition] = {Json: JSON_SCALAR, Fen: FEN_SCALAR, Upload: UPLOAD_SCALAR, date: DATE_SCALAR}
