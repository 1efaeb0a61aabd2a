"""What is written otherwise in two versions of the policies of one service in one region: rules, values and words.

Regions inherit unchanged most of what they have, and share it: what was compared once is not compared again.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any, Generic, TypeVar

from domain.duration import Unit
from policies.engine.written import plain
from policies.language.conditions import Operand, operand_settings, tests_of
from policies.language.outcomes.outcome import Key
from policies.language.rule_reads import facts_read, names_read
from policies.language.service import DatedValue, Rule, ServicePolicy, Setting
from policies.language.vocabulary import FactDefinition, Lexicon, Vocabulary
from policies.tree.tree import RegionPolicies

T = TypeVar("T")


class What(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """Something that is written otherwise.

    Args:
        name: of the rule, setting, fact or vocabulary; old, new: as the versions have it, None where one has not.
        parts: of what changed, the parts that did, such as `when` or `message`.
    """

    name: str
    old: T | None
    new: T | None
    parts: tuple[str, ...]

    @property
    def what(self) -> What:
        """What became of it."""
        if self.old is None:
            return What.ADDED
        return What.REMOVED if self.new is None else What.CHANGED


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """What is written otherwise for one service in one region.

    Args:
        rules, settings: changed ones, of any date; settings only where a rule of the service reads or tells them.
        facts, vocabularies: words that its rules read, where they changed.
        calendar: whether holidays or make-up days changed, and a rule counts working days.
    """

    rules: tuple[Change[Rule], ...]
    settings: tuple[Change[Setting], ...]
    facts: tuple[Change[FactDefinition], ...]
    vocabularies: tuple[Change[Vocabulary], ...]
    calendar: bool = False

    def __bool__(self) -> bool:
        return bool(self.rules or self.settings or self.facts or self.vocabularies or self.calendar)


RULE_PARTS: Mapping[str, Callable[[Rule], Any]] = {
    "when": lambda rule: rule.condition,
    "outcome": lambda rule: rule.outcome,
    "instead_of": lambda rule: rule.instead_of,
    "dates": lambda rule: (rule.start, rule.end, rule.published),
    "message": lambda rule: rule.message,
    "bind": lambda rule: rule.bound,
    "source": lambda rule: _source(rule.citation),
}
DECIDING_RULE_PARTS = ("when", "outcome", "instead_of", "dates")
SETTING_PARTS: Mapping[str, Callable[[Setting], Any]] = {
    "type": lambda setting: setting.type,
    "values": lambda setting: [_dated(value) for value in _values(setting)],
    "label": lambda setting: setting.label,
    "bind": lambda setting: setting.binding.children_may if setting.binding is not None else None,
    "source": lambda setting: [_source(value.citation) for value in _values(setting)],
}
_FACT_PARTS: Mapping[str, Callable[[FactDefinition], Any]] = {
    "type": lambda fact: fact.type,
    "origin": lambda fact: fact.origin,
    "optional": lambda fact: fact.optional,
    "proof": lambda fact: fact.proof,
    "count": lambda fact: fact.count,
    "label": lambda fact: (fact.label, fact.unit),
}
_VOCABULARY_PARTS: Mapping[str, Callable[[Vocabulary], Any]] = {
    "attributes": lambda words: (words.attributes, words.told),
    "terms": lambda words: {name: term.attributes for name, term in words.terms.items()},
    "label": lambda words: (
        words.label,
        {name: (term.label, term.told, term.source) for name, term in words.terms.items()},
    ),
}


def _source(citation: Any) -> Any:
    return citation.document, citation.clause, citation.note, citation.assumed, citation.level


def _values(setting: Setting) -> Iterator[DatedValue]:
    for layer in setting.layers:
        yield from layer


def _dated(value: DatedValue) -> Any:
    return value.value, value.start, value.end, value.published


@dataclass(frozen=True, slots=True)
class RuleReads:
    """What a rule reads and has a part in.

    Args:
        facts: by name, attributes as such; roots: with the facts that hold the terms of attributes.
        settings: those of its message too; vocabularies: that its tests are about; families: what it settles.
        counts_days: whether it moves something by working days, or by an attribute, which may be some.
        moved_by: settings by which it moves something.
    """

    facts: frozenset[str]
    roots: frozenset[str]
    settings: frozenset[str]
    vocabularies: frozenset[str]
    families: frozenset[Key]
    counts_days: bool
    moved_by: frozenset[str]


class Comparing:
    """Compares what two trees say. Everything that it has seen must live as long as it does."""

    def __init__(self) -> None:
        self._parts: dict[tuple[int, int], tuple[str, ...]] = {}
        self._rules: dict[tuple[int, int], tuple[Change[Rule], ...]] = {}
        self._reads: dict[int, RuleReads] = {}
        self._read: dict[tuple[int, str], frozenset[str]] = {}
        self._digests: dict[int, str] = {}

    def service(self, name: str, old: RegionPolicies, new: RegionPolicies, other_days: bool = False) -> ServiceChange:
        """Return what is written otherwise for a service that both versions of a region have.

        Args:
            other_days: whether the working calendar differs.
        """
        was, now = old.services[name], new.services[name]
        rules = self._changed_rules(was.rules, now.rules)
        names = sorted(self._read_by(was, "settings") | self._read_by(now, "settings"))
        settings = self._changed(_some(was, names), _some(now, names), SETTING_PARTS)
        facts = self._read_by(was, "facts") | self._read_by(now, "facts")
        words = (old.words, new.words)
        mine, theirs = (_definitions(facts, w) for w in words)
        of = sorted({d.type.of for d in (*mine.values(), *theirs.values()) if d.type.of is not None})
        known, other = ({name: w.vocabularies[name] for name in of if name in w.vocabularies} for w in words)
        return ServiceChange(
            rules,
            settings,
            self._changed(mine, theirs, _FACT_PARTS),
            self._changed(known, other, _VOCABULARY_PARTS),
            other_days and any(self.counts_days(r, policy) for policy in (was, now) for r in policy.rules.values()),
        )

    def reads(self, rule: Rule) -> RuleReads:
        """Return what a rule reads."""
        found = self._reads.get(id(rule))
        if found is None:
            facts = facts_read(rule)
            vocabularies = (test.type.of for test in tests_of(rule.condition))
            found = self._reads[id(rule)] = RuleReads(
                facts=facts,
                roots=facts | {name.rpartition(".")[0] for name in facts},
                settings=names_read(rule),
                vocabularies=frozenset(of for of in vocabularies if of is not None),
                families=rule.outcome.shared(rule.id),
                counts_days=any(map(_counts_days, _operands(rule))),
                moved_by=frozenset(name for operand in _operands(rule) for name in operand_settings(operand.offset)),
            )
        return found

    def counts_days(self, rule: Rule, policy: ServicePolicy) -> bool:
        """Say whether a rule of a service may count working days."""
        reads = self.reads(rule)
        values = (value.value for setting in _some(policy, reads.moved_by).values() for value in _values(setting))
        return reads.counts_days or any(getattr(value, "unit", None) is Unit.WORKING_DAYS for value in values)

    def _read_by(self, policy: ServicePolicy, what: str) -> frozenset[str]:
        """Return the `facts` or `settings` that any rule of a service reads."""
        key = (id(policy.rules), what)
        if key not in self._read:
            found = (getattr(self.reads(rule), what) for rule in policy.rules.values())
            self._read[key] = frozenset[str]().union(*found)
        return self._read[key]

    def _changed_rules(self, old: Mapping[str, Rule], new: Mapping[str, Rule]) -> tuple[Change[Rule], ...]:
        key = (id(old), id(new))
        if key not in self._rules:
            self._rules[key] = self._changed(old, new, RULE_PARTS)
        return self._rules[key]

    def _changed(
        self, old: Mapping[str, T], new: Mapping[str, T], parts: Mapping[str, Callable[[T], Any]]
    ) -> tuple[Change[T], ...]:
        found = []
        for name in dict.fromkeys((*old, *new)):
            one, other = old.get(name), new.get(name)
            changed = self._differing(one, other, parts) if one is not None and other is not None else ()
            if one is None or other is None or changed:
                found.append(Change(name, one, other, changed))
        return tuple(found)

    def _differing(self, old: T, new: T, parts: Mapping[str, Callable[[T], Any]]) -> tuple[str, ...]:
        key = (id(old), id(new))
        if key not in self._parts:
            self._parts[key] = tuple(name for name, of in parts.items() if of(old) != of(new))
        return self._parts[key]

    def meaning(self, policy: ServicePolicy, rules: Collection[Rule], place: RegionPolicies) -> Iterator[Any]:
        """Yield all that decisions about some rules follow from: equal wherever they mean the same."""
        yield tuple((rule.id, self.digest(rule, rule_meaning)) for rule in rules)
        read = [self.reads(rule) for rule in rules]
        names = frozenset[str]().union(*(reads.settings for reads in read))
        found = _some(policy, sorted(names))
        yield tuple((name, self.digest(setting, setting_meaning)) for name, setting in found.items())
        yield tuple(self._words_behind(frozenset[str]().union(*(reads.roots for reads in read)), place.words))

    def _words_behind(self, facts: Iterable[str], words: Lexicon) -> Iterator[tuple[str, str]]:
        for name in sorted(facts):
            definition = words.facts.get(name)
            vocabulary = words.vocabularies.get(definition.type.of or "") if definition is not None else None
            if vocabulary is not None:
                yield vocabulary.name, self.digest(vocabulary, vocabulary_meaning)

    def digest(self, thing: Any, of: Callable[[Any], Any]) -> str:
        """Return a digest of what something means, so that regions in which it means the same are asked about once."""
        found = self._digests.get(id(thing))
        if found is None:
            written = json.dumps(plain(of(thing)), sort_keys=True, default=str)
            found = self._digests[id(thing)] = sha256(written.encode()).hexdigest()
        return found


def _some(policy: ServicePolicy, names: Iterable[str]) -> dict[str, Setting]:
    found = ((name, policy.own_settings.get(name) or policy.shared_settings.get(name)) for name in names)
    return {name: setting for name, setting in found if setting is not None}


def _definitions(names: Iterable[str], words: Lexicon) -> dict[str, FactDefinition]:
    """Return the definitions of facts; of an attribute, that of the fact that holds the term."""
    found = {}
    for name in sorted(names):
        definition = words.facts.get(name) or words.facts.get(name.rpartition(".")[0])
        if definition is not None:
            found[definition.name] = definition
    return found


def setting_meaning(setting: Setting) -> Any:
    """Return all of a setting that decides."""
    return [[str(part) for part in _dated(value)] for value in _values(setting)]


def rule_meaning(rule: Rule) -> Any:
    """Return all of a rule that decides."""
    return {name: RULE_PARTS[name](rule) for name in DECIDING_RULE_PARTS}


def vocabulary_meaning(vocabulary: Vocabulary) -> Any:
    """Return all of a vocabulary that decides."""
    return {
        name: {key: str(value) for key, value in term.attributes.items()} for name, term in vocabulary.terms.items()
    }


def _operands(rule: Rule) -> Iterator[Operand]:
    yield from (test.operand for test in tests_of(rule.condition) if test.operand is not None)
    yield from rule.outcome.operands()


def _counts_days(operand: Operand) -> bool:
    offset = operand.offset
    if offset is None:
        return False
    return offset.source == "fact" or getattr(offset.value, "unit", None) is Unit.WORKING_DAYS


def boundaries(dated: Iterable[Rule | DatedValue], known: date | None) -> Iterator[date]:
    """Yield the days on which something begins to hold or no longer does.

    Args:
        known: the day by which it had to be published; None where that moves with the day, so that publishing counts.
    """
    for item in dated:
        if item.start is not None:
            yield item.start
        if item.end is not None and item.end < date.max:
            yield date.fromordinal(item.end.toordinal() + 1)
        if known is None and item.published is not None:
            yield item.published
