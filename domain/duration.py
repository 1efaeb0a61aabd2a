"""Lengths of time as policies state them: "7 natural days", "7 working days", "at once".

Business dates are dates in China Standard Time, which has no daylight saving and holds in every region.
"""

from calendar import monthrange
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


class Unit(StrEnum):
    """Units of a duration."""

    MINUTES = "minutes"
    HOURS = "hours"
    NATURAL_DAYS = "natural_days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


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
    """A whole amount of one unit; zero of any unit means at once."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        if self.amount == 0:
            return "at once"
        text = self.unit.value.replace("_", " ")
        return f"{self.amount} {text[:-1] if self.amount == 1 else text}"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment, and whether an unannounced calendar year made it an estimate."""

    at: datetime
    estimated: bool = False


def shift_date(day: date, duration: Duration, *, backwards: bool = False) -> date:
    """Move a date by natural days, months or years; the 31st becomes the last day of a shorter month.

    Raises:
        ValueError: the unit is hours, minutes or working days, which a bare date cannot be moved by.
    """
    amount = -duration.amount if backwards else duration.amount
    if duration.unit is Unit.NATURAL_DAYS:
        return day + timedelta(days=amount)
    if duration.unit not in (Unit.MONTHS, Unit.YEARS):
        raise ValueError(f"a date cannot be moved by {duration}")
    months = amount * (12 if duration.unit is Unit.YEARS else 1)
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


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
    day = start.astimezone(CHINA_TIME).date()
    estimated = False
    if duration.unit is Unit.WORKING_DAYS:
        left = duration.amount
        while left:
            day += _DAY
            known = calendar.day(day)
            estimated = estimated or known.estimated
            left -= known.working
    else:
        day = shift_date(day, duration)
    return Deadline(datetime.combine(day, time(23, 59, 59), CHINA_TIME), estimated)


def lapses_at(start: datetime, duration: Duration) -> datetime:
    """Say when a state that began at `start` ends by time alone: natural units to the same clock time."""
    if duration.unit in (Unit.MINUTES, Unit.HOURS):
        return start + timedelta(**{duration.unit.value: duration.amount})
    local = start.astimezone(CHINA_TIME)
    return datetime.combine(shift_date(local.date(), duration), local.timetz())


def years_between(born: date, on: date) -> int:
    """Return the age in whole years; who is born on 29 February is a year older on 1 March of a common year."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
