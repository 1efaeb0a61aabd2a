"""How long and what to measure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How long and what to measure.

    Args:
        seconds: of a round; rounds: how many count.
        names: who is measured; everybody if empty.
        rows: of the file that is imported.
    """

    seconds: float = 3.0
    rounds: int = 5
    names: tuple[str, ...] = ()
    rows: int = 20_000

    def chosen(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of some that are measured."""
        return tuple(name for name in names if not self.names or name in self.names)
