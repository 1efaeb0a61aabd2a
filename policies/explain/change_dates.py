"""Days on which a rule may see something else than today: ages, dates, counted history, and what the policies announce.

Candidates only; whether anything changes on them is for the engine to say.
"""

from calendar import isleap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta

from domain.duration import day_in_china, shift_date, years_between
from domain.history import History
from policies.engine.asking import AGE, LAST_MONTH_ENDED, MONTH_AND_DAY, NOW, Asked, at_the_same_time
from policies.engine.decide import Trial
from policies.engine.evaluation import Situation
from policies.engine.working_days import WORKING_DAY, WORKING_DAYS_LEFT
from policies.language.conditions import Operand, Test, operand_facts, operand_settings
from policies.language.history_counts import Count
from policies.language.rule_reads import rule_settings
from policies.language.service import DatedValue, Rule

YEARS_AHEAD = 30
DAYS_AHEAD = 31
"""How far days are tried one by one, for what hangs on the weekday or the day of the month."""

_DAY = timedelta(days=1)
_DAILY = frozenset(
    {
        "request.weekday",
        "request.day_of_month",
        "request.days_left_in_month",
        LAST_MONTH_ENDED,
        WORKING_DAY,
        WORKING_DAYS_LEFT,
    }
)
_MONTHLY = "request.month"
_TODAY = "request.today"


def turning_days(asked: Asked, trial: Trial, rule: Rule, tests: Iterable[Test]) -> list[date]:
    """Return the days on which a rule may come out otherwise, the nearest first.

    Args:
        asked: the request, with the day from which to look; trial: its rules evaluated.
        rule: that should come out otherwise; tests: those of its condition that settle it.
    """
    last = _years_on(asked.on, YEARS_AHEAD)
    found = set(announced_days(trial, rule))
    situation = trial.situation
    for test in tests:
        read = {test.fact, *operand_facts(test.operand)}
        if AGE in read:
            found.update(_birthdays(asked, trial, test))
        if read & {_TODAY, NOW}:
            found.update(_flips(situation, test, asked.on, asked.earliest or asked.on, last))
        if read & _DAILY:
            found.update(asked.on + number * _DAY for number in range(1, DAYS_AHEAD + 1))
        if MONTH_AND_DAY in read:
            found.update(_days_of_the_year(asked.on, _numbers(trial, test.operand)))
        if _MONTHLY in read:
            found.update(_first_days(asked.on))
        for name in read:
            definition = trial.policy.fact(name)
            if definition is not None and definition.count is not None:
                found.update(_counted_days(definition.count, asked.history or (), asked.on))
    return sorted((day for day in found if _possible(asked, trial, day, last)), key=lambda day: abs(day - asked.on))


def announced_days(trial: Trial, rule: Rule) -> Iterator[date]:
    """Yield the days on which a rule, what may overrule it, or a value that it reads begins or ends."""
    policy, wanted = trial.policy.policy, [rule]
    wanted += [other for other in policy.rules.values() if rule.id in other.instead_of]
    for other in wanted:
        yield from _ends(other)
        for name in rule_settings(other):
            for layer in policy.settings[name].layers:
                for value in layer:
                    yield from _ends(value)


def _ends(dated: Rule | DatedValue) -> Iterator[date]:
    for day in (dated.start, dated.published):
        if day is not None:
            yield day
            if day > date.min:
                yield day - _DAY
    if dated.end is not None and dated.end < date.max:
        yield dated.end + _DAY


def _possible(asked: Asked, trial: Trial, day: date, last: date) -> bool:
    """Say whether a request can be moved to a day, and whether its card is still in the state that it is in."""
    until = trial.reading.facts.get("card.state_until")
    ends = isinstance(until, date) and day >= until
    return day != asked.on and (asked.earliest or asked.on) <= day <= last and not ends


def _birthdays(asked: Asked, trial: Trial, test: Test) -> Iterator[date]:
    """Yield the days on which the holder reaches an age that a test names, or is a year past it."""
    age = trial.reading.facts.get(AGE)
    for wanted in sorted({number + more for number in _numbers(trial, test.operand) for more in (0, 1)}):
        if asked.born_on is not None:
            yield from _reaches(asked.born_on, wanted)
        elif isinstance(age, int) and 0 < wanted - age <= YEARS_AHEAD:
            yield _years_on(asked.on, wanted - age)


def _reaches(born: date, age: int) -> Iterator[date]:
    if 0 <= age <= date.max.year - born.year - 1:
        day = _years_on(born, age)
        yield day if years_between(born, day) == age else day + _DAY


def _years_on(day: date, years: int) -> date:
    year = min(day.year + years, date.max.year - 1)
    return date(year, 3, 1) if (day.month, day.day) == (2, 29) and not isleap(year) else day.replace(year=year)


def _numbers(trial: Trial, operand: Operand | None) -> set[int]:
    """Return the whole numbers that an operand may be: its literal, or every value that its setting ever has."""
    if operand is None or operand.times is not None:
        return set()
    if operand.source == "literal":
        values = operand.value if isinstance(operand.value, tuple) else (operand.value,)
        return {value for value in values if isinstance(value, int)}
    bases: set[int] = set()
    for name in operand_settings(operand)[:1]:
        bases = {v.value for layer in trial.policy.policy.settings[name].layers for v in layer if type(v.value) is int}
    return {base + operand.sign * by for base in bases for by in (_numbers(trial, operand.offset) or {0})}


def _flips(situation: Situation, test: Test, on: date, earliest: date, last: date) -> Iterator[date]:
    """Yield the nearest days on which a comparison with today comes out otherwise: it does so once in each direction."""
    for limit, sign in ((last, 1), (earliest, -1)):
        near, far = 0, abs((limit - on).days)
        if _on(situation, test, on + sign * far * _DAY) is _on(situation, test, on):
            continue
        while far - near > 1:
            middle = (near + far) // 2
            if _on(situation, test, on + sign * middle * _DAY) is _on(situation, test, on):
                near = middle
            else:
                far = middle
        yield on + sign * far * _DAY
        yield on + sign * (far + 1) * _DAY


def _on(situation: Situation, test: Test, day: date) -> bool | None:
    try:
        facts = {**situation.facts, _TODAY: day}
        if isinstance(now := facts.get(NOW), datetime):
            facts[NOW] = at_the_same_time(now, day)
        return replace(situation, facts=facts).see(test).holds
    except (OverflowError, ValueError):
        return None


def _days_of_the_year(on: date, wanted: Iterable[int]) -> Iterator[date]:
    """Yield when days that are named by month and day come next, and the days after them."""
    for number in wanted:
        for year in range(on.year, min(on.year + 2, date.max.year)):
            with suppress(ValueError):
                day = date(year, *divmod(number, 100))
                yield from (day, day + _DAY)


def _first_days(on: date) -> Iterator[date]:
    for number in range(1, 13):
        months = on.year * 12 + on.month - 1 + number
        yield date(months // 12, months % 12 + 1, 1)


def _counted_days(count: Count, history: History, on: date) -> Iterator[date]:
    """Yield the days on which records stop counting."""
    if count.within == "calendar_year":
        yield date(on.year + 1, 1, 1)
    elif count.within == "calendar_month":
        yield next(_first_days(on))
    elif count.last is not None:
        for record in history:
            day = day_in_china(record.at)
            back = shift_date(day, count.last)
            yield from (back + number * _DAY for number in range(4))  # a short month may end up to three days earlier
