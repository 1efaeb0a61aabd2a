"""Durations that end on a certain day: when that is, how files state them, and what they cannot be used for."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duration import (
    CHINA_TIME,
    UNTIL_A_DAY,
    Duration,
    Unit,
    WeekdayCalendar,
    deadline,
    lapses_at,
    last_day,
    move_date,
)
from policies.language.values import show_duration
from policies.source.faults import FaultLog
from policies.tree.tree import read_tree
from tests.policies.support.golden import files_of, write

days = st.dates(date(1900, 1, 1), date(2198, 12, 31))
until = st.one_of(
    st.builds(Duration, st.integers(1, 31), st.sampled_from([Unit.DAY_OF_NEXT_MONTH, Unit.DAY_OF_THIS_OR_NEXT_MONTH])),
    st.builds(Duration, st.integers(1, 2), st.just(Unit.LAST_DAY_OF_YEAR)),
)
lengths = st.builds(Duration, st.integers(0, 99_999), st.sampled_from(sorted(set(Unit) - UNTIL_A_DAY)))


@pytest.mark.parametrize(
    ("written", "begins", "ends", "zh"),
    [
        ("day 10 of the next month", "2026-12-16", "2027-01-10", "次月10日"),
        ("day 10 of the next month", "2026-12-01", "2027-01-10", "次月10日"),
        ("day 30 of the next month", "2027-01-31", "2027-02-28", "次月30日"),
        ("day 25 of this or the next month", "2026-12-24", "2026-12-25", "当月25日（已过的，次月25日）"),
        ("day 25 of this or the next month", "2026-12-25", "2026-12-25", "当月25日（已过的，次月25日）"),
        ("day 25 of this or the next month", "2026-12-26", "2027-01-25", "当月25日（已过的，次月25日）"),
        ("day 30 of this or the next month", "2028-02-29", "2028-02-29", "当月30日（已过的，次月30日）"),
        ("day 30 of this or the next month", "2028-01-31", "2028-02-29", "当月30日（已过的，次月30日）"),
        ("the last day of the month", "2028-02-29", "2028-02-29", "当月最后一日"),
        ("the last day of the next month", "2028-01-31", "2028-02-29", "次月最后一日"),
        ("the last day of the year", "2026-12-31", "2026-12-31", "当年最后一日"),
        ("the last day of the next year", "2026-01-01", "2027-12-31", "次年最后一日"),
    ],
)
def test_the_day(written: str, begins: str, ends: str, zh: str) -> None:
    duration = Duration.parse(written)
    assert duration is not None
    assert last_day(date.fromisoformat(begins), duration) == date.fromisoformat(ends)
    assert (show_duration(duration).zh, show_duration(duration).en) == (zh, written)


@given(until, days)
def test_it_never_lies_before_the_beginning_and_is_the_day_that_is_named(duration: Duration, begins: date) -> None:
    ends = last_day(begins, duration)
    assert ends >= begins
    if duration.unit is Unit.LAST_DAY_OF_YEAR:
        assert (ends.year - begins.year, ends.month, ends.day) == (duration.amount - 1, 12, 31)
    else:
        assert ends.day == min(duration.amount, monthrange(ends.year, ends.month)[1])
        months = (ends.year - begins.year) * 12 + ends.month - begins.month
        assert months in ((1,) if duration.unit is Unit.DAY_OF_NEXT_MONTH else (0, 1))
        if duration.unit is Unit.DAY_OF_THIS_OR_NEXT_MONTH and months:
            assert begins.day > min(duration.amount, monthrange(begins.year, begins.month)[1])


@given(until, days, st.times())
def test_a_promise_is_kept_until_the_day_is_over_in_china(duration: Duration, begins: date, clock: time) -> None:
    start = datetime.combine(begins, clock, CHINA_TIME)
    ends = last_day(begins, duration)
    promised = deadline(start, duration, WeekdayCalendar())
    assert (promised.at, promised.estimated) == (datetime.combine(ends, time(23, 59, 59), CHINA_TIME), False)
    assert lapses_at(start, duration) == datetime.combine(ends + timedelta(days=1), time(), CHINA_TIME)


@given(until | lengths)
def test_what_is_written_is_read_again(duration: Duration) -> None:
    read = Duration.parse(str(duration))
    assert read == (duration if duration.amount else Duration(0, Unit.MINUTES))


@pytest.mark.parametrize(
    "written",
    [
        "day 0 of the next month",
        "day 32 of the next month",
        "day 10 of next month",
        "the last day of the week",
        "day 5",
        "",
    ],
)
def test_what_is_no_day(written: str) -> None:
    assert Duration.parse(written) is None


@given(until, days)
def test_nothing_is_moved_by_it(duration: Duration, begins: date) -> None:
    with pytest.raises(ValueError, match="cannot be moved"):
        move_date(begins, duration, WeekdayCalendar())


MOVING = {
    "a date moved by it": "when: {request.today: {after: {fact: request.today, minus: the last day of the month}}}\n    deny: true",
    "a photo taken within it": "require: {document: photo, specification: {taken_within: day 10 of the next month}}",
    "a setting of it that a photo is taken within": (
        "require: {document: photo, specification: {taken_within: {setting: fresh}}}"
    ),
}


@pytest.mark.parametrize("rule", MOVING.values(), ids=MOVING)
def test_a_policy_that_would_move_something_by_it_is_refused(rule: str, tmp_path: Path) -> None:
    own = (
        "source: guide\nsettings:\n"
        "  fresh: {type: duration, label: {zh: 期, en: fresh}, values: [{value: the last day of the year, from: 2020-01-01}]}\n"
        f"rules:\n  moved:\n    {rule}\n    message: {{zh: 一, en: one}}\n"
    )
    log = FaultLog()
    read_tree(write(tmp_path / "regions", {**files_of("base"), "china/north/apply.yaml": own}), log)
    assert {fault.code for fault in log.faults} == {"BAD_OPERAND"}
