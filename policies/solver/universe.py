"""Everybody who could ask for a service, as a solver sees them: a whole number, or a set, for each fact.

A fact is one variable that several versions of a policy share; what hangs on a version's own words (the attributes of a
term) is worked out for each version by `Side`. Beyond what the types say, the variables are held to what is true of
every request: the day lies in a span, weekday and day of the month follow from it, nobody counts below nothing. Dates
lie between 1900 and 2199, moments from 1992 on (when China had kept one time for good), and numbers that are computed are
some that a fact could hold: so far, and no further, goes what the solver proves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import z3

from domain.duration import CHINA_TIME, WeekdayCalendar, WorkingCalendar
from domain.message import Message
from policies.engine.asking import of_the_day
from policies.engine.effective import EffectivePolicy
from policies.language.values import LIMIT, ORDERED, Kind, as_json, as_number
from policies.language.vocabulary import FactDefinition, Lexicon

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
FURTHEST = LIMIT - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OTHER_TEXTS = 10**6
"""Numbers from here on are texts that no policy names."""
_TODAY, _WEEKDAY, _MONTH = "request.today", "request.weekday", "request.month"
_NOW, _TIME_OF_DAY = "request.now", "request.time_of_day"
_DAY_OF_MONTH, _DAYS_LEFT = "request.day_of_month", "request.days_left_in_month"
_OF_THE_DAY = (_MONTH, _DAY_OF_MONTH, _DAYS_LEFT)
_LARGEST_REGION = 999_999

Number = Any
"""An expression of z3 that is a whole number."""
Truth = Any
"""An expression of z3 that is true or false."""


class Unproven(Exception):
    """Something cannot be said for certain; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


class NotComparable(Unproven):
    """Two versions of a policy understand a fact differently, so that no request is the same to both."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days on end on which nothing that is in force changes; both ends belong to it."""

    first: date
    last: date


@dataclass(slots=True)
class SymbolTable:
    """Numbers for words, the same in every version."""

    numbers: dict[str, int] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)

    def number(self, word: str) -> int:
        """Return a word's number."""
        found = self.numbers.get(word)
        if found is None:
            found = self.numbers[word] = len(self.numbers)
            self.words[found] = word
        return found


@dataclass(frozen=True, slots=True)
class Variable:
    """One fact as a variable.

    Args:
        value: its number, for all but lists; members: for a list of terms, whether each is in it, by number.
        holds: for a list of regions, whether it holds a code; present: whether it is there.
    """

    definition: FactDefinition
    value: Number | None
    members: Mapping[int, Truth]
    holds: Any
    present: Truth


class Universe:
    """The facts that versions of one service's policy read, and everything that is true of any request."""

    def __init__(self, policies: Iterable[EffectivePolicy], span: Span) -> None:
        """Take the versions.

        Raises:
            NotComparable: a fact has another type in another version, or no word in common.
        """
        self.span = span
        self.policies = tuple(policies)
        self.interned: dict[str, SymbolTable] = {}
        self.constraints: list[Truth] = []
        self.usual: list[Truth] = []
        self.variables: dict[str, Variable] = {}
        for name, definitions in self._roots().items():
            self.variables[name] = self._variable(definitions)
        self._follow_the_day()

    def _roots(self) -> dict[str, dict[int, FactDefinition]]:
        """Return the facts that hold what is read, by version: of an attribute, the fact that holds the term."""
        found: dict[str, dict[int, FactDefinition]] = {}
        for number, policy in enumerate(self.policies):
            for name in sorted(policy.facts_read):  # in one order, so that every run finds the same
                definition = policy.fact(name)
                while definition is not None and definition.parent is not None:
                    definition = policy.fact(definition.parent)
                if definition is not None:
                    found.setdefault(definition.name, {})[number] = definition
        for name, of in found.items():
            for number, policy in enumerate(self.policies):
                other = policy.fact(name)
                if number not in of and other is not None:
                    of[number] = other
        return found

    def intern(self, kind: str, word: str) -> int:
        """Return the number of a word of a vocabulary, or of another kind of words."""
        return self.interned.setdefault(kind, SymbolTable()).number(word)

    def _variable(self, definitions: Mapping[int, FactDefinition]) -> Variable:
        first = next(iter(definitions.values()))
        if any(other.type != first.type for other in definitions.values()):
            changed = (
                f"事实 `{first.name}` 在另一版本中类型不同",
                f"the fact {first.name} has another type in the other version",
            )
            raise NotComparable(Message(*changed))
        name, of_type = first.name, first.type
        optional = [definition.optional for definition in definitions.values()]
        present = z3.Bool(f"{name}?") if any(optional) else z3.BoolVal(True)
        if not all(optional):
            self.constraints.append(present)
        if of_type.kind is Kind.TERMS:
            members = {number: z3.Bool(f"{name} has {number}") for number in self._shared_terms(first, definitions)}
            return Variable(first, None, members, None, present)
        if of_type.kind is Kind.REGIONS:
            return Variable(first, None, {}, z3.Function(name, z3.IntSort(), z3.BoolSort()), present)
        value = z3.Int(name)
        self._bound(first, definitions, value, present)
        return Variable(first, value, {}, None, present)

    def _shared_terms(self, first: FactDefinition, definitions: Mapping[int, FactDefinition]) -> list[int]:
        """Return the numbers of the words that every version knows: a request can only say those to all of them."""
        of = first.type.of or ""
        known = [self.policies[number].terms(of) for number in definitions]
        shared = [term for term in known[0] if all(term in terms for terms in known)]
        if not shared and first.type.kind is Kind.TERM and not first.optional:
            raise NotComparable(
                Message(
                    f"`{first.name}` 应为词表 `{of}` 的词条，而两个版本没有相同的词条",
                    f"the versions have no word of {of} in common, which {first.name} must be",
                )
            )
        return [self.intern(of, term) for term in shared]

    def _bound(
        self, first: FactDefinition, definitions: Mapping[int, FactDefinition], value: Number, present: Truth
    ) -> None:
        kind = first.type.kind
        low, high = _RANGES.get(kind, (-FURTHEST, FURTHEST))
        if first.count is not None and kind is Kind.INTEGER:
            low = 0
        if kind is Kind.TERM:
            shared = self._shared_terms(first, definitions)
            within = z3.Or([value == number for number in shared]) if shared else z3.BoolVal(False)
            self.constraints.append(z3.Implies(present, within))
            return
        if kind is Kind.TEXT:
            low, high = 0, 2 * OTHER_TEXTS
        self.constraints += [value >= low, value <= high]
        if first.name == "request.service":
            return
        usual = _USUAL.get(kind)
        if usual is not None:
            self.usual += [value >= usual[0], value <= usual[1]]

    def _follow_the_day(self) -> None:
        """Hold what follows from the service and the day to them."""
        span = self.span
        today = self._number(_TODAY)
        if today is None:
            today = z3.Int(_TODAY)
        self.today = today
        self.constraints += [today >= span.first.toordinal(), today <= span.last.toordinal()]
        service = self._number("request.service")
        if service is not None:
            self.constraints.append(service == self.intern("services", self.policies[0].policy.name))
        now, clock = self._number(_NOW), self._number(_TIME_OF_DAY)
        if now is not None:
            self.constraints.append(part_of_moment(now, "day") == today)
            if clock is not None:
                self.constraints.append(part_of_moment(now, "time_of_day") == clock)
        weekday = self._number(_WEEKDAY)
        if weekday is not None:
            self.constraints.append(weekday == (today - 1) % 7 + 1)
        read = [name for name in _OF_THE_DAY if self._number(name) is not None]
        if read:
            self.constraints.append(z3.Or([z3.And(self._in_month(*month, read)) for month in _months(span)]))

    def _in_month(self, first: date, last: date, read: Iterable[str]) -> list[Truth]:
        worth = {
            _MONTH: z3.IntVal(first.month),
            _DAY_OF_MONTH: self.today - first.toordinal() + 1,
            _DAYS_LEFT: last.toordinal() - self.today,
        }
        within = [self.today >= first.toordinal(), self.today <= last.toordinal()]
        return within + [self._number(name) == worth[name] for name in read]

    def _number(self, name: str) -> Number | None:
        found = self.variables.get(name)
        return found.value if found is not None else None

    def same(self, name: str, model: Any, codes: Iterable[str]) -> Truth:
        """Return when a fact is what it is in a model."""
        variable = self.variables[name]
        given = [variable.present == model.eval(variable.present, model_completion=True)]
        if variable.value is not None:
            given.append(variable.value == model.eval(variable.value, model_completion=True))
        given += [has == model.eval(has, model_completion=True) for has in variable.members.values()]
        if variable.holds is not None:
            held = [variable.holds(int(code)) for code in codes]
            given += [has == model.eval(has, model_completion=True) for has in held]
        return z3.And(given)

    # --- from what the solver found back to facts

    def day(self, model: Any) -> date:
        """Return the day of a request that the solver found."""
        return date.fromordinal(_whole(model, self.today))

    def facts(self, model: Any, codes: Iterable[str]) -> dict[str, Any]:
        """Return the facts of a request that the solver found.

        Args:
            codes: of the regions that lists of regions are asked about.
        """
        found = {name: self._value(variable, model, codes) for name, variable in self.variables.items()}
        following = of_the_day(self.policies[0].policy.name, self.day(model))
        return found | {name: value for name, value in following.items() if name in found}

    def _value(self, variable: Variable, model: Any, codes: Iterable[str]) -> Any:
        of_type = variable.definition.type
        if not z3.is_true(model.eval(variable.present, model_completion=True)):
            return None
        if of_type.kind is Kind.TERMS:
            words = self.interned.get(of_type.of or "", SymbolTable()).words
            return tuple(words[n] for n, has in variable.members.items() if z3.is_true(model.eval(has, True)))
        if of_type.kind is Kind.REGIONS:
            return tuple(code for code in codes if z3.is_true(model.eval(variable.holds(int(code)), True)))
        return self.word_or_value(variable.definition, _whole(model, variable.value))

    def word_or_value(self, definition: FactDefinition, number: int) -> Any:
        """Return what a number stands for in a fact."""
        kind = definition.type.kind
        if kind in ORDERED:
            return from_number(kind, number)
        if kind is Kind.BOOLEAN:
            return bool(number)
        if kind is Kind.REGION:
            return f"{number:06d}"
        words = self.interned.get(definition.type.of or kind.value, SymbolTable()).words
        return words.get(number, f"other text {number - OTHER_TEXTS + 1}")


_RANGES: Mapping[Kind, tuple[int, int]] = {
    Kind.DATE: (FIRST_DAY.toordinal(), LAST_DAY.toordinal()),
    Kind.TIME: (0, 24 * 60 - 1),
    Kind.MOMENT: (as_number(datetime(1992, 1, 1, tzinfo=UTC)), as_number(datetime(2199, 12, 30, tzinfo=UTC))),
    Kind.DECIMAL: (1 - 10**15, 10**15 - 1),
    Kind.BOOLEAN: (0, 1),
    Kind.REGION: (0, _LARGEST_REGION),
}
_USUAL: Mapping[Kind, tuple[int, int]] = {
    Kind.INTEGER: (0, 110),
    Kind.DECIMAL: (0, 1000 * 10**6),
    Kind.MONEY: (0, 10**7),
    Kind.DATE: (date(1990, 1, 1).toordinal(), date(2060, 12, 31).toordinal()),
    Kind.MOMENT: (as_number(datetime(2000, 1, 1, tzinfo=UTC)), as_number(datetime(2060, 12, 31, tzinfo=UTC))),
}
"""What people would find usual: tried first, so that nobody is shown a holder of minus three years."""


def from_number(kind: Kind, number: int) -> Any:
    """Return the value of an ordered type that a whole number stands for."""
    if kind is Kind.DATE:
        return date.fromordinal(number)
    if kind is Kind.TIME:
        return time(number // 60, number % 60)
    if kind is Kind.MOMENT:
        return (EPOCH + timedelta(microseconds=number)).astimezone(CHINA_TIME)
    return Decimal(number) / 10**6 if kind is Kind.DECIMAL else number


def _whole(model: Any, expression: Number) -> int:
    return int(model.eval(expression, model_completion=True).as_long())


def _months(span: Span) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each month of a span."""
    firsts = [span.first.replace(day=1)]
    while firsts[-1] <= span.last:
        firsts.append((firsts[-1] + timedelta(days=31)).replace(day=1))
    for first, following in pairwise(firsts):
        yield first, following - timedelta(days=1)


MICROSECONDS = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000}
_EAST = 8 * MICROSECONDS["hour"]
"""China's time is eight hours ahead."""


def part_of_moment(moment: Number, part: str) -> Number:
    """Return the day or the time of day of a moment in China, as numbers."""
    local = moment + _EAST
    if part == "day":
        return local / MICROSECONDS["day"] + EPOCH.toordinal()
    return (local % MICROSECONDS["day"]) / MICROSECONDS["minute"]


class PolicyEncoding:
    """One version's view of the universe: its facts, with the attributes that its own words give to terms."""

    def __init__(
        self, universe: Universe, policy: EffectivePolicy, calendar: WorkingCalendar | None = None, days: str = ""
    ) -> None:
        """Take a version that the universe was made of.

        Args:
            calendar: of its working days; without one all are estimated.
            days: tells calendars apart that count differently.
        """
        self.universe = universe
        self.policy = policy
        self.calendar = calendar or WeekdayCalendar()
        self.days = days
        self.words: Lexicon = policy.words

    def _variable(self, name: str) -> Variable:
        return self.universe.variables[name]

    def _attribute(self, name: str) -> tuple[Variable, str]:
        holder, _, attribute = name.rpartition(".")
        return self._variable(holder), attribute

    def _terms(self, variable: Variable) -> Iterator[tuple[int, Mapping[str, Any]]]:
        of = variable.definition.type.of or ""
        numbers = self.universe.interned.get(of, SymbolTable()).numbers
        for name, term in self.policy.terms(of).items():
            if name in numbers:
                yield numbers[name], term.attributes

    def present(self, name: str) -> Truth:
        """Say whether a fact is there: of an attribute, whether the term is and has it."""
        if name in self.universe.variables:
            return self._variable(name).present
        variable, attribute = self._attribute(name)
        without = [number for number, has in self._terms(variable) if has.get(attribute) is None]
        return z3.And(variable.present, *(variable.value != number for number in without))

    def value(self, name: str) -> Number:
        """Return the number of a fact that is no list."""
        if name in self.universe.variables:
            return self._variable(name).value
        variable, attribute = self._attribute(name)
        if variable.definition.type.kind is Kind.MOMENT:
            return part_of_moment(variable.value, attribute)
        definition = self.policy.fact(name)
        assert definition is not None  # noqa: S101 - read_condition has seen to it
        found: Number = z3.IntVal(0)
        for number, has in self._terms(variable):
            if has.get(attribute) is not None:
                found = z3.If(variable.value == number, self.constant(has[attribute], definition), found)
        return found

    def constant(self, value: Any, definition: FactDefinition) -> int:
        """Return the number of a value of a fact's type."""
        return number_of(value, definition.type.item.kind, definition.type.of, self.universe)

    def has(self, name: str, item: Number) -> Truth:
        """Say whether a list holds an element."""
        if name in self.universe.variables:
            variable = self._variable(name)
            if variable.holds is not None:
                return variable.holds(item)
            return z3.Or([z3.And(item == number, has) for number, has in variable.members.items()])
        variable, attribute = self._attribute(name)
        definition = self.policy.fact(name)
        assert definition is not None  # noqa: S101 - read_condition has seen to it
        return z3.Or(
            [
                z3.And(variable.value == number, z3.Or([item == self.constant(v, definition) for v in has[attribute]]))
                for number, has in self._terms(variable)
                if has.get(attribute)
            ]
        )

    def attributes(self, name: str) -> dict[str, str]:
        """Return what an attribute is by term; nothing for a fact that is no attribute."""
        if name in self.universe.variables:
            return {}
        variable, attribute = self._attribute(name)
        terms = self.policy.terms(variable.definition.type.of or "")
        return {term: str(has.attributes.get(attribute)) for term, has in terms.items()}

    def elements(self, name: str) -> list[int] | None:
        """Return every number that a list could hold; None where nobody can say."""
        definition = self.policy.fact(name)
        assert definition is not None  # noqa: S101 - read_condition has seen to it
        if definition.type.kind is not Kind.TERMS:
            return None
        return [self.constant(term, definition) for term in self.policy.terms(definition.type.of or "")]


def number_of(value: Any, kind: Kind, of: str | None, universe: Universe) -> int:
    """Return the number of one value, as every version knows it."""
    if kind in ORDERED or kind is Kind.BOOLEAN:
        return as_number(value)
    if kind is Kind.REGION:
        return int(value)
    if kind is Kind.DURATION:
        return universe.intern("durations", str(as_json(value)))
    return universe.intern(of or kind.value, value)


def plain_list(value: Any) -> tuple[Any, ...]:
    """Return a value as a list: of a list itself, of one value a list of it."""
    return value if isinstance(value, tuple) else (value,)
