"""What one version of the policy files says, in lines that can be held against those of another version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from domain.errors import DecisionFault
from domain.message import Language, Message
from policies.engine.decide import Policies
from policies.explain.explanation_text import COLON, source_line
from policies.language.rule_reads import names_read
from policies.language.service import Rule, Setting
from policies.words.condition_text import lines_of, stated_condition
from policies.words.wording import Wording, shown_value

_WHEN = Message("条件：", "when: ")
_ALWAYS = Message("没有，一律适用", "always")
_INSTEAD = Message("优先于：", "in place of: ")
_BOUND = Message("下级地区不得改动", "regions below may not change it")


@dataclass(frozen=True, slots=True)
class Written:
    """One version.

    Args:
        policies: of it; names: of regions by code; on: the day whose values are shown; known: by which they were published.
    """

    policies: Policies
    names: Mapping[str, Message]
    on: date
    known: date | None
    language: Language

    def say(self, message: Message) -> str:
        """Return a message in the language asked for."""
        return message.text(self.language)

    def values(self, setting: Setting, region: str) -> list[str]:
        """Return the values that the file itself gives a setting, in the words of a region, a line each."""
        words, lines = self.policies.region(region).words, []
        for value in setting.layers[0] if setting.layers else ():
            dates = f"{value.start}…{value.end or ''}" + (f", {value.published}" if value.published else "")
            shown = self.say(shown_value(value.value, setting.type, words, self.names))
            lines.append(
                f"{shown}{self.say(Message(f'（{dates}）', f' ({dates})'))}  {value.citation.file}:{value.citation.line}"
            )
        return lines

    def headline(self, rule: Rule) -> str:
        """Return what a rule does, with its message."""
        said = rule.message
        return self.say(rule.outcome.does) + (f"{self.say(COLON)}{self.say(said)}" if said is not None else "")

    def rule(self, rule: Rule, service: str, region: str) -> list[list[str]]:
        """Return all that a rule says: each kind of thing as lines of its own, in one order for every rule."""
        wording = self._wording(rule, service, region)
        days = (rule.start, rule.end, rule.published)
        return [
            [self.headline(rule)],
            self._effect(rule, wording) if wording is not None else [],
            self._condition(rule, wording) if wording is not None else [],
            [f"{self.say(_INSTEAD)}{self.say(Message('、', ', ')).join(rule.instead_of)}"] if rule.instead_of else [],
            [self.say(_BOUND)] if rule.bound else [],
            [source_line(rule.citation, days, self.names, self.language)],
        ]

    def _wording(self, rule: Rule, service: str, region: str) -> Wording | None:
        """Return the words of the region that states a rule, so that all that inherit it read the same; else of their own."""
        on = min(max(self.on, rule.start or date.min), rule.end or date.max)
        for code in (rule.citation.region, region):
            try:
                policy = self.policies.effective(service, code, on, self.known)
            except DecisionFault:
                continue  # a value is missing there
            if policy is not None and names_read(rule) <= policy.values.keys():
                return Wording(policy, self.names, {}, self.policies.calendar)
        return None

    def _effect(self, rule: Rule, wording: Wording) -> list[str]:
        effect = rule.outcome.stated(wording)
        return [f"{self.say(rule.outcome.does)}{self.say(COLON)}{self.say(effect)}"] if effect is not None else []

    def _condition(self, rule: Rule, wording: Wording) -> list[str]:
        when = self.say(_WHEN)
        if rule.condition is None:
            return [f"{when}{self.say(_ALWAYS)}"]
        stated = stated_condition(rule.condition, wording)
        return [f"{when}{'  ' * depth}{self.say(message)}" for depth, message in lines_of(stated)]


MAX_COMPARED = 250_000
"""Pairs of lines that are compared: 500 with 500. What of more lines is the same is not worth the wait."""


def changed_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield the lines that only one of two versions has, the old ones with a minus, the new ones with a plus."""
    start = next((number for number, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    start = min(len(old), len(new)) if start is None else start
    old, new = old[start:], new[start:]
    if len(old) * len(new) > MAX_COMPARED:
        yield from (f"- {line}" for line in old)
        yield from (f"+ {line}" for line in new)
        return
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (f"- {line}" for line in old[start:end])
            yield from (f"+ {line}" for line in new[new_start:new_end])
