"""Values of the policy language as the oracle reckons with them: truth, days, moments, numbers, regions.

Like the oracle itself it is written from docs/policy-language.md alone, and imports nothing from `policies`.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.duration import WorkingCalendar, WorkingDay
from tests.policies.support.oracle_tree import Type

CHINA = ZoneInfo("Asia/Shanghai")
LARGEST = 2**53
"""No number that is computed may be as large."""
MOST_WORKING_DAYS = 1_000
Truth = bool | None
"""None is unknown."""


class Fault(Exception):
    """The question has no answer: the engine must refuse it."""


def every(values: Iterable[Truth]) -> Truth:
    """Kleene's "and"."""
    found = list(values)
    return False if False in found else None if None in found else True


def some(values: Iterable[Truth]) -> Truth:
    """Kleene's "or"."""
    found = list(values)
    return True if True in found else None if None in found else False


def shift(day: date, duration: tuple[int, str], sign: int, calendar: WorkingCalendar | None = None) -> date:
    """Move a day; the 31st becomes the last day of a shorter month; working days are counted off one by one."""
    amount, unit = duration[0] * sign, duration[1]
    try:
        if unit == "working_days" and calendar is not None and abs(amount) <= MOST_WORKING_DAYS:
            while amount:
                day += timedelta(days=sign)
                amount -= sign if calendar.day(day).working else 0
            return day
        if unit == "natural_days":
            return day + timedelta(days=amount)
        if unit not in ("months", "years"):
            raise Fault(f"a date cannot be moved by {duration}")
        month = day.year * 12 + day.month - 1 + (amount if unit == "months" else 12 * amount)
        return date(month // 12, month % 12 + 1, min(day.day, monthrange(month // 12, month % 12 + 1)[1]))
    except (OverflowError, ValueError) as error:
        raise Fault(str(error)) from error


def shift_moment(moment: datetime, duration: tuple[int, str], sign: int, calendar: WorkingCalendar) -> datetime:
    """Move a moment: hours and minutes are exact, all else keeps the time of day in China."""
    if duration[1] in ("hours", "minutes"):
        try:
            return moment.astimezone(UTC) + timedelta(**{duration[1]: sign * duration[0]})
        except OverflowError as error:
            raise Fault(str(error)) from error
    there = moment.astimezone(CHINA)
    return datetime.combine(shift(there.date(), duration, sign, calendar), there.time(), CHINA)


class Asked:
    """A calendar that remembers whether it had to guess."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self.calendar = calendar
        self.guessed = False

    def day(self, on: date) -> WorkingDay:
        found = self.calendar.day(on)
        self.guessed = self.guessed or found.estimated
        return found


def operand_type(word: str, of_type: Type) -> Type:
    if word in ("includes", "excludes"):
        return of_type.item
    lists = ("in", "not_in", "includes_any", "includes_none", "includes_all", "within", "not_within")
    return of_type.list_of if word in lists else of_type


def compare(word: str, value: Any, wanted: Any) -> bool:
    tests: dict[str, Callable[[], bool]] = {
        "is": lambda: value == wanted,
        "is_not": lambda: value != wanted,
        "below": lambda: value < wanted,
        "at_most": lambda: value <= wanted,
        "above": lambda: value > wanted,
        "at_least": lambda: value >= wanted,
        "before": lambda: value < wanted,
        "on_or_before": lambda: value <= wanted,
        "after": lambda: value > wanted,
        "on_or_after": lambda: value >= wanted,
        "in": lambda: value in wanted,
        "not_in": lambda: value not in wanted,
        "includes": lambda: wanted in value,
        "excludes": lambda: wanted not in value,
        "includes_any": lambda: bool(set(value) & set(wanted)),
        "includes_none": lambda: not set(value) & set(wanted),
        "includes_all": lambda: set(wanted) <= set(value),
        "within": lambda: any(lies_in(value, region) for region in wanted),
        "not_within": lambda: not any(lies_in(value, region) for region in wanted),
    }
    return tests[word]()


def lies_in(code: str, region: str) -> bool:
    """A code's trailing pairs of zeros stand for everything below it."""
    prefix = region
    while prefix.endswith("00") and prefix:
        prefix = prefix[:-2]
    return code.startswith(prefix)


def equal(one: Any, other: Any) -> bool:
    """Lists are compared as sets; a duration is a pair of its own."""
    listed = isinstance(one, tuple) and all(isinstance(item, str) for item in one)
    return set(one) == set(other) if listed and other is not None else bool(one == other)


def held(number: int) -> int:
    if abs(number) >= LARGEST:
        raise Fault(f"{number} is too large")
    return number


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth
