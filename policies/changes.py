"""What is written otherwise in two versions of the policies of one service in one region: rules, values and words.

Regions inherit unchanged most of what they have, and share it: what was compared once is not compared again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any, Generic, TypeVar

from policies.effective import plain
from policies.service import DatedValue, Rule, ServicePolicy, Setting
from policies.tree import RegionPolicies
from policies.vocabulary import FactDefinition, Vocabulary, Words

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
    """

    rules: tuple[Change[Rule], ...]
    settings: tuple[Change[Setting], ...]
    facts: tuple[Change[FactDefinition], ...]
    vocabularies: tuple[Change[Vocabulary], ...]

    def __bool__(self) -> bool:
        return bool(self.rules or self.settings or self.facts or self.vocabularies)


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
    "attributes": lambda words: words.attributes,
    "terms": lambda words: {name: term.attributes for name, term in words.terms.items()},
    "label": lambda words: (words.label, {name: term.label for name, term in words.terms.items()}),
}


def _source(citation: Any) -> Any:
    return citation.document, citation.clause, citation.note, citation.assumed, citation.level


def _values(setting: Setting) -> Iterator[DatedValue]:
    for layer in setting.layers:
        yield from layer


def _dated(value: DatedValue) -> Any:
    return value.value, value.start, value.end, value.published


class Comparing:
    """Compares what two trees say. Everything that it has seen must live as long as it does."""

    def __init__(self) -> None:
        self._parts: dict[tuple[int, int], tuple[str, ...]] = {}
        self._rules: dict[tuple[int, int], tuple[Change[Rule], ...]] = {}
        self._digests: dict[int, str] = {}

    def service(
        self, old: tuple[RegionPolicies, ServicePolicy], new: tuple[RegionPolicies, ServicePolicy], reads: "Reads"
    ) -> ServiceChange:
        """Return what is written otherwise for a service that both versions have.

        Args:
            reads: what rules read.
        """
        (old_place, was), (new_place, now) = old, new
        rules = self._changed_rules(was.rules, now.rules)
        names = sorted(reads.settings(was) | reads.settings(now))
        settings = self._changed(_some(was, names), _some(now, names), SETTING_PARTS)
        facts = reads.facts(was) | reads.facts(now)
        words = (old_place.words, new_place.words)
        definitions = [_definitions(facts, w) for w in words]
        of = {d.type.of for found in definitions for d in found.values() if d.type.of is not None}
        known = [{name: w.vocabularies[name] for name in sorted(of) if name in w.vocabularies} for w in words]
        return ServiceChange(
            rules, settings, self._changed(*definitions, _FACT_PARTS), self._changed(*known, _VOCABULARY_PARTS)
        )

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


def _definitions(names: Iterable[str], words: Words) -> dict[str, FactDefinition]:
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
    return {name: {key: str(value) for key, value in term.attributes.items()} for name, term in vocabulary.terms.items()}


class Reads:
    """What the rules of services read: their settings, those that messages tell, and their facts."""

    def __init__(self, settings_of: Callable[[Rule], Iterable[str]], facts_of: Callable[[Rule], Iterable[str]]) -> None:
        """Take what one rule reads."""
        self._settings_of, self._facts_of = settings_of, facts_of
        self._settings: dict[int, frozenset[str]] = {}
        self._facts: dict[int, frozenset[str]] = {}

    def settings(self, policy: ServicePolicy) -> frozenset[str]:
        """Return the names of the settings that a service reads."""
        return self._remember(self._settings, policy, self._settings_of)

    def facts(self, policy: ServicePolicy) -> frozenset[str]:
        """Return the names of the facts that a service reads."""
        return self._remember(self._facts, policy, self._facts_of)

    @staticmethod
    def _remember(
        known: dict[int, frozenset[str]], policy: ServicePolicy, of: Callable[[Rule], Iterable[str]]
    ) -> frozenset[str]:
        found = known.get(id(policy.rules))
        if found is None:
            found = known[id(policy.rules)] = frozenset(name for rule in policy.rules.values() for name in of(rule))
        return found


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
