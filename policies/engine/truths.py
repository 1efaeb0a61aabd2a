"""What the rule engine answered, by the truths of the tests that it saw.

Of a request, the rules see no more than which of their tests hold. So the engine is asked once for each combination of
truths, and what it answered is kept. Of the requests that it could answer from memory, some are put to the engine all the
same: if it ever answers otherwise, nothing is concluded from either.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from random import random
from sys import getsizeof
from threading import Lock
from typing import Any
from weakref import WeakSet

from domain.duration import WorkingCalendar
from policies.engine.engine import Engine
from policies.engine.program import Symbols, compile_rules, message_for, operand_value
from policies.language.conditions import Condition, Operand, Test, operand_facts, tests_of
from policies.language.operators import OPERATORS, Op
from policies.language.values import Kind, as_number

logger = logging.getLogger(__name__)

AGAIN = 1 / 1_000
"""Which part of the requests that could be answered from memory is put to the engine all the same."""
MAX_BYTES = 16 * 2**20
"""Of all answers that a process keeps; beyond them it forgets all and begins anew."""

Truths = tuple[bool, ...]
Answer = frozenset[str]
Facts = Mapping[str, Any]


class MemoryFault(Exception):
    """The engine answered otherwise than it had answered to the same truths; nothing may be concluded from either."""


class AnswerMemory:
    """How answers of the engine are kept, by all policies of a process.

    Args of what it holds:
        differences: how often the engine answered otherwise than before.
    """

    def __init__(self, *, on: bool = True, again: Callable[[], bool] = lambda: random() < AGAIN) -> None:  # noqa: S311
        """Start with nothing kept.

        Args:
            on: False to keep nothing, so that the engine decides each request.
            again: whether a request that could be answered from memory is put to the engine all the same.
        """
        self.on = on
        self.again = again
        self.differences = 0
        self.bytes = 0
        self._programs: WeakSet[Program] = WeakSet()
        self._lock = Lock()

    def keep(self, program: "Program", truths: Truths, answer: Answer) -> Answer:
        """Keep an answer."""
        with self._lock:
            if self.bytes >= MAX_BYTES:
                for each in self._programs:
                    each.forget()
                self.bytes = 0
            self._programs.add(program)
            answer = program.alike.setdefault(answer, answer)
            self.bytes += getsizeof(truths) + getsizeof(answer)
            program.answers[truths] = answer
        return answer


class Program:
    """Some rules compiled, with what the engine answered about them. Nothing in it depends on a region or a setting.

    Args of what it holds:
        chunks: for the engine; answers: by truths; alike: each answer once.
    """

    __slots__ = ("__weakref__", "_absent", "_asked", "_symbols", "_tests", "_truths", "alike", "answers", "chunks")

    def __init__(self, rules: Iterable[tuple[str, Condition | None]], absent: frozenset[str], symbols: Symbols) -> None:
        """Compile rules.

        Args:
            rules: conditions by the names of their rules; absent: the facts in them that can be absent.
            symbols: numbers of words.
        """
        rules = tuple(rules)
        self.chunks = compile_rules(rules, symbols)
        self.answers: dict[Truths, Answer] = {}
        self.alike: dict[Answer, Answer] = {}
        self._symbols = symbols
        self._tests = tuple(dict.fromkeys(_positive(test) for _, condition in rules for test in tests_of(condition)))
        self._absent = absent
        self._asked = False
        self._truths: Callable[[Facts, Facts, WorkingCalendar], Truths] | None = None

    def fired(
        self, facts: Facts, settings: Facts, days: WorkingCalendar, engine: Engine, memory: AnswerMemory
    ) -> Answer:
        """Return the rules whose conditions hold.

        Args:
            facts, settings: every one that a rule reads; days: the working days, which notes those that it tells.

        Raises:
            EngineError: the engine failed.
            MemoryFault: it answered otherwise than before.
            OverflowError, ValueError: as for `operand_value`.
        """
        if not memory.on:
            return self._ask(facts, settings, days, engine)
        if self._truths is None:
            if not self._asked:  # of what is asked once, the engine's answer costs less than the function
                self._asked = True
                return self._ask(facts, settings, days, engine)
            self._truths = truths_of(self._tests, self._absent)
        truths = self._truths(facts, settings, days)
        known = self.answers.get(truths)
        if known is not None and not memory.again():
            return known
        answer = self._ask(facts, settings, days, engine)
        if known is not None and known != answer:
            self._differs(memory, known, answer)
        return memory.keep(self, truths, answer) if known is None else known

    def forget(self) -> None:
        """Forget what the engine answered."""
        self.answers.clear()
        self.alike.clear()

    def _ask(self, facts: Facts, settings: Facts, days: WorkingCalendar, engine: Engine) -> Answer:
        words = self._symbols.passing()
        fired = [engine.fired(chunk, message_for(chunk, facts, settings, words, days)) for chunk in self.chunks]
        return fired[0] if len(fired) == 1 else frozenset().union(*fired)

    def _differs(self, memory: AnswerMemory, known: Answer, answer: Answer) -> None:
        memory.differences += 1
        self.forget()
        rules = ", ".join(sorted(known ^ answer))
        logger.error("the rule engine answered otherwise than before to the same truths, about the rules %s", rules)
        raise MemoryFault(f"the rule engine answered otherwise than before about {rules}")


_POSITIVE = frozenset({Op.LT, Op.LE, Op.EQ, Op.IN, Op.HAS, Op.OVERLAPS, Op.COVERS, Op.WITHIN, Op.PRESENT})
"""One operator of each pair that negate each other."""
_COMPARED = {Op.LT: "{} < {}", Op.LE: "{} <= {}", Op.EQ: "{} == {}", Op.IN: "{} in {}", Op.HAS: "{1} in {0}"}
_AS_NUMBERS = frozenset({Kind.TIME, Kind.MOMENT})
"""Kinds that Python does not compare as the language does: by the minute, and whatever the zone."""


def _positive(test: Test) -> Test:
    """Return a test, or else the one that it negates: whether the one holds says whether the other does."""
    if test.op in _POSITIVE:
        return test
    return Test(test.fact, test.type, OPERATORS[test.op].negation, test.operand)


def truths_of(tests: Iterable[Test], absent: frozenset[str]) -> Callable[[Facts, Facts, WorkingCalendar], Truths]:
    """Return a function of facts, settings and working days that says which tests hold.

    A test of an absent fact does not hold; another one beside it says that the fact is absent, so that no condition hangs
    on it.
    """
    return _Writer(absent).function(tests)


class _Writer:
    """Writes the function: a line for each fact, setting and computed value, then one expression for each test."""

    def __init__(self, absent: frozenset[str]) -> None:
        self.absent = absent
        self.known: dict[str, Any] = {"number": as_number, "computed": operand_value}
        self.names: dict[Any, str] = {}
        self.lines: list[str] = []

    def function(self, tests: Iterable[Test]) -> Callable[[Facts, Facts, WorkingCalendar], Truths]:
        told = [self._told(test) for test in tests]
        body = "\n ".join((*self.lines, f"return ({''.join(f'{each}, ' for each in told)})"))
        exec(f"def truths(facts, settings, days):\n {body}", self.known)  # noqa: S102 - written here, of names only
        made: Callable[[Facts, Facts, WorkingCalendar], Truths] = self.known["truths"]
        return made

    def _told(self, test: Test) -> str:
        left, operand = self._fact(test.fact, test.type.kind), test.operand
        if operand is None:
            return f"{left} is not None"
        right = self._right(operand, test)
        guarded = [left] if test.fact in self.absent else []
        if not self.absent.isdisjoint(operand_facts(operand)):
            guarded.append(right)
        compared = _COMPARED.get(test.op)
        holds = (
            compared.format(left, right) if compared else f"{self._constant(OPERATORS[test.op].holds)}({left}, {right})"
        )
        return " and ".join((*(f"{name} is not None" for name in guarded), holds))

    def _fact(self, name: str, kind: Kind) -> str:
        return self._local(("fact", name), f"facts[{name!r}]", kind, absent=name in self.absent)

    def _right(self, operand: Operand, test: Test) -> str:
        kind = test.type.kind
        if operand.source == "literal":
            return self._constant(as_number(operand.value) if kind in _AS_NUMBERS else operand.value)
        plain = operand.offset is None and operand.times is None
        if plain and operand.source == "fact":
            return self._fact(operand.value, kind)
        if plain:
            return self._local(("setting", operand.value), f"settings[{operand.value!r}]", kind)
        absent = not self.absent.isdisjoint(operand_facts(operand))
        written = f"computed({self._constant(operand)}, facts, settings, days)"
        return self._local(operand, written, kind, absent=absent)

    def _local(self, key: Any, written: str, kind: Kind, *, absent: bool = False) -> str:
        name = self.names.get(key)
        if name is None:
            name = self.names[key] = f"v{len(self.names)}"
            self.lines.append(f"{name} = {written}")
            if kind in _AS_NUMBERS:
                self.lines.append(f"{name} = {f'None if {name} is None else ' if absent else ''}number({name})")
        return name

    def _constant(self, value: Any) -> str:
        if value is None or type(value) in (int, bool, str):
            return repr(value)
        name = f"c{len(self.known)}"
        self.known[name] = value
        return name
