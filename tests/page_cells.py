"""Cells of the tables in the docs that are written from the code, in both languages."""

from collections.abc import Iterable

from domain.message import Message, joined

Row = tuple[Message, ...]
Rows = Iterable[Row]


def as_written(text: str) -> Message:
    """Return what policies are written in, which is the same in both languages."""
    return Message(text, text)


def listed(parts: Iterable[Message]) -> Message:
    """Return parts as a list within a sentence."""
    return joined(parts, "、", ", ")


def words(*names: str) -> Message:
    """Return words of the language as a list."""
    return listed(as_written(f"`{name}`") for name in names)
