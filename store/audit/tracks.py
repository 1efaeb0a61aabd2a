"""What is kept in mind of the chains while a record is read: which numbers are there, and which are waited for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from store.audit.entries import KeptEntry, moment_text
from store.audit.ranges import Ranges

SETTLES: Final = timedelta(minutes=10)
"""How long a process may be told to have gone on after a number that is missing, and nobody has taken it away.

It takes the number of what was rolled back for its next entry. So a number is missing for good only where the process ended.
"""
SILENT: Final = timedelta(days=366)
"""For how long a process that serves may have nothing to say."""


@dataclass(slots=True)
class Track:
    """One chain.

    Args:
        numbers: that were read; unsure: of which the process itself did not know.
        waiting: those missing below a number, with when the entry of that number was written; last: when the last was.
        ended: whether the process said that it ended.
    """

    numbers: Ranges = field(default_factory=Ranges)
    unsure: set[int] = field(default_factory=set)
    waiting: dict[int, datetime] = field(default_factory=dict)
    last: datetime | None = None
    ended: bool = False

    def take(self, entry: KeptEntry) -> bool:
        """Note an entry down, and say whether its number was not there yet."""
        top = self.numbers.last
        if not self.numbers.add(entry.number):
            return False
        self.waiting.pop(entry.number, None)
        for number in range(top + 1, entry.number):
            self.waiting.setdefault(number, entry.at)
        self.last = entry.at if self.last is None else max(self.last, entry.at)
        return True

    def excuse(self, number: int) -> None:
        """Wait for a number no more: there is an entry that says it has it, though it was changed."""
        self.numbers.add(number)
        self.waiting.pop(number, None)

    def taken_away(self) -> dict[int, datetime]:
        """Return the numbers that were taken away: the process went on for long and did not take them again."""
        if self.last is None:
            return {}
        late = self.last - SETTLES
        return {number: at for number, at in self.waiting.items() if number not in self.unsure and at < late}

    def unsettled(self) -> int:
        """Return how many numbers are missing of which nobody can say whether there ever was an entry."""
        return len(self.waiting) - len(self.taken_away())

    def may_go_on(self, now: datetime) -> bool:
        """Say whether the process may yet write something."""
        return not self.ended and self.last is not None and self.last > now - SILENT

    def copy(self) -> Self:
        """Return the same, to go on by itself."""
        return self.read(self.said())

    def said(self) -> dict[str, Any]:
        """Return what the mark says of it that is left of entries which go: where it goes on, and what is waited for."""
        return {
            "numbers": str(self.numbers),
            "unsure": sorted(self.unsure & self.waiting.keys()),
            "waiting": {str(number): moment_text(at) for number, at in self.waiting.items()},
            "last": moment_text(self.last) if self.last is not None else None,
            "ended": self.ended,
        }

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Read what `said` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        return cls(
            Ranges.parse(said["numbers"]),
            set(said["unsure"]),
            {int(number): datetime.fromisoformat(at) for number, at in said["waiting"].items()},
            datetime.fromisoformat(said["last"]) if said["last"] is not None else None,
            bool(said["ended"]),
        )
