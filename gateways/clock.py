"""The time of day, injected so that nothing else reads the ambient clock."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return this moment, aware and in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return this moment, aware and in UTC."""
        return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is told to move, for tests and demonstrations.

    Args:
        now: an aware moment to start at.

    Raises:
        ValueError: the moment has no time zone.
    """

    def __init__(self, now: datetime) -> None:
        self._now = _in_utc(now)

    def now(self) -> datetime:
        """Return the moment it was last set to, aware and in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock on (or back, by a negative time)."""
        self._now += by

    def set(self, now: datetime) -> None:
        """Set the clock to an aware moment."""
        self._now = _in_utc(now)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: a clock needs an aware moment")
    return moment.astimezone(UTC)
