"""What would change a refusal: the nearest ways to be allowed, each confirmed by deciding again.

Breadth first over what can be changed at all: the day, the channel, who acts, what is chosen or declared, and what is
brought. To lift a denial some test that made it must come out otherwise (or a rule that stands in for it must apply), so
only what those tests read is tried. Every way is decided by the real engine, on every age that is possible on its day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from domain.decision import Decision, Denial, Need
from domain.errors import DecisionFault, InvalidInput
from policies.engine.asking import Asked
from policies.engine.decide import Policies, Trial
from policies.explain.change_dates import turning_days
from policies.explain.completion import (
    MAX_CHOICES,
    Said,
    bring,
    brought_on,
    possible_values,
    to_bring,
    to_say,
    values_of,
)
from policies.language.conditions import Test, operand_facts, tests_of
from policies.language.vocabulary import FactDefinition

MAX_WAYS = 5
MAX_CHANGES = 3
MAX_DECISIONS = 400
MAX_DAYS = 12
"""Days tried for one denial, the nearest ones."""
MAX_VALUES = 40
"""Values tried for one fact."""

CHANGED_BY_PEOPLE = frozenset({"request.channel", "actor.relation"})
"""Besides what is chosen or declared: how somebody comes, and who does."""
_AGE_OF_WHO_ACTS = "actor.age"


@dataclass(frozen=True, slots=True)
class Moved:
    """Another day.

    Args:
        day: the first on which it is allowed; until: the last, as far as announced policies go; None for no end.
        at_latest: the day is certain, and it may be allowed before, for the date of birth is not known.
    """

    day: date
    until: date | None
    at_latest: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be allowed, confirmed by the engine.

    Args:
        moved: to another day; None for the day asked.
        said: facts to change, each with the values that will do; needs: what is to be brought besides.
        asked: the request as it would be, everything brought; decision: what is decided then.
        certain: whether nothing in it hangs on facts that are not known.
    """

    moved: Moved | None
    said: tuple[tuple[str, tuple[Any, ...]], ...]
    needs: tuple[Need, ...]
    asked: Asked
    decision: Decision
    certain: bool

    @property
    def changes(self) -> int:
        """How many things must be otherwise, besides what is brought."""
        return len(self.said) + (self.moved is not None)


@dataclass(frozen=True, slots=True)
class Ways:
    """What was found.

    Args:
        found: the nearest ways first, at most five; none where the request is allowed as it is.
        decisions: how many times was decided; complete: False where a limit ended the search.
    """

    found: tuple[Way, ...]
    decisions: int
    complete: bool


Change = Said | date


@dataclass(frozen=True, slots=True)
class _Reached:
    """A request, with what was changed, that is allowed."""

    changes: frozenset[Change]
    asked: Asked
    said: tuple[Said, ...]
    needs: tuple[Need, ...]
    decision: Decision


class OutOfBudget(Exception):
    """The search has decided as often as it may."""


def ways_to_be_allowed(policies: Policies, asked: Asked, limit: int = MAX_DECISIONS) -> Ways:
    """Search for the nearest ways in which a refused request would be allowed.

    Args:
        asked: the request; limit: how many times to decide at most.

    Raises:
        NotFound, InvalidInput, DecisionFault: the request itself cannot be decided.
    """
    trial = asked.trial(policies)
    if trial is None or trial.decision().allowed:
        return Ways((), 1, complete=True)
    search = _Search(policies, asked, limit)
    complete = search.run()
    found = sorted(_joined(search.found), key=lambda way: _distance(asked, way))
    return Ways(tuple(found[:MAX_WAYS]), search.decisions, complete)


def _distance(asked: Asked, way: Way) -> tuple[int, int, int]:
    days = abs((way.moved.day - asked.on).days) if way.moved else 0
    return way.changes, days, len(way.needs)


def _joined(found: Iterable[Way]) -> list[Way]:
    """Join ways that differ in the value of one fact only: "at the window, or by telephone" is one way."""
    joined: list[Way] = []
    for way in found:
        for number, known in enumerate(joined):
            if (both := _both(known, way)) is not None:
                joined[number] = both
                break
        else:
            joined.append(way)
    return joined


def _both(known: Way, way: Way) -> Way | None:
    """Return two ways as one, if they differ in the value of one fact only."""
    if _besides(known) != _besides(way):
        return None
    differing = [n for n, (mine, other) in enumerate(zip(known.said, way.said, strict=True)) if mine != other]
    if len(differing) != 1:
        return None
    (number,) = differing
    name, values = known.said[number]
    wider = (name, tuple(dict.fromkeys((*values, *way.said[number][1]))))
    return replace(known, said=(*known.said[:number], wider, *known.said[number + 1 :]))


def _besides(way: Way) -> tuple[Any, ...]:
    needs = sorted((need.kind, need.name, repr(need.specification)) for need in way.needs)
    return way.moved, [name for name, _ in way.said], needs, way.certain


class _Search:
    def __init__(self, policies: Policies, asked: Asked, limit: int) -> None:
        self.policies = policies
        self.asked = asked
        self.limit = limit
        self.decisions = 0
        self.found: list[Way] = []

    def run(self) -> bool:
        """Search until enough is found; say whether everything within the limits was tried."""
        level: list[frozenset[Change]] = [frozenset()]
        reached: list[frozenset[Change]] = []
        try:
            for size in range(MAX_CHANGES + 1):
                following: dict[frozenset[Change], None] = {}
                for changes in level:
                    if any(self._covers(smaller, changes) for smaller in reached):
                        continue
                    if (way := self._try(changes)) is not None:
                        reached.append(changes)
                        self.found.append(way)
                    elif size < MAX_CHANGES:
                        following.update(dict.fromkeys(self._next(changes)))
                if len(_joined(self.found)) >= MAX_WAYS:
                    break
                level = list(following)
        except OutOfBudget:
            return False
        return True

    def _covers(self, smaller: frozenset[Change], changes: frozenset[Change]) -> bool:
        """Say whether a way that was found makes another needless: fewer changes, or a nearer day in its direction."""
        if not set(_facts(smaller)) <= set(_facts(changes)):
            return False
        near, far, on = _day(smaller), _day(changes), self.asked.on
        if near is None or far is None:
            return near is None
        return (near > on) is (far > on) and abs(near - on) <= abs(far - on)

    # --- one set of changes

    def _changed(self, changes: Iterable[Change]) -> list[Asked]:
        """Return the request with changes made: one for each combination of ages that is possible then."""
        asked, day = self.asked, _day(changes)
        for said in _facts(changes):
            asked = _said(asked, said)
        return asked.moved(day) if day is not None else [asked]

    def _trial(self, asked: Asked) -> Trial | None:
        if self.decisions >= self.limit:
            raise OutOfBudget
        self.decisions += 1
        try:
            return asked.trial(self.policies)
        except (DecisionFault, InvalidInput):
            return None

    def _decided(self, asked: Asked) -> tuple[Trial, Decision] | None:
        trial = self._trial(asked)
        try:
            return (trial, trial.decision()) if trial is not None else None
        except DecisionFault:
            return None

    def _try(self, changes: frozenset[Change]) -> Way | None:
        """Return the way that these changes are, if they are one, with what must be brought besides."""
        first, *others = self._changed(changes)
        reached = self._complete(first, changes, (), (), MAX_CHOICES)
        if reached is None or not all(self._holds(reached, other) for other in others):
            return None
        day = _day(changes)
        moved = self._moved(reached, day) if day is not None else None
        said = {item.fact: (item.value,) for item in (*_facts(changes), *reached.said)}
        changed, decision = tuple(sorted(said.items())), reached.decision
        return Way(moved, changed, reached.needs, reached.asked, decision, _certain(decision))

    def _complete(
        self, asked: Asked, changes: frozenset[Change], said: tuple[Said, ...], needs: tuple[Need, ...], left: int
    ) -> _Reached | None:
        """Bring, choose and declare what is missing, until the request is allowed; None where that is not possible."""
        decided = self._decided(asked)
        if decided is None or decided[1].denials:
            return None
        trial, decision = decided
        if decision.allowed:
            return _Reached(changes, asked, said, needs, decision)
        if left == 0:
            return None
        if more := to_bring(decision):
            return self._complete(bring(asked, more), changes, said, (*needs, *more), left - 1)
        need = to_say(decision)
        for value in possible_values(trial, need) if need is not None else ():
            item = Said(need.name, value) if need is not None else None
            if item is not None:
                reached = self._complete(_said(asked, item), changes, (*said, item), needs, left - 1)
                if reached is not None:
                    return reached
        return None

    def _holds(self, reached: _Reached, other: Asked) -> bool:
        """Say whether the same evidence and choices are enough for another age that is possible on the day."""
        for item in reached.said:
            other = _said(other, item)
        decided = self._decided(replace(other, evidence=brought_on(reached.asked.evidence, other.on)))
        return decided is not None and decided[1].allowed

    # --- days

    def _moved(self, reached: _Reached, day: date) -> Moved:
        """Say how long a way stays open, as far as anything announced or known will change it."""
        later = self._later(reached, day)
        until = next((after - timedelta(days=1) for after, allowed in later if not allowed), None)
        unsure = self.asked.born_on is None and isinstance(self.asked.facts.get("holder.age"), int)
        return Moved(day, until, at_latest=unsure and len(self.asked.moved(day)) == 1)

    def _later(self, reached: _Reached, day: date) -> Iterator[tuple[date, bool]]:
        following = [day + timedelta(days=1), *sorted(d for d in self._announced(reached) if d > day)]
        for after in following[:MAX_DAYS]:
            yield after, all(self._holds(reached, asked) for asked in self._changed({*_facts(reached.changes), after}))

    def _announced(self, reached: _Reached) -> set[date]:
        """Return the days on which any rule of the service may come out otherwise, on what the way states."""
        trial = self._trial(reached.asked)
        if trial is None:
            return set()
        found: set[date] = set()
        for rule in trial.policy.policy.rules.values():
            found.update(turning_days(reached.asked, trial, rule, tests_of(rule.condition)))
        return found

    # --- what else could be changed

    def _next(self, changes: frozenset[Change]) -> Iterator[frozenset[Change]]:
        """Yield these changes with one more that could lift a denial."""
        decided = self._decided(self._changed(changes)[0])
        if decided is None:
            return
        trial, decision = decided
        options = [list(self._lifting(trial, denial, changes)) for denial in decision.denials]
        if not options:
            return
        # Each denial must be lifted, so the one with the fewest ways to do it is enough to go on from.
        for change in min(options, key=len):
            yield changes | {change}

    def _lifting(self, trial: Trial, denial: Denial, changes: frozenset[Change]) -> Iterator[Change]:
        taken = {said.fact for said in _facts(changes)}
        tests = list(_settling(trial, denial.rule))
        rule = trial.policy.rules[denial.rule]
        names = [name for test in tests for name in (test.fact, *operand_facts(test.operand))]
        names += rule.outcome.facts()
        for name in dict.fromkeys(_roots(trial, names)):
            if name not in taken:
                yield from self._values(trial, name)
        if len(taken) == len(changes):
            yield from turning_days(self._changed(changes)[0], trial, rule, tests)[:MAX_DAYS]

    def _values(self, trial: Trial, name: str) -> Iterator[Said]:
        definition = trial.policy.fact(name)
        if definition is None or not _changeable(name, definition.origin):
            return
        current = trial.reading.facts.get(name)
        others = [value for value in values_of(trial, definition) if value != current]
        if definition.origin == "declared" and name in self.asked.facts:
            others = [value for value in others if _must_be_proven(definition, value)]
        for value in others[:MAX_VALUES]:
            yield Said(name, value)


def _must_be_proven(definition: FactDefinition, value: Any) -> bool:
    """Say whether a declaration costs a proof: nobody who has declared something is told to take it back."""
    return definition.proof is not None and value is not None and value is not False


def _changeable(name: str, origin: str) -> bool:
    return origin in ("chosen", "declared") or name in CHANGED_BY_PEOPLE


def _settling(trial: Trial, rule_id: str) -> Iterator[Test]:
    """Yield the tests that made a rule apply, and those of the rules that would stand in for it."""
    yield from (seen.test for seen in trial.situation.reasons(trial.policy.rules[rule_id].condition))
    for other in trial.policy.rules.values():
        if rule_id in other.instead_of:
            yield from tests_of(other.condition)


def _roots(trial: Trial, names: Iterable[str]) -> Iterator[str]:
    """Yield facts; of an attribute, the fact that holds the term."""
    for name in names:
        definition = trial.policy.fact(name)
        yield definition.parent if definition is not None and definition.parent is not None else name


def _said(asked: Asked, said: Said) -> Asked:
    facts = {**asked.facts, said.fact: said.value}
    if said.fact == "actor.relation" and facts.pop(_AGE_OF_WHO_ACTS, None) is not None:
        # Somebody else acts, whose age nobody has said.
        return replace(asked, facts=facts, form=True)
    return replace(asked, facts=facts)


def _day(changes: Iterable[Change]) -> date | None:
    return next((change for change in changes if isinstance(change, date)), None)


def _facts(changes: Iterable[Change]) -> list[Said]:
    return [change for change in changes if isinstance(change, Said)]


def _certain(decision: Decision) -> bool:
    unsure = any(requirement.conditional and not requirement.satisfied for requirement in decision.requirements)
    return not (decision.conditional_denials or unsure)
