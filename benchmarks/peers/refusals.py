"""The rules of a policy that can refuse, written for other engines: denials, what is not open to choose, what is missing.

Names of facts are written with `_` for the dot. What was brought along is one set of names.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.evidence import Evidence
from policies.engine.effective import EffectivePolicy
from policies.language.conditions import AllOf, AnyOf, Condition, Not, Operand, Test
from policies.language.operators import Op
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.require import Require
from policies.language.outcomes.route import RouteSpec

BROUGHT = "brought"
_ORDER = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">=", Op.EQ: "==", Op.NE: "!="}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine writes conditions.

    Args:
        name: of a fact; literal: a value; one_of, present: whether a fact is one of a list, or there at all.
        has_all: whether names are among what was brought along.
    """

    both: str
    either: str
    name: Callable[[str], str]
    negated: Callable[[str], str]
    literal: Callable[[Any], str]
    one_of: Callable[[str, str], str]
    present: Callable[[str], str]
    has_all: Callable[[list[str]], str]


def plain_name(fact: str) -> str:
    """Return the name of a fact as all engines take it."""
    return fact.replace(".", "_")


def refusals(policy: EffectivePolicy, dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Yield each rule that can refuse, with the condition under which it does."""
    for rule in policy.rules.values():
        unmet = _unmet(rule.outcome, policy.settings, dialect)
        if unmet is not None:
            holds = [] if rule.condition is None else [_written(rule.condition, policy.settings, dialect)]
            yield rule.id, dialect.both.join([*holds, *unmet]) or dialect.literal(True)


def _unmet(outcome: object, settings: Mapping[str, Any], dialect: Dialect) -> list[str] | None:
    if isinstance(outcome, Deny):
        return []
    if isinstance(outcome, Require):
        ways = [dialect.has_all([f"{need.kind}:{need.name}" for need in way]) for way in outcome.alternatives]
        return [dialect.negated(dialect.either.join(ways))]
    if isinstance(outcome, RouteSpec) and outcome.open is not None:
        fact = dialect.name(outcome.choice)
        chosen = dialect.one_of(fact, _value(outcome.open, settings, dialect))
        return [dialect.negated(f"({dialect.present(outcome.choice)}{dialect.both}{chosen})")]
    return None


def _written(condition: Condition, settings: Mapping[str, Any], dialect: Dialect) -> str:
    if isinstance(condition, Test):
        return _test(condition, settings, dialect)
    if isinstance(condition, Not):
        return dialect.negated(_written(condition.part, settings, dialect))
    assert isinstance(condition, AllOf | AnyOf)
    parts = [_written(part, settings, dialect) for part in condition.parts]
    return f"({(dialect.both if isinstance(condition, AllOf) else dialect.either).join(parts)})"


def _test(test: Test, settings: Mapping[str, Any], dialect: Dialect) -> str:
    name = dialect.name(test.fact)
    if test.op in (Op.PRESENT, Op.ABSENT):
        there = dialect.present(test.fact)
        return there if test.op is Op.PRESENT else dialect.negated(there)
    assert test.operand is not None
    value = _value(test.operand, settings, dialect)
    if test.op in (Op.IN, Op.NOT_IN):
        listed = dialect.one_of(name, value)
        return listed if test.op is Op.IN else dialect.negated(listed)
    return f"{name} {_ORDER[test.op]} {value}"


def _value(operand: Operand, settings: Mapping[str, Any], dialect: Dialect) -> str:
    if operand.offset is not None or operand.times is not None:
        raise NotImplementedError("the rules that are compared compute nothing")
    if operand.source == "fact":
        return dialect.name(operand.value)
    return dialect.literal(settings[operand.value] if operand.source == "setting" else operand.value)


def plain_facts(facts: Mapping[str, Any], evidence: Evidence) -> dict[str, Any]:
    """Return what other engines are asked with."""
    brought = [f"proof:{name}" for name in evidence.proofs]
    brought += [f"document:{document.type}" for document in evidence.documents]
    brought += [f"detail:{name}" for name in evidence.details]
    known = {plain_name(name): value for name, value in facts.items() if value is not None}
    return {**known, BROUGHT: sorted(brought)}
