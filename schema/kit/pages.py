"""Pages of lists as Relay has them: forwards by `first` and `after`, backwards by `last` and `before`.

A cursor names its list and the place in it, so that it holds its place when rows are added and is of no use for another list.
"""

import binascii
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from domain.errors import InvalidInput
from domain.message import Message
from schema.kit.access import WITH_IT, sees
from schema.kit.described import argument, field
from schema.kit.relay import IDENTIFIER, PageInfo, opaque
from store.records import Place, Window
from store.repositories.operation_changes import Change, ChangesAsked

LARGEST_PAGE = 100
_USUAL_PAGE = 20
_CHANGE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")
_NUMBER = re.compile(r"[0-9]{1,18}")
_LIST = re.compile(r"[A-Za-z]+(\.[A-Za-z]+/[A-Za-z0-9._-]{1,128})?")
"""How lists are called: `operations`, or `Holder.cards/…` with the id of whose list it is."""

First = Annotated[int | None, argument("How many at most, from the beginning or after `after`: 1 to 100.")]
After = Annotated[str | None, argument("The `endCursor` of the page before.")]
Last = Annotated[int | None, argument("In place of `first`: how many at most, from the end or before `before`.")]
Before = Annotated[str | None, argument("The `startCursor` of the page after.")]

Item = TypeVar("Item")


@sees(WITH_IT)
@strawberry.type(description="An item of a list, with its place there.")
class Edge(Generic[Item]):
    """An edge."""

    cursor: str = field("Its place in the list.")
    node: Item = field("The item.")


@sees(WITH_IT)
@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    """A connection."""

    edges: list[Edge[Item]] = field("The items with their cursors.")
    page_info: PageInfo = field("Where the page lies.")
    total_count: int = field("How many items there are in all pages.")


def window(listed: str, first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    """Return which part of a list is asked for that is sorted by time and id.

    Args:
        listed: what the list is called in its cursors.

    Raises:
        InvalidInput: a size is not between 1 and 100, or a cursor is none of this list.
    """
    return Window(_moment(listed, after, "after"), _moment(listed, before, "before"), *_size(first, last))


def number_after(asked: Window) -> int | None:
    """Return the number after which a list goes on whose items are known by numbers; None for the beginning.

    Raises:
        InvalidInput: the cursor is none of such a list.
    """
    if asked.after is None:
        return None
    if _NUMBER.fullmatch(asked.after[1]) is None:
        raise _no_cursor("after")
    return int(asked.after[1])


def changes_window(
    listed: str, first: int | None, after: str | None, last: int | None, before: str | None, since: datetime | None
) -> ChangesAsked:
    """Return which part of a list of changes is asked for; it is read forwards only.

    Args:
        since: when the first change happened; only without `after`, which goes on where it was.

    Raises:
        InvalidInput: it is to be read backwards, a size is not between 1 and 100, or a cursor is none of this list.
    """
    if last is not None or before is not None:
        raise InvalidInput(
            Message(
                "按变化排列的列表只能用 `first` 和 `after` 往后读，请改正。",
                "A list by changes is read forwards only; use first and after.",
            ),
            field="before" if last is None else "last",
        )
    return ChangesAsked(_change(listed, after), since, _size(first, None)[0])


def change_cursor(listed: str, change: Change) -> str:
    """Return the cursor of a change."""
    return _cursor(listed, "{}.{}".format(*change))


def _change(listed: str, cursor: str | None) -> Change | None:
    if cursor is None:
        return None
    place = _CHANGE.fullmatch(_within(listed, cursor, "after"))
    if place is None:
        raise _no_cursor("after")
    return int(place[1]), int(place[2])


def page_info(cursors: Sequence[str], more: bool, asked: Window) -> PageInfo:
    """Return where a page lies.

    Args:
        cursors: of its items; more: whether more follow in the direction in which it was asked for.
    """
    beyond = (asked.before if asked.last else asked.after) is not None
    return PageInfo(
        has_next_page=beyond if asked.last else more,
        has_previous_page=more if asked.last else beyond,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


def changes_info(cursors: Sequence[str], more: bool, asked: ChangesAsked) -> PageInfo:
    """Return where a page of a list of changes lies.

    Args:
        cursors: of its items; more: whether more follow.
    """
    return PageInfo(
        has_next_page=more,
        has_previous_page=asked.after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


def connection(
    items: Sequence[Item],
    listed: str,
    key: Callable[[int, Item], str],
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Connection[Item]:
    """Return the page of a list that is at hand as a whole, as all that belongs to one record is.

    Args:
        listed: what the list is called in its cursors; key: makes of an index and its item what the cursor holds.

    Raises:
        InvalidInput: a size is not between 1 and 100, or a cursor is none of this list.
    """
    keys = [key(index, item) for index, item in enumerate(items)]
    begin = 0 if after is None else _index(listed, after, "after", keys) + 1
    end = len(items) if before is None else _index(listed, before, "before", keys)
    size, backwards = _size(first, last)
    shown = range(begin, max(begin, end))
    shown = shown[-size:] if backwards else shown[:size]
    edges = [Edge(cursor=_cursor(listed, keys[index]), node=items[index]) for index in shown]
    place = PageInfo(
        has_next_page=shown.stop < len(items),
        has_previous_page=shown.start > 0,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=place, total_count=len(items))


def by_index(index: int, item: object) -> str:
    """Return the place in a list to whose end things are added, and nowhere else."""
    return str(index)


def cursor_of(listed: str, at: datetime, identifier: str) -> str:
    """Return the cursor of an item in a list that is sorted by time and id."""
    return _cursor(f"{listed}:{at.isoformat()}", identifier)


def _cursor(listed: str, key: str) -> str:
    return opaque(listed, key)


def _moment(listed: str, cursor: str | None, given_as: str) -> Place | None:
    if cursor is None:
        return None
    # An ISO moment holds colons, so the id is what follows the last of them.
    moment, _, identifier = _within(listed, cursor, given_as).rpartition(":")
    try:
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None or not IDENTIFIER.fullmatch(identifier):
            raise ValueError("no cursor of ours")
        return at.astimezone(UTC), identifier
    except (ValueError, OverflowError):
        raise _no_cursor(given_as) from None


def _index(listed: str, cursor: str, given_as: str, keys: Sequence[str]) -> int:
    key = _within(listed, cursor, given_as)
    if key not in keys:
        raise _no_cursor(given_as)
    return keys.index(key)


def _within(listed: str, cursor: str, given_as: str) -> str:
    """Return the place that a cursor names in a list.

    Raises:
        InvalidInput: it is no cursor of ours, or one of another list.
    """
    try:
        found, _, place = binascii.a2b_base64(cursor, strict_mode=True).decode().partition(":")
    except (ValueError, binascii.Error, UnicodeError):
        raise _no_cursor(given_as) from None
    if found == listed:
        return place
    if not _LIST.fullmatch(found):
        raise _no_cursor(given_as)
    raise InvalidInput(
        Message(
            "这个游标是另一个列表的，请使用同一列表返回的游标，或者不带游标从头开始。",
            "That cursor is of another list; use one that this list gave, or begin without one.",
        ),
        field=given_as,
        code="CURSOR_OF_ANOTHER_LIST",
    )


def _no_cursor(given_as: str) -> InvalidInput:
    return InvalidInput(
        Message(
            "游标不对，请使用这个列表返回的 `startCursor` 或 `endCursor`，或者不带游标从头开始。",
            "That is no cursor; use the startCursor or endCursor that this list gave, or begin without one.",
        ),
        field=given_as,
        code="CURSOR_INVALID",
    )


def _size(first: int | None, last: int | None) -> tuple[int, bool]:
    """Return how many items to give, and whether from the end."""
    backwards = last is not None
    size = last if last is not None else _USUAL_PAGE if first is None else first
    if not 1 <= size <= LARGEST_PAGE:
        name = "last" if backwards else "first"
        raise InvalidInput(
            Message(
                f"`{name}` 应为1至{LARGEST_PAGE}，不能是{size}，请改正。",
                f"{name} must be 1 to {LARGEST_PAGE}, not {size}.",
            ),
            field=name,
        )
    return size, backwards


def no_page(listed: str) -> Callable[..., Connection[Any]]:
    """Return what makes an empty page of somebody's list, for whom it is not told to.

    Args:
        listed: what the list is called, without the id of whose it is.
    """

    def empty(
        node: Any, first: First = 20, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Any]:
        return connection([], f"{listed}/{node.record.id}", by_index, first, after, last, before)

    return empty
