"""Conditions turned into what the rule engine runs, and facts into what it is told.

Each rule becomes one or more plain conjunctions (its disjunctive normal form), because the engine loses its place in
nested `$and`/`$or` that compare two fields. Every value becomes a whole number, because the engine finds words by a
32-bit hash, compares "9" and 9 as unlike, and does not match `\\u`-escaped text. Settings are fields of the message,
so changing an amount compiles nothing, and regions whose rules read alike share one ruleset.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from domain.duration import Duration, WorkingCalendar, move_date, move_moment
from policies.engine.working_days import NO_CALENDAR
from policies.language.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Not,
    Operand,
    Test,
    operand_facts,
    push_negations,
    tests_of,
)
from policies.language.normal_form import conjunctions
from policies.language.operators import OPERATORS, Op
from policies.language.values import LIMIT, Kind, as_number

CHUNK_RULES = 40
"""Conjunctions in one ruleset. The engine keeps matching nodes on a stack of 64; more than 512 under one node hang it."""
CHUNK_FIELDS = 200
"""Fields in one message; the engine fails at 254."""
NUMBER_LIMIT = 2**62
"""The engine compares 64-bit whole numbers and reads larger ones as another number."""
_END_OF_LIST = -NUMBER_LIMIT
CATCH_ALL = "catch_all"
ALWAYS = {"$gte": {"one": 1}}
_WORDY = frozenset({Kind.TEXT, Kind.TERM, Kind.REGION})


class Symbols:
    """Numbers for words: words of policies keep theirs, others get a passing one for each message."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._numbers)

    def __bool__(self) -> bool:
        return True  # also with no words yet: `symbols or Symbols()` must not replace it

    def keep(self, word: str) -> int:
        """Return the lasting number of a policy's word."""
        number = self._numbers.get(word)
        if number is None:
            # Under a lock, or two threads could give two words one number.
            with self._lock:
                number = self._numbers.setdefault(word, len(self._numbers) + 1)
        return number

    def passing(self) -> "PassingSymbols":
        """Return numbers for the words of one message."""
        return PassingSymbols(self._numbers)


class PassingSymbols:
    """The words of one message: those that policies name by their lasting numbers, the rest below -1."""

    def __init__(self, lasting: Mapping[str, int]) -> None:
        self._lasting = lasting
        self._given: dict[str, int] = {}

    def number(self, word: str) -> int:
        """Return a word's number, the same all through the message even if a policy begins to name it meanwhile."""
        number = self._given.get(word)
        if number is None:
            number = self._given[word] = self._lasting.get(word) or -2 - len(self._given)
        return number


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the message: the value of an operand, or the answer to a test computed beforehand."""

    operand: Operand | None = None
    derived: Test | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """One ruleset for the engine.

    Args:
        text: its definition in the engine's JSON; equal texts share one compiled ruleset.
        fields: what `f0`, `f1` … of its message hold.
        rules: for each rule in the definition, the policy rules that it stands for; those without a condition stand
            under the catch-all.
    """

    text: str
    fields: tuple[Field, ...]
    rules: Mapping[str, tuple[str, ...]]


def assume(condition: Condition | None, unknown: frozenset[str], holds: bool) -> Condition | None:
    """Return a condition in which every test of an unknown fact is taken to hold, or not to hold."""
    if condition is None:
        return None
    return _assume(push_negations(condition), unknown, holds)


def _assume(condition: Condition, unknown: frozenset[str], holds: bool) -> Condition:
    if isinstance(condition, Test):
        if unknown.isdisjoint((condition.fact, *operand_facts(condition.operand))):
            return condition
        return AllOf(()) if holds else AnyOf(())
    assert not isinstance(condition, Not)  # noqa: S101 - push_negations leaves none
    parts = tuple(_assume(part, unknown, holds) for part in condition.parts)
    return AllOf(parts) if isinstance(condition, AllOf) else AnyOf(parts)


def compile_rules(rules: Iterable[tuple[str, Condition | None]], symbols: Symbols) -> tuple[Chunk, ...]:
    """Compile rules into rulesets, each within the engine's limits and each with a catch-all that must fire.

    Rules with a conjunction in common share it, so that the engine never holds the same one twice.
    """
    standing_for: dict[tuple[Test, ...], list[str]] = {(): []}
    for rule_id, condition in rules:
        for tests in conjunctions(condition):
            standing_for.setdefault(tests, []).append(rule_id)
    builders = [_ChunkBuilder(symbols, standing_for.pop(()))]
    for tests, rule_ids in standing_for.items():
        if not builders[-1].fits(tests):
            builders.append(_ChunkBuilder(symbols, []))
        builders[-1].add(tests, rule_ids)
    return tuple(builder.build() for builder in builders)


class _ChunkBuilder:
    def __init__(self, symbols: Symbols, unconditional: Sequence[str]) -> None:
        self.symbols = symbols
        self.fields: dict[Field, str] = {}
        self.definition: dict[str, Any] = {CATCH_ALL: {"all": [{"m": ALWAYS}]}}
        self.rules: dict[str, tuple[str, ...]] = {CATCH_ALL: tuple(unconditional)}

    def fits(self, tests: tuple[Test, ...]) -> bool:
        return len(self.rules) <= CHUNK_RULES and len(self.fields) + 2 * len(tests) <= CHUNK_FIELDS

    def add(self, tests: tuple[Test, ...], rule_ids: Sequence[str]) -> None:
        name = f"r{len(self.rules)}"
        self.definition[name] = {"all": [{"m": {"$and": [ALWAYS, *map(self._test, tests)]}}]}
        self.rules[name] = tuple(rule_ids)

    def _field(self, field: Field) -> str:
        return self.fields.setdefault(field, f"f{len(self.fields)}")

    def _test(self, test: Test) -> dict[str, Any]:
        return TOLD[test.op](self, test)

    def equal(self, test: Test) -> dict[str, Any]:
        """Tell a comparison with one value."""
        return {self._left(test): self._right(test)}

    def compared(self, word: str, test: Test) -> dict[str, Any]:
        """Tell a comparison with one value by a word of the engine."""
        return {word: self.equal(test)}

    def among(self, positive: bool, test: Test) -> dict[str, Any]:
        """Tell whether the fact is an element of a list."""
        return self._membership(positive, Field(operand=test.operand), {"$m": self._left(test)})

    def including(self, positive: bool, test: Test) -> dict[str, Any]:
        """Tell whether the fact is a list with an element."""
        self._left(test)  # its field comes first, as in every test
        return self._membership(positive, Field(operand=Operand("fact", test.fact)), self._right(test))

    def derived(self, op: Op, wanted: bool, test: Test) -> dict[str, Any]:
        """Tell the answer, which is computed before the engine is asked: of two lists, of an area, of presence."""
        return {self._field(Field(derived=Test(test.fact, test.type, op, test.operand))): int(wanted)}

    def _left(self, test: Test) -> str:
        return self._field(Field(operand=Operand("fact", test.fact)))

    def _right(self, test: Test) -> Any:
        operand = test.operand
        assert operand is not None  # noqa: S101 - only derived tests have none
        if operand.source == "literal":
            word = test.type.item.kind in _WORDY
            return self.symbols.keep(operand.value) if word else as_number(operand.value)
        return {"$m": self._field(Field(operand=operand))}

    def _membership(self, positive: bool, array: Field, item: Any) -> dict[str, Any]:
        # Arrays end with a number that no value is, so that "all items differ" also holds of an empty list.
        name = self._field(array)
        return {"$iany": {name: {"$i": item}}} if positive else {"$iall": {name: {"$neq": {"$i": item}}}}

    def build(self) -> Chunk:
        return Chunk(json.dumps(self.definition), tuple(self.fields), self.rules)


def _compared(word: str) -> "Telling":
    return lambda builder, test: builder.compared(word, test)


def _among(positive: bool) -> "Telling":
    return lambda builder, test: builder.among(positive, test)


def _including(positive: bool) -> "Telling":
    return lambda builder, test: builder.including(positive, test)


def _derived_as(op: Op, wanted: bool) -> "Telling":
    return lambda builder, test: builder.derived(op, wanted, test)


Telling = Callable[[_ChunkBuilder, Test], dict[str, Any]]
TOLD: Mapping[Op, Telling] = {
    Op.LT: _compared("$lt"),
    Op.LE: _compared("$lte"),
    Op.GT: _compared("$gt"),
    Op.GE: _compared("$gte"),
    Op.EQ: _ChunkBuilder.equal,
    Op.NE: _compared("$neq"),
    Op.IN: _among(True),
    Op.NOT_IN: _among(False),
    Op.HAS: _including(True),
    Op.HAS_NOT: _including(False),
    Op.OVERLAPS: _derived_as(Op.OVERLAPS, True),
    Op.DISJOINT: _derived_as(Op.OVERLAPS, False),
    Op.COVERS: _derived_as(Op.COVERS, True),
    Op.LACKS: _derived_as(Op.COVERS, False),
    Op.WITHIN: _derived_as(Op.WITHIN, True),
    Op.NOT_WITHIN: _derived_as(Op.WITHIN, False),
    Op.PRESENT: _derived_as(Op.PRESENT, True),
    Op.ABSENT: _derived_as(Op.PRESENT, False),
}
"""How the engine is told of each test."""


def message_for(
    chunk: Chunk,
    facts: Mapping[str, Any],
    settings: Mapping[str, Any],
    words: PassingSymbols,
    calendar: WorkingCalendar = NO_CALENDAR,
) -> dict[str, Any]:
    """Return what the engine is told: one whole number, or list of them, for each field.

    Args:
        chunk: whose fields.
        facts: every fact that the chunk reads, None where known to be absent.
        settings: every setting that it reads.
        words: numbers for words.
        calendar: for what is moved by working days.
    """
    message: dict[str, Any] = {"one": 1}
    for number, field in enumerate(chunk.fields):
        if field.derived is not None:
            value: Any = int(_derived(field.derived, facts, settings, calendar))
        else:
            assert field.operand is not None  # noqa: S101 - a field is one or the other
            value = _number(operand_value(field.operand, facts, settings, calendar), words)
        message[f"f{number}"] = value
    return message


def _number(value: Any, words: PassingSymbols) -> Any:
    if value is None:
        return 0  # a guard beside it does not hold, so nothing depends on it
    if isinstance(value, str):
        return words.number(value)
    if isinstance(value, tuple):
        return [_number(item, words) for item in value] + [_END_OF_LIST]
    number = as_number(value)
    if not -NUMBER_LIMIT < number < NUMBER_LIMIT:
        raise OverflowError(f"{number} is more than can be compared")
    return number


def operand_value(
    operand: Operand,
    facts: Mapping[str, Any],
    settings: Mapping[str, Any],
    calendar: WorkingCalendar = NO_CALENDAR,
) -> Any:
    """Return the value of an operand: multiplied first, then moved; None where it builds on an absent fact.

    Raises:
        OverflowError: it is more than a number or date can hold.
        ValueError: it cannot be moved so.
    """
    if operand.source == "literal":
        return operand.value
    value = (facts if operand.source == "fact" else settings)[operand.value]
    times = operand_value(operand.times, facts, settings, calendar) if operand.times is not None else 1
    offset = operand_value(operand.offset, facts, settings, calendar) if operand.offset is not None else 0
    if value is None or times is None or offset is None:
        return None
    if operand.times is not None:
        value = _held(value * times)
    return value if operand.offset is None else _moved(value, offset, operand.sign, calendar)


def _moved(value: Any, offset: Any, sign: int, calendar: WorkingCalendar) -> Any:
    if isinstance(offset, Duration):
        move: Any = move_moment if isinstance(value, datetime) else move_date
        return move(value, offset, calendar, backwards=sign < 0)
    return _held(value + sign * offset)


def _held(number: int) -> int:
    """Return a number that was computed, if it is one that a fact could hold."""
    if not -LIMIT < number < LIMIT:
        raise OverflowError(f"{number} is more than a number can hold")
    return number


def _derived(test: Test, facts: Mapping[str, Any], settings: Mapping[str, Any], calendar: WorkingCalendar) -> bool:
    value = facts[test.fact]
    if test.op is Op.PRESENT or value is None:
        return value is not None
    assert test.operand is not None  # noqa: S101 - only presence has none
    wanted = operand_value(test.operand, facts, settings, calendar)
    if wanted is None:
        return False
    return OPERATORS[test.op].holds(value, wanted)


def literal_words(conditions: Iterable[Condition | None]) -> Iterator[str]:
    """Yield every word that conditions name in lists, so that it keeps its number."""
    for condition in conditions:
        for test in tests_of(condition):
            if test.operand is not None and test.operand.source == "literal":
                values = test.operand.value if isinstance(test.operand.value, tuple) else (test.operand.value,)
                yield from (value for value in values if isinstance(value, str))
