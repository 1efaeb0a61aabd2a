"""Conditions that no facts can meet: what can be shown by looking at one alternative at a time, without a solver.

Everything here is sound and nothing is complete: what is called impossible is, and what is not may be so too. Facts
that no policy could know the range of (the words that a region below may add, say) are taken to be anything.
"""

from collections.abc import Collection, Iterable
from typing import Any

from policies.language.conditions import Condition, Operand, Test
from policies.language.normal_form import conjunctions
from policies.language.operators import OPERATORS, Op
from policies.language.values import ORDERED, Kind, as_number

_ORDERINGS = {
    Op.LT: frozenset("<"),
    Op.LE: frozenset("<="),
    Op.GT: frozenset(">"),
    Op.GE: frozenset(">="),
    Op.EQ: frozenset("="),
    Op.NE: frozenset("<>"),
}
"""How a fact may stand to what it is compared with, for a test to hold."""


def alternatives(condition: Condition | None) -> tuple[frozenset[Test], ...]:
    """Return the alternatives of a condition that some facts may meet: none where nothing can meet it.

    Raises:
        ConditionTooComplex: there are more than the language allows.
    """
    found = (frozenset(tests) for tests in conjunctions(condition))
    return tuple(tests for tests in found if not is_impossible(tests))


def can_hold(condition: Condition | None) -> bool:
    """Say whether some facts may meet a condition; False only where it is certain that none can.

    Raises:
        ConditionTooComplex: it has more alternatives than the language allows.
    """
    return not all(map(is_impossible, conjunctions(condition)))


def implies(narrow: Iterable[frozenset[Test]], wide: Collection[frozenset[Test]]) -> bool:
    """Say whether one condition holds wherever another does; True only where that is certain.

    Each alternative of the one must state every test of some alternative of the other.

    Args:
        narrow: the alternatives of the one that holds; wide: those of the one that would have to hold too.
    """
    return all(any(tests >= some for some in wide) for tests in narrow)


def is_impossible(tests: Iterable[Test]) -> bool:
    """Say whether no facts can pass all of some tests; True only where that is certain."""
    by_fact: dict[str, list[Test]] = {}
    for test in tests:
        by_fact.setdefault(test.fact, []).append(test)
    return any(
        (len(found) > 1 and (_negates_itself(found) or _excludes_itself(found))) or _is_empty(found)
        for found in by_fact.values()
    )


def _negates_itself(tests: list[Test]) -> bool:
    """Say whether one of the tests of a fact is the negation of another."""
    known = frozenset(tests)
    return any(Test(test.fact, test.type, OPERATORS[test.op].negation, test.operand) in known for test in known)


def _excludes_itself(tests: list[Test]) -> bool:
    """Say whether one fact would have to be both below and above the same thing, whatever that thing is."""
    left: dict[Operand, frozenset[str]] = {}
    for test in tests:
        if test.operand is not None and test.op in _ORDERINGS:
            left[test.operand] = left.get(test.operand, frozenset("<=>")) & _ORDERINGS[test.op]
    return not all(left.values())


def _is_empty(tests: list[Test]) -> bool:
    """Say whether no value of one fact fits all the literals that it is compared with."""
    literals = [(test.op, test.operand.value) for test in tests if test.operand and test.operand.source == "literal"]
    kind = tests[0].type.kind
    if kind in ORDERED:
        return _no_number([(op, value) for op, value in literals if op in _ORDERINGS]) or _no_word(literals)
    if kind in (Kind.BOOLEAN, Kind.TERM, Kind.TEXT, Kind.REGION):
        return _no_word(literals)
    return False


def _no_number(literals: list[tuple[Op, Any]]) -> bool:
    """Every ordered type is compared as whole numbers, so that nothing lies between two neighbours."""
    low, high = -float("inf"), float("inf")
    excluded = set()
    for op, value in literals:
        number = as_number(value)
        if op is Op.NE:
            excluded.add(number)
        if op in (Op.GE, Op.GT, Op.EQ):
            low = max(low, number + (op is Op.GT))
        if op in (Op.LE, Op.LT, Op.EQ):
            high = min(high, number - (op is Op.LT))
    if high - low < len(excluded):
        return all(number in excluded for number in range(int(low), int(high) + 1))
    return low > high


def _no_word(literals: list[tuple[Op, Any]]) -> bool:
    """Say whether the words that a fact must be one of are all words that it must not be."""
    possible: set[Any] | None = None
    excluded: set[Any] = set()
    for op, value in literals:
        words = set(value) if op in (Op.IN, Op.NOT_IN) else {value}
        if op in (Op.IN, Op.EQ):
            possible = words if possible is None else possible & words
        elif op in (Op.NOT_IN, Op.NE):
            excluded |= words
    if possible is None and {True, False} <= excluded and all(isinstance(word, bool) for word in excluded):
        return True
    return possible is not None and possible <= excluded
