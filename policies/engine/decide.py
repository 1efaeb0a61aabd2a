"""One decision: facts in, everything that the region's policies say about them out.

The same function serves the dry run, the requirements of a form, and the change itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from domain.decision import Citation, Decision, Denial, Facts
from domain.duration import WeekdayCalendar, WorkingCalendar
from domain.errors import DecisionFault, NotFound
from domain.evidence import Evidence
from domain.history import History
from domain.message import Message
from domain.region import deciding_codes
from policies.engine.drafting import Applying, applying_rules, draft_of, overruled_by
from policies.engine.effective import EffectivePolicy, Shared, effective_policy
from policies.engine.engine import Engine, EngineError
from policies.engine.evaluation import Situation
from policies.engine.facts import CompletedFacts, evaluation_fault
from policies.engine.truths import AnswerMemory, MemoryFault
from policies.engine.written import Pieces
from policies.language.region_codes import RegionCodes
from policies.tree.tree import PolicyTree, RegionPolicies

MAX_BYTES = 96 * 2**20
"""Of policies in force and of what was drafted under them, about; those that nobody asked about for longest go first."""
MAX_WORDS = 100_000
"""Numbered words that sets of policies share, those of former sets included; then numbers are given anew."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One request whose rules have been evaluated.

    Args:
        policy: in force; reading: the facts, completed.
        sure: rules whose conditions hold; possible: those whose conditions hold or hang on facts not known yet.
    """

    policy: EffectivePolicy
    reading: CompletedFacts
    sure: frozenset[str]
    possible: frozenset[str]

    @property
    def situation(self) -> Situation:
        """What its conditions were evaluated on; looking at it counts no further days as decided on."""
        reading = self.reading
        return Situation(reading.facts, reading.settings, reading.unknown, reading.days.calendar)

    @property
    def overruled(self) -> Mapping[str, str]:
        """The rules that another rule, whose condition holds, stands in for; with that rule."""
        return overruled_by(self.policy, self.sure)

    @property
    def is_settled(self) -> bool:
        """Whether nothing hangs on the facts that are not known: neither which rules apply, nor what these say.

        What people have yet to state is asked for, and to be proven.
        """
        unknown, policy = self.reading.unknown, self.policy
        if self.sure != self.possible or not unknown.isdisjoint(policy.declared_read):
            return False
        return all(policy.reads[rule].isdisjoint(unknown) for rule in self.sure)

    def applying(self) -> list[Applying]:
        """Return the rules that apply, or may apply, in their order."""
        return applying_rules(self.policy, self.sure, self.possible)

    def decision(self) -> Decision:
        """Draft the decision.

        Raises:
            DecisionFault: rules contradict each other, or an outcome cannot be computed.
        """
        reading = self.reading
        try:
            return draft_of(self.policy, self.sure, self.possible, reading.unknown, reading.form).decision(reading)
        except _FAILURES as error:
            raise _fault_of(error) from error

    def without(self, rule_id: str) -> Trial:
        """Return the same request as if a rule had never been written."""
        left = frozenset({rule_id})
        return Trial(self.policy.without(rule_id), self.reading, self.sure - left, self.possible - left)


_FAILURES = (EngineError, MemoryFault, OverflowError, ValueError)


def _fault_of(error: Exception) -> DecisionFault:
    """Turn what the engine and the calendar cannot do into a fault of the decision."""
    if isinstance(error, EngineError):
        return evaluation_fault("ENGINE_FAULT", str(error), str(error))
    if isinstance(error, MemoryFault):
        return evaluation_fault("ENGINE_INCONSISTENT", "规则引擎对同样的情形前后答复不一致", str(error))
    # A date or number beyond what can be counted, such as a century before the year 1.
    return evaluation_fault("BAD_FACT", "数值或日期超出范围，无法计算", f"a value is out of range ({error})")


class Policies:
    """The policies of all regions, ready to decide. Safe to use from several threads."""

    def __init__(
        self,
        tree: PolicyTree,
        engine: Engine | None = None,
        calendar: WorkingCalendar | None = None,
        memory: AnswerMemory | None = None,
        shared: Shared | None = None,
    ) -> None:
        """Take a loaded tree.

        Args:
            tree: of `load_tree`.
            engine: to share compiled rulesets with other trees.
            calendar: of working days; without one all are estimated from the weekday, and decisions say so.
            memory: how answers of the engine are kept.
            shared: what policies in force of other trees have in common with these.
        """
        self.tree = tree
        self.calendar = calendar or WeekdayCalendar()
        self.engine = engine or Engine()
        self.memory = memory or AnswerMemory()
        self._shared = shared or Shared()
        self._in_force = _InForce()
        self._pieces = Pieces()
        self._known_terms: dict[tuple[str, str], bool] = {}

    def after(self, tree: PolicyTree, calendar: WorkingCalendar | None = None) -> Policies:
        """Return the policies of a tree that was loaded on top of this one's.

        What reads as before is neither worked out nor compiled again.

        Args:
            calendar: that belongs to the tree; this one's if None.
        """
        shared = self._shared if len(self._shared.symbols) < MAX_WORDS else None
        following = Policies(tree, self.engine, calendar or self.calendar, self.memory, shared)
        if shared is not None:
            for policy in self._in_force.policies():
                if _stands(policy, tree):
                    following._in_force.keep(policy)
        return following

    def rulesets(self) -> frozenset[str]:
        """Return the texts of the rulesets that decisions asked for so far may need again."""
        return frozenset(text for policy in self._in_force.policies() for text in policy.rulesets())

    @property
    def codes(self) -> RegionCodes:
        """The codes that regions have, with policies of ours or without."""
        return next(iter(self.tree.regions.values())).words.codes

    def region(self, code: str) -> RegionPolicies:
        """Return a region with its words and services.

        Raises:
            NotFound: no folder has that code.
        """
        found = self.tree.regions.get(code)
        if found is None:
            raise NotFound(
                Message("没有这个地区，请重新选择地区。", "There is no region with that code; choose another."),
                code="REGION_UNKNOWN",
            )
        return found

    def deciding(self, code: str) -> RegionPolicies:
        """Return the region that decides for a code; see `deciding_code`.

        Raises:
            NotFound: there is no such region, or its city has no policies.
        """
        return self.region(self.deciding_code(code))

    def deciding_code(self, code: str) -> str:
        """Return the code of the region that decides for a code: of a district without policies of its own, that of its city.

        A code for which nobody decides is returned as it is.
        """
        if code in self.tree.regions or not self.codes.may_have(code):
            return code
        return next((each for each in deciding_codes(code) if each in self.tree.regions), code)

    def term_label(self, vocabulary: str, name: str) -> Message | None:
        """Return the label of a word that the whole country knows, or None where it is no such word."""
        for place in self.tree.regions.values():
            if place.region.parent is None and (term := place.words.term(vocabulary, name)) is not None:
                return term.label
        return None

    def knows_term(self, vocabulary: str, name: str) -> bool:
        """Say whether any region knows a word."""
        key = (vocabulary, name)
        if key not in self._known_terms:
            places = self.tree.regions.values()
            self._known_terms[key] = any(place.words.term(vocabulary, name) is not None for place in places)
        return self._known_terms[key]

    def effective(self, service: str, region: str, on: date, known: date | None = None) -> EffectivePolicy | None:
        """Return what holds for a service in a region on a day, or None where nobody there has that service.

        Raises:
            NotFound: the region is unknown.
            DecisionFault: a rule in force reads a setting without a value on that day.
        """
        place = self.region(region)
        policy = place.services.get(service)
        if policy is None:
            return None
        known = known or on
        found = self._in_force.get(service, region, on, known)
        if found is None:
            found = effective_policy(policy, place.region, place.words, on, known, self._shared, self._pieces)
            self._in_force.keep(found)
        return found

    def decide(
        self,
        service: str,
        region: str,
        facts: Facts,
        on: date,
        *,
        known: date | None = None,
        evidence: Evidence | None = None,
        history: History | None = None,
        form: bool = False,
    ) -> Decision:
        """Decide one request.

        Args:
            service: a term of the services vocabulary.
            region: GB/T 2260 code.
            facts: by name; a missing computed fact is a fault, a missing declared one is asked for.
            on: the day whose rules apply, in China; known: the day by which they had to be published, `on` if None.
            evidence: what was brought along.
            history: of the holder, for counted facts; None where it is not known (forms).
            form: True to be told what *could* apply while facts are still unknown, for the form of a front-end.

        Returns:
            The decision with every reason, not just the first.

        Raises:
            NotFound: the region is unknown.
            InvalidInput: a chosen or declared value is not one the vocabulary has.
            DecisionFault: a fact is missing or ill-typed, rules contradict each other, or the engine failed.
        """
        policy = self.effective(service, region, on, known)
        if policy is None:
            return _not_offered(self.region(region), service, on, known or on, facts)
        reading = CompletedFacts(
            policy, on, known or on, facts, evidence or _NOTHING_BROUGHT, history, form, self.calendar
        )
        try:
            sure, possible = self._fired(policy, reading)
            return draft_of(policy, sure, possible, reading.unknown, form).decision(reading)
        except _FAILURES as error:
            raise _fault_of(error) from error

    def decide_if_settled(
        self, service: str, region: str, facts: Facts, on: date, evidence: Evidence | None = None
    ) -> Decision | None:
        """Decide one request before all of its facts are read.

        Args:
            All as for `decide`; the history is not known.

        Returns:
            The decision, which says nothing of the facts that are left out; None where something hangs on them, or where the
            region does not offer the service.

        Raises:
            NotFound, InvalidInput, DecisionFault: as for `decide`.
        """
        trial = self.trial(service, region, facts, on, evidence=evidence, form=True)
        return trial.decision() if trial is not None and trial.is_settled else None

    def trial(
        self,
        service: str,
        region: str,
        facts: Facts,
        on: date,
        *,
        known: date | None = None,
        evidence: Evidence | None = None,
        history: History | None = None,
        form: bool = False,
    ) -> Trial | None:
        """Evaluate the rules for one request without drafting the decision, to look at what each rule saw.

        Args:
            All as for `decide`.

        Returns:
            The trial; None where the region does not offer the service.

        Raises:
            NotFound, InvalidInput, DecisionFault: as for `decide`.
        """
        policy = self.effective(service, region, on, known)
        if policy is None:
            return None
        reading = CompletedFacts(
            policy, on, known or on, facts, evidence or _NOTHING_BROUGHT, history, form, self.calendar
        )
        try:
            return Trial(policy, reading, *self._fired(policy, reading))
        except _FAILURES as error:
            raise _fault_of(error) from error

    def _fired(self, policy: EffectivePolicy, reading: CompletedFacts) -> tuple[frozenset[str], frozenset[str]]:
        """Return the rules whose conditions hold, and those whose conditions hold or hang on facts not known yet."""
        if self._shared.grown > MAX_BYTES // 2:
            self._shared.grown = 0
            self._in_force.age()
        reading.complete()
        facts, settings, unknown, days = reading.facts, reading.settings, reading.unknown, reading.days
        sure = policy.program(unknown, False).fired(facts, settings, days, self.engine, self.memory)
        if not unknown:
            return sure, sure
        return sure, policy.program(unknown, True).fired(facts, settings, days, self.engine, self.memory)


class _InForce:
    """Policies in force by service and region, each service's the latest asked about first.

    They are kept in two generations. When the younger is half as large as all may be, it becomes the elder, and what is left
    of that one goes: what nobody asked about all that time.
    """

    def __init__(self) -> None:
        self._young: dict[tuple[str, str], tuple[EffectivePolicy, ...]] = {}
        self._old: dict[tuple[str, str], tuple[EffectivePolicy, ...]] = {}
        self._lock = Lock()

    def get(self, service: str, region: str, on: date, known: date) -> EffectivePolicy | None:
        """Return what holds on a day as known by another, where that is kept."""
        key = (service, region)
        for policy in self._young.get(key, ()):
            if policy.span.has(on, known):
                return policy
        for policy in self._old.get(key, ()):
            if policy.span.has(on, known):
                return self.keep(policy)
        return None

    def keep(self, policy: EffectivePolicy) -> EffectivePolicy:
        """Keep a policy, or keep it for longer."""
        key = (policy.policy.name, policy.region.code)
        with self._lock:
            others = (other for other in self._young.get(key, ()) if other.span != policy.span)
            self._young[key] = (policy, *others)
        policy.shared.grown += policy.weight
        return policy

    def age(self) -> None:
        """Let go what nobody has asked about since this was called last."""
        with self._lock:
            self._old, self._young = self._young, {}

    def policies(self) -> tuple[EffectivePolicy, ...]:
        """Return all that are kept."""
        with self._lock:
            return tuple(policy for kept in (self._old, self._young) for found in kept.values() for policy in found)


_NOTHING_BROUGHT = Evidence()


def _stands(found: EffectivePolicy, tree: PolicyTree) -> bool:
    """Say whether a tree has the very policy that something was worked out from."""
    place = tree.regions.get(found.region.code)
    return place is not None and place.services.get(found.policy.name) is found.policy and place.words is found.words


_NO_FILE = Message(
    "本地区和上级地区都没有这个事项的政策文件", "no policy file of the region or above it names the service"
)


def _not_offered(place: RegionPolicies, service: str, on: date, known: date, facts: Facts) -> Decision:
    words, region = place.words, place.region
    label = words.label("services", service)
    citation = Citation(
        document="assumption",
        clause=None,
        note=_NO_FILE,
        assumed=True,
        region=region.code,
        level=region.level,
        file=place.place.file,
        line=place.place.line,
    )
    denial = Denial(
        "service_offered",
        "SERVICE_NOT_OFFERED",
        Message(
            f"{region.name.zh}没有开通“{label.zh}”，请拨打当地12333咨询。",
            f"{region.name.en} does not offer: {label.en}. Ask there at 12333.",
        ),
        citation,
    )
    empty: tuple[Any, ...] = ()
    return Decision(
        service, region.code, on, known, (denial,), empty, empty, empty, empty, empty, empty, empty, empty,
        "sha256:not-offered", {},
    )  # fmt: skip
