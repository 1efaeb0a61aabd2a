"""Conditions compiled for the engine and asked without any policy files."""

from collections.abc import Callable, Mapping
from typing import Any

from policies.engine import program
from policies.engine.engine import Engine
from policies.engine.program import Symbols, compile_rules, message_for
from policies.language.conditions import Condition, Operand
from policies.language.conditions import Test as Comparison
from policies.language.operators import Op
from policies.language.values import Kind, ValueType

INTEGER, WORD, WORDS = ValueType(Kind.INTEGER), ValueType(Kind.TEXT), ValueType(Kind.TERMS, "kinds")
COMPARISONS: Mapping[Op, Callable[[int, int], bool]] = {
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.GE: lambda a, b: a >= b,
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
}


def compare(fact: str, op: Op, value: Any, of_type: ValueType = INTEGER) -> Comparison:
    """Return a test of a fact against a literal."""
    return Comparison(fact, of_type, op, Operand("literal", value))


def fired(
    conditions: Mapping[str, Condition | None], facts: Mapping[str, Any], engine: Engine | None = None
) -> set[str]:
    """Compile conditions and return those that hold of the facts."""
    engine = engine or Engine()
    symbols = Symbols()
    found: set[str] = set()
    for word in program.literal_words(conditions.values()):
        symbols.keep(word)
    for chunk in compile_rules(conditions.items(), symbols):
        found |= engine.fired(chunk, message_for(chunk, facts, {}, symbols.passing()))
    return found
