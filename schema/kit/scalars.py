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
Answers = NewType("Answers", dict[str, Any])


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


MOST_ANSWERS, MOST_IN_AN_ANSWER = 50, 4_096
"""Names in an object of answers, and characters of a name or text in it, or words of a list."""


def _answers(value: Any) -> dict[str, Any]:
    """Read answers by name.

    Raises:
        ValueError: it is no object of them, or one that nobody fills in.
    """
    if not isinstance(value, dict) or len(value) > MOST_ANSWERS:
        raise ValueError(f"answers are an object with at most {MOST_ANSWERS} names")
    for name, given in value.items():
        words = given if isinstance(given, list) else [name if given is None or type(given) in (bool, int) else given]
        if len(words) > MOST_ANSWERS or not all(isinstance(each, str) for each in words):
            raise ValueError("an answer is true or false, a whole number, a text, a list of words, or null")
        if any(len(each) > MOST_IN_AN_ANSWER for each in (name, *words)):
            raise ValueError(f"an answer has at most {MOST_IN_AN_ANSWER} characters")
    return value


JSON_SCALAR = strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same)
FEN_SCALAR = strawberry.scalar(
    name="Fen",
    description="An amount of money in fen, a hundredth of a yuan: a whole number.",
    serialize=int,
    parse_value=_fen,
)
ANSWERS_SCALAR = strawberry.scalar(
    name="Answers",
    description="What was answered, by name: an object of which each value is true or false, a whole number, a text, a list of words, or null.",
    serialize=_same,
    parse_value=_answers,
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
SCALARS: dict[object, ScalarDefinition] = {
    Json: JSON_SCALAR,
    Fen: FEN_SCALAR,
    Answers: ANSWERS_SCALAR,
    Upload: UPLOAD_SCALAR,
    date: DATE_SCALAR,
}
