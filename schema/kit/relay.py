"""Relay's conventions: global ids, nodes, and pages with cursors that hold their place when rows are added."""

import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import strawberry
from strawberry.relay.utils import from_base64, to_base64

from domain.errors import InvalidInput
from domain.message import Message
from schema.kit.described import field

LARGEST_PAGE = 100
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""How ids are written within a type; what else base64 can hold, such as U+0000, no database takes."""


@strawberry.interface(description="Anything with a global id that `node` can fetch again.")
class Node:
    """A thing with a global id."""

    id: strawberry.ID = field("Global id, opaque to clients.")


@strawberry.type(description="Where a page lies in the whole list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = field("Whether more follow.")
    has_previous_page: bool = field("Whether this page starts after the first item.")
    start_cursor: str | None = field("Cursor of the first item here.")
    end_cursor: str | None = field("Cursor of the last item here; give it as `after` for the next page.")


def page_info(cursors: Sequence[str], more: bool, place: tuple[datetime, str] | None) -> PageInfo:
    """Return where a page lies.

    Args:
        cursors: of its items; more: whether more follow; place: where it began, None for the first page.
    """
    return PageInfo(
        has_next_page=more,
        has_previous_page=place is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


def global_id(type_name: str, identifier: str) -> strawberry.ID:
    """Return the global id of a node."""
    return strawberry.ID(to_base64(type_name, identifier))


_CALLED = {"Card": "社会保障卡", "Delegation": "委托", "Document": "材料", "Holder": "持卡人", "Operation": "申请"}


def local_id(given: str, type_name: str, argument: str) -> str:
    """Return the id within a type.

    Raises:
        InvalidInput: it is no global id, or one of another type.
    """
    found, identifier = split_id(given, argument)
    if found != type_name:
        raise InvalidInput(
            Message(
                f"这个编号不是{_CALLED[type_name]}的编号，请核对。",
                f"That is the id of a {found}, not of a {type_name}; check it.",
            ),
            field=argument,
        )
    return identifier


def optional_id(given: str | None, type_name: str, argument: str) -> str | None:
    """Return the id within a type, or None if none was given; an empty text is no id and is refused.

    Raises:
        InvalidInput: it is no global id, or one of another type.
    """
    return None if given is None else local_id(given, type_name, argument)


def split_id(given: str, argument: str) -> tuple[str, str]:
    """Return the type and the id within it that a global id names.

    Raises:
        InvalidInput: it is no global id.
    """
    try:
        kind, identifier = from_base64(given)
        if not _IDENTIFIER.fullmatch(identifier):
            raise ValueError("no id of ours")
        return kind, identifier
    except (ValueError, binascii.Error, UnicodeError):
        raise InvalidInput(
            Message("这个编号不对，请使用接口给出的编号。", "That is no id; use one that the graph gave you."),
            field=argument,
            code="ID_INVALID",
        ) from None


def cursor_of(at: datetime, identifier: str) -> str:
    """Return the cursor of an item in a list that is sorted by time and id."""
    return to_base64(at.isoformat(), identifier)


def place_of(cursor: str | None) -> tuple[datetime, str] | None:
    """Return the time and id that a cursor holds.

    Raises:
        InvalidInput: it is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        # An ISO moment holds colons, so the id is what follows the last of them.
        text = binascii.a2b_base64(cursor, strict_mode=True).decode()
        moment, _, identifier = text.rpartition(":")
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None or not _IDENTIFIER.fullmatch(identifier):
            raise ValueError("no cursor of ours")
        return at.astimezone(UTC), identifier
    except (ValueError, OverflowError, binascii.Error, UnicodeError):
        raise InvalidInput(
            Message(
                "游标不对，请使用上一页返回的 `endCursor`。", "That is no cursor; use the endCursor of the page before."
            ),
            field="after",
            code="CURSOR_INVALID",
        ) from None


def page_size(first: int | None) -> int:
    """Return how many items to give.

    Raises:
        InvalidInput: not between 1 and 100.
    """
    size = 20 if first is None else first
    if not 1 <= size <= LARGEST_PAGE:
        raise InvalidInput(
            Message(
                f"`first` 应为1至{LARGEST_PAGE}，不能是{size}，请改正。",
                f"first must be 1 to {LARGEST_PAGE}, not {size}.",
            ),
            field="first",
        )
    return size
