"""The facts of the day asked: the service computes them by the clock of China, and the officers' tests from the date."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.duration import CHINA_TIME, WorkingDay
from domain.holder import Actor
from policies.case_files import read_cases
from policies.faults import FaultLog
from policies.tree import load_tree
from resolvers.facts import request_facts


class EveryDay:
    """A calendar without a day off."""

    def day(self, on: date) -> WorkingDay:
        return WorkingDay(working=True, estimated=False)


def facts_at(now: datetime) -> dict[str, object]:
    return request_facts("status", Actor("somebody", "citizen", "service_window"), now, EveryDay())


@pytest.mark.parametrize(
    ("day", "left"), [(date(2026, 2, 28), 0), (date(2028, 2, 28), 1), (date(2026, 12, 1), 30), (date(2026, 4, 30), 0)]
)
def test_days_left_in_the_month(day: date, left: int) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=CHINA_TIME)
    assert facts_at(noon)["request.days_left_in_month"] == left


def test_the_month_ends_at_midnight_in_china() -> None:
    evening = datetime(2026, 2, 28, 15, 59, tzinfo=UTC)
    assert facts_at(evening)["request.days_left_in_month"] == 0
    assert facts_at(evening.replace(hour=16, minute=0))["request.days_left_in_month"] == 30


def test_the_officers_tests_know_the_same_of_a_day() -> None:
    log = FaultLog()
    cases = read_cases(load_tree(Path("regions")), log)
    case = next(case for case in cases if case.service == "status")
    computed = facts_at(datetime(case.on.year, case.on.month, case.on.day, 12, tzinfo=CHINA_TIME))
    own = {name: value for name, value in case.facts.items() if name.startswith("request.") and value is not None}
    same = own.keys() & computed.keys() - {"request.channel"}
    assert "request.days_left_in_month" in same
    assert {name: own[name] for name in same} == {name: computed[name] for name in same}
