"""Relay's conventions: global ids, and what they name."""

import binascii
import re
from types import TracebackType

import strawberry
from strawberry.relay.utils import from_base64

from domain.errors import InvalidInput, NotFound
from domain.message import Message
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field

IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""How ids are written within a type; what else base64 can hold, such as U+0000, no database takes."""


@sees(WITH_IT)
@strawberry.interface(description="Anything with a global id that `node` can fetch again.")
class Node:
    """A thing with a global id."""

    id: strawberry.ID = field("Global id, opaque to clients.")


@sees(WITH_IT)
@strawberry.type(description="Where a page lies in the whole list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = field("Whether more follow.")
    has_previous_page: bool = field("Whether this page starts after the first item.")
    start_cursor: str | None = field("Cursor of the first item here; give it as `before` for the page before.")
    end_cursor: str | None = field("Cursor of the last item here; give it as `after` for the next page.")


def global_id(type_name: str, identifier: str) -> strawberry.ID:
    """Return the global id of a node."""
    return strawberry.ID(opaque(type_name, identifier))


def opaque(name: str, key: str) -> str:
    """Return a name and a key as Relay's ids and cursors hold them, and strawberry reads them."""
    return binascii.b2a_base64(f"{name}:{key}".encode(), newline=False).decode()


_CALLED = {
    "AccountEntry": "个人账户明细",
    "Card": "社会保障卡",
    "Delegation": "委托",
    "Document": "材料",
    "Holder": "持卡人",
    "IdentityDocument": "身份证件",
    "Operation": "申请",
}


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


class NamedBy:
    """Says of what is not there which argument of a query names it, as of an id that is none: use cases know mutations' inputs alone.

    A class, for every look-up enters it.
    """

    __slots__ = ("_argument",)

    def __init__(self, argument: str) -> None:
        self._argument = argument

    def __enter__(self) -> None:
        """Look something up."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Name the argument."""
        if isinstance(error, NotFound) and error.code == NotFound.default_code:
            raise NotFound(error.message, field=self._argument) from None


def split_id(given: str, argument: str) -> tuple[str, str]:
    """Return the type and the id within it that a global id names.

    Raises:
        InvalidInput: it is no global id.
    """
    try:
        kind, identifier = from_base64(given)
        if not IDENTIFIER.fullmatch(identifier):
            raise ValueError("no id of ours")
        return kind, identifier
    except (ValueError, binascii.Error, UnicodeError):
        raise InvalidInput(
            Message("这个编号不对，请使用接口给出的编号。", "That is no id; use one that the graph gave you."),
            field=argument,
            code="ID_INVALID",
        ) from None
