"""Conditions and operands of a policy as formulas about a `Universe`.

What a solver can say in whole numbers it is told exactly: comparisons, lists, areas, days moved by days. What it cannot
(a day moved by months, a list of regions compared with another) is a number or truth that it may choose, and each
choice is held to what the engine's own arithmetic says before anything is concluded from it (`proofs`).
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import z3

from domain.duration import Duration, Unit
from domain.message import Message
from policies.engine.program import operand_value
from policies.language.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Operand,
    Test,
    operand_facts,
    operand_settings,
    push_negations,
    tests_of,
)
from policies.language.operators import OPERATORS, Op
from policies.language.service import Rule
from policies.language.values import LIMIT, Kind, ValueType, same
from policies.solver.civil_days import MovedByMonths, MovedByWorkingDays
from policies.solver.universe import MICROSECONDS, NotComparable, Number, PolicyEncoding, Truth, Universe, number_of

_MONTH_DAYS = (28, 31)
_COUNTED = frozenset({Kind.INTEGER, Kind.MONEY})
_STEPS: Mapping[Kind, Mapping[Unit, int]] = {
    Kind.DATE: {Unit.NATURAL_DAYS: 1},
    Kind.MOMENT: {
        Unit.NATURAL_DAYS: MICROSECONDS["day"],
        Unit.HOURS: MICROSECONDS["hour"],
        Unit.MINUTES: MICROSECONDS["minute"],
    },
}
"""By how much the number of what lies in time grows with each unit; by other units it grows unevenly."""
MOST_MONTHS = 1_200
"""A longer way than this may lead beyond the calendar."""
IDLE_DAYS = 30
"""So many working days take three times as many days, and these, at the very most: no country rests longer."""
_MONTHS_OF = {Unit.MONTHS: 1, Unit.YEARS: 12}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A number or truth that the solver may choose, until it is held to what the engine says.

    Args:
        symbol: the solver's; reads: the facts that it follows from; work_out: what it is on some facts.
        moved: for a day moved by months, years or working days, what it is moved from.
    """

    symbol: Any
    reads: tuple[str, ...]
    work_out: Callable[[Mapping[str, Any]], Any]
    moved: list[MovedByMonths | MovedByWorkingDays] = field(default_factory=list)


class Formulas:
    """Turns the conditions and operands of one version into formulas."""

    def __init__(self, side: PolicyEncoding) -> None:
        """Take a version's view."""
        self.side = side
        self.universe: Universe = side.universe
        self.settings = side.policy.settings
        self.calendar = side.calendar
        self.chosen: dict[str, Chosen] = {}
        self.constraints: list[Truth] = []

    # --- conditions

    def condition(self, condition: Condition | None) -> Truth:
        """Return when a condition holds."""
        return z3.BoolVal(True) if condition is None else self._condition(push_negations(condition))

    def _condition(self, condition: Condition) -> Truth:
        if isinstance(condition, Test):
            return self._test(condition)
        assert isinstance(condition, AllOf | AnyOf)  # noqa: S101 - push_negations leaves no Not
        parts = [self._condition(part) for part in condition.parts]
        return z3.And(parts) if isinstance(condition, AllOf) else z3.Or(parts)

    def _test(self, test: Test) -> Truth:
        negated = test.op not in HOLDS
        op = OPERATORS[test.op].negation if negated else test.op
        read = dict.fromkeys((test.fact, *operand_facts(test.operand))) if op is not Op.PRESENT else ()
        there = [self.side.present(name) for name in read]
        holds = HOLDS[op](self, test)
        holds = z3.Not(holds) if negated else holds
        return z3.And(*there, holds) if there else holds

    def compared(self, compare: Callable[[Number, Number], Truth], test: Test) -> Truth:
        """Return how the number of a fact stands to another."""
        return compare(self.side.value(test.fact), self.number(_operand(test), test.type))

    def is_there(self, test: Test) -> Truth:
        """Return whether a fact is there."""
        return self.side.present(test.fact)

    def includes(self, test: Test) -> Truth:
        """Return whether a fact is a list with an element."""
        return self.side.has(test.fact, self.number(_operand(test), test.type.item))

    def _concrete(self, operand: Operand) -> tuple[Any, ...] | None:
        """Return the elements of a list that does not hang on facts."""
        if operand_facts(operand):
            return None
        found = self.constant(operand)
        return found if isinstance(found, tuple) else (found,)

    def _numbers(self, values: Iterable[Any], of_type: ValueType) -> list[int]:
        return [number_of(value, of_type.item.kind, of_type.of, self.universe) for value in values]

    def among(self, test: Test) -> Truth:
        """Return whether a fact is an element of a list."""
        operand, of_type, value = _operand(test), test.type, self.side.value(test.fact)
        concrete = self._concrete(operand)
        if concrete is None:
            return self.side.has(operand.value, value)
        return z3.Or([value == number for number in self._numbers(concrete, of_type)])

    def lies_within(self, test: Test) -> Truth:
        """Return whether a fact is a region inside one of a list."""
        operand, value = _operand(test), self.side.value(test.fact)
        around = (value, value - value % 100, value - value % 10_000, z3.IntVal(0))
        concrete = self._concrete(operand)
        if concrete is None:
            return z3.Or([self.side.has(operand.value, code) for code in around])
        regions = self._numbers(concrete, test.type)
        return z3.Or([code == region for code in around for region in regions])

    def overlaps(self, test: Test) -> Truth:
        """Return whether a fact is a list that shares an element with another."""
        return self._two_lists(test, z3.Or, lambda has, wanted: z3.And(has, wanted))

    def covers(self, test: Test) -> Truth:
        """Return whether a fact is a list with all elements of another."""
        return self._two_lists(test, z3.And, lambda has, wanted: z3.Implies(wanted, has))

    def _two_lists(
        self, test: Test, joined: Callable[[list[Truth]], Truth], each: Callable[[Truth, Truth], Truth]
    ) -> Truth:
        """Compare two lists.

        Args:
            joined: what makes one truth of those of the elements; each: that of one, from whether either list has it.
        """
        operand = _operand(test)
        concrete = self._concrete(operand)
        if concrete is not None:
            return joined([self.side.has(test.fact, number) for number in self._numbers(concrete, test.type)])
        elements = self.side.elements(test.fact)
        if elements is None:
            op = test.op if test.op in HOLDS else OPERATORS[test.op].negation
            reads = (test.fact, *operand_facts(operand))
            key = (op, test.fact, self.side.attributes(test.fact), self._meaning(operand))
            return self._choose(z3.Bool, key, partial(_lists_compare, op, test.fact, self._value_of(operand)), reads)
        return joined([each(self.side.has(test.fact, n), self.side.has(operand.value, n)) for n in elements])

    # --- operands

    def constant(self, operand: Operand) -> Any:
        """Return the value of an operand that hangs on no fact.

        Raises:
            NotComparable: nobody can compute it.
        """
        try:
            return operand_value(operand, {}, self.settings, self.calendar)
        except (OverflowError, ValueError) as error:
            message = Message(
                f"`{operand.value}` 的结果超出范围，无法计算", f"{operand.value} cannot be computed with ({error})"
            )
            raise NotComparable(message) from error

    def number(self, operand: Operand, of_type: ValueType) -> Number:
        """Return the number that an operand is, of a type that is no list."""
        if not operand_facts(operand):
            return number_of(self.constant(operand), of_type.kind, of_type.of, self.universe)
        if operand.source == "fact" and operand.offset is None and operand.times is None:
            return self.side.value(operand.value)
        computed = self._computed(operand, of_type)
        if computed is None:
            return self._chosen_number(operand, of_type)
        # What is more than a fact could hold is no request that can be decided.
        self.constraints += [computed > -LIMIT, computed < LIMIT] if of_type.kind in _COUNTED else []
        return computed

    def _computed(self, operand: Operand, of_type: ValueType) -> Number | None:
        """Return an operand in whole numbers; None where it is no sum, or no product with something known."""
        base = self._multiplied(operand, of_type)
        if base is None or operand.offset is None:
            return base
        if of_type.kind in _COUNTED:
            return base + operand.sign * self.number(operand.offset, of_type)
        if operand_facts(operand.offset):
            return None
        offset = self.constant(operand.offset)
        steps = _STEPS.get(of_type.kind, {}).get(offset.unit) if isinstance(offset, Duration) else None
        return base + operand.sign * offset.amount * steps if steps is not None else None

    def _multiplied(self, operand: Operand, of_type: ValueType) -> Number | None:
        base = self.number(Operand(operand.source, operand.value), of_type)
        if operand.times is None:
            return base
        if operand.source == "fact" and operand_facts(operand.times):
            return None
        product = base * self.number(operand.times, ValueType(Kind.INTEGER))
        self.constraints += [product > -LIMIT, product < LIMIT]
        return product

    def _chosen_number(self, operand: Operand, of_type: ValueType) -> Number:
        value_of = self._value_of(operand)
        kind, of, universe = of_type.kind, of_type.of, self.universe
        read = operand_facts(operand)
        key = self._meaning(operand)
        symbol = self._choose(z3.Int, key, lambda facts: number_of(value_of(facts), kind, of, universe), read)
        if of_type.kind is Kind.DATE and operand.offset is not None and not operand_facts(operand.offset):
            self._bound(operand, self.constant(operand.offset), symbol, repr(key))
        return symbol

    def _bound(self, operand: Operand, offset: Any, symbol: Number, key: str) -> None:
        """Tell the solver between which days a moved day must lie, so that it seldom guesses wrong."""
        base = self.number(Operand(operand.source, operand.value), ValueType(Kind.DATE))
        distance = (symbol - base) * operand.sign
        if offset.unit in _MONTHS_OF and offset.amount <= MOST_MONTHS:
            months = offset.amount * _MONTHS_OF[offset.unit]
            shortest, longest = _days_of(months)
            self.constraints += [distance >= shortest, distance <= longest]
            self.chosen[key].moved.append(MovedByMonths(base, symbol, operand.sign * months))
        elif offset.unit is Unit.WORKING_DAYS:
            self.constraints += [distance >= offset.amount, distance <= 3 * offset.amount + IDLE_DAYS]
            self.chosen[key].moved.append(MovedByWorkingDays(base, symbol, offset, operand.sign, self.calendar))

    def _meaning(self, operand: Operand) -> Any:
        """Return all that an operand follows from, so that versions in which it is the same share one symbol."""
        settings = {name: self.settings[name] for name in operand_settings(operand)}
        return operand, settings, {name: self.side.attributes(name) for name in operand_facts(operand)}, self.side.days

    def _value_of(self, operand: Operand) -> Callable[[Mapping[str, Any]], Any]:
        settings, calendar = self.settings, self.calendar
        return lambda facts: operand_value(operand, facts, settings, calendar)

    def _choose(
        self, sort: Any, what: Any, work_out: Callable[[Mapping[str, Any]], Any], reads: tuple[str, ...]
    ) -> Any:
        key = repr(what)
        if key not in self.chosen:
            self.chosen[key] = Chosen(sort(key), reads, work_out)
        return self.chosen[key].symbol

    def choose_truth(self, operand: Operand, wanted: Any) -> Truth:
        """Return whether an operand equals a list, which the solver may choose."""
        value_of = self._value_of(operand)
        key = (self._meaning(operand), wanted)
        return self._choose(z3.Bool, key, lambda facts: same(value_of(facts), wanted), operand_facts(operand))

    # --- what else a rule reads

    def absent(self, names: Iterable[str]) -> Truth:
        """Say whether one of some facts is not there."""
        return z3.Or([z3.Not(self.side.present(name)) for name in names])


def _days_of(months: int) -> tuple[int, int]:
    """Return the fewest and the most days that so many months are."""
    years, rest = divmod(months, 12)
    fewest, most = _MONTH_DAYS
    return years * 365 + rest * fewest, years * 366 + rest * most


def _operand(test: Test) -> Operand:
    assert test.operand is not None  # noqa: S101 - only presence has none
    return test.operand


def _compared(compare: Callable[[Number, Number], Truth]) -> Callable[[Formulas, Test], Truth]:
    return lambda formulas, test: formulas.compared(compare, test)


HOLDS: Mapping[Op, Callable[[Formulas, Test], Truth]] = {
    Op.LT: _compared(operator.lt),
    Op.LE: _compared(operator.le),
    Op.GT: _compared(operator.gt),
    Op.GE: _compared(operator.ge),
    Op.EQ: _compared(operator.eq),
    Op.NE: _compared(operator.ne),
    Op.IN: Formulas.among,
    Op.HAS: Formulas.includes,
    Op.OVERLAPS: Formulas.overlaps,
    Op.COVERS: Formulas.covers,
    Op.WITHIN: Formulas.lies_within,
    Op.PRESENT: Formulas.is_there,
}
"""When each test holds, of facts that are there; of those that are missing here, the negation stands here."""


def _lists_compare(op: Op, fact: str, wanted_of: Callable[[Mapping[str, Any]], Any], facts: Mapping[str, Any]) -> bool:
    return OPERATORS[op].holds(facts[fact] or (), wanted_of(facts) or ())


def codes_named(rules: Iterable[Rule], settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the codes of regions that conditions and settings name."""
    found: set[str] = {"000000"}
    for rule in rules:
        for test in tests_of(rule.condition):
            if test.type.item.kind is Kind.REGION and test.operand is not None and test.operand.source == "literal":
                value = test.operand.value
                found.update(value if isinstance(value, tuple) else (value,))
    for value in settings.values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, str) and len(item) == 6 and item.isdigit():
                found.add(item)
    return frozenset(found)
