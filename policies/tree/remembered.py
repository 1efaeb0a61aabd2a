"""What is worked out once of a thing that many regions share, however many they are."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
V = TypeVar("V")


class IdentityCache(Generic[T, V]):
    """A function that remembers what it returned for each thing, by identity.

    Things are kept alive with it, so that no other can come to have the same one; let it go when the work is done.
    """

    def __init__(self, work: Callable[[T], V]) -> None:
        """Take the function; it is asked once for each thing."""
        self._work = work
        self._known: dict[int, tuple[T, V]] = {}

    def __call__(self, thing: T) -> V:
        """Return what the function returns for a thing."""
        known = self._known.get(id(thing))
        if known is None:
            known = self._known[id(thing)] = (thing, self._work(thing))
        return known[1]


class SeenByIdentity:
    """Says of a thing whether it is met for the first time, by identity; whoever asks keeps it alive."""

    def __init__(self) -> None:
        """Start with nothing met."""
        self._met: set[int] = set()

    def __call__(self, thing: object) -> bool:
        """Say whether this very thing has not been met before."""
        number = id(thing)
        if number in self._met:
            return False
        self._met.add(number)
        return True
