"""Lengths of time as policies state them: "7 natural days", "7 working days", "at once", "day 10 of the next month".

Business dates are dates in China Standard Time, which has no daylight saving and holds in every region.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

CHINA_TIME = ZoneInfo("Asia/Shanghai")
MAX_WORKING_DAYS = 1_000
"""By how many working days a date is moved at most: they are counted one by one, and no rule counts four years so."""
_SATURDAY = 5
_DAY = timedelta(days=1)


def day_in_china(moment: datetime) -> date:
    """Return the business date of a moment."""
    return moment.astimezone(CHINA_TIME).date()


class Unit(StrEnum):
    """Units of a duration."""

    MINUTES = "minutes"
    HOURS = "hours"
    NATURAL_DAYS = "natural_days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"
    DAY_OF_THIS_OR_NEXT_MONTH = "day_of_this_or_next_month"
    DAY_OF_NEXT_MONTH = "day_of_next_month"
    LAST_DAY_OF_YEAR = "last_day_of_year"


_LENGTH = re.compile(r"(0|[1-9][0-9]{0,4}) (minute|hour|natural day|working day|month|year)s?")
_DAY_OF_MONTH = re.compile(r"day ([1-9]|[12][0-9]|3[01]) of (the next|this or the next) month")
_LAST_DAY_OF = re.compile(r"the last day of the (month|next month|year|next year)")
DURATION_FORM = "|".join(("at once", _LENGTH.pattern, _DAY_OF_MONTH.pattern, _LAST_DAY_OF.pattern))
"""How policy files state a duration, as a regular expression."""

UNTIL_A_DAY = frozenset({Unit.DAY_OF_THIS_OR_NEXT_MONTH, Unit.DAY_OF_NEXT_MONTH, Unit.LAST_DAY_OF_YEAR})
"""Units of what lasts until a certain day, so that how long it is depends on when it begins."""
LAST_DAY = 31
"""As a day of a month, its last one, whichever that is."""
_LAST_DAYS: Mapping[str, tuple[int, Unit]] = {
    "month": (LAST_DAY, Unit.DAY_OF_THIS_OR_NEXT_MONTH),
    "next month": (LAST_DAY, Unit.DAY_OF_NEXT_MONTH),
    "year": (1, Unit.LAST_DAY_OF_YEAR),
    "next year": (2, Unit.LAST_DAY_OF_YEAR),
}


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """Whether a day is worked, and whether that is announced or only estimated from the weekday."""

    working: bool
    estimated: bool


class WorkingCalendar(Protocol):
    """Knows public holidays and make-up working days."""

    def day(self, on: date) -> WorkingDay:
        """Say whether a date is a working day."""
        ...


class WeekdayCalendar:
    """Knows of no announcement: every day is estimated from its weekday."""

    def day(self, on: date) -> WorkingDay:
        """Say that Monday to Friday are worked, as far as anybody can tell."""
        return WorkingDay(on.weekday() < _SATURDAY, estimated=True)


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole amount of one unit; zero of any unit means at once.

    What lasts until a certain day has its day of the month as the amount (31 for the last one), or, for the last day of a
    year, how many years end until then: 1 for the year in which it begins.
    """

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Duration | None":
        """Read what policy files state, the other way round than `str`; None where it is no duration."""
        if text == "at once":
            return cls(0, Unit.MINUTES)
        if length := _LENGTH.fullmatch(text):
            return cls(int(length[1]), Unit(length[2].replace(" ", "_") + "s"))
        if named := _DAY_OF_MONTH.fullmatch(text):
            return cls(
                int(named[1]), Unit.DAY_OF_NEXT_MONTH if named[2] == "the next" else Unit.DAY_OF_THIS_OR_NEXT_MONTH
            )
        named = _LAST_DAY_OF.fullmatch(text)
        return cls(*_LAST_DAYS[named[1]]) if named else None

    def __str__(self) -> str:
        """Return it as policy files state it."""
        if self.amount == 0:
            return "at once"
        if self.unit in UNTIL_A_DAY:
            return _named_day(self.amount, self.unit)
        text = self.unit.value.replace("_", " ")
        return f"{self.amount} {text[:-1] if self.amount == 1 else text}"


def _named_day(amount: int, unit: Unit) -> str:
    of = next((of for of, last in _LAST_DAYS.items() if last == (amount, unit)), None)
    if of is not None:
        return f"the last day of the {of}"
    return f"day {amount} of {'the next' if unit is Unit.DAY_OF_NEXT_MONTH else 'this or the next'} month"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment, and whether an unannounced calendar year made it an estimate."""

    at: datetime
    estimated: bool = False


def shift_date(day: date, duration: Duration, *, backwards: bool = False) -> date:
    """Move a date by natural days, months or years; the 31st becomes the last day of a shorter month.

    Raises:
        ValueError: the unit is hours, minutes or working days, or the last day is named: a date is not moved by those.
    """
    amount = -duration.amount if backwards else duration.amount
    if duration.unit is Unit.NATURAL_DAYS:
        return day + timedelta(days=amount)
    if duration.unit not in (Unit.MONTHS, Unit.YEARS):
        raise ValueError(f"a date cannot be moved by {duration}")
    return _day_of(day, amount * (12 if duration.unit is Unit.YEARS else 1), day.day)


def _day_of(day: date, months: int, number: int) -> date:
    """Return a day of the month that comes so many months after that of a date: its last one where it has fewer."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    # Every month has 28 days; of a later one it is looked up.
    return date(year, month0 + 1, number if number <= 28 else min(number, monthrange(year, month0 + 1)[1]))


def last_day(day: date, duration: Duration) -> date:
    """Return the last day of what begins on a date and lasts days, months or years, or until a day that it names.

    Raises:
        ValueError: the unit is hours, minutes or working days.
    """
    if duration.unit is Unit.DAY_OF_THIS_OR_NEXT_MONTH:
        this = _day_of(day, 0, duration.amount)
        return this if day <= this else _day_of(day, 1, duration.amount)
    if duration.unit is Unit.DAY_OF_NEXT_MONTH:
        return _day_of(day, 1, duration.amount)
    if duration.unit is Unit.LAST_DAY_OF_YEAR:
        return date(day.year + duration.amount - 1, 12, LAST_DAY)
    return shift_date(day, duration)


def move_date(day: date, duration: Duration, calendar: WorkingCalendar, *, backwards: bool = False) -> date:
    """Move a date by days of either kind, months or years; by working days, to the n-th one after or before it.

    Raises:
        ValueError: the unit is hours or minutes, or there are too many working days.
        OverflowError: no calendar reaches so far.
    """
    if duration.unit is not Unit.WORKING_DAYS:
        return shift_date(day, duration, backwards=backwards)
    if duration.amount > MAX_WORKING_DAYS:
        raise ValueError(f"a date cannot be moved by {duration}, at most by {MAX_WORKING_DAYS}")
    left = duration.amount
    while left:
        day += -_DAY if backwards else _DAY
        left -= calendar.day(day).working
    return day


def move_moment(
    moment: datetime, duration: Duration, calendar: WorkingCalendar, *, backwards: bool = False
) -> datetime:
    """Move a moment: by hours and minutes exactly, by anything else to the same time of day in China.

    Raises:
        ValueError, OverflowError: as for `move_date`.
    """
    if duration.unit in (Unit.MINUTES, Unit.HOURS):
        by = timedelta(**{duration.unit.value: duration.amount})
        return moment.astimezone(UTC) - by if backwards else moment.astimezone(UTC) + by
    local = moment.astimezone(CHINA_TIME)
    return datetime.combine(move_date(local.date(), duration, calendar, backwards=backwards), local.timetz())


def deadline(start: datetime, duration: Duration, calendar: WorkingCalendar) -> Deadline:
    """Say when a duration that starts at `start` has passed.

    Hours and minutes count from the moment. A promise of days ends with the last of them in China: "7 working days"
    from acceptance on a Monday ends at the end of the seventh working day after it. Zero is at once.

    Args:
        start: an aware moment.
        duration: how long.
        calendar: the working days of the country.

    Returns:
        The last moment that still keeps the promise; `estimated` when a working day was guessed.
    """
    if duration.amount == 0:
        return Deadline(start)
    if duration.unit in (Unit.MINUTES, Unit.HOURS):
        return Deadline(start + timedelta(**{duration.unit.value: duration.amount}))
    day = day_in_china(start)
    estimated = False
    if duration.unit is Unit.WORKING_DAYS:
        left = duration.amount
        while left:
            day += _DAY
            known = calendar.day(day)
            estimated = estimated or known.estimated
            left -= known.working
    else:
        day = last_day(day, duration)
    return Deadline(datetime.combine(day, time(23, 59, 59), CHINA_TIME), estimated)


def lapses_at(start: datetime, duration: Duration) -> datetime:
    """Say when a state that began at `start` ends by time alone: natural units to the same clock time.

    What lasts until a certain day ends when that day is over in China.
    """
    if duration.unit in (Unit.MINUTES, Unit.HOURS):
        return start + timedelta(**{duration.unit.value: duration.amount})
    local = start.astimezone(CHINA_TIME)
    if duration.unit in UNTIL_A_DAY:
        return datetime.combine(last_day(local.date(), duration) + _DAY, time(), CHINA_TIME)
    return datetime.combine(shift_date(local.date(), duration), local.timetz())


def years_between(born: date, on: date) -> int:
    """Return the age in whole years; who is born on 29 February is a year older on 1 March of a common year."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
