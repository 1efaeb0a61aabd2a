"""Asking the solver for a request of which something holds, and holding what it chooses to the engine's arithmetic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import z3

from domain.message import Message
from policies.language.outcomes.outcome import Key
from policies.language.values import moment_part
from policies.solver.formulas import Chosen, codes_named
from policies.solver.observed import DecisionFormulas
from policies.solver.universe import Truth, Universe, Unproven

SECONDS = 5
MAX_CORRECTIONS = 40
"""How often the solver's arithmetic of months and lists is set right before a question is left open."""


class Unsettled(Unproven):
    """The solver can say neither that there is such a request nor that there is none."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the solver has found.

    Args:
        facts, on: all that the policies read, and the day.
        expected: by policy, what decisions show of it according to the solver, and what they do not.
    """

    facts: Mapping[str, Any]
    on: date
    expected: tuple[Mapping[Key, bool], ...]


class Solving:
    """Asks about one universe, and the policies that are looked at in it."""

    def __init__(self, universe: Universe, observing: Sequence[DecisionFormulas]) -> None:
        """Take a universe and the formulas of its policies."""
        self.universe, self.observing = universe, observing
        named = [codes_named(o.policy.rules.values(), o.policy.settings) for o in observing]
        self.codes = sorted(frozenset[str]().union(*named))
        self.solver = z3.Solver()
        self.solver.set("timeout", SECONDS * 1000)
        self.solver.add(universe.constraints)
        for formulas in (each.formulas for each in observing):
            self.solver.add(formulas.constraints)

    def find(self, question: Truth) -> Request | None:
        """Return a request of which something holds, a usual one if there is one.

        Returns:
            None where there is no such request, for certain.

        Raises:
            Unsettled: nobody knows.
        """
        self.solver.push()
        try:
            self.solver.add(question)
            for _ in range(MAX_CORRECTIONS):
                model = self._model()
                if model is None:
                    return None
                facts = self.universe.facts(model, self.codes)
                corrections = [c for each in self.observing for c in self._corrections(each, model, facts)]
                if not corrections:
                    expected = tuple(_expected(each, model) for each in self.observing)
                    return Request(facts, self.universe.day(model), expected)
                self.solver.add(corrections)
        finally:
            self.solver.pop()
        raise Unsettled(
            Message("求解器的计算没有得出可靠的结果", "the solver's arithmetic had to be set right too often")
        )

    def _model(self) -> Any | None:
        """Return a model: of a usual request on the first day, else of a usual one, else of any; None where there is none."""
        result = self.solver.check()
        if result == z3.unknown:
            reason = self.solver.reason_unknown()
            raise Unsettled(Message(f"求解器没有得出结果：`{reason}`", f"the solver gave up ({reason})"))
        if result == z3.unsat:
            return None
        first = self.universe.today == self.universe.span.first.toordinal()
        for wish in ([*self.universe.usual, first], self.universe.usual, [first]):
            if self.solver.check(wish) == z3.sat:
                return self.solver.model()
        self.solver.check()
        return self.solver.model()

    def _corrections(self, observing: DecisionFormulas, model: Any, facts: Mapping[str, Any]) -> Iterator[Truth]:
        """Yield what the solver got wrong among what it may choose."""
        chosen = observing.formulas.chosen.values()
        whole = with_attributes(observing, facts) if chosen else facts
        for each in chosen:
            if all(whole.get(name) is not None for name in each.reads):  # else nothing depends on it
                yield from self._correction(each, observing, model, whole)

    def _correction(
        self, chosen: Chosen, observing: DecisionFormulas, model: Any, facts: Mapping[str, Any]
    ) -> Iterator[Truth]:
        roots = dict.fromkeys(root(observing, name) for name in chosen.reads)
        given = z3.And([self.universe.same(name, model, self.codes) for name in roots])
        try:
            right = chosen.work_out(facts)
        except (OverflowError, ValueError):
            yield z3.Not(given)  # beyond the calendar
            return
        if str(model.eval(chosen.symbol, model_completion=True)) != str(right):
            for moved in chosen.moved:
                yield from moved.around(int(model.eval(moved.base, model_completion=True).as_long()))
            yield z3.Implies(given, chosen.symbol == right)


def _expected(observing: DecisionFormulas, model: Any) -> dict[Key, bool]:
    found = {key: observation for key, observation in observing.observations.items() if observation.exact}
    return {key: z3.is_true(model.eval(each.there, model_completion=True)) for key, each in found.items()}


def root(observing: DecisionFormulas, name: str) -> str:
    """Return the fact itself; of an attribute, the fact that holds the term."""
    definition = observing.policy.fact(name)
    while definition is not None and definition.parent is not None:
        definition = observing.policy.fact(definition.parent)
    return definition.name if definition is not None else name


def with_attributes(observing: DecisionFormulas, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts with the attributes of terms that a policy reads."""
    found, policy = dict(facts), observing.policy
    for name in policy.facts_read:
        definition = policy.fact(name)
        if name not in found and definition is not None and definition.parent is not None:
            parent, held = policy.fact(definition.parent), found.get(definition.parent)
            if isinstance(held, datetime):
                found[name] = moment_part(held, name.rpartition(".")[2])
                continue
            term = policy.terms(parent.type.of or "").get(held) if parent is not None and held is not None else None
            found[name] = term.attributes.get(name.rpartition(".")[2]) if term is not None else None
    return found
