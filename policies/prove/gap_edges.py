"""Where a gap between two rules begins and ends, all else being the same, as the real engine confirms it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import z3

from domain.errors import InvalidInput
from domain.message import Message
from policies.engine.asking import NOW, TIME_OF_DAY, of_the_day
from policies.language.service import Rule
from policies.language.values import ValueType, as_number
from policies.solver.observed import DecisionFormulas
from policies.solver.proofs import Version
from policies.solver.solving import Request, Solving, Unsettled
from policies.solver.universe import Number, Truth, number_of

FASTER = 4
"""How much further is looked with every step, from a value in the gap to where a rule holds again."""
_OF_THE_CLOCK = frozenset(of_the_day("", date.min)) - {"request.service"} | {NOW, TIME_OF_DAY}
"""Facts of which one does not change alone."""
_NOT_CONFIRMED = Message("引擎没有证实求解器发现的空档", "the engine does not confirm a gap that the solver found")


@dataclass(frozen=True, slots=True)
class Edges:
    """A gap.

    Args:
        first, last: the values in it that are furthest apart; below, above: the rules that hold next to them.
    """

    first: Any
    last: Any
    below: frozenset[str]
    above: frozenset[str]


@dataclass(frozen=True, slots=True)
class Around:
    """Looks around one request, all but one fact of which stays as it is.

    Args:
        version: that the engine is asked about; fact, value: what changes; family: rules of which none holds in a gap.
    """

    solving: Solving
    observing: DecisionFormulas
    version: Version
    fact: str
    value: Number
    family: Sequence[Rule]

    def edges(self, request: Request) -> Edges | None:
        """Return the gap that a request lies in, None where no rule of the family holds below or above it.

        Raises:
            Unsettled: the solver cannot say, or the engine says something else.
        """
        same, holds = self._same(request), z3.Or([self.observing.applies(rule) for rule in self.family])
        below, above = (self._nearest(z3.And(same, holds), self._number(request), sign) for sign in (-1, 1))
        if below is None or above is None:
            return None
        none = z3.And(same, z3.Not(holds))
        first = self._nearest(none, self._number(below), 1)
        last = self._nearest(none, self._number(above), -1)
        if first is None or last is None or self._holding(first) or self._holding(last):
            raise Unsettled(_NOT_CONFIRMED)
        ends = (first.facts[self.fact], last.facts[self.fact])
        return Edges(*ends, below=self._holding(below), above=self._holding(above))

    def _number(self, request: Request) -> int:
        return as_number(request.facts[self.fact])

    def _same(self, request: Request) -> Truth:
        """Return when everything else is as in a request; what follows from the day changes with it."""
        variables = self.solving.universe.variables
        moved = self.fact in _OF_THE_CLOCK
        kept = [name for name in variables if name != self.fact and not (moved and name in _OF_THE_CLOCK)]
        day = [] if moved else [self.solving.universe.today == request.on.toordinal()]
        there = variables[self.fact].present
        return z3.And(there, *day, *(self._is(name, request.facts[name]) for name in kept))

    def _is(self, name: str, fact: Any) -> Truth:
        """Return when a variable is what a fact is."""
        universe = self.solving.universe
        variable, of_type = universe.variables[name], universe.variables[name].definition.type
        if fact is None:
            return z3.Not(variable.present)
        if variable.value is not None:
            return z3.And(variable.present, variable.value == number_of(fact, of_type.kind, of_type.of, universe))
        among = [has == (number in self._numbers(fact, of_type)) for number, has in variable.members.items()]
        if variable.holds is not None:
            among = [variable.holds(int(code)) == (code in fact) for code in self.solving.codes]
        return z3.And(variable.present, *among)

    def _numbers(self, words: Sequence[str], of_type: ValueType) -> set[int]:
        return {number_of(word, of_type.item.kind, of_type.of, self.solving.universe) for word in words}

    def _nearest(self, question: Truth, start: int, sign: int) -> Request | None:
        """Return the request beyond a value, below (-1) or above it (1), that is nearest to it.

        Looks ever further away until something is found, then halves what is left between.
        """
        away = self.value - start if sign > 0 else start - self.value
        best = self.solving.find(z3.And(question, away > 0))
        clear, step = 0, 1  # nothing lies at distances up to `clear`
        while best is not None:
            far = sign * (self._number(best) - start)
            if far <= clear + 1:
                break
            until = clear + min(step, max(1, (far - clear) // 2))
            nearer = self.solving.find(z3.And(question, away > clear, away <= until))
            if nearer is None:
                clear, step = until, step * FASTER
            else:
                best = nearer
        return best

    def _holding(self, request: Request) -> frozenset[str]:
        """Return the rules of the family that the engine applies to a request."""
        try:
            trial = self.version.trial(request.facts, request.on)
        except InvalidInput as fault:
            raise Unsettled(
                Message(f"引擎拒绝了申请（{fault.code}）", f"the engine rejects it ({fault.code})")
            ) from fault
        return frozenset(each.rule.id for each in trial.applying()) & {rule.id for rule in self.family}
