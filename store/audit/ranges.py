"""Sets of whole numbers as ranges: `1-500,503` for the texts of seals, and sets that take room by their gaps alone."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator


class Ranges:
    """A set of numbers, most of which follow one another."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    @classmethod
    def of(cls, numbers: Iterable[int]) -> "Ranges":
        """Return the set of some numbers."""
        found = cls()
        for number in sorted(numbers):
            found.add(number)
        return found

    @classmethod
    def parse(cls, text: str) -> "Ranges":
        """Read what `str` wrote.

        Raises:
            ValueError: it is no such text.
        """
        found = cls()
        for part in text.split(",") if text else ():
            first, _, last = part.partition("-")
            found._firsts.append(int(first))
            found._lasts.append(int(last or first))
        if any(after <= before for before, after in zip(found._lasts, found._firsts[1:], strict=False)):
            raise ValueError(f"{text} is not in order")
        return found

    def __str__(self) -> str:
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield the first and last number of each range."""
        return zip(self._firsts, self._lasts, strict=True)

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]

    @property
    def last(self) -> int:
        """The largest number; 0 of an empty set."""
        return self._lasts[-1] if self._lasts else 0

    def add(self, number: int) -> bool:
        """Put a number in, and say whether it was not there."""
        place = bisect_right(self._firsts, number)
        after_it = place > 0 and self._lasts[place - 1] >= number - 1
        if after_it and self._lasts[place - 1] >= number:
            return False
        before_next = place < len(self._firsts) and self._firsts[place] == number + 1
        if after_it and before_next:
            self._lasts[place - 1] = self._lasts.pop(place)
            del self._firsts[place]
        elif after_it:
            self._lasts[place - 1] = number
        elif before_next:
            self._firsts[place] = number
        else:
            self._firsts.insert(place, number)
            self._lasts.insert(place, number)
        return True

    def missing(self, since: int = 1) -> "Ranges":
        """Return the numbers from one on that are not in it, as far as its last."""
        found = Ranges()
        for first, last in self:
            if since < first:
                found._firsts.append(since)
                found._lasts.append(first - 1)
            since = max(since, last + 1)
        return found

    def numbers(self) -> Iterator[int]:
        """Yield every number."""
        for first, last in self:
            yield from range(first, last + 1)
