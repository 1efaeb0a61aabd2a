"""What each test of a condition saw: holds, does not hold, or hangs on something nobody has said.

The engine says which rules apply, and nothing else; this says why, test by test. `explanation` holds the two to each
other, and the tests hold both to the oracle.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.duration import WorkingCalendar
from policies.engine.program import operand_value
from policies.engine.working_days import NO_CALENDAR
from policies.language.conditions import AllOf, Condition, Not, Test, operand_facts
from policies.language.operators import OPERATORS, Op
from policies.language.values import ORDERED, as_number

Truth = bool | None
"""None is "not known"."""


@dataclass(frozen=True, slots=True)
class EvaluatedTest:
    """What one test saw.

    Args:
        test: of the rule; holds: whether it does.
        value, wanted: the two sides; None where absent, unknown or not there to compare.
        unknown, absent: the facts on either side that nobody has said, or that are known not to be there.
    """

    test: Test
    holds: Truth
    value: Any
    wanted: Any
    unknown: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """What conditions are evaluated on.

    Args:
        facts: completed; settings: in force; unknown: the facts that nobody has said.
        calendar: for what is moved by working days.
    """

    facts: Mapping[str, Any]
    settings: Mapping[str, Any]
    unknown: frozenset[str]
    calendar: WorkingCalendar = NO_CALENDAR

    def see(self, test: Test) -> EvaluatedTest:
        """Evaluate one test."""
        read = (test.fact, *operand_facts(test.operand))
        unknown = tuple(dict.fromkeys(name for name in read if name in self.unknown))
        value = self.facts.get(test.fact)
        if unknown:
            return EvaluatedTest(test, None, None if test.fact in unknown else value, None, unknown, ())
        if test.op in (Op.PRESENT, Op.ABSENT):
            holds = OPERATORS[test.op].holds(value, None)
            return EvaluatedTest(test, holds, value, None, (), () if value is not None else (test.fact,))
        operand = test.operand
        wanted = operand_value(operand, self.facts, self.settings, self.calendar) if operand is not None else None
        absent = tuple(dict.fromkeys(name for name in read if self.facts[name] is None))
        # Nothing depends on a test of an absent fact: a guard beside it decides.
        holds = not absent and OPERATORS[test.op].holds(*_comparable(value, wanted, test))
        return EvaluatedTest(test, holds, value, wanted, (), absent)

    def truth(self, condition: Condition | None) -> Truth:
        """Say whether a condition holds."""
        if condition is None:
            return True
        if isinstance(condition, Test):
            return self.see(condition).holds
        if isinstance(condition, Not):
            inner = self.truth(condition.part)
            return None if inner is None else not inner
        found = [self.truth(part) for part in condition.parts]
        decisive = not isinstance(
            condition, AllOf
        )  # one that does not hold settles `all`, one that holds settles `any`
        return decisive if decisive in found else None if None in found else not decisive

    def reasons(self, condition: Condition | None) -> Iterator[EvaluatedTest]:
        """Yield what settles a condition: of `all` the parts that fail, or all; of `any` the parts that hold, or all.

        Where the condition hangs on what is not known, they are the tests that would settle it.
        """
        if condition is None:
            return
        if isinstance(condition, Test):
            yield self.see(condition)
        elif isinstance(condition, Not):
            yield from self.reasons(condition.part)
        else:
            wanted = self.truth(condition)
            for part in condition.parts:
                if self.truth(part) is wanted:
                    yield from self.reasons(part)


def _comparable(value: Any, wanted: Any, test: Test) -> tuple[Any, Any]:
    """Return both sides as the language compares them: what is in order as whole numbers, times by the minute."""
    if test.type.kind not in ORDERED:
        return value, wanted
    both = as_number(value)
    return both, tuple(map(as_number, wanted)) if isinstance(wanted, tuple) else as_number(wanted)
