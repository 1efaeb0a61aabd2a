"""The working days that one decision counts: looked up in the calendar that the policies were given, and remembered.

A calendar changes as years are announced, so a decision keeps what it was told: the days on which that differs from the
weekday. With them, and nothing else, it can be repeated.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date

from domain.duration import WeekdayCalendar, WorkingCalendar, WorkingDay

WORKING_DAY = "request.is_working_day"
WORKING_DAYS_LEFT = "request.working_days_left_in_month"
"""Facts that the calendar tells of the day asked."""
_WEEKDAYS = WeekdayCalendar()


def rest_of_month(day: date) -> Iterator[date]:
    """Yield the days of a month that come after one."""
    last = monthrange(day.year, day.month)[1]
    return (day.replace(day=number) for number in range(day.day + 1, last + 1))


class DaysCounted:
    """A calendar that remembers what it was asked.

    Args:
        calendar: that answers.
    """

    def __init__(self, calendar: WorkingCalendar) -> None:
        self.calendar = calendar
        self._asked: dict[date, WorkingDay] = {}

    def day(self, on: date) -> WorkingDay:
        """Say whether a date is a working day."""
        found = self._asked.get(on)
        if found is None:
            found = self._asked[on] = self.calendar.day(on)
        return found

    @property
    def estimated(self) -> bool:
        """Whether any of the answers was an estimate."""
        return any(day.estimated for day in self._asked.values())

    @property
    def special(self) -> Mapping[date, bool]:
        """The days that are worked, or off, against their weekday."""
        if not self._asked:
            return {}
        asked = sorted(self._asked.items())
        return {on: day.working for on, day in asked if day.working is not _WEEKDAYS.day(on).working}


class SpecialCalendar:
    """The calendar of a decision that is repeated: the weekdays, but for the days that it was told otherwise.

    Args:
        special, estimated: of the decision.
    """

    def __init__(self, special: Mapping[date, bool], *, estimated: bool = False) -> None:
        self._special = special
        self._estimated = estimated

    def day(self, on: date) -> WorkingDay:
        """Say whether a date was counted as a working day."""
        return WorkingDay(self._special.get(on, _WEEKDAYS.day(on).working), self._estimated)


class NoCalendar:
    """Refuses: nobody has said which days are worked, and a guess would pass for an answer."""

    def day(self, on: date) -> WorkingDay:
        """Refuse.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"no calendar says whether {on} is a working day")


NO_CALENDAR = NoCalendar()
