"""A request about which officers and people ask why, and what would change it."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import product
from typing import Any

from domain.duration import CHINA_TIME, years_between
from domain.evidence import Evidence
from domain.history import History
from domain.services import records_of
from policies.engine.decide import Policies, Trial
from policies.engine.working_days import WORKING_DAY, WORKING_DAYS_LEFT, rest_of_month
from policies.language.values import moment_part

IsWorkingDay = Callable[[date], bool]

AGE = "holder.age"
"""The fact that follows from the day and a date of birth."""
MONTH_AND_DAY, LAST_MONTH_ENDED = "request.month_and_day", "request.last_month_ended_on"
"""Facts for what is so in a part of every year, and for the first days of a month."""
NOW, TIME_OF_DAY = "request.now", "request.time_of_day"
"""Facts of which each follows from the other and the day."""
AGES = (AGE, "actor.age")
"""Facts that grow with the day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as `Policies.decide` takes it.

    Args:
        service, region, on, known: what is asked, of whom, on which day, by what was published when.
        facts, evidence, history: of the request.
        form: facts may be unknown, and what hangs on them is told as such.
        born_on: the holder's date of birth; with it the holder's age follows from the day.
        earliest: the first day to which the request can still be moved; None for none before `on`.
        is_working_day: for days to which the request is moved; None where nobody can say.
    """

    service: str
    region: str
    on: date
    known: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)
    history: History | None = None
    form: bool = True
    born_on: date | None = None
    is_working_day: IsWorkingDay | None = None
    earliest: date | None = None

    def all_facts(self, policies: Policies) -> dict[str, Any]:
        """Return the facts, with those that follow from the service, the day and the date of birth; stated ones win."""
        words = policies.region(self.region).words
        following = of_the_day(self.service, self.on) | of_the_clock(self.on, self.facts)
        if self.born_on is not None:
            following[AGE] = years_between(self.born_on, self.on)
        if self.is_working_day is not None:
            following[WORKING_DAY] = self.is_working_day(self.on)
            following[WORKING_DAYS_LEFT] = sum(map(self.is_working_day, rest_of_month(self.on)))
        records = records_of(self.service)
        possible = {name: value for name, value in following.items() if name in words.facts}
        return {name: value for name, value in possible.items() if name.split(".")[0] in records} | dict(self.facts)

    def moved(self, day: date) -> "list[Asked]":
        """Return the request as it would be on another day: one for each combination of ages that is possible then.

        Without a date of birth an age is known on the day asked and its anniversaries only. Whether a day is a working
        day is not known where nobody can say.
        """
        facts = {name: value for name, value in self.facts.items() if name not in of_the_day(self.service, day)}
        if isinstance(now := facts.get(NOW), datetime):
            facts[NOW] = at_the_same_time(now, day)
        if self.born_on is not None:
            facts.pop(AGE, None)
        aging = [name for name in AGES if isinstance(facts.get(name), int)]
        dropped = [facts.pop(name, None) for name in (WORKING_DAY, WORKING_DAYS_LEFT)]
        unknown = self.is_working_day is None and any(value is not None for value in dropped)
        moved = replace(self, on=day, form=self.form or unknown)
        ages = [[facts[name] + years for years in _years_later(self.on, day)] for name in aging]
        return [replace(moved, facts=facts | dict(zip(aging, found, strict=True))) for found in product(*ages)]

    def trial(self, policies: Policies) -> Trial | None:
        """Evaluate the rules; None where the region does not offer the service.

        Raises:
            NotFound, InvalidInput, DecisionFault: as for `Policies.decide`.
        """
        return policies.trial(
            self.service,
            self.region,
            self.all_facts(policies),
            self.on,
            known=self.known,
            evidence=self.evidence,
            history=self.history,
            form=self.form,
        )


def of_the_day(service: str, on: date) -> dict[str, Any]:
    """Return the facts that follow from the service and the day asked."""
    return {
        "request.service": service,
        "request.today": on,
        "request.weekday": on.isoweekday(),
        "request.day_of_month": on.day,
        "request.days_left_in_month": monthrange(on.year, on.month)[1] - on.day,
        "request.month": on.month,
        MONTH_AND_DAY: on.month * 100 + on.day,
        LAST_MONTH_ENDED: date.fromordinal(max(1, on.toordinal() - on.day)),
    }


def of_the_clock(on: date, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the moment of a request where its time of day is stated, or the time of day where the moment is."""
    now, clock = facts.get(NOW), facts.get(TIME_OF_DAY)
    following: dict[str, Any] = {}
    if isinstance(clock, time) and now is None:
        following[NOW] = datetime.combine(on, clock, CHINA_TIME)
    elif isinstance(now, datetime) and clock is None:
        following[TIME_OF_DAY] = moment_part(now, "time_of_day")
    return following


def at_the_same_time(moment: datetime, day: date) -> datetime:
    """Return a moment at its time of day in China on another day."""
    return datetime.combine(day, moment.astimezone(CHINA_TIME).timetz())


def _years_later(on: date, day: date) -> tuple[int, ...]:
    """Return by how many years somebody of unknown birthday is older on another day: one number, or two."""
    years = years_between(on, day)
    anniversary = (on.month, on.day) == (day.month, day.day)
    return (years,) if anniversary else (years, years + 1)
