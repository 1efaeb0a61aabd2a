"""Under which values of what is not known yet each rule of a form holds: so that alternatives are told from what adds up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.message import Message
from policies.engine.decide import Trial
from policies.engine.evaluation import EvaluatedTest, Situation
from policies.engine.program import operand_value
from policies.language.conditions import Test
from policies.language.normal_form import conjunctions
from policies.language.operators import Op
from policies.language.values import Kind
from policies.language.vocabulary import FactDefinition

_OF_ONE_VALUE = {Op.EQ: True, Op.NE: False, Op.IN: True, Op.NOT_IN: False}
"""Tests that name values which a fact may have, or may not."""
_YES_NO = ("true", "false")


@dataclass(frozen=True, slots=True)
class Possibility:
    """A fact that is not known yet, and the values of it without which a rule does not hold.

    Args:
        fact: its name; label: what people call it; values: as they are supposed.
        vocabulary: of the values, where they are words of one.
    """

    fact: str
    label: Message
    values: tuple[str, ...]
    vocabulary: str | None


def holding_under(trial: Trial) -> Mapping[str, tuple[Possibility, ...]]:
    """Return, for each rule that may apply, what it needs of facts that have one of few values: words, yes and no.

    Of two rules that need different values of one fact, at most one applies.
    """
    found = {}
    for name in trial.possible - trial.sure:
        needed = _needed(trial, trial.situation, name)
        if needed:
            found[name] = needed
    return found


def _needed(trial: Trial, situation: Situation, rule: str) -> tuple[Possibility, ...]:
    ways = [[situation.see(test) for test in tests] for tests in conjunctions(trial.policy.rules[rule].condition)]
    open_ways = [dict(_narrowed(trial, situation, way)) for way in ways if all(seen.holds is not False for seen in way)]
    common = set(open_ways[0]).intersection(*open_ways) if open_ways else set()
    return tuple(
        Possibility(fact, definition.label, values, definition.type.of)
        for fact in sorted(common)
        if (definition := trial.policy.fact(fact)) is not None
        if (values := _in_order(trial, definition, {value for way in open_ways for value in way[fact]}))
    )


def _narrowed(trial: Trial, situation: Situation, way: list[EvaluatedTest]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the facts, not known yet, of which all tests of one way leave some values only, with these."""
    left: dict[str, frozenset[str]] = {}
    for seen in way:
        test = seen.test
        definition = trial.policy.fact(test.fact)
        if seen.unknown != (test.fact,) or test.op not in _OF_ONE_VALUE or definition is None or definition.parent:
            continue
        if possible := _possible(trial, definition):
            named = _named(situation, test)
            allowed = named if _OF_ONE_VALUE[test.op] else possible - named
            left[test.fact] = left.get(test.fact, possible) & allowed
    yield from left.items()


def _possible(trial: Trial, definition: FactDefinition) -> frozenset[str]:
    """Return every value that a fact may have; none where they are not few."""
    if definition.type.kind is Kind.BOOLEAN:
        return frozenset(_YES_NO)
    of = definition.type.of
    return (
        frozenset(trial.policy.words.words_of(of))
        if definition.type.kind is Kind.TERM and of is not None
        else frozenset()
    )


def _named(situation: Situation, test: Test) -> frozenset[str]:
    operand = test.operand
    wanted = operand_value(operand, situation.facts, situation.settings, situation.calendar) if operand else ()
    return frozenset(_text(value) for value in (wanted if isinstance(wanted, tuple) else (wanted,)))


def _text(value: Any) -> str:
    return _YES_NO[not value] if isinstance(value, bool) else str(value)


def _in_order(trial: Trial, definition: FactDefinition, values: set[str]) -> tuple[str, ...]:
    """Return values in the order of their vocabulary; none where every value will do."""
    order = _YES_NO if definition.type.kind is Kind.BOOLEAN else trial.policy.words.words_of(definition.type.of or "")
    found = tuple(value for value in order if value in values)
    return found if len(found) < len(order) else ()
