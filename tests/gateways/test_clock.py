from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateways.clock import Clock, SettableClock, SystemClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_system_clock_tells_utc_and_moves_on() -> None:
    clock: Clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert first <= clock.now() <= datetime.now(UTC)


def test_a_settable_clock_stands_still_until_told() -> None:
    clock = SettableClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 11, 20, 13, tzinfo=UTC)
    clock.set(datetime(2027, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now().isoformat() == "2027-01-01T00:00:00+00:00"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SettableClock(datetime(2026, 11, 20))
    with pytest.raises(ValueError, match="time zone"):
        SettableClock(NOON).set(datetime(2026, 11, 20))
