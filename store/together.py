"""Statements that do not wait for each other, sent in one trip: PostgreSQL answers one at a time, and each trip costs more than most statements.

What reads is a coroutine each. It is stepped by hand up to its next statement; what all of them ask for then is one statement, of
which each part is a column that holds the rows of one. So whoever reads is written as if it were alone.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

Rows = Sequence[Sequence[Any]]
Send = Callable[[str, Sequence[Any]], Awaitable[Rows]]
"""What sends a statement with its values, and returns the rows."""

_PARAMETER = re.compile(r"\$(\d+)")


class Asked:
    """A statement that is to be sent together with others: what its coroutine yields, and gets the rows for.

    Args:
        text: as PostgreSQL takes it; values: of its parameters.
    """

    __slots__ = ("text", "values")

    def __init__(self, text: str, values: Sequence[Any]) -> None:
        self.text = text
        self.values = values

    def __await__(self) -> Generator["Asked", Rows, Rows]:
        return (yield self)


class _Passed:
    """What a coroutine waits for besides statements, passed on to the event loop."""

    __slots__ = ("waited",)

    def __init__(self, waited: Any) -> None:
        self.waited = waited

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield self.waited)


async def together(works: Sequence[Coroutine[Any, Any, None]], send: Send) -> None:
    """Run coroutines side by side, and send what they ask for at one moment as one statement.

    What fails is left where it is, and so is all that was sent together with it, for a failure does not say whose it is. Whoever
    needs it asks again, alone.
    """
    going: dict[Coroutine[Any, Any, None], Any] = dict.fromkeys(works)
    try:
        with suppress(Exception):
            while going:
                asking = [(work, await _asked(work, rows)) for work, rows in going.items()]
                asked = {work: each for work, each in asking if each is not None}
                going = dict(zip(asked, await _answers(tuple(asked.values()), send), strict=True))
    finally:
        for work in works:
            work.close()


async def _asked(work: Coroutine[Any, Any, None], rows: Any) -> Asked | None:
    """Run a coroutine up to its next statement; None if it has come to its end."""
    try:
        found = work.send(rows)
        while not isinstance(found, Asked):
            try:
                given = await _Passed(found)
            except BaseException as raised:  # A cancellation too is for the coroutine to hear of.
                found = work.throw(raised)
            else:
                found = work.send(given)
    except Exception:  # Its end is one.
        return None
    return found


async def _answers(asked: Sequence[Asked], send: Send) -> Rows:
    if len(asked) < 2:
        return [await send(each.text, each.values) for each in asked]
    text = _packed(tuple(each.text for each in asked))
    [columns] = await send(text, [value for each in asked for value in each.values])
    return columns


@lru_cache(256)
def _packed(texts: tuple[str, ...]) -> str:
    """Return the statement of one row that holds the rows of each of some statements, whose parameters are counted on."""
    parts, before = [], 0
    for text in texts:
        parts.append(f"ARRAY(SELECT part FROM ({_counted_on(text, before)}) AS part)")
        before += max(map(int, _PARAMETER.findall(text)), default=0)
    return f"SELECT {', '.join(parts)}"


def _counted_on(text: str, before: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", text)
