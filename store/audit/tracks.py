"""What is kept in mind of the chains while a record is read: which numbers are there, and which are waited for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from store.audit.entries import KeptEntry
from store.audit.ranges import Ranges

SETTLES: Final = timedelta(minutes=10)
"""How long a process may be told to have gone on after a number that is missing, and nobody has taken it away.

It takes the number of what was rolled back for its next entry. So a number is missing for good only where the process ended.
"""


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
