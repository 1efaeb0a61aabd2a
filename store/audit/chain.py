"""The chain of one process: a number for each entry, none left out, so that an entry which is taken away is missed.

A number is taken as the last thing before an entry is sent. One whose transaction was rolled back is taken again by the next entry.
Whether a commit went through that failed on its way nobody knows; the next entry of the chain names its numbers.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from secrets import token_hex

from store.audit.entries import AuditEntry, Content, MarkedEntry, entry_text
from store.audit.keys import AuditKeys


class Chain:
    """Numbers and marks the entries of one process.

    Args:
        keys: of which the first marks.
    """

    def __init__(self, keys: AuditKeys) -> None:
        self._key = keys.first
        self.name = f"{keys.first.name}-{token_hex(8)}"
        self._next = 1
        self._free: list[int] = []
        self._unsure: list[int] = []

    @property
    def begun(self) -> bool:
        """Whether an entry was ever numbered."""
        return self._next > 1

    def take(self) -> int:
        """Return the number of an entry that will be kept: the smallest that no entry has."""
        if self._free:
            return heappop(self._free)
        self._next += 1
        return self._next - 1

    def marked(self, entry: AuditEntry, content: list[Content], number: int | None = None) -> MarkedEntry:
        """Return an entry as it is sent.

        Args:
            number: that was taken for it before.
        """
        if number is None:
            number = self.take()
        unsure, self._unsure = self._unsure, []
        text = entry_text(entry, content, unsure)
        mac = self._key.mark(self.name, number, text)
        return MarkedEntry(self.name, number, entry.at, entry.kind, entry.holder_id, entry.subject, text, mac)

    def give_back(self, numbers: Iterable[int]) -> None:
        """Take numbers back whose entries are kept nowhere."""
        for number in numbers:
            heappush(self._free, number)

    def doubt(self, numbers: Iterable[int]) -> None:
        """Have the next entry say that nobody knows whether the entries with these numbers are kept."""
        self._unsure.extend(numbers)
