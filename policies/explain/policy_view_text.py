"""A policy in force as an officer reads it at the command line, in Chinese or English, and as JSON for tools."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from domain.message import Language, Message
from policies.explain.explanation_text import COLON, both, cited, source_line, where
from policies.explain.policy_view import ShownPolicy, ShownRule, ShownValue
from policies.language.service import Rule
from policies.language.values import as_json, show_day
from policies.words.condition_text import Stated, lines_of

_HEADINGS = {
    "rules": Message("规则", "Rules"),
    "values": Message("规则所用的参数", "Values that the rules read"),
    "others": Message("本事项的规则未用的共用参数", "Shared values that no rule of this service reads"),
    "removed": Message("已取消的上级规则", "Rules of regions above that are removed here"),
    "resting": Message("当日未生效的规则", "Rules that are not in force on this day"),
}
_ALWAYS = Message("条件：没有，一律适用", "when: always")
_WHEN = Message("条件：", "when:")
_BOUND_RULE = Message(
    "下级地区不得替换或取消本规则，也不得优先于本规则", "regions below may neither replace, remove nor overrule it"
)
_BOUND: Mapping[str, Message] = {
    "raise": Message("下级地区只可调高", "regions below may only raise it"),
    "lower": Message("下级地区只可调低", "regions below may only lower it"),
    "narrow": Message("下级地区只可缩小范围", "regions below may only narrow it"),
    "nothing": Message("下级地区不得改变", "regions below may not change it"),
}


def showing_text(found: ShownPolicy, language: Language) -> str:
    """Render a policy in force for people."""
    return "\n".join(_Text(found, language).lines())


class _Text:
    def __init__(self, found: ShownPolicy, language: Language) -> None:
        self.found = found
        self.language = language

    def say(self, message: Message) -> str:
        return message.text(self.language)

    def lines(self) -> Iterator[str]:
        found, policy = self.found, self.found.policy
        clocks = Message(
            f"{show_day(found.on)}（截至{show_day(found.known)}（含当日）已公布的规定）",
            f"on {found.on}, as published by {found.known}",
        )
        code = policy.region.code
        place = Message(f"{found.region.zh}（{code}）", f"{found.region.en} ({code})")
        yield f"{self.say(policy.policy.title)} · {self.say(place)} · {self.say(clocks)}"
        yield policy.digest
        yield from self._section("rules", [line for rule in found.rules for line in self._rule(rule)])
        for name, read in (("values", True), ("others", False)):
            shown = [line for value in found.values if value.read is read for line in self._value(value)]
            yield from self._section(name, shown)
        yield from self._section("removed", [f"{rule.id}  {rule.place}" for rule in found.removed])
        yield from self._section("resting", [line for rule in found.resting for line in self._resting(rule)])

    def _section(self, name: str, lines: list[str]) -> Iterator[str]:
        if lines:
            yield f"\n{self.say(_HEADINGS[name])}{self.say(COLON).rstrip()}"
            yield from (f"  {line}" for line in lines)

    def _rule(self, found: ShownRule) -> Iterator[str]:
        rule = found.rule
        yield f"{rule.id}  {rule.citation.file}:{rule.place.line}"
        yield f"    {self.say(self._does(found))}"
        if rule.outcome.done_is_told:
            yield f"    {self.say(Message('执行：', 'then: '))}{self.say(rule.outcome.done)}"
        if found.effect is not None and found.message is not None:
            yield f"    {self.say(Message('告知：', 'says: '))}{self.say(found.message)}"
        yield from (f"    {line}" for line in self._condition(found.condition))
        for names, zh, en in (
            (rule.instead_of, "本规则适用时，下列规则不适用：", "where it applies, these do not: "),
            (found.overruled_by, "下列规则适用时，本规则不适用：", "where these apply, it does not: "),
        ):
            if names:
                yield f"    {self.say(Message(zh, en))}{self.say(Message('、', ', ')).join(names)}"
        if rule.bound:
            yield f"    {self.say(_BOUND_RULE)}"
        yield f"    {self._source(rule)}"
        for place in found.replaced:
            yield f"    {self.say(Message('替换了上级的', 'replaces'))} {place.file}:{place.line}"

    def _does(self, found: ShownRule) -> Message:
        does = found.rule.outcome.does
        what = found.effect or found.message
        return Message(f"{does.zh}：{what.zh}", f"{does.en}: {what.en}") if what is not None else does

    def _condition(self, condition: Stated | None) -> Iterator[str]:
        if condition is None:
            yield self.say(_ALWAYS)
            return
        yield self.say(_WHEN)
        for depth, message in lines_of(condition):
            yield f"  {'  ' * depth}- {self.say(message)}"

    def _value(self, found: ShownValue) -> Iterator[str]:
        value, setting = found.value, found.setting
        named = Message(f"{setting.name}（{setting.label.zh}）", f"{setting.name} ({setting.label.en})")
        yield f"{self.say(named)}{self.say(COLON)}{self.say(found.shown)}  {where(value.citation)}"
        line = source_line(value.citation, (value.start, value.end, value.published), self.found.regions, self.language)
        yield f"    {line}"
        for other in found.replaced:
            instead = self.say(Message("替换了上级的", "in place of"))
            yield f"    {instead} {self.say(other.shown)}  {where(other.citation)}"
        if setting.binding is not None:
            yield f"    {self.say(_BOUND[setting.binding.children_may])}"

    def _resting(self, rule: Rule) -> Iterator[str]:
        yield f"{rule.id}  {rule.place}"
        yield f"    {self._source(rule)}"

    def _source(self, rule: Rule) -> str:
        days = (rule.start, rule.end, rule.published)
        return source_line(rule.citation, days, self.found.regions, self.language)


def showing_json(found: ShownPolicy) -> str:
    """Render a policy in force as JSON for tools, every text in both languages."""
    policy = found.policy
    shown = {
        "service": policy.policy.name,
        "region": policy.region.code,
        "on": found.on.isoformat(),
        "known": found.known.isoformat(),
        "digest": policy.digest,
        "title": both(policy.policy.title),
        "rules": [_rule_json(rule) for rule in found.rules],
        "values": [_value_json(value) for value in found.values],
        "removed": [{"rule": rule.id, "file": rule.place.file, "line": rule.place.line} for rule in found.removed],
        "resting": [{"rule": rule.id, **_dated(rule)} for rule in found.resting],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _dated(rule: Rule) -> dict[str, Any]:
    return cited(rule.citation, rule.start, rule.end, rule.published)


def _rule_json(found: ShownRule) -> dict[str, Any]:
    rule = found.rule
    return {
        "rule": rule.id,
        "outcome": rule.outcome.word,
        "when": _condition_json(found.condition) if found.condition is not None else None,
        "effect": both(found.effect) if found.effect is not None else None,
        "done": both(rule.outcome.done),
        "message": both(found.message) if found.message is not None else None,
        "instead_of": list(rule.instead_of),
        "overruled_by": list(found.overruled_by),
        "bound": rule.bound,
        "inherited": found.inherited,
        "replaces": [{"file": place.file, "line": place.line} for place in found.replaced],
        **_dated(rule),
    }


def _condition_json(condition: Stated) -> Any:
    if isinstance(condition, Message):
        return both(condition)
    return {"all" if condition.all else "any": [_condition_json(part) for part in condition.parts]}


def _value_json(found: ShownValue) -> dict[str, Any]:
    value, setting = found.value, found.setting
    return {
        "setting": setting.name,
        "label": both(setting.label),
        "type": str(setting.type),
        "unit": setting.unit,
        "value": as_json(value.value),
        "shown": both(found.shown),
        "read": found.read,
        "bound": setting.binding.children_may if setting.binding is not None else None,
        "inherited": found.inherited,
        "replaces": [
            {"shown": both(other.shown), **cited(other.citation, other.start, other.end, None)}
            for other in found.replaced
        ],
        **cited(value.citation, value.start, value.end, value.published),
    }
