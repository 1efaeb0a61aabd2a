"""What holds for one service in one region as long as nothing begins or ends: rules and values in force, and their programs."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from sys import getsizeof
from typing import Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from domain.decision import Citation, CitedValue
from domain.errors import DecisionFault
from domain.message import Message
from domain.region import Region
from domain.services import Reach, records_of
from policies.engine.checks import SAID, Check, Checks
from policies.engine.program import Symbols, assume, literal_words
from policies.engine.truths import Program
from policies.engine.working_days import WORKING_DAY, WORKING_DAYS_LEFT
from policies.engine.written import Pieces, defined, written
from policies.language.known_facts import as_known
from policies.language.outcomes.require import Require
from policies.language.rule_reads import facts_read, names_read, rule_settings, settings_shown
from policies.language.service import DatedValue, Rule, ServicePolicy
from policies.language.sources import Cited
from policies.language.values import show_day
from policies.language.vocabulary import FactDefinition, Lexicon, Term

T = TypeVar("T")

MAX_PROGRAMS = 64
MAX_SHARED = 4_096
"""Things made of facts of requests that policies share, such as what is left to choose."""
NOT_IN_FORCE = "SETTING_NOT_IN_FORCE"
"""What every decision fails with where a rule in force reads a setting without a value."""
_PLACE = re.compile("[{}]")
_DAY = timedelta(days=1)
_WEIGHT, _PROGRAM_WEIGHT = 12_288, 16_384
"""Bytes of a policy in force that nothing else shares, without its mappings and what is drafted under it; and of a program."""


class Span(NamedTuple):
    """Days on which the same holds: from `first` to `last`, as known by any day from `published` to `unpublished`."""

    first: date
    last: date
    published: date
    unpublished: date

    def has(self, on: date, known: date) -> bool:
        """Say whether a day, as known by another, is one of them."""
        return self.first <= on <= self.last and self.published <= known <= self.unpublished


def span_of(policy: ServicePolicy, on: date, known: date) -> Span:
    """Return the days around one on which nothing begins or ends, of any rule and any value, on either clock."""
    first, last, published, unpublished = date.min, date.max, date.min, date.max
    for each in _dated(policy):
        for turn in (each.start, each.end + _DAY if each.end is not None and each.end < date.max else None):
            if turn is not None and turn <= on:
                first = max(first, turn)
            elif turn is not None:
                last = min(last, turn - _DAY)
        if each.published is not None and each.published <= known:
            published = max(published, each.published)
        elif each.published is not None:
            unpublished = min(unpublished, each.published - _DAY)
    return Span(first, last, published, unpublished)


def _dated(policy: ServicePolicy) -> Iterator[Rule | DatedValue]:
    yield from policy.rules.values()
    for settings in (policy.own_settings, policy.shared_settings):
        for setting in settings.values():
            for layer in setting.layers:
                yield from layer


@dataclass(frozen=True, slots=True)
class Refusing:
    """The rules that may refuse a value of a choice for what it is, and what they answered before.

    Args:
        rules: each with those that stand in for it; besides: the facts that these read but for the choice's own.
        own: the facts that the vocabulary tells of a value, by attribute.
    """

    rules: tuple[tuple[Rule, tuple[Rule, ...]], ...]
    besides: tuple[str, ...]
    own: Mapping[str, str]


@dataclass(slots=True, weakref_slot=True, eq=False)
class Values:
    """The values in force of some settings.

    Args:
        dated: by name; absent ones are missing. bare: the values alone.
    """

    dated: Mapping[str, DatedValue]
    bare: Mapping[str, Any]


class Shared:
    """What policies in force have in common, made once; what none of them uses any more is forgotten.

    Args of what it holds:
        symbols: numbers of words; checks: of facts.
        programs: by the conditions that they were compiled from; rules, needs: prepared, see `decision_parts`.
        grown: about how many bytes policies in force have taken since that was last set to nothing.

    The keys number things; whatever is kept under one holds on to all that its key numbers.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self.symbols = Symbols()
        self.checks = Checks()
        self.programs: WeakValueDictionary[Any, Program] = WeakValueDictionary()
        self.rules: WeakValueDictionary[Any, Any] = WeakValueDictionary()
        self.needs: WeakValueDictionary[Any, Any] = WeakValueDictionary()
        self._values: WeakValueDictionary[Any, Values] = WeakValueDictionary()
        self.grown = 0
        self._alike: dict[Any, Any] = {}
        self._mappings: dict[Any, Any] = {}
        self._made: dict[Any, Any] = {}

    def values(self, dated: Mapping[str, DatedValue]) -> Values:
        """Return values in force, the same for all policies that have the very same."""
        key = (self.alike(tuple(dated)), tuple(map(id, dated.values())))
        found = self._values.get(key)
        if found is None:
            bare = self.mapping({name: value.value for name, value in dated.items()})
            found = self._values[key] = Values(dated, bare)
            for value in found.bare.values():
                for word in value if isinstance(value, tuple) else (value,):
                    if isinstance(word, str):
                        self.symbols.keep(word)
        return found

    def names(self, names: Iterable[str]) -> frozenset[str]:
        """Return a set of names, the same one for all that are equal."""
        return self.alike(frozenset(names))

    def alike(self, found: T) -> T:
        """Return names, truths or a text that is shown, the same for all that are equal: there are few of them."""
        same: T = self._alike.setdefault(found, found)
        return same

    def made(self, key: Any, make: Callable[[], T]) -> T:
        """Return what was made of a key before, or make it: for all that hangs on few facts of a request."""
        found: T | None = self._made.get(key)
        if found is None:
            if len(self._made) >= MAX_SHARED:
                self._made.clear()
            found = self._made[key] = make()
        return found

    def mapping(self, found: Mapping[str, T]) -> Mapping[str, T]:
        """Return a mapping, the same one for all that hold the same in the same order."""
        key = tuple([(name, type(value), value) for name, value in found.items()])
        same: Mapping[str, T] = self._mappings.setdefault(key, found)
        return same


@dataclass(slots=True)
class EffectivePolicy:
    """A service's policy in force.

    Args:
        policy: of any date; region, words: where.
        span: the days on which it is in force.
        rules: those in force, in order; in_force: the values of the settings.
        digest: `sha256:` of everything in force as canonical JSON.
        facts_read: the facts that rules read; declared_read: those of them that people declare. Where a rule reads an
            attribute of a declared term, the term itself counts as read.
        checks: of these facts, of the terms behind attributes, and of all that people say, in the order of their names.
        counts_days: whether a fact that the calendar tells is read.
        shared: with other policies.
        refusing: what `offering` worked out for each choice; routes: what `decision_parts` did.
        drafts: what `drafting` did for rules that apply; forms: what whoever lays out forms worked out for what was supposed.
        weight: about how many bytes it takes, with its drafts.
    """

    policy: ServicePolicy
    region: Region
    words: Lexicon
    span: Span
    rules: Mapping[str, Rule]
    in_force: Values
    digest: str
    facts_read: frozenset[str]
    declared_read: frozenset[str]
    checks: tuple[Check, ...]
    counts_days: bool
    shared: Shared
    refusing: dict[str, Refusing] = field(default_factory=dict)
    routes: dict[tuple[str, bool], Any] = field(default_factory=dict)
    drafts: dict[Any, Any] = field(default_factory=dict)
    forms: dict[Any, Any] = field(default_factory=dict)
    weight: int = _WEIGHT
    _whole: Program | None = None
    _programs: dict[tuple[frozenset[str], bool], Program] = field(default_factory=dict)
    _reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _roots: frozenset[str] | None = None

    @property
    def values(self) -> Mapping[str, DatedValue]:
        """The settings in force; absent ones are missing."""
        return self.in_force.dated

    @property
    def settings(self) -> Mapping[str, Any]:
        """Their bare values."""
        return self.in_force.bare

    def text(self) -> str:
        """Write everything in force as canonical JSON. It is not kept: it is long, and seldom asked for."""
        return written(self.policy, self.region, self.words, self.rules, self.values, self.facts_read)

    @property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """The facts that each rule reads."""
        if not self._reads:
            read = {rule.id: self.shared.names(_reads(rule, self.words)) for rule in self.rules.values()}
            self._reads = self.shared.mapping(read)
        return self._reads

    def program(self, unknown: frozenset[str], holds: bool) -> Program:
        """Return the rules compiled, with tests of unknown facts taken to hold or not to hold."""
        if not unknown:
            if self._whole is None:
                self._whole = self._compiled(unknown, holds)
            return self._whole
        key = (unknown, holds)
        program = self._programs.get(key)
        if program is None:
            if len(self._programs) >= MAX_PROGRAMS:
                self._programs.clear()
            program = self._programs[key] = self._compiled(unknown, holds)
        return program

    def _compiled(self, unknown: frozenset[str], holds: bool) -> Program:
        conditions = tuple((rule.id, assume(rule.condition, unknown, holds)) for rule in self.rules.values())
        optional = (check.name for check in self.checks if check.is_read and check.definition.optional)
        absent = self.shared.names(optional)
        found = self.shared.programs.get((conditions, absent))
        if found is None:
            for word in literal_words(condition for _, condition in conditions):
                self.shared.symbols.keep(word)
            found = self.shared.programs[(conditions, absent)] = Program(conditions, absent, self.shared.symbols)
            self.grow(_PROGRAM_WEIGHT)
        return found

    def grow(self, size: int) -> None:
        """Count what was made under the policy."""
        self.weight += size
        self.shared.grown += size

    def rulesets(self) -> frozenset[str]:
        """Return the texts of the rulesets compiled so far."""
        whole = (self._whole,) if self._whole is not None else ()
        return frozenset(chunk.text for program in (*whole, *self._programs.values()) for chunk in program.chunks)

    def without(self, rule_id: str) -> "EffectivePolicy":
        """Return what would hold if a rule had never been written. The digest stays that of the whole."""
        reads = {name: read for name, read in self.reads.items() if name != rule_id}
        facts = frozenset().union(*reads.values())
        return EffectivePolicy(
            policy=self.policy,
            region=self.region,
            words=self.words,
            span=self.span,
            rules={name: rule for name, rule in self.rules.items() if name != rule_id},
            in_force=self.in_force,
            digest=self.digest,
            facts_read=facts,
            declared_read=self.declared_read & facts,
            checks=self.checks,
            counts_days=self.counts_days,
            shared=self.shared,
            _reads=reads,
        )

    def fact(self, name: str) -> FactDefinition | None:
        """Return a fact's definition as the service knows it."""
        found = self.words.fact(name)
        return as_known(found, self.policy.name) if found is not None else None

    @property
    def roots(self) -> frozenset[str]:
        """The facts behind those that rules read: of an attribute the term that has it, of a day the moment."""
        if self._roots is None:
            found = ((name, self.words.fact(name)) for name in self.facts_read)
            roots = (d.parent if d is not None and d.parent is not None else name for name, d in found)
            self._roots = self.shared.names(roots)
        return self._roots

    def terms(self, vocabulary: str) -> Mapping[str, Term]:
        """Return the words of a vocabulary; none where there is no such vocabulary."""
        known = self.words.vocabularies.get(vocabulary)
        return known.terms if known else {}

    def forget_terms(self) -> None:
        """Look words up anew; only policies read back from a kept text ever come to know more of them."""
        self.checks = _checks(self.policy.name, self.words, self.facts_read, self.shared)
        self.refusing.clear()
        self.routes.clear()
        self.drafts.clear()

    def cited_values(self, rule: Rule) -> tuple[CitedValue, ...]:
        """Return the settings in force that a rule reads, each with its own source; of advice, those that it shows too."""
        names = names_read(rule) if rule.outcome.cites_what_it_tells else rule_settings(rule)
        settings = self.policy.settings if names else {}
        return tuple(
            CitedValue(
                setting=name,
                label=settings[name].label,
                shown=self.shared.alike(self.words.show(self.values[name].value, settings[name].type)),
                citation=self.citation(self.values[name]),
            )
            for name in sorted(names)
        )

    def citation(self, cited: Cited) -> Citation:
        """Return where a rule or a value comes from: the same for all policies that have it from a region above."""
        found = cited.citation
        return found if found.region == self.region.code else self.shared.alike(found)

    def asks_for_proof(self, name: str) -> bool:
        """Say whether a rule in force may ask for a proof."""
        asked = (rule.outcome for rule in self.rules.values() if isinstance(rule.outcome, Require))
        needs = (need for outcome in asked for need in outcome.needs())
        return any(need.kind == "proof" and need.name == name for need in needs)

    def named_in_messages(self) -> frozenset[str]:
        """Return the settings whose values people are told in messages of rules in force."""
        return frozenset().union(*(settings_shown(rule.message) for rule in self.rules.values()))

    def message(self, rule: Rule) -> Message | None:
        """Return a rule's message with the settings in force filled in."""
        message = rule.message
        if message is None or not _PLACE.search(f"{message.zh}{message.en}"):
            return message
        names = settings_shown(message)
        settings = self.policy.settings if names else {}
        shown = {n: self.words.show(self.settings[n], settings[n].type) for n in names}
        zh = {name: message.zh for name, message in shown.items()}
        en = {name: message.en for name, message in shown.items()}
        return self.shared.alike(Message(message.zh.format(**zh), message.en.format(**en)))


def effective_policy(
    policy: ServicePolicy,
    region: Region,
    words: Lexicon,
    on: date,
    known: date,
    shared: Shared,
    pieces: Pieces | None = None,
) -> EffectivePolicy:
    """Say what holds on a day, as known by another.

    Args:
        shared: with other policies in force; pieces: of texts, shared with other policies of the same tree.

    Raises:
        DecisionFault: a rule in force reads a setting that has no value on that day.
    """
    rules = {rule.id: rule for rule in policy.rules.values() if rule.holds(on, known)}
    found = policy.settings
    dated = {name: value for name, setting in found.items() if (value := setting.at(on, known)) is not None}
    for rule in rules.values():
        for name in sorted((rule_settings(rule) | settings_shown(rule.message)) - dated.keys()):
            raise DecisionFault(
                Message(
                    f"规则 `{rule.id}`（{rule.place}）使用的参数 `{name}` 在{show_day(on)}没有值，请补写那一天的值。",
                    f"The rule {rule.id} ({rule.place}) reads the setting {name}, which has no value on {on};"
                    " give it one that covers that day.",
                ),
                code=NOT_IN_FORCE,
            )
    values = shared.values(dated)
    facts = shared.names(name for rule in rules.values() for name in _reads(rule, words))
    text = written(policy, region, words, rules, values.dated, facts, pieces)
    declared = (d.name for d in defined(facts, words) if d.origin == "declared" and d.parent is None)
    # Where what is declared need not be there, nobody declares anything now: what was declared before was proven then.
    none_now = records_of(policy.name).get("declared") is Reach.PERHAPS
    return EffectivePolicy(
        policy=policy,
        region=region,
        words=words,
        span=span_of(policy, on, known),
        rules=policy.rules if [*rules] == [*policy.rules] else rules,
        in_force=values,
        digest="sha256:" + hashlib.sha256(text.encode()).hexdigest(),
        facts_read=facts,
        declared_read=shared.names(() if none_now else declared),
        checks=_checks(policy.name, words, facts, shared),
        counts_days=not facts.isdisjoint((WORKING_DAY, WORKING_DAYS_LEFT)),
        shared=shared,
        weight=_WEIGHT + getsizeof(rules) + getsizeof(values.dated) + getsizeof(values.bare),
    )


def _checks(service: str, words: Lexicon, read: frozenset[str], shared: Shared) -> tuple[Check, ...]:
    """Return the checks of the facts that rules read, and of what people say whether rules read it or not."""
    parents = (d.parent for d in defined(read, words) if d.parent is not None)
    said = (name for name, definition in words.facts.items() if definition.origin in SAID)
    more = frozenset((*parents, *said)) - read
    checks = (
        *shared.checks.of(read, service, words, is_read=True),
        *shared.checks.of(more, service, words, is_read=False),
    )
    return tuple(sorted(checks, key=lambda check: check.name))


def _reads(rule: Rule, words: Lexicon) -> frozenset[str]:
    names = facts_read(rule)
    # People declare the term, not its attribute; and it is the term that must be proven.
    return names | {d.parent for d in defined(names, words) if d.origin == "declared" and d.parent is not None}
