"""What a region adds to what it inherits, without a copy of either."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


class Layered(Mapping[str, T]):
    """A mapping on top of another one: its own entries stand in for those below, at their place, or come after them."""

    __slots__ = ("_below", "_own")

    def __init__(self, own: Mapping[str, T], below: Mapping[str, T]) -> None:
        """Take the two; neither may change from now on."""
        self._own, self._below = own, below

    def __getitem__(self, name: str) -> T:
        own = self._own
        return own[name] if name in own else self._below[name]

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._below

    def __iter__(self) -> Iterator[str]:
        yield from self._below
        yield from (name for name in self._own if name not in self._below)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __len__(self) -> int:
        return len(self._below) + sum(name not in self._below for name in self._own)


def layered(own: Mapping[str, T], below: Mapping[str, T]) -> Mapping[str, T]:
    """Return one mapping on top of another; just one of them where the other is empty."""
    return (Layered(own, below) if below else own) if own else below
