"""What holds for one service in one region on one day: rules and values in force, their digest, their programs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from domain.errors import DecisionFault
from domain.message import Message
from domain.region import Region
from policies.conditions import operand_facts, tests_of
from policies.limits import rule_settings
from policies.outcomes import outcome_facts
from policies.program import Chunk, Symbols, assume, compile_rules, literal_words
from policies.service import DatedValue, Rule, ServicePolicy
from policies.values import as_json
from policies.vocabulary import Words

MAX_PROGRAMS = 64


@dataclass(slots=True)
class EffectivePolicy:
    """A service's policy in force.

    Args:
        policy: of any date; region, words: where.
        on: the day in force; known: the day by which it had to be published.
        rules: those in force, in order; values: the settings in force; absent ones are missing.
        text: everything in force as canonical JSON; digest: its `sha256:`.
        reads: the facts that each rule reads; facts_read: all of them; declared_read: those that people declare.
    """

    policy: ServicePolicy
    region: Region
    words: Words
    on: date
    known: date
    rules: Mapping[str, Rule]
    values: Mapping[str, DatedValue]
    text: str
    digest: str
    reads: Mapping[str, frozenset[str]]
    facts_read: frozenset[str]
    declared_read: frozenset[str]
    _programs: dict[tuple[frozenset[str], bool], tuple[Chunk, ...]] = field(default_factory=dict)

    def program(self, unknown: frozenset[str], holds: bool, symbols: Symbols) -> tuple[Chunk, ...]:
        """Return the rules compiled, with tests of unknown facts taken to hold or not to hold."""
        key = (unknown, holds or not unknown)
        if key not in self._programs:
            if len(self._programs) >= MAX_PROGRAMS:
                self._programs.clear()
            conditions = [(rule.id, assume(rule.condition, unknown, holds)) for rule in self.rules.values()]
            for word in literal_words(condition for _, condition in conditions):
                symbols.keep(word)
            self._programs[key] = compile_rules(conditions, symbols)
        return self._programs[key]

    def message(self, rule: Rule) -> Message | None:
        """Return a rule's message with the settings in force filled in."""
        if rule.message is None or "{" not in rule.message.zh + rule.message.en:
            return rule.message
        shown = {n: self.words.show(v.value, self.policy.settings[n].type) for n, v in self.values.items()}
        zh = {name: message.zh for name, message in shown.items()}
        en = {name: message.en for name, message in shown.items()}
        return Message(rule.message.zh.format(**zh), rule.message.en.format(**en))


def effective_policy(policy: ServicePolicy, region: Region, words: Words, on: date, known: date) -> EffectivePolicy:
    """Say what holds on a day, as known by another.

    Raises:
        DecisionFault: a rule in force reads a setting that has no value on that day.
    """
    rules = {rule.id: rule for rule in policy.rules.values() if rule.holds(on, known)}
    values = {name: value for name, setting in policy.settings.items() if (value := setting.at(on, known)) is not None}
    for rule in rules.values():
        for name in sorted(rule_settings(rule) - values.keys()):
            raise DecisionFault(
                Message(
                    f"规则“{rule.id}”（{rule.place}）所用参数“{name}”在{on}没有有效值，请在政策文件中补充。",
                    f"The rule {rule.id} ({rule.place}) reads the setting {name}, which has no value on {on};"
                    " give it one that covers that day.",
                ),
                code="SETTING_NOT_IN_FORCE",
            )
    text = json.dumps(
        {
            "service": policy.name,
            "region": region.code,
            "rules": [_plain(rule) for rule in rules.values()],
            "settings": {name: _plain(value) for name, value in sorted(values.items())},
        },
        ensure_ascii=False,
        sort_keys=True,
    )
    reads = {rule.id: _reads(rule) for rule in rules.values()}
    facts = frozenset().union(*reads.values())
    declared = frozenset(n for n in facts if (d := words.fact(n)) is not None and d.origin == "declared")
    return EffectivePolicy(
        policy=policy,
        region=region,
        words=words,
        on=on,
        known=known,
        rules=rules,
        values=values,
        text=text,
        digest="sha256:" + hashlib.sha256(text.encode()).hexdigest(),
        reads=reads,
        facts_read=facts,
        declared_read=declared,
    )


def _reads(rule: Rule) -> frozenset[str]:
    tested = (name for test in tests_of(rule.condition) for name in (test.fact, *operand_facts(test.operand)))
    return frozenset((*tested, *outcome_facts(rule.outcome)))


def _plain(value: Any) -> Any:
    """Turn a rule or value into JSON: all that decides, without the line it stands on."""
    if is_dataclass(value) and not isinstance(value, type):
        shown = {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in ("place", "line")}
        return {"is": type(value).__name__, **shown}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return as_json(value)
