from datetime import date, datetime

import pytest

from domain.duration import CHINA_TIME, Duration, Unit, WorkingDay, deadline
from gateways.errors import GatewayConfigurationError
from gateways.working_calendar import ChineseWorkingCalendar

ANNOUNCED = ChineseWorkingCalendar({}, {})


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 1, 1), False),
        (date(2026, 1, 2), False),  # a Friday off
        (date(2026, 1, 4), True),  # the Sunday that makes up for it
        (date(2026, 2, 14), True),  # a Saturday worked before the Spring Festival
        (date(2026, 2, 17), False),
        (date(2026, 2, 24), True),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),  # a Saturday worked after the National Day
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
    ],
)
def test_holidays_and_make_up_days_of_2026_are_announced(day: date, working: bool) -> None:
    assert ANNOUNCED.day(day) == WorkingDay(working, estimated=False)


@pytest.mark.parametrize(
    ("day", "working"),
    [(date(2030, 10, 1), True), (date(2030, 10, 5), False), (date(1990, 1, 1), True), (date(2040, 1, 1), False)],
)
def test_years_nobody_knows_are_estimated_from_the_weekday(day: date, working: bool) -> None:
    assert ANNOUNCED.day(day) == WorkingDay(working, estimated=True)


def test_what_officers_list_wins_over_the_library() -> None:
    calendar = ChineseWorkingCalendar({date(2026, 11, 20): "停电"}, {date(2026, 10, 1): "国庆节"})
    assert calendar.day(date(2026, 11, 20)) == WorkingDay(False, estimated=False)
    assert calendar.day(date(2026, 10, 1)) == WorkingDay(True, estimated=False)
    assert calendar.day(date(2026, 10, 2)) == WorkingDay(False, estimated=False)


def test_a_year_that_officers_list_counts_as_announced() -> None:
    calendar = ChineseWorkingCalendar({date(2030, 10, 1): "国庆节"}, {date(2030, 10, 12): "国庆节"})
    assert calendar.day(date(2030, 10, 1)) == WorkingDay(False, estimated=False)
    assert calendar.day(date(2030, 10, 12)) == WorkingDay(True, estimated=False)
    assert calendar.day(date(2030, 11, 1)) == WorkingDay(True, estimated=False)
    assert calendar.day(date(2031, 10, 1)) == WorkingDay(True, estimated=True)


def test_a_day_listed_as_both_is_refused() -> None:
    with pytest.raises(GatewayConfigurationError, match=r"2030-10-01.*国庆节.*补班"):
        ChineseWorkingCalendar({date(2030, 10, 1): "国庆节"}, {date(2030, 10, 1): "补班"})


def test_seven_working_days_step_over_the_national_day() -> None:
    accepted = datetime(2026, 9, 30, 10, tzinfo=CHINA_TIME)
    promised = deadline(accepted, Duration(7, Unit.WORKING_DAYS), ANNOUNCED)
    # 8, 9 October, then the make-up Saturday the 10th, then Monday the 12th to Thursday the 15th.
    assert promised.at.date() == date(2026, 10, 15)
    assert not promised.estimated
