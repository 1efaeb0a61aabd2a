"""One decision: facts in, everything that the region's policies say about them out.

The same function serves the dry run, the requirements of a form, and the change itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from domain.decision import Citation, Decision, Denial, Facts
from domain.duration import WeekdayCalendar, WorkingCalendar
from domain.errors import NotFound
from domain.evidence import Evidence
from domain.history import History
from domain.message import Message
from policies.engine.decision_parts import Applying
from policies.engine.drafting import DecisionBuilder
from policies.engine.effective import EffectivePolicy, effective_policy
from policies.engine.engine import Engine, EngineError
from policies.engine.evaluation import Situation
from policies.engine.facts import CompletedFacts, evaluation_fault
from policies.engine.program import Symbols, message_for
from policies.language.region_codes import RegionCodes
from policies.tree.tree import PolicyTree, RegionPolicies

MAX_EFFECTIVE = 4_096
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
        rules = self.policy.rules
        return {name: rule_id for rule_id in rules if rule_id in self.sure for name in rules[rule_id].instead_of}

    def applying(self) -> list[Applying]:
        """Return the rules that apply, or may apply, in their order."""
        rules, overruled = self.policy.rules, self.overruled
        unsure: dict[str, set[str]] = {}
        for rule_id in self.possible - self.sure:
            for name in (rule_id, *rules[rule_id].instead_of):
                unsure.setdefault(name, set()).update(self.policy.reads[rule_id])
        return [
            Applying(rule, conditional=rule_id in unsure, waits_for=frozenset(unsure.get(rule_id, ())))
            for rule_id, rule in rules.items()
            if rule_id in self.possible and rule_id not in overruled
        ]

    def decision(self) -> Decision:
        """Draft the decision.

        Raises:
            DecisionFault: rules contradict each other, or an outcome cannot be computed.
        """
        with _faults():
            return DecisionBuilder(self.policy, self.reading, self.applying()).decision()

    def without(self, rule_id: str) -> Trial:
        """Return the same request as if a rule had never been written."""
        left = frozenset({rule_id})
        return Trial(self.policy.without(rule_id), self.reading, self.sure - left, self.possible - left)


@contextmanager
def _faults() -> Iterator[None]:
    """Turn what the engine and the calendar cannot do into faults of the decision."""
    try:
        yield
    except EngineError as error:
        raise evaluation_fault("ENGINE_FAULT", str(error), str(error)) from error
    except (OverflowError, ValueError) as error:
        # A date or number beyond what can be counted, such as a century before the year 1.
        raise evaluation_fault(
            "BAD_FACT", "数值或日期超出范围，无法计算", f"a value is out of range ({error})"
        ) from error


class Policies:
    """The policies of all regions, ready to decide. Safe to use from several threads."""

    def __init__(
        self,
        tree: PolicyTree,
        engine: Engine | None = None,
        symbols: Symbols | None = None,
        calendar: WorkingCalendar | None = None,
    ) -> None:
        """Take a loaded tree.

        Args:
            tree: of `load_tree`.
            engine: to share compiled rulesets with other trees.
            symbols: the numbers of words by which those rulesets were compiled.
            calendar: of working days; without one all are estimated from the weekday, and decisions say so.
        """
        self.tree = tree
        self.calendar = calendar or WeekdayCalendar()
        self.engine = engine or Engine()
        self._symbols = symbols or Symbols()
        self._effective: OrderedDict[tuple[str, str, date, date], EffectivePolicy] = OrderedDict()
        self._known_terms: dict[tuple[str, str], bool] = {}
        self._lock = Lock()

    def after(self, tree: PolicyTree, calendar: WorkingCalendar | None = None) -> Policies:
        """Return the policies of a tree that was loaded on top of this one's.

        What reads as before is neither worked out nor compiled again.

        Args:
            calendar: that belongs to the tree; this one's if None.
        """
        symbols = self._symbols if len(self._symbols) < MAX_WORDS else None
        following = Policies(tree, self.engine, symbols, calendar or self.calendar)
        if following._symbols is self._symbols:
            with self._lock:
                following._effective.update(
                    (key, found) for key, found in self._effective.items() if _stands(found, tree)
                )
        return following

    def rulesets(self) -> frozenset[str]:
        """Return the texts of the rulesets that decisions asked for so far may need again."""
        with self._lock:
            remembered = tuple(self._effective.values())
        return frozenset(text for policy in remembered for text in policy.rulesets())

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
        key = (service, region, on, known or on)
        with self._lock:
            if key in self._effective:
                self._effective.move_to_end(key)
                return self._effective[key]
        found = effective_policy(policy, place.region, place.words, on, known or on)
        for value in found.values.values():
            for word in value.value if isinstance(value.value, tuple) else (value.value,):
                if isinstance(word, str):
                    self._symbols.keep(word)
        with self._lock:
            self._effective[key] = found
            while len(self._effective) > MAX_EFFECTIVE:
                self._effective.popitem(last=False)
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
        reading = CompletedFacts(policy, dict(facts), evidence or Evidence(), history, form, self.calendar)
        with _faults():
            return self._trial(reading).decision()

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
        reading = CompletedFacts(policy, dict(facts), evidence or Evidence(), history, form, self.calendar)
        with _faults():
            return self._trial(reading)

    def _trial(self, reading: CompletedFacts) -> Trial:
        reading.complete()
        sure = self._fired(reading.policy, reading, holds=False)
        possible = self._fired(reading.policy, reading, holds=True) if reading.unknown else sure
        return Trial(reading.policy, reading, frozenset(sure), frozenset(possible))

    def _fired(self, policy: EffectivePolicy, reading: CompletedFacts, *, holds: bool) -> set[str]:
        fired: set[str] = set()
        program = policy.program(reading.unknown, holds, self._symbols)
        words = self._symbols.passing()
        for chunk in program:
            fired |= self.engine.fired(chunk, message_for(chunk, reading.facts, reading.settings, words, reading.days))
        return fired


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
