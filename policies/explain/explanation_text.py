"""An explanation as an officer reads it at the command line, in Chinese or English, and as JSON for tools."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from domain.decision import Citation, Decision
from domain.message import Language, Message, in_both, joined
from policies.engine.decide import Policies
from policies.explain.explanation import ExplainedRule, ExplainedValue, Explanation, Verdict, region_names
from policies.explain.ways import Way, Ways
from policies.language.values import as_json, show_day
from policies.words.wording import Wording

_ALLOWED = Message("准予", "allowed")
_REFUSED = Message("不予办理", "refused")
_NOT_YET = Message("材料不齐，暂不能办理", "not yet allowed (something is missing)")
_HEADINGS = {
    "denials": Message("不予办理的理由", "Why it is refused"),
    "missing": Message("还缺", "What is missing"),
    "perhaps": Message(
        "可能不予办理的理由（要看还不知道的情况）", "Why it may be refused (that hangs on facts that are not known)"
    ),
    "ways": Message("怎样才能办理（每种办法都重新判定过）", "What would change it (each decided again)"),
    "rules": Message("规则", "Rules"),
    "values": Message("参数", "Values"),
    "removed": Message("已取消的上级规则", "Rules of regions above that are removed here"),
}
_VERDICT_ORDER = (Verdict.APPLIES, Verdict.MAY_APPLY, Verdict.OVERRULED, Verdict.DOES_NOT_APPLY)
_NO_WAY = Message("没有找到可以办理的办法（只试过有限的几种）。", "Nothing within the limits of the search would.")
_LIMIT = Message("试到了上限，可能还有其他办法。", "The search ended at its limit; there may be other ways.")
_ESTIMATED = Message(
    "其中有还没有公布放假安排的年份，工作日按星期估算。",
    "Some working days that were counted are of a year not announced yet: they are estimated from the weekday.",
)
COLON = Message("：", ": ")
"""Between a name and what is said of it."""
_AS_FAR = Message("（按目前已知的情况）", " (as far as is known)")


def way_words(way: Way, policies: Policies, explanation: Explanation) -> Message:
    """Say one way to be allowed: when, what must be otherwise, and what to bring."""
    asked = explanation.asked
    policy = policies.effective(asked.service, asked.region, asked.on, asked.known)
    assert policy is not None  # noqa: S101 - there are ways only where the service is offered
    wording = Wording(policy, region_names(policies), {}, policies.calendar)
    parts = list(_moved(way))
    for name, values in way.said:
        definition = policy.fact(name)
        label = wording.fact(name)
        shown = joined((wording.show(v, definition.type) for v in values if definition is not None), "或", " or ")
        truly = definition is not None and definition.origin == "declared"
        zh, en = ("如属实，", "if truthfully ") if truly else ("", "if ")
        parts.append(Message(f"{zh}{label.zh}是：{shown.zh}", f"{en}the {label.en} is {shown.en}"))
    if way.needs:
        needs = joined((need.label for need in way.needs), "、", ", ")
        parts.append(Message(f"并提供：{needs.zh}", f"with: {needs.en}"))
    told = joined(parts, "，", ", ")
    return told if way.certain else joined((told, _AS_FAR), "", "")


def _moved(way: Way) -> Iterator[Message]:
    if way.moved is None:
        return
    day, until = way.moved.day, way.moved.until
    first = Message(show_day(day), day.isoformat())
    if until == day:
        yield Message(f"在{first.zh}", f"on {first.en}")
    elif until is not None:
        yield Message(f"自{first.zh}至{show_day(until)}", f"from {first.en} to {until}")
    elif way.moved.at_latest:
        yield Message(f"最迟自{first.zh}起", f"from {first.en} on at the latest")
    else:
        yield Message(f"自{first.zh}起", f"from {first.en} on")


def explanation_text(explanation: Explanation, ways: Ways, policies: Policies, language: Language) -> str:
    """Render an explanation for people."""
    return "\n".join(_Text(explanation, ways, policies, language).lines())


def _outcome(decision: Decision) -> Message:
    """Say what comes of a request, and no more than is known."""
    if decision.denials:
        return _REFUSED
    if not decision.allowed:
        return _NOT_YET
    perhaps = len(decision.conditional_denials)
    if not perhaps:
        return _ALLOWED
    return Message(
        f"{_ALLOWED.zh}（按目前已知的情况；另有{perhaps}项理由可能不予办理）",
        f"{_ALLOWED.en} (as far as is known; {perhaps} more {'reason' if perhaps == 1 else 'reasons'} to refuse may apply)",
    )


class _Text:
    def __init__(self, explanation: Explanation, ways: Ways, policies: Policies, language: Language) -> None:
        self.explanation = explanation
        self.ways = ways
        self.policies = policies
        self.language = language

    def say(self, message: Message) -> str:
        return message.text(self.language)

    def lines(self) -> Iterator[str]:
        found, decision = self.explanation, self.explanation.decision
        outcome = self.say(_outcome(decision))
        clocks = Message(
            f"{show_day(decision.on)}（截至{show_day(decision.known)}（含当日）已公布的规定）",
            f"on {decision.on}, as published by {decision.known}",
        )
        place = Message(f"{found.region.zh}（{decision.region}）", f"{found.region.en} ({decision.region})")
        yield f"{self.say(found.title)} · {self.say(place)} · {self.say(clocks)}{self.say(COLON)}{outcome}"
        if decision.estimated:
            yield self.say(_ESTIMATED)
        yield from self._section("denials", [self.say(denial.message) for denial in decision.denials])
        yield from self._section("perhaps", [self.say(denial.message) for denial in decision.conditional_denials])
        yield from self._section("missing", [self.say(missing.message) for missing in decision.missing])
        if not decision.allowed:
            yield from self._section("ways", list(self._ways()))
        rules = sorted(found.rules, key=lambda rule: _VERDICT_ORDER.index(rule.verdict))
        yield from self._section("rules", [line for rule in rules for line in self._rule(rule)])
        yield from self._section("values", [line for value in found.values for line in self._value(value)])
        yield from self._section("removed", [f"{rule.id}  {rule.place}" for rule in found.removed])

    def _section(self, name: str, lines: list[str]) -> Iterator[str]:
        if lines:
            yield f"\n{self.say(_HEADINGS[name])}{self.say(COLON).rstrip()}"
            yield from (f"  {line}" for line in lines)

    def _ways(self) -> Iterator[str]:
        for way in self.ways.found:
            yield f"- {self.say(way_words(way, self.policies, self.explanation))}"
        if not self.ways.found:
            yield self.say(_NO_WAY)
        if not self.ways.complete:
            yield self.say(_LIMIT)

    def _rule(self, found: ExplainedRule) -> Iterator[str]:
        rule = found.rule
        yield f"{rule.id}  {rule.citation.file}:{rule.place.line}"
        yield f"    {self.say(found.effect)}"
        yield f"    {self.say(found.sentence)}"
        yield f"    {self._source(rule.citation, rule.start, rule.end, rule.published)}"
        for place in found.replaced:
            yield f"    {self.say(Message('替换了上级的', 'replaces'))} {place.file}:{place.line}"

    def _value(self, found: ExplainedValue) -> Iterator[str]:
        value, setting = found.value, found.setting
        named = Message(f"{setting.name}（{setting.label.zh}）", f"{setting.name} ({setting.label.en})")
        yield f"{self.say(named)}{self.say(COLON)}{self.say(found.shown)}  {where(value.citation)}"
        yield f"    {self._source(value.citation, value.start, value.end, value.published)}"
        for other in found.replaced:
            instead = self.say(Message("替换了上级的", "in place of"))
            yield f"    {instead} {self.say(other.shown)}  {where(other.citation)}"

    def _source(self, citation: Citation, start: date | None, end: date | None, published: date | None) -> str:
        return source_line(citation, (start, end, published), region_names(self.policies), self.language)


Days = tuple[date | None, date | None, date | None]
"""`from`, `until` and `published`."""


def source_line(citation: Citation, days: Days, regions: Mapping[str, Message], language: Language) -> str:
    """Say whose policy states something, by which document and clause, and from when to when."""
    named = regions[citation.region]
    level = Message(f"{named.zh}（{citation.region}）", f"{named.en} ({citation.region})").text(language)
    assumption = Message("无文件依据的假定", "an assumption").text(language)
    parts = [level, assumption if citation.assumed else citation.document]
    parts += filter(None, (citation.clause, in_both(citation.note or "").text(language)))
    said = (("自{}起", "from {}"), ("至{}止", "until {}"), ("{}公布", "published {}"))
    for (zh, en), day in zip(said, days, strict=True):
        if day is not None:
            parts.append(Message(zh.format(show_day(day)), en.format(day)).text(language))
    return Message("；", "; ").text(language).join(parts)


def where(citation: Citation) -> str:
    """Return the file and line of a source."""
    return f"{citation.file}:{citation.line}"


def explanation_json(explanation: Explanation, ways: Ways, policies: Policies) -> str:
    """Render an explanation as JSON for tools, every text in both languages."""
    decision = explanation.decision
    shown = {
        "service": decision.service,
        "region": decision.region,
        "on": decision.on.isoformat(),
        "known": decision.known.isoformat(),
        "allowed": decision.allowed,
        "estimated": decision.estimated,
        "denials": [{"rule": d.rule, "message": both(d.message)} for d in decision.denials],
        "missing": [{"rule": r.rule, "message": both(r.message)} for r in decision.missing],
        "ways": [_way(way, way_words(way, policies, explanation)) for way in ways.found],
        "search": {"decisions": ways.decisions, "complete": ways.complete},
        "rules": [_rule_json(rule) for rule in explanation.rules],
        "values": [_value_json(value) for value in explanation.values],
        "removed": [
            {"rule": rule.id, "file": rule.place.file, "line": rule.place.line} for rule in explanation.removed
        ],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2)


def both(message: Message) -> dict[str, str]:
    """Return a text in both languages."""
    return {"zh": message.zh, "en": message.en}


def _way(way: Way, words: Message) -> dict[str, Any]:
    moved = way.moved
    return {
        "text": both(words),
        "day": moved.day.isoformat() if moved else None,
        "until": moved.until.isoformat() if moved and moved.until else None,
        "facts": {name: [as_json(value) for value in values] for name, values in way.said},
        "bring": [{"kind": need.kind, "name": need.name} for need in way.needs],
        "certain": way.certain,
    }


def _rule_json(found: ExplainedRule) -> dict[str, Any]:
    rule = found.rule
    return {
        "rule": rule.id,
        "outcome": rule.outcome.word,
        "verdict": found.verdict.value,
        "sentence": both(found.sentence),
        "effect": both(found.effect),
        "reasons": [{"holds": line.holds, "text": both(line.text)} for line in found.lines],
        "inherited": found.inherited,
        "replaces": [{"file": place.file, "line": place.line} for place in found.replaced],
        **cited(rule.citation, rule.start, rule.end, rule.published),
    }


def _value_json(found: ExplainedValue) -> dict[str, Any]:
    value = found.value
    return {
        "setting": found.setting.name,
        "label": both(found.setting.label),
        "value": as_json(value.value),
        "shown": both(found.shown),
        "inherited": found.inherited,
        "replaces": [
            {"shown": both(other.shown), **cited(other.citation, other.start, other.end, None)}
            for other in found.replaced
        ],
        **cited(value.citation, value.start, value.end, value.published),
    }


def cited(citation: Citation, start: date | None, end: date | None, published: date | None) -> dict[str, Any]:
    """Return a source with the days between which something holds."""
    days = {"from": start, "until": end, "published": published}
    return {
        "level": citation.level,
        "region": citation.region,
        "file": citation.file,
        "line": citation.line,
        "document": citation.document,
        "clause": citation.clause,
        "note": both(in_both(citation.note)) if citation.note is not None else None,
        **{name: day.isoformat() if day else None for name, day in days.items()},
    }
