"""One row of the table of facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from resolvers.facts.situation import DecisionSubject

UNKNOWN: Final = object()
"""What a fact is that came with no request: a form may still ask for it."""

Compute = Callable[[DecisionSubject], Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """How a fact is known.

    Args:
        compute: what it is in a situation; None where it is known to be absent, UNKNOWN where nobody has said.
        needs: what must be loaded for it: names of `loading.QUERIES`, or `card`, `operation` and `replaced`, which cost a
            query only where the situation is not about them.
    """

    compute: Compute
    needs: frozenset[str] = frozenset()


Facts = Mapping[str, Fact]


def needing(*needs: str) -> Callable[[Compute], Fact]:
    """Return what makes facts that need something to be loaded."""
    return lambda compute: Fact(compute, frozenset(needs))


def given(name: str) -> Fact:
    """Return a fact that the use case has worked out from what came with the request."""
    return Fact(lambda situation: situation.derived.get(name, UNKNOWN))
