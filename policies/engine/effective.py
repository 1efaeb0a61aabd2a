"""What holds for one service in one region on one day: rules and values in force, their digest, their programs."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any

from domain.decision import CitedValue
from domain.errors import DecisionFault
from domain.message import Message
from domain.region import Region
from domain.services import Reach, records_of
from policies.engine.program import Chunk, Symbols, assume, compile_rules, literal_words
from policies.language.known_facts import as_known
from policies.language.outcomes.require import Require
from policies.language.outcomes.route import RouteSpec
from policies.language.rule_reads import facts_read, names_read, rule_settings, settings_shown
from policies.language.service import DatedValue, Rule, ServicePolicy
from policies.language.values import as_json, show_day
from policies.language.vocabulary import FactDefinition, Lexicon, Term

MAX_PROGRAMS = 64
NOT_IN_FORCE = "SETTING_NOT_IN_FORCE"
"""What every decision fails with where a rule in force reads a setting without a value."""


@dataclass(frozen=True, slots=True)
class Refusing:
    """The rules that may refuse a value of a choice for what it is, and what they answered before.

    Args:
        rules: each with those that stand in for it; besides: the facts that these read but for the choice's own.
        own: the facts that the vocabulary tells of a value, by attribute.
        remembered: what was offered, by the open values and everything besides that the answer hangs on.
    """

    rules: tuple[tuple[Rule, tuple[Rule, ...]], ...]
    besides: tuple[str, ...]
    own: Mapping[str, str]
    remembered: dict[tuple[Any, ...], tuple[str, ...]]


@dataclass(slots=True)
class EffectivePolicy:
    """A service's policy in force.

    Args:
        policy: of any date; region, words: where.
        on: the day in force; known: the day by which it had to be published.
        rules: those in force, in order; values: the settings in force; absent ones are missing.
        settings: the bare values.
        text: everything in force as canonical JSON; digest: its `sha256:`.
        reads: the facts that each rule reads; facts_read: all of them; declared_read: those that people declare.
            Where a rule reads an attribute of a declared term, the term itself counts as read.
        refusing: what `offering` worked out for each choice.
    """

    policy: ServicePolicy
    region: Region
    words: Lexicon
    on: date
    known: date
    rules: Mapping[str, Rule]
    values: Mapping[str, DatedValue]
    settings: Mapping[str, Any]
    text: str
    digest: str
    reads: Mapping[str, frozenset[str]]
    facts_read: frozenset[str]
    declared_read: frozenset[str]
    refusing: dict[str, Refusing] = field(default_factory=dict)
    _programs: dict[tuple[frozenset[str], bool], tuple[Chunk, ...]] = field(default_factory=dict)
    _cited: dict[str, tuple[CitedValue, ...]] = field(default_factory=dict)
    _definitions: dict[str, FactDefinition] = field(default_factory=dict)
    _terms: dict[str, Mapping[str, Term]] = field(default_factory=dict)
    _messages: dict[str, Message | None] = field(default_factory=dict)
    _roots: frozenset[str] | None = None

    def program(self, unknown: frozenset[str], holds: bool, symbols: Symbols) -> tuple[Chunk, ...]:
        """Return the rules compiled, with tests of unknown facts taken to hold or not to hold."""
        key = (unknown, holds or not unknown)
        program = self._programs.get(key)
        if program is None:
            conditions = [(rule.id, assume(rule.condition, unknown, holds)) for rule in self.rules.values()]
            for word in literal_words(condition for _, condition in conditions):
                symbols.keep(word)
            program = compile_rules(conditions, symbols)
            if len(self._programs) >= MAX_PROGRAMS:
                self._programs.clear()
            self._programs[key] = program
        return program

    def rulesets(self) -> frozenset[str]:
        """Return the texts of the rulesets compiled so far."""
        return frozenset(chunk.text for program in tuple(self._programs.values()) for chunk in program)

    def without(self, rule_id: str) -> "EffectivePolicy":
        """Return what would hold if a rule had never been written. The digest stays that of the whole."""
        reads = {name: read for name, read in self.reads.items() if name != rule_id}
        facts = frozenset().union(*reads.values())
        return EffectivePolicy(
            policy=self.policy,
            region=self.region,
            words=self.words,
            on=self.on,
            known=self.known,
            rules={name: rule for name, rule in self.rules.items() if name != rule_id},
            values=self.values,
            settings=self.settings,
            text=self.text,
            digest=self.digest,
            reads=reads,
            facts_read=facts,
            declared_read=self.declared_read & facts,
        )

    def fact(self, name: str) -> FactDefinition | None:
        """Return a fact's definition as the service knows it; the words look through every level, so it is remembered."""
        found = self._definitions.get(name)
        if found is None and (found := self.words.fact(name)) is not None:
            found = self._definitions[name] = as_known(found, self.policy.name)
        return found

    @property
    def roots(self) -> frozenset[str]:
        """The facts behind those that rules read: of an attribute the term that has it, of a day the moment."""
        if self._roots is None:
            found = ((name, self.fact(name)) for name in self.facts_read)
            self._roots = frozenset(d.parent if d is not None and d.parent is not None else name for name, d in found)
        return self._roots

    def terms(self, vocabulary: str) -> Mapping[str, Term]:
        """Return the words of a vocabulary, remembered likewise; none where there is no such vocabulary."""
        found = self._terms.get(vocabulary)
        if found is None:
            known = self.words.vocabularies.get(vocabulary)
            found = self._terms[vocabulary] = known.terms if known else {}
        return found

    def forget_terms(self) -> None:
        """Look words up anew; only policies read back from a kept text ever come to know more of them."""
        self._terms.clear()
        self.refusing.clear()

    def cited_values(self, rule: Rule) -> tuple[CitedValue, ...]:
        """Return the settings in force that a rule reads, each with its own source; of advice, those that it shows too."""
        if rule.id not in self._cited:
            settings = self.policy.settings
            names = names_read(rule) if rule.outcome.cites_what_it_tells else rule_settings(rule)
            self._cited[rule.id] = tuple(
                CitedValue(
                    setting=name,
                    label=settings[name].label,
                    shown=self.words.show(self.values[name].value, settings[name].type),
                    citation=self.values[name].citation,
                )
                for name in sorted(names)
            )
        return self._cited[rule.id]

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
        if rule.id not in self._messages:
            self._messages[rule.id] = self._filled(rule.message)
        return self._messages[rule.id]

    def _filled(self, message: Message | None) -> Message | None:
        if message is None:
            return None
        names = settings_shown(message)
        shown = {n: self.words.show(self.settings[n], self.policy.settings[n].type) for n in names}
        zh = {name: message.zh for name, message in shown.items()}
        en = {name: message.en for name, message in shown.items()}
        return Message(message.zh.format(**zh), message.en.format(**en))


def effective_policy(policy: ServicePolicy, region: Region, words: Lexicon, on: date, known: date) -> EffectivePolicy:
    """Say what holds on a day, as known by another.

    Raises:
        DecisionFault: a rule in force reads a setting that has no value on that day.
    """
    rules = {rule.id: rule for rule in policy.rules.values() if rule.holds(on, known)}
    found = policy.settings
    values = {name: value for name, setting in found.items() if (value := setting.at(on, known)) is not None}
    for rule in rules.values():
        for name in sorted((rule_settings(rule) | settings_shown(rule.message)) - values.keys()):
            raise DecisionFault(
                Message(
                    f"规则 `{rule.id}`（{rule.place}）使用的参数 `{name}` 在{show_day(on)}没有值，请补写那一天的值。",
                    f"The rule {rule.id} ({rule.place}) reads the setting {name}, which has no value on {on};"
                    " give it one that covers that day.",
                ),
                code=NOT_IN_FORCE,
            )
    reads = {rule.id: _reads(rule, words) for rule in rules.values()}
    facts = frozenset().union(*reads.values())
    text = json.dumps(
        {
            "service": policy.name,
            "title": plain(policy.title),
            "region": region.code,
            "level": region.level,
            "rules": (plain_rules := [plain(rule) for rule in rules.values()]),
            "settings": (plain_values := {name: plain(value) for name, value in values.items()}),
            "types": {name: {"type": plain(found[name].type), "label": plain(found[name].label)} for name in values},
            **plain(_words_behind(policy.name, words, facts, rules.values(), (plain_rules, plain_values))),
        },
        ensure_ascii=False,
        sort_keys=True,
    )
    declared = frozenset(d.name for d in _defined(facts, words) if d.origin == "declared" and d.parent is None)
    if records_of(policy.name).get("declared") is Reach.PERHAPS:
        # Nobody declares anything now: what was declared before stands, and was proven then.
        declared = frozenset()
    return EffectivePolicy(
        policy=policy,
        region=region,
        words=words,
        on=on,
        known=known,
        rules=rules,
        values=values,
        settings={name: value.value for name, value in values.items()},
        text=text,
        digest="sha256:" + hashlib.sha256(text.encode()).hexdigest(),
        reads=reads,
        facts_read=facts,
        declared_read=declared,
    )


def _words_behind(
    service: str, words: Lexicon, facts: Iterable[str], rules: Iterable[Rule], written: Any
) -> dict[str, Mapping[str, Any]]:
    """Return the words that a decision needs beside the rules: definitions of facts, and terms.

    Args:
        facts: that rules read; written: rules and values as JSON, for the terms that they name.
    """
    definitions = {definition.name: as_known(definition, service) for definition in _defined(facts, words)}
    for definition in tuple(definitions.values()):
        while definition.parent is not None and (parent := words.fact(definition.parent)) is not None:
            definition = definitions[parent.name] = as_known(parent, service)
    chosen = {r.outcome.choice for r in rules if isinstance(r.outcome, RouteSpec) and r.outcome.where}
    whole = {definitions[name].type.of for name in chosen if name in definitions}
    named = frozenset(_texts(written)).union(d.proof for d in definitions.values() if d.proof is not None)
    terms = {
        name: {n: t for n, t in vocabulary.terms.items() if n in named or name in whole}
        for name, vocabulary in words.vocabularies.items()
    }
    return {"facts": definitions, "terms": {name: found for name, found in terms.items() if found}}


def _texts(value: Any) -> Iterable[str]:
    """Yield every text within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _defined(names: Iterable[str], words: Lexicon) -> list[FactDefinition]:
    return [definition for name in names if (definition := words.fact(name)) is not None]


def _reads(rule: Rule, words: Lexicon) -> frozenset[str]:
    names = facts_read(rule)
    # People declare the term, not its attribute; and it is the term that must be proven.
    return names | {d.parent for d in _defined(names, words) if d.origin == "declared" and d.parent is not None}


def _belongs_to_text(field: Field[Any], value: Any) -> bool:
    """Say whether a field belongs to the text: neither where something stands, nor what a later version added and nobody uses."""
    later = field.metadata.get("later", False) and getattr(value, field.name) == field.default
    return field.name not in ("place", "line") and not later


def plain(value: Any) -> Any:
    """Turn a rule or value into JSON: all that decides, without the line it stands on; `repeating` reads it back."""
    if is_dataclass(value) and not isinstance(value, type):
        shown = {f.name: plain(getattr(value, f.name)) for f in fields(value) if _belongs_to_text(f, value)}
        return {"is": type(value).__name__, **shown}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    # Told apart from texts, or nobody could tell what they were.
    return {"is": type(value).__name__, "value": as_json(value)} if isinstance(value, date | time | Decimal) else value
