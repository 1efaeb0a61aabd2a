"""The same conditions as plain Python closures: how fast deciding could be, to compare the rule engine with."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.duration import WeekdayCalendar
from policies.engine.decide import Policies
from policies.engine.effective import EffectivePolicy
from policies.engine.facts import CompletedFacts
from policies.engine.program import assume, operand_value
from policies.language.conditions import AllOf, AnyOf, Condition, Not, Test
from policies.language.operators import Op
from policies.tree.tree import PolicyTree

Values = Mapping[str, Any]
Holds = Callable[[Values, Values], bool]
_PARENTS = ("0000", "00")
_WEEKDAYS = WeekdayCalendar()

COMPARE: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.LT: lambda value, wanted: value < wanted,
    Op.LE: lambda value, wanted: value <= wanted,
    Op.GT: lambda value, wanted: value > wanted,
    Op.GE: lambda value, wanted: value >= wanted,
    Op.EQ: lambda value, wanted: value == wanted,
    Op.NE: lambda value, wanted: value != wanted,
    Op.IN: lambda value, wanted: value in wanted,
    Op.NOT_IN: lambda value, wanted: value not in wanted,
    Op.HAS: lambda value, wanted: wanted in value,
    Op.HAS_NOT: lambda value, wanted: wanted not in value,
    Op.OVERLAPS: lambda value, wanted: not set(value).isdisjoint(wanted),
    Op.DISJOINT: lambda value, wanted: set(value).isdisjoint(wanted),
    Op.COVERS: lambda value, wanted: set(wanted) <= set(value),
    Op.LACKS: lambda value, wanted: not set(wanted) <= set(value),
    Op.WITHIN: lambda value, wanted: not _around(value).isdisjoint(wanted),
    Op.NOT_WITHIN: lambda value, wanted: _around(value).isdisjoint(wanted),
}


def _around(code: str) -> set[str]:
    return {code, "000000", *(code[: -len(zeros)] + zeros for zeros in _PARENTS)}


def closure(condition: Condition | None) -> Holds:
    """Return a condition as a function of facts and settings."""
    if condition is None:
        return lambda facts, settings: True
    if isinstance(condition, Test):
        return _test(condition)
    if isinstance(condition, Not):
        part = closure(condition.part)
        return lambda facts, settings: not part(facts, settings)
    parts = tuple(map(closure, condition.parts))
    if isinstance(condition, AllOf):
        return lambda facts, settings: all(part(facts, settings) for part in parts)
    assert isinstance(condition, AnyOf)
    return lambda facts, settings: any(part(facts, settings) for part in parts)


def _test(test: Test) -> Holds:
    name, operand = test.fact, test.operand
    if test.op is Op.PRESENT:
        return lambda facts, settings: facts[name] is not None
    if test.op is Op.ABSENT:
        return lambda facts, settings: facts[name] is None
    compare = COMPARE[test.op]
    assert operand is not None
    if operand.source == "literal":
        literal = operand.value
        return lambda facts, settings: compare(facts[name], literal)
    if operand.source == "setting" and operand.offset is None:
        setting = operand.value
        return lambda facts, settings: compare(facts[name], settings[setting])
    return lambda facts, settings: compare(facts[name], operand_value(operand, facts, settings, _WEEKDAYS))


class ClosurePolicies(Policies):
    """Policies that ask closures in place of the rule engine. All else is the same."""

    def __init__(self, tree: PolicyTree) -> None:
        super().__init__(tree)
        self._closures: dict[tuple[int, frozenset[str], bool], list[tuple[str, Holds]]] = {}

    def rules(self, policy: EffectivePolicy, unknown: frozenset[str], holds: bool) -> list[tuple[str, Holds]]:
        """Return each rule's condition as a closure."""
        key = (id(policy), unknown, holds)
        if key not in self._closures:
            rules = policy.rules.values()
            self._closures[key] = [(rule.id, closure(assume(rule.condition, unknown, holds))) for rule in rules]
        return self._closures[key]

    def _fired(self, policy: EffectivePolicy, reading: CompletedFacts) -> tuple[frozenset[str], frozenset[str]]:
        reading.complete()
        sure, possible = (self.hold(policy, reading, holds=holds) for holds in (False, True))
        return sure, possible

    def hold(self, policy: EffectivePolicy, reading: CompletedFacts, *, holds: bool) -> frozenset[str]:
        """Return the rules whose conditions hold."""
        facts, settings = reading.facts, reading.settings
        return frozenset(name for name, test in self.rules(policy, reading.unknown, holds) if test(facts, settings))
