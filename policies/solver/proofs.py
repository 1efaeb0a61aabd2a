"""Whether two versions of one service's policy decide alike: a proof, or a request that they decide differently.

The solver looks for a request on which something that decisions show differs. Whatever it finds is decided by the real
engine under both versions before anybody hears of it; where the engine does not agree, nothing is claimed. What it
cannot find does not exist, within the bounds that `universe` states.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from threading import RLock
from typing import Any

import z3

from domain.decision import Decision
from domain.errors import DecisionFault, InvalidInput
from domain.message import Message
from policies.engine.decide import Policies, Trial
from policies.engine.effective import EffectivePolicy
from policies.language.conditions import operand_facts
from policies.language.outcomes.outcome import Key
from policies.language.service import Rule
from policies.solver.observed import DecisionFormulas, Observation, allowed, differ, shown
from policies.solver.ordinary import ordinary
from policies.solver.solving import Solving, Unsettled, root
from policies.solver.universe import NotComparable, Number, PolicyEncoding, Span, Truth, Universe
from policies.tree.tree import PolicyTree

SOLVER = RLock()
"""The solver's expressions belong to one thread at a time."""
FAULT: Key = ("fault",)


_NOT_SHOWN = Message("引擎的结果与求解器的预期不符", "the engine does not show what the solver expects")
_NOT_CONFIRMED = Message("引擎没有证实求解器的发现", "the engine does not confirm what the solver found")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a service's policy in one region.

    Args:
        policies: of all regions; service, region: which; known: the day by which it had to be published, None for the day
            asked.
    """

    policies: Policies
    service: str
    region: str
    known: date | None = None

    def effective(self, on: date) -> EffectivePolicy:
        """Return what holds on a day.

        Raises:
            DecisionFault: a value is missing on that day.
        """
        found = self.policies.effective(self.service, self.region, on, self.known)
        assert found is not None  # noqa: S101 - a version is made of a service that the region has
        return found

    def trial(self, facts: Mapping[str, Any], on: date) -> Trial:
        """Evaluate the rules on a request that says everything.

        Raises:
            DecisionFault, InvalidInput: it cannot be decided.
        """
        policy = self.effective(on)
        known = {name: value for name, value in facts.items() if policy.fact(name) is not None}
        found = self.policies.trial(self.service, self.region, known, on, known=self.known)
        assert found is not None  # noqa: S101 - as above
        return found


@dataclass(frozen=True, slots=True)
class ShownByVersion:
    """What one version says to a request: what it shows, or the code of the fault that keeps it from deciding."""

    decision: Decision | None
    fault: str | None
    shows: Mapping[Key, Any]
    trial: Trial | None = None

    @property
    def allowed(self) -> bool:
        """Whether nothing refuses it, whatever is still to be brought."""
        return self.decision is not None and not self.decision.denials


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that two versions decide differently; the engine has decided it under both.

    Args:
        on: the day; facts: all that either version reads; matters: those that the difference hangs on.
        old, new: what the versions say; differs: every key under which they show another thing.
    """

    on: date
    facts: Mapping[str, Any]
    matters: tuple[str, ...]
    old: ShownByVersion
    new: ShownByVersion
    differs: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is known of two versions in a span of days.

    Args:
        span: the days; witnesses: requests decided differently, none where no decision changes.
        open: what could not be settled, in words; the proof is complete where there is none.
    """

    span: Span
    witnesses: tuple[Witness, ...]
    open: tuple[Message, ...]

    @property
    def proven_alike(self) -> bool:
        """Whether no decision changes, for certain."""
        return not self.witnesses and not self.open


def see(version: Version, facts: Mapping[str, Any], on: date) -> ShownByVersion:
    """Let the engine decide a request."""
    try:
        trial = version.trial(facts, on)
        decision = trial.decision()
    except (DecisionFault, InvalidInput) as fault:
        return ShownByVersion(None, fault.code, {FAULT: fault.code})
    return ShownByVersion(decision, None, shown(decision), trial)


def days_told(tree: PolicyTree) -> str:
    """Return the special days that a tree lists, as one text: where they are the same, working days are counted alike."""
    return repr((sorted(tree.days.holidays), sorted(tree.days.workdays)))


def differing(old: ShownByVersion, new: ShownByVersion) -> tuple[Key, ...]:
    """Return the keys under which two answers show another thing."""
    keys = dict.fromkeys((*old.shows, *new.shows))
    return tuple(key for key in keys if old.shows.get(key) != new.shows.get(key))


def compare(old: Version, new: Version, span: Span, only: Collection[str] | None = None) -> Comparison:
    """Compare two versions on the days of a span, on which neither changes by itself.

    Args:
        only: the rules in which they may differ, with all that hangs together with those; every rule if None.
    """
    with SOLVER:
        try:
            found = [version.effective(span.first) for version in (old, new) if not _fails(version, span.first)]
            if len(found) < 2:
                return Comparison(span, tuple(_any_request(old, new, span, found)), ())
            return _Search(old, new, span, found, only).verdict(only)
        except NotComparable as reason:
            return Comparison(span, (), (reason.message,))


def _fails(version: Version, on: date) -> bool:
    """Say whether no request can be decided on a day, since a value is missing."""
    try:
        version.effective(on)
    except DecisionFault:
        return True
    return False


def _any_request(old: Version, new: Version, span: Span, found: Collection[EffectivePolicy]) -> Iterator[Witness]:
    """Yield any request where one version decides and the other decides nothing; none where neither does."""
    for policy in found:
        universe = Universe([policy], span)
        solver = z3.Solver()
        solver.add(universe.constraints)
        if solver.check(universe.usual) == z3.sat:
            facts, on = universe.facts(solver.model(), ()), universe.day(solver.model())
            was, now = see(old, facts, on), see(new, facts, on)
            yield Witness(on, facts, (), was, now, differing(was, now))


class _Search:
    def __init__(
        self,
        old: Version,
        new: Version,
        span: Span,
        policies: Collection[EffectivePolicy],
        only: Collection[str] | None,
    ) -> None:
        self.old, self.new, self.span = old, new, span
        self.universe = Universe(policies, span)
        self.sides = [
            PolicyEncoding(self.universe, policy, version.policies.calendar, days_told(version.policies.tree))
            for policy, version in zip(policies, (old, new), strict=True)
        ]
        self.value: Number = z3.Int("any value of a choice")
        self.witnesses: list[Witness] = []
        self.open: list[Message] = []
        self._observe(only)

    def _observe(self, only: Collection[str] | None) -> None:
        self.before, self.after = (DecisionFormulas(side, only) for side in self.sides)
        self.sound = z3.And(z3.Not(self.before.fault), z3.Not(self.after.fault))
        self.solving = Solving(self.universe, (self.before, self.after))

    def verdict(self, only: Collection[str] | None) -> Comparison:
        """Ask about everything that either version shows; where something differs, also who is refused or allowed now."""
        for key in dict.fromkeys((*self.before.observations, *self.after.observations)):
            if not any(key in witness.differs for witness in self.witnesses):
                one, other = self.before.observations.get(key), self.after.observations.get(key)
                self._look(z3.And(self.sound, differ(one, other, self.value)), partial(_tells, key), key)
        self._look(self.before.fault != self.after.fault, lambda w: w.old.fault != w.new.fault, FAULT)
        if self.witnesses:
            if only is not None:
                self._observe(None)
            self._prefer_allowed()
            self._flips()
        return Comparison(self.span, tuple(self.witnesses), tuple(dict.fromkeys(self.open)))

    def _prefer_allowed(self) -> None:
        """Look for requests that nothing refuses in the place of those that are refused both times: people ask why."""
        granted = z3.And(self.sound, allowed(self.before), allowed(self.after))
        for witness in tuple(self.witnesses):
            key = next((key for key in witness.differs if key != FAULT and key[0] != "deny"), None)
            if key is not None and not witness.old.allowed and not witness.new.allowed:
                one, other = self.before.observations.get(key), self.after.observations.get(key)
                question = z3.And(granted, differ(one, other, self.value))
                self._look(question, partial(_tells_granted, key), None)

    def _flips(self) -> None:
        was, now = allowed(self.before), allowed(self.after)
        for question, flips in ((z3.And(was, z3.Not(now)), _is_refused), (z3.And(now, z3.Not(was)), _is_allowed)):
            if not any(map(flips, self.witnesses)):
                self._look(z3.And(self.sound, question), flips, None)
        self.witnesses = list(_telling(self.witnesses))

    def _look(self, question: Truth, tells: Callable[[Witness], bool], key: Key | None) -> None:
        """Search for a request; keep it if the engine confirms it, or say that the question is open."""
        try:
            found = self.solving.find(question)
        except Unsettled as reason:
            self._leave_open(key, reason.message)
            return
        if found is None:
            return
        witness = self._asked(found.facts, found.on)
        against = [*disagreeing(witness.old, found.expected[0]), *disagreeing(witness.new, found.expected[1])]
        if against:
            self._leave_open(against[0], _NOT_SHOWN)
        elif tells(witness):
            self.witnesses.append(self._simplest(witness, tells))
        else:
            self._leave_open(key, _NOT_CONFIRMED)

    def _leave_open(self, key: Key | None, reason: Message) -> None:
        if key is not None:
            about = " ".join(key)
            self.open.append(Message(f"{about}：{reason.zh}", f"{about}: {reason.en}"))

    def _asked(self, facts: Mapping[str, Any], on: date) -> Witness:
        old, new = see(self.old, facts, on), see(self.new, facts, on)
        return Witness(on, facts, (), old, new, differing(old, new))

    # --- for people

    def _simplest(self, witness: Witness, tells: Callable[[Witness], bool]) -> Witness:
        """Return the most ordinary request that still tells the difference: what needs not be special is not."""
        facts = dict(witness.facts)
        for name, variable in self.universe.variables.items():
            plain = ordinary(variable.definition, witness.on, self.old.policies.region(self.old.region).words)
            if name.startswith("request.") or facts[name] == plain:
                continue
            tried = self._asked({**facts, name: plain}, witness.on)
            if tried.old.fault == witness.old.fault and tried.new.fault == witness.new.fault and tells(tried):
                facts[name] = plain
        simplest = self._asked(facts, witness.on)
        return replace(simplest, matters=self._matters(simplest))

    def _matters(self, witness: Witness) -> tuple[str, ...]:
        """Return the facts that the rules behind the difference were settled by."""
        found: dict[str, None] = {}
        for observing, seen in ((self.before, witness.old), (self.after, witness.new)):
            for rule in _behind(observing, witness.differs):
                found.update(dict.fromkeys(_settling(rule, observing, seen)))
        return tuple(name for name in witness.facts if name in found)


def disagreeing(seen: ShownByVersion, expected: Mapping[Key, bool]) -> list[Key]:
    """Return what the engine shows and the solver does not expect, or the other way round."""
    return [key for key, there in expected.items() if seen.fault is None and (key in seen.shows) is not there]


def _telling(witnesses: Iterable[Witness]) -> Iterator[Witness]:
    """Yield those that tell something new: who is refused or allowed now first, then those that nothing refuses, then the least at once."""
    told: set[str] = set()
    flipped = {id(witness) for witness in witnesses if _is_refused(witness) or _is_allowed(witness)}
    for witness in sorted(
        witnesses, key=lambda each: (id(each) not in flipped, not _is_granted(each), len(each.differs))
    ):
        if not told >= _told(witness):
            told |= _told(witness)
            yield witness


def _told(witness: Witness) -> frozenset[str]:
    """Return what a request tells of the difference."""
    return frozenset(f"{key} {witness.old.shows.get(key)} {witness.new.shows.get(key)}" for key in witness.differs)


def _tells_granted(key: Key, witness: Witness) -> bool:
    return _tells(key, witness) and _is_granted(witness)


def _is_granted(witness: Witness) -> bool:
    return witness.old.allowed and witness.new.allowed


def _is_refused(witness: Witness) -> bool:
    return witness.old.allowed and not witness.new.allowed


def _is_allowed(witness: Witness) -> bool:
    return witness.new.allowed and not witness.old.allowed


def _tells(key: Key, witness: Witness) -> bool:
    """Say whether a request shows a difference under a key; what a document must be may stand under another."""
    return key in witness.differs or (key[0] == "require" and any(other[0] == "require" for other in witness.differs))


def _behind(observing: DecisionFormulas, keys: Iterable[Key]) -> list[Rule]:
    rules = observing.policy.rules
    found: dict[str, Rule] = {}
    for key in keys:
        observation: Observation | None = observing.observations.get(key)
        for name in observation.rules if observation is not None else ():
            found[name] = rules[name]
            found |= {other.id: other for other in rules.values() if name in other.instead_of}
    return list(found.values())


def _settling(rule: Rule, observing: DecisionFormulas, seen: ShownByVersion) -> Iterator[str]:
    if seen.trial is None:
        return
    for reason in seen.trial.situation.reasons(rule.condition):
        for name in (reason.test.fact, *operand_facts(reason.test.operand)):
            yield root(observing, name)
