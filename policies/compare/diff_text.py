"""The difference between two versions of the policy files as officers read it, in Chinese or English, and as JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from domain.message import Language, Message, joined
from policies.compare.changes import Change, What
from policies.compare.diff import Diff, Group
from policies.compare.diff_written import Written, changed_lines
from policies.engine.decide import Policies
from policies.explain.explanation import region_names
from policies.explain.explanation_text import COLON
from policies.language.outcomes.outcome import NOTHING, Key
from policies.language.outcomes.table import OUTCOMES
from policies.language.service import Rule, Setting
from policies.language.values import as_json, show_day
from policies.language.vocabulary import FactDefinition, Vocabulary
from policies.solver.proofs import FAULT, Comparison, ShownByVersion, Witness
from policies.words.report import number
from policies.words.wording import Wording

MAX_NAMED = 5
"""Regions that are named one by one; of more, only how many there are."""
_WHAT = {
    What.ADDED: Message("新增", "added"),
    What.REMOVED: Message("删除", "removed"),
    What.CHANGED: Message("修改", "changed"),
}
_WRITTEN = Message("写法有哪些不同", "What is written otherwise")
_DECIDES = Message("哪些人的办理结果会变", "Whose decisions change")
_ALIKE = Message("经求解器证明：所有判定都不变。", "Proven by the solver: no decision changes.")
_ONLY_WORDS = Message("只改了文字，所有判定都不变。", "Only words for people changed: no decision changes.")
_NO_CHANGE = Message("两个版本没有不同。", "The two versions do not differ.")
_ALLOWED = Message("准予（材料齐的话）", "not refused")
_REFUSED = Message("不予办理", "refused")


class DiffText:
    """Puts a difference into words."""

    def __init__(self, found: Diff, old: Policies, new: Policies, language: Language) -> None:
        """Take what was found and the versions that it was found in."""
        self.found, self.old, self.new, self.language = found, old, new, language
        self.names: Mapping[str, Message] = {**region_names(old), **region_names(new)}
        days = found.days
        self.written = tuple(Written(each, self.names, days.first, days.known, language) for each in (old, new))

    def text(self) -> str:
        """Render it for people."""
        return "\n".join(self._lines())

    def say(self, message: Message) -> str:
        """Return a message in the language asked for."""
        return message.text(self.language)

    @property
    def colon(self) -> str:
        """What stands between a name and what is said of it."""
        return self.say(COLON)

    @property
    def comma(self) -> str:
        """What stands between the items of a list."""
        return self.say(Message("、", ", "))

    @property
    def semicolon(self) -> str:
        """What stands between two statements."""
        return self.say(Message("；", "; "))

    def _lines(self) -> Iterator[str]:
        lines = [*self._elsewhere(), *self._written()]
        if not lines:
            yield self.say(_NO_CHANGE)
            return
        yield from lines
        if self.found.groups:
            yield ""
            yield f"{self.say(_DECIDES)}{self.colon}"
            for group in self.found.groups:
                yield from self._group(group)
        yield ""
        yield self.say(self._summary())

    # --- what is written

    def _elsewhere(self) -> Iterator[str]:
        found = self.found
        for what, codes in ((What.ADDED, found.added), (What.REMOVED, found.removed)):
            if codes:
                label = Message(f"{_WHAT[what].zh}地区", f"regions {_WHAT[what].en}")
                yield f"{self.say(label)}{self.colon}{self._places(codes)}"
        for what, services in ((What.ADDED, found.added_services), (What.REMOVED, found.removed_services)):
            for name in sorted({service for _, service in services}):
                label = Message(f"{_WHAT[what].zh}服务事项", f"service {_WHAT[what].en}")
                yield f"{self.say(label)}{self.colon}{name}{self._within([c for c, s in services if s == name])}"

    def _written(self) -> Iterator[str]:
        """Yield each change once, however many services and regions inherit it."""
        told: dict[Any, tuple[list[str], list[str]]] = {}
        for group in self.found.groups:
            change = group.change
            items: tuple[Change[Any], ...] = (*change.rules, *change.settings, *change.facts, *change.vocabularies)
            for item in items:
                services, regions = told.setdefault(tuple(self._change(item, group)), ([], []))
                services.append(group.service)
                regions += group.regions
        calendar = any(group.change.calendar for group in self.found.groups)
        if told or calendar:
            yield f"{self.say(_WRITTEN)}{self.colon}"
        if calendar:
            yield f"  {self.say(Message('工作日历（有规则按工作日计算）', 'the working calendar, by which rules count days'))}"
        for lines, (services, regions) in told.items():
            yield from lines
            named = self.comma.join(dict.fromkeys(services))
            yield f"      {self.say(Message('涉及', 'in'))}{self.colon}{named}{self._within(sorted(set(regions)))}"

    def _places(self, codes: list[str]) -> str:
        named = [f"{self.say(self.names[code])} {code}" for code in codes[:MAX_NAMED]]
        if len(codes) > MAX_NAMED:
            more = len(codes) - MAX_NAMED
            named.append(self.say(Message(f"等{len(codes)}个地区", f"and {more} more")))
        return self.comma.join(named)

    def _within(self, codes: list[str]) -> str:
        places = self._places(codes)
        return self.say(Message(f"（{places}）", f" ({places})"))

    def _change(self, item: Change[Any], group: Group) -> Iterator[str]:
        thing = item.new if item.new is not None else item.old
        parts = self.comma.join(item.parts)
        parts = self.say(Message(f"（{parts}）", f" ({parts})")) if parts else ""
        place = getattr(thing, "place", None)
        at = f"  {place.file}:{place.line}" if place is not None else ""
        yield f"  {self.say(_KINDS[type(thing)][1])} {item.name}{self.colon}{self.say(_WHAT[item.what])}{parts}{at}"
        yield from (f"      {line}" for line in self._contents(item, group))

    def _contents(self, item: Change[Any], group: Group) -> Iterator[str]:
        """Yield what is written otherwise, with a minus as it was and with a plus as it is."""
        was, now = item.old, item.new
        if isinstance(was, Rule) and isinstance(now, Rule):
            before, after = (
                written.rule(rule, group.service, group.regions[0])
                for written, rule in zip(self.written, (was, now), strict=True)
            )
            for old, new in zip(before, after, strict=True):
                yield from changed_lines(old, new)
            return
        for sign, written, thing in zip("-+", self.written, (was, now), strict=True):
            if isinstance(thing, Setting) and (not item.parts or "values" in item.parts):
                yield from (f"{sign} {line}" for line in written.values(thing, group.regions[0]))
            elif isinstance(thing, Rule):
                yield f"{sign} {written.headline(thing)}"
            elif isinstance(thing, Vocabulary):
                other = now if sign == "-" else was
                terms = thing.terms.keys() - (other.terms.keys() if other is not None else set())
                if terms:
                    yield f"{sign} {', '.join(sorted(terms))}"

    # --- whose decisions change

    def _group(self, group: Group) -> Iterator[str]:
        place = self.new.tree.regions[group.regions[0]]
        title = place.services[group.service].title
        named = Message(f"{group.service}（{title.zh}）", f"{group.service} ({title.en})")
        yield f"  {self.say(named)}{self.colon}{self._places(group.regions)}"
        if not group.only:
            yield f"    {self.say(_ONLY_WORDS)}"
        elif group.proven_alike:
            yield f"    {self.say(_ALIKE)}"
        else:
            for verdict in group.verdicts:
                yield from self._verdict(group, verdict)

    def _verdict(self, group: Group, verdict: Comparison) -> Iterator[str]:
        span = verdict.span
        days = f"{span.first}…{span.last}" if span.first != span.last else str(span.first)
        if verdict.proven_alike:
            yield f"    {days}{self.colon}{self.say(_ALIKE)}"
            return
        yield f"    {days}{self.colon}"
        for witness in verdict.witnesses:
            yield from self._witness(group, witness)
        for reason in verdict.open:
            yield f"      {self.say(Message('未能判定', 'could not be settled'))}{self.colon}{self.say(reason)}"

    def _witness(self, group: Group, witness: Witness) -> Iterator[str]:
        yield f"      {self.say(_flip(witness))}{self.colon}{self.say(self.who(group, witness))}"
        for sign, seen, told in zip("-+", (witness.old, witness.new), self.says(group, witness), strict=True):
            state = self.say(_ALLOWED if seen.allowed else _REFUSED) if seen.fault is None else seen.fault
            yield f"        {sign} {self.semicolon.join((state, *map(self.say, told)))}"

    def who(self, group: Group, witness: Witness) -> Message:
        """Describe a request by the facts that the difference hangs on."""
        wording = self._wording(group, self.new, witness)
        parts = [Message(show_day(witness.on), f"on {witness.on}")]
        for name in witness.matters:
            definition = wording.policy.fact(name) or self._wording(group, self.old, witness).policy.fact(name)
            if definition is None or name in ("request.service", "request.today"):
                continue
            label, value = wording.fact(name), witness.facts[name]
            shown = wording.show(value, definition.type)
            parts.append(Message(f"{label.zh}：{shown.zh}", f"{label.en}: {shown.en}"))
        return joined(parts, "，", ", ")

    def says(self, group: Group, witness: Witness) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
        """Return what the old and the new version say to a request, as far as they differ."""
        before, after = (
            tuple(answer(key, seen, self._wording(group, policies, witness)) for key in witness.differs)
            for policies, seen in ((self.old, witness.old), (self.new, witness.new))
        )
        return before, after

    def _wording(self, group: Group, policies: Policies, witness: Witness) -> Wording:
        code, known = group.regions[0], self.found.days.known
        policy = policies.effective(group.service, code, witness.on, known)
        assert policy is not None  # noqa: S101 - both versions have the service
        return Wording(policy, self.names, witness.facts, policies.calendar)

    def _summary(self) -> Message:
        groups = self.found.groups
        pairs = sum(len(group.regions) for group in groups)
        changed = sum(len(g.regions) for g in groups if any(v.witnesses for v in g.verdicts))
        unsure = sum(len(g.regions) for g in groups if any(v.open for v in g.verdicts))
        first, last = self.found.days.first, self.found.days.last
        return Message(
            f"{show_day(first)}至{show_day(last)}：{pairs}项的写法有变（每个地区的每个事项算一项）；"
            f"其中{changed}项的判定会变，{pairs - changed - unsure}项证明不变，{unsure}项未能判定。",
            f"{first} to {last}: {number(pairs, 'service')} (counted by region) written otherwise; decisions change in {changed},"
            f" are proven alike in {pairs - changed - unsure}, and could not be settled in {unsure}.",
        )

    # --- for tools

    def json(self) -> str:
        """Render it as JSON."""
        found = self.found
        shown = {
            "first": found.days.first.isoformat(),
            "last": found.days.last.isoformat(),
            "alike": found.proven_alike,
            "regions_added": found.added,
            "regions_removed": found.removed,
            "services_added": [{"region": code, "service": service} for code, service in found.added_services],
            "services_removed": [{"region": code, "service": service} for code, service in found.removed_services],
            "groups": [self._plain_group(group) for group in found.groups],
        }
        return json.dumps(shown, ensure_ascii=False, indent=2)

    def _plain_group(self, group: Group) -> dict[str, Any]:
        change = group.change
        items: tuple[Change[Any], ...] = (*change.rules, *change.settings, *change.facts, *change.vocabularies)
        return {
            "service": group.service,
            "regions": group.regions,
            "changes": [self._plain_change(item) for item in items],
            "calendar_changed": change.calendar,
            "alike": group.proven_alike,
            "spans": [
                {
                    "first": verdict.span.first.isoformat(),
                    "last": verdict.span.last.isoformat(),
                    "alike": verdict.proven_alike,
                    "open": [{"zh": reason.zh, "en": reason.en} for reason in verdict.open],
                    "witnesses": [self._plain_witness(group, witness) for witness in verdict.witnesses],
                }
                for verdict in group.verdicts
            ],
        }

    def _plain_change(self, item: Change[Any]) -> dict[str, Any]:
        places = {
            key: {"file": place.file, "line": place.line} if (place := getattr(thing, "place", None)) else None
            for key, thing in (("old", item.old), ("new", item.new))
        }
        kind = kind_of(item.new if item.new is not None else item.old)
        return {"kind": kind, "name": item.name, "what": item.what.value, "parts": list(item.parts), **places}

    def _plain_witness(self, group: Group, witness: Witness) -> dict[str, Any]:
        who = self.who(group, witness)
        sides = {}
        seen = {"old": witness.old, "new": witness.new}
        for name, told in zip(seen, self.says(group, witness), strict=True):
            said = [{"zh": message.zh, "en": message.en} for message in told]
            sides[name] = {"refused": not seen[name].allowed, "fault": seen[name].fault, "says": said}
        return {
            "on": witness.on.isoformat(),
            "who": {"zh": who.zh, "en": who.en},
            "facts": {name: as_json(value) for name, value in witness.facts.items()},
            "matters": list(witness.matters),
            "differs": [list(key) for key in witness.differs],
            **sides,
        }


_KINDS: Mapping[type[Any], tuple[str, Message]] = {
    Rule: ("rule", Message("规则", "rule")),
    Setting: ("setting", Message("参数", "setting")),
    FactDefinition: ("fact", Message("事实", "fact")),
    Vocabulary: ("vocabulary", Message("词表", "vocabulary")),
}


def kind_of(thing: Any) -> str:
    """Return what kind of thing is written otherwise, for programs."""
    return _KINDS[type(thing)][0]


def _flip(witness: Witness) -> Message:
    if witness.old.allowed and not witness.new.allowed:
        return Message("改为不予办理", "refused now")
    if witness.new.allowed and not witness.old.allowed:
        return Message("不再是不予办理", "no longer refused")
    return Message("结果不同", "decided otherwise")


def answer(key: Key, seen: ShownByVersion, wording: Wording) -> Message:
    """Say what one version shows under a key."""
    if seen.fault is not None:
        return Message(f"无法判定：`{seen.fault}`", f"cannot be decided ({seen.fault})")
    if key == FAULT or key not in seen.shows or seen.decision is None:
        return OUTCOMES[key[0]].absent if key[0] in OUTCOMES else NOTHING
    return OUTCOMES[key[0]].answer(key, seen.decision, wording)
