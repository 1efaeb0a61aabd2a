"""Days moved by months, years or working days, as a solver is told of them: those around, where it has guessed wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import z3

from domain.duration import Duration, Unit, WorkingCalendar, move_date, shift_date

MONTHS_AROUND = 18
DAYS_AROUND = 60


@dataclass(frozen=True, slots=True)
class MovedByMonths:
    """A day that is another one moved by months.

    Args:
        base, moved: ordinals, as `date.toordinal` counts them; months: may be negative.
    """

    base: Any
    moved: Any
    months: int

    def around(self, ordinal: int) -> Iterator[Any]:
        """Yield what holds of every day of the months around one: exact, and in whole numbers."""
        day = date.fromordinal(ordinal).replace(day=1)
        first = _by_months(day, -MONTHS_AROUND)
        for _ in range(2 * MONTHS_AROUND + 1):
            following = _by_months(first, 1)
            last = following - timedelta(days=1)
            target, end = _by_months(first, self.months), _by_months(following, self.months) - timedelta(days=1)
            same_day = self.base + (target - first).days
            within = z3.And(self.base >= first.toordinal(), self.base <= last.toordinal())
            # The 31st becomes the last day of a shorter month.
            yield z3.Implies(within, self.moved == z3.If(same_day < end.toordinal(), same_day, end.toordinal()))
            first = following


@dataclass(frozen=True, slots=True)
class MovedByWorkingDays:
    """A day that is another one moved by working days.

    Args:
        base, moved: ordinals; length: in working days; sign: +1 or -1; calendar: that counts them.
    """

    base: Any
    moved: Any
    length: Duration
    sign: int
    calendar: WorkingCalendar

    def around(self, ordinal: int) -> Iterator[Any]:
        """Yield what holds of the days around one: exact, and in whole numbers."""
        for day in range(ordinal - DAYS_AROUND, ordinal + DAYS_AROUND + 1):
            later = move_date(date.fromordinal(day), self.length, self.calendar, backwards=self.sign < 0)
            yield z3.Implies(self.base == day, self.moved == later.toordinal())


def _by_months(first: date, months: int) -> date:
    return shift_date(first, Duration(abs(months), Unit.MONTHS), backwards=months < 0)
