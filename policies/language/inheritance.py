"""Reading what a region says of one service on top of what it inherits: its shared rules, then the service's own file.

A child adds settings and rules, replaces one by id and says so (`replaces: true`), or removes a rule with a source.
What a parent binds can only be tightened. Anything else is a fault, never a silent choice.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from domain.duration import Duration
from domain.message import Message
from domain.region import Region
from policies.language.carried_out import check_carried_out
from policies.language.conditions import Scope, read_condition
from policies.language.normal_form import weight_of
from policies.language.outcomes.outcome import Outcome
from policies.language.outcomes.table import OUTCOMES
from policies.language.own_service import OwnService, bound_by_parent, overruling_conflicts, rules_over
from policies.language.service import Review, Rule, ServicePolicy, Setting
from policies.language.settings import read_dates, read_settings, settings_over
from policies.language.sources import PolicyFile, Sources
from policies.language.values import read_days
from policies.language.vocabulary import Lexicon, check_name, did_you_mean
from policies.source.faults import Unreadable, did_you_mean_or
from policies.source.reader import Value, read_each, read_entries, read_items

RULE_WORDS = ("when", "message", "source", "from", "until", "published", "bind", "instead_of", "replaces")


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as a file states it for one service.

    Args:
        value: where it stands, and whose log its faults go to.
        sources: of its file.
        shared_by: the service that reads a shared rule; None for a rule of the service's own file.
    """

    value: Value
    sources: Sources
    shared_by: str | None = None

    def entries(self) -> dict[str, Value]:
        """Return what it says, without the services that share it."""
        entries = self.value.entries()
        if self.shared_by is not None:
            entries.pop("services", None)
        return entries

    def says_replaces(self, value: Value) -> bool:
        """Read its `replaces`, which in a shared rule may list the services for which it replaces a parent's."""
        if self.shared_by is None or not value.is_list:
            return value.boolean()
        return self.shared_by in read_items(value, Value.name)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a service file finds in its region.

    Args:
        region, words: where it stands and what can be named there.
        settings: the region's shared settings.
        rules: the region's shared rules of this service, by id.
    """

    region: Region
    words: Lexicon
    settings: Mapping[str, Setting]
    rules: Mapping[str, RuleText]


@dataclass(slots=True)
class _Rules:
    """What a region says of the rules of one service, being read.

    Args:
        inherited: the parent's.
        own: what has been read; replaced: those of the parent's that it replaces or removes.
        places: where each entry stands; failed: names of entries with faults.
    """

    scope: Scope
    inherited: Mapping[str, Rule]
    own: dict[str, Rule | None] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    places: dict[str, Value] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)


def read_service(name: str, value: Value | None, parent: ServicePolicy | None, around: Surroundings) -> OwnService:
    """Read what a region says of one service.

    Args:
        name: the service; value: the whole of its file, None where the region has none.
        parent: the service as the parent region has it, or None.
        around: what the file finds in its region.

    Returns:
        What the region says, to be put on top of the parent's. Entries with faults are left out; the faults are recorded.
    """
    fields = (
        value.fields((), ("title", "source", "review_every", "reviewed", "settings", "rules"))
        if value is not None
        else {}
    )
    if parent is None and value is not None and "title" not in fields:
        message = Message("缺少 `title`，上级也没有", "`title` is missing where no parent has one")
        remedy = Message("加上 `title: {zh: …, en: …}`", "add `title: {zh: …, en: …}`")
        value.fault("MISSING_KEY", message, remedy, f"service {name}", value.key("title"))
    head = read_each(fields, {"title": Value.message, "review_every": _read_interval})
    file = PolicyFile.of(value.file if value is not None else "", around.region)
    sources = Sources(file, around.words, fields.get("source"))
    sources.check_default()
    inherited = parent.own_settings if parent else {}
    own_settings = read_settings(fields.get("settings"), inherited, around.settings, sources)
    settings = {**around.settings, **settings_over(own_settings, inherited)}
    scope = Scope(around.words, {key: setting.type for key, setting in settings.items()}, name)
    rules = _read_rules(fields.get("rules"), parent, around, scope, sources)
    return OwnService(
        name=name,
        file=value.file if value is not None else None,
        title=head.get("title"),
        review_every=head.get("review_every"),
        review=_read_review(fields),
        settings=own_settings,
        rules=rules.own,
        replaced=frozenset(rules.replaced),
    )


def _read_rules(
    value: Value | None, parent: ServicePolicy | None, around: Surroundings, scope: Scope, sources: Sources
) -> _Rules:
    found = _Rules(scope, parent.rules if parent else {})
    for name, text in around.rules.items():
        _add_rule(name, text, found)
    for name, spec in read_entries(value):
        if name in around.rules:
            shared = around.rules[name].value.place
            message = Message(
                f"`{name}` 是本事项的共用规则（{shared}）", f"`{name}` is a shared rule of this service ({shared})"
            )
            spec.fault("DUPLICATE_DEFINITION", message, Message("两者只保留其一", "keep one of the two"))
        else:
            _add_rule(name, RuleText(spec, sources), found)
    for conflict in overruling_conflicts(rules_over(found.own, found.inherited), found.own, found.failed):
        found.places[conflict.entry].fault(conflict.code, conflict.message, conflict.remedy, *conflict.about)
    return found


def _read_interval(value: Value) -> Duration:
    return read_days(value, "WRONG_TYPE", Message("不能规定每 `{}` 核对一次", "a review cannot be due every {}"))


def _read_review(fields: Mapping[str, Value]) -> Review | None:
    """Read when the file was reviewed; a file that says how often it is to be, and not when it was, never was."""
    stated = fields.get("reviewed", fields.get("review_every"))
    last = read_each(dict(fields), {"reviewed": Value.date}).get("reviewed")
    return Review(last, stated.place) if stated is not None else None


def _add_rule(name: str, text: RuleText, into: _Rules) -> None:
    into.places[name] = text.value
    before = len(text.value.log.faults)
    try:
        _read_entry(name, text, into)
    except Unreadable:
        into.failed.add(name)
        text.value.log.lose(before, f"rule {name}")


def _read_entry(name: str, text: RuleText, into: _Rules) -> None:
    value = text.value
    check_name(name, value)
    before = len(value.log.faults)
    entries = text.entries()
    if "removed" in entries:
        _remove(name, text, value.known(entries, ("removed", "source")), into)
        return
    fields = value.known(entries, (), (*OUTCOMES, *RULE_WORDS))
    inherited = into.inherited.get(name)
    if "replaces" in fields and text.says_replaces(fields["replaces"]):
        _check_replaceable(value, name, into.inherited, "REPLACES_NOTHING")
    elif inherited is not None:
        message = Message(
            f"上级已在 {inherited.place} 定义规则 `{name}`", f"a parent defines the rule `{name}` at {inherited.place}"
        )
        remedy = Message("加上 `replaces: true`，或换一个名称", "add `replaces: true`, or use another name")
        value.fault("REPLACES_SILENTLY", message, remedy, value.key("replaces"))
    rule = _read_rule(name, text, fields, into.scope)
    if len(value.log.faults) > before:
        raise Unreadable
    into.own[name] = rule
    if inherited is not None:
        into.replaced.add(name)


def _remove(name: str, text: RuleText, fields: dict[str, Value], into: _Rules) -> None:
    value = text.value
    if "removed" in fields and not fields["removed"].boolean():
        message = Message("`removed: false` 没有意义", "`removed: false` says nothing")
        remedy = Message("写成 `removed: true`", "write `removed: true`")
        raise fields["removed"].fault("WRONG_TYPE", message, remedy)
    before = len(value.log.faults)
    _check_replaceable(value, name, into.inherited, "REMOVES_NOTHING")
    if "source" in fields:
        text.sources.cite(fields, value)
        if len(value.log.faults) == before:
            into.own[name] = None
            into.replaced.add(name)


def _check_replaceable(value: Value, name: str, rules: Mapping[str, Rule], code: str) -> None:
    inherited = rules.get(name)
    if inherited is None:
        message = Message(f"上级没有定义规则 `{name}`", f"no parent defines the rule `{name}`")
        remedy = Message("改正名称，或删去此项", "mend the name or remove this entry")
        value.fault(code, message, did_you_mean_or(name, rules, remedy), f"rule {name}")
    elif inherited.bound:
        value.fault("LOOSENS_BOUND_RULE", *bound_by_parent(inherited))


def _read_rule(name: str, text: RuleText, fields: dict[str, Value], scope: Scope) -> Rule:
    value = text.value
    before = len(value.log.faults)
    outcome = _read_outcome(fields, value, scope)
    readers: dict[str, Callable[[Value], Any]] = {"bind": Value.boolean, "instead_of": _read_names}
    readers["when"] = lambda item: read_condition(item, scope)
    read = read_each(fields, readers)
    message = _read_message(fields, value, outcome, scope)
    start, end, published = read_dates(fields, value)
    stated, file = text.sources.cite(fields, value)
    if len(value.log.faults) > before or outcome is None:
        raise Unreadable
    condition = read.get("when")
    return Rule(
        stated=stated,
        policy_file=file,
        id=name,
        condition=condition,
        outcome=outcome,
        message=message,
        instead_of=read.get("instead_of", ()),
        bound=read.get("bind", False),
        start=start,
        end=end,
        published=published,
        weight=weight_of(condition),
    )


def _read_names(value: Value) -> tuple[str, ...]:
    return tuple(read_items(value, Value.name))


def _read_outcome(fields: dict[str, Value], value: Value, scope: Scope) -> Outcome | None:
    words = [word for word in OUTCOMES if word in fields]
    if len(words) != 1:
        missed = () if words else map(value.key, OUTCOMES)
        value.fault("BAD_OUTCOME", *_outcomes_wrong(words), *missed)
    found: list[Outcome] = []
    for word in words:
        with suppress(Unreadable):
            found.append(OUTCOMES[word].read(fields[word], scope))
            check_carried_out(scope.service, word, fields[word], found[-1])
    return found[0] if found else None


def _outcomes_wrong(words: list[str]) -> tuple[Message, Message]:
    """Say what is wrong with the outcomes of a rule, and what to do."""
    if words:
        given = "、".join(f"`{word}`" for word in words)
        message = Message(
            f"一条规则只能写一个结果，这里写了{len(words)}个：{given}",
            f"a rule has exactly one outcome, found {', '.join(words)}",
        )
        return message, Message("留下一个，其余的另写规则", "keep one, and write a rule of its own for each other")
    message = Message("规则没有写结果", "a rule has exactly one outcome, found none")
    possible = "、".join(f"`{word}`" for word in OUTCOMES)
    return message, Message(f"写其中一个：{possible}", f"write one of: {', '.join(OUTCOMES)}")


def _read_message(fields: Mapping[str, Value], value: Value, outcome: Outcome | None, scope: Scope) -> Message | None:
    if "message" not in fields:
        if outcome is not None and outcome.speaks:
            missing = Message("缺少 `message`：应写明告诉申请人的话", "`message` is missing: people must be told")
            remedy = Message("加上 `message: {zh: …, en: …}`", "add `message: {zh: …, en: …}`")
            value.fault("MISSING_KEY", missing, remedy, value.key("message"))
        return None
    try:
        message = fields["message"].message()
    except Unreadable:
        return None
    for text in (message.zh, message.en):
        _check_places(text, fields["message"], scope)
    return message


def _check_places(text: str, value: Value, scope: Scope) -> None:
    try:
        places = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text)]
    except ValueError as error:
        remedy = Message(
            "文字里的花括号写成 `{{` 和 `}}`；只有参数名写成 `{名称}`",
            "write {{ and }} for braces in a text; only the name of a setting stands in { and }",
        )
        value.fault(
            "BAD_MESSAGE", Message(f"“{text}”里的花括号没有成对，或者里面不是参数名", f'"{text}": {error}'), remedy
        )
        return
    for name, spec, conversion in places:
        if name is None:
            continue
        if name not in scope.settings:
            message = Message(f"`{{{name}}}` 不是参数", f"`{{{name}}}` is not a setting")
            value.fault("BAD_MESSAGE", message, did_you_mean(name, scope.settings), f"setting {name}")
        elif spec or conversion:
            message = Message(f"`{{{name}…}}` 指定了参数的显示格式", f"`{{{name}…}}` says how to write a setting")
            value.fault("BAD_MESSAGE", message, Message(f"写成 `{{{name}}}`", f"write {{{name}}}"))
