"""Facts of the request itself."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

from domain.duration import CHINA_TIME, WorkingCalendar
from policies.engine.asking import of_the_day
from policies.engine.working_days import rest_of_month
from resolvers.facts.fact import Fact, Facts
from resolvers.facts.situation import DecisionSubject


def working_days_left(day: date, calendar: WorkingCalendar) -> int:
    """Return how many working days of the month come after a day."""
    return sum(calendar.day(other).working for other in rest_of_month(day))


def _of_the_day(name: str) -> Fact:
    return Fact(lambda s: of_the_day(s.service, s.today)[name])


def _local_time(situation: DecisionSubject) -> time:
    local = situation.now.astimezone(CHINA_TIME)
    return time(local.hour, local.minute)


_OWN: dict[str, Callable[[DecisionSubject], Any]] = {
    "request.channel": lambda s: s.actor.channel,
    "request.role": lambda s: s.actor.role,
    "request.office": lambda s: s.actor.office,
    "request.now": lambda s: s.now.astimezone(CHINA_TIME),
    "request.time_of_day": _local_time,
    "request.working_days_left_in_month": lambda s: working_days_left(s.today, s.calendar),
    "request.is_working_day": lambda s: s.calendar.day(s.today).working,
}
FACTS: Facts = {
    **{name: _of_the_day(name) for name in of_the_day("", date.min)},
    **{name: Fact(compute) for name, compute in _OWN.items()},
}
