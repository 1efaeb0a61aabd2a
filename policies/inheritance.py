"""Reading one service file on top of what its region inherits.

A child adds settings and rules, replaces one by id and says so (`replaces: true`), or removes a rule with a source.
What a parent binds can only be tightened. Anything else is a fault, never a silent choice.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from string import Formatter
from typing import Any

from domain.decision import Citation
from domain.duration import Duration
from domain.message import Message
from domain.region import Region
from policies.conditions import Scope, read_condition
from policies.faults import Unreadable
from policies.outcomes import OUTCOMES, SPEAKING, Outcome
from policies.reader import NAME, Value
from policies.service import Binding, DatedValue, Rule, ServicePolicy, Setting, is_tighter
from policies.values import LISTS, ORDERED, Kind, ValueType, read_duration, read_type
from policies.vocabulary import Words, did_you_mean

_BINDINGS = ("raise", "lower", "narrow", "nothing")


@dataclass(frozen=True, slots=True)
class _File:
    """One service file being read."""

    region: Region
    words: Words
    settings: Mapping[str, Setting]
    default_source: Value | None
    rules: Mapping[str, Rule]

    def citation(self, fields: Mapping[str, Value], owner: Value) -> Citation:
        """Read the source of a rule or value; the file's own `source:` stands in where it states none."""
        value = fields.get("source") or self.default_source
        if value is None:
            raise owner.fault("MISSING_SOURCE", "nothing says where this comes from", "add `source:`, here or on top")
        place = owner.place
        document, clause, note = _read_source(value, self.words)
        return Citation(
            document=self.words.documents[document].title if document != "assumption" else document,
            clause=clause,
            note=note,
            assumed=document == "assumption",
            region=self.region.code,
            level=self.region.level,
            file=place.file,
            line=place.line,
        )


def _read_source(value: Value, words: Words) -> tuple[str, str | None, str | None]:
    fields = value.fields(("document",), ("clause", "note")) if value.is_mapping else {"document": value}
    if "document" not in fields:
        raise Unreadable
    document = fields["document"].text()
    if document != "assumption" and document not in words.documents:
        raise fields["document"].fault(
            "UNKNOWN_SOURCE",
            f"`{document}` is not a source document",
            did_you_mean(document, [*words.documents, "assumption"]),
        )
    clause = fields["clause"].text() if "clause" in fields else None
    return document, clause, fields["note"].text() if "note" in fields else None


def read_service(
    name: str,
    value: Value,
    region: Region,
    words: Words,
    parent: ServicePolicy | None,
    subjects: frozenset[str],
    shared: Mapping[str, Setting],
) -> ServicePolicy:
    """Read a region's file of one service on top of what the region inherits.

    Args:
        name: the service; value: the whole file.
        region, words: where it stands and what can be named there.
        parent: the service as the parent region has it, or None.
        subjects: subjects whose facts the service knows.
        shared: the region's shared settings.

    Returns:
        The service's policy in this region. Entries with faults are left out; the faults are recorded.
    """
    fields = value.fields((), ("title", "source", "review_every", "settings", "rules"))
    inherited = (parent.own_settings, parent.rules) if parent else ({}, {})
    file = _File(region, words, inherited[0], fields.get("source"), inherited[1])
    if parent is None and "title" not in fields:
        value.fault("MISSING_KEY", "`title` is missing where no parent has one", "add `title: {zh: …, en: …}`")
    title, review = _read_head(fields, name, parent)
    settings = _read_settings(fields.get("settings"), file, shared)
    rules = dict(file.rules)
    scope = Scope(words, {key: setting.type for key, setting in {**shared, **settings}.items()}, subjects)
    for key, spec in _entries(fields.get("rules")):
        with suppress(Unreadable):
            _add_rule(key, spec, file, scope, rules)
    _check_overruling(rules, file, value)
    return ServicePolicy(
        name=name,
        region=region.code,
        title=title,
        own_settings=settings,
        shared_settings=shared,
        rules=rules,
        review_every=review,
        files=(*(parent.files if parent else ()), value.file),
    )


def read_shared_settings(
    value: Value, region: Region, words: Words, inherited: Mapping[str, Setting]
) -> Mapping[str, Setting]:
    """Read a region's `settings.yaml`: settings that every service of the region and below may read."""
    fields = value.fields((), ("source", "settings"))
    file = _File(region, words, inherited, fields.get("source"), {})
    return _read_settings(fields.get("settings"), file, {})


def _read_settings(value: Value | None, file: _File, shared: Mapping[str, Setting]) -> dict[str, Setting]:
    settings = dict(file.settings)
    for name, spec in _entries(value):
        with suppress(Unreadable):
            if name in shared:
                raise spec.fault(
                    "DUPLICATE_DEFINITION", f"`{name}` is a shared setting ({shared[name].place})", "use another name"
                )
            settings[name] = _read_setting(name, spec, file)
    return settings


def _read_head(fields: Mapping[str, Value], name: str, parent: ServicePolicy | None) -> tuple[Message, Duration | None]:
    title = parent.title if parent else Message(name, name)
    review = parent.review_every if parent else None
    with suppress(Unreadable):
        title = fields["title"].message() if "title" in fields else title
    with suppress(Unreadable):
        review = read_duration(fields["review_every"]) if "review_every" in fields else review
    return title, review


def _entries(value: Value | None) -> list[tuple[str, Value]]:
    if value is None:
        return []
    try:
        return list(value.entries().items())
    except Unreadable:
        return []


def _read_setting(name: str, value: Value, file: _File) -> Setting:
    inherited = file.settings.get(name)
    if not NAME.fullmatch(name):
        raise value.fault("BAD_NAME", f"`{name}` is not a name", "use lower-case letters, digits and single `_`")
    if inherited is None:
        return _new_setting(name, value, file)
    fields = value.fields(("replaces", "values"), ("label",))
    if "replaces" not in fields or not fields["replaces"].boolean():
        raise value.fault(
            "REPLACES_SILENTLY",
            f"a parent defines `{name}` at {inherited.place}",
            "add `replaces: true`, or use another name",
        )
    if "values" not in fields:
        raise Unreadable
    layer = _read_layer(fields["values"], inherited.type, file)
    if inherited.binding is not None:
        _check_binding(value, layer, inherited, inherited.binding.children_may)
    label = fields["label"].message() if "label" in fields else inherited.label
    return replace(inherited, layers=(layer, *inherited.layers), label=label, place=value.place)


def _new_setting(name: str, value: Value, file: _File) -> Setting:
    fields = value.fields(("type", "label"), ("of", "unit", "bind", "values", "replaces"))
    if "replaces" in fields:
        raise fields["replaces"].fault(
            "REPLACES_NOTHING", f"no parent defines the setting `{name}`", "remove `replaces:` or mend the name"
        )
    if not {"type", "label"} <= fields.keys():
        raise Unreadable
    of_type = read_type(fields)
    if of_type.of is not None and of_type.of not in file.words.vocabularies:
        raise fields["of"].fault(
            "UNKNOWN_VOCABULARY",
            f"there is no vocabulary `{of_type.of}`",
            did_you_mean(of_type.of, file.words.vocabularies),
        )
    return Setting(
        name=name,
        type=of_type,
        unit=fields["unit"].text() if "unit" in fields else None,
        label=fields["label"].message(),
        binding=_read_binding(fields["bind"], of_type) if "bind" in fields else None,
        layers=(_read_layer(fields["values"], of_type, file),) if "values" in fields else (),
        place=value.place,
    )


def _read_binding(value: Value, of_type: ValueType) -> Binding:
    fields = value.fields(("children_may",))
    if "children_may" not in fields:
        raise Unreadable
    may = fields["children_may"].text()
    ordered = of_type.kind in ORDERED or of_type.kind is Kind.DURATION
    fits = {"raise": ordered, "lower": ordered, "narrow": of_type.kind in LISTS, "nothing": True}
    if may not in _BINDINGS or not fits[may]:
        usable = ", ".join(word for word in _BINDINGS if fits[word])
        raise value.fault("BAD_BINDING", f"`{may}` does not fit a {of_type}", f"use one of: {usable}")
    return Binding(may, value.place)


def _read_layer(value: Value, of_type: ValueType, file: _File) -> tuple[DatedValue, ...]:
    found: list[DatedValue] = []
    for item in value.items():
        with suppress(Unreadable):
            found.append(_read_dated(item, of_type, file))
    found.sort(key=lambda dated: (dated.start, dated.published or date.min), reverse=True)
    for newer, older in pairwise(found):
        if (newer.start, newer.published) == (older.start, older.published):
            value.fault(
                "CONFLICTING_VALUES",
                f"two values start on {newer.start} and were published on the same day",
                "keep one, or give the later one its day of publication",
            )
    return tuple(found)


def _read_dated(value: Value, of_type: ValueType, file: _File) -> DatedValue:
    fields = value.fields(("value", "from"), ("until", "published", "source"))
    if not {"value", "from"} <= fields.keys():
        raise Unreadable
    start, end, published = _read_dates(fields, value)
    return DatedValue(
        value=file.words.read(fields["value"], of_type),
        start=start or date.min,
        end=end,
        published=published,
        citation=file.citation(fields, value),
    )


def _read_dates(fields: Mapping[str, Value], value: Value) -> tuple[date | None, date | None, date | None]:
    start, end, published = (fields[key].date() if key in fields else None for key in ("from", "until", "published"))
    if start is not None and end is not None and end < start:
        raise value.fault("BAD_DATES", f"it ends on {end}, before it starts on {start}", "mend one of the dates")
    return start, end, published


def _check_binding(value: Value, layer: tuple[DatedValue, ...], inherited: Setting, may: str) -> None:
    """Compare each value with the parent's on every day on which either of them changes."""
    parent_starts = [dated.start for parent_layer in inherited.layers for dated in parent_layer]
    for dated in layer:
        days = {dated.start} | {s for s in parent_starts if dated.holds(s, date.max)}
        for day in sorted(days):
            bound = inherited.at(day, date.max)
            if bound is not None and not is_tighter(dated.value, bound.value, may, inherited.type):
                value.fault(
                    "LOOSENS_BOUND_SETTING",
                    f"{dated.value} on {day} goes beyond the parent's {bound.value}"
                    f" ({bound.citation.file}:{bound.citation.line}), where children may only: {may}",
                    "choose a value that the parent allows",
                )
                break


def _add_rule(name: str, value: Value, file: _File, scope: Scope, rules: dict[str, Rule]) -> None:
    if not NAME.fullmatch(name):
        raise value.fault("BAD_NAME", f"`{name}` is not a name", "use lower-case letters, digits and single `_`")
    inherited = file.rules.get(name)
    entries = value.entries()
    if "removed" in entries:
        fields = value.fields(("removed", "source"))
        if {"removed", "source"} <= fields.keys() and fields["removed"].boolean():
            _replaceable(value, name, inherited, "REMOVES_NOTHING")
            file.citation(fields, value)
            rules.pop(name, None)
        return
    rule = _read_rule(name, value, file, scope)
    if "replaces" in entries and entries["replaces"].boolean():
        _replaceable(value, name, inherited, "REPLACES_NOTHING")
    elif inherited is not None:
        raise value.fault(
            "REPLACES_SILENTLY",
            f"a parent defines the rule `{name}` at {inherited.place}",
            "add `replaces: true`, or use another name",
        )
    rules[name] = rule


def _replaceable(value: Value, name: str, inherited: Rule | None, code: str) -> None:
    if inherited is None:
        raise value.fault(code, f"no parent defines the rule `{name}`", "mend the name or remove this entry")
    if inherited.bound:
        raise value.fault(
            "LOOSENS_BOUND_RULE",
            f"`{name}` is bound by its parent at {inherited.place}",
            "add a stricter rule of your own instead",
        )


def _read_rule(name: str, value: Value, file: _File, scope: Scope) -> Rule:
    words = ("when", "message", "source", "from", "until", "published", "bind", "instead_of", "replaces")
    fields = value.fields((), (*OUTCOMES, *words))
    before = len(value.log.faults)
    outcomes: list[Outcome] = []
    for word in [word for word in OUTCOMES if word in fields]:
        with suppress(Unreadable):
            outcomes.append(OUTCOMES[word](fields[word], scope))
    if sum(word in fields for word in OUTCOMES) != 1:
        value.fault("BAD_OUTCOME", "a rule has exactly one outcome", f"keep one of: {', '.join(OUTCOMES)}")
    conditions: list[Any] = []
    if "when" in fields:
        with suppress(Unreadable):
            conditions.append(read_condition(fields["when"], scope))
    message = _read_message(fields, value, outcomes, scope)
    citation = file.citation(fields, value)
    start, end, published = _read_dates(fields, value)
    instead_of = tuple(item.name() for item in fields["instead_of"].items()) if "instead_of" in fields else ()
    bound = "bind" in fields and fields["bind"].boolean()
    if len(value.log.faults) > before:
        raise Unreadable
    return Rule(
        id=name,
        condition=conditions[0] if conditions else None,
        outcome=outcomes[0],
        message=message,
        instead_of=instead_of,
        bound=bound,
        start=start,
        end=end,
        published=published,
        citation=citation,
        place=value.place,
    )


def _read_message(fields: Mapping[str, Value], value: Value, outcomes: list[Outcome], scope: Scope) -> Message | None:
    if "message" not in fields:
        if outcomes and isinstance(outcomes[0], SPEAKING):
            value.fault("MISSING_KEY", "`message` is missing: people must be told", "add `message: {zh: …, en: …}`")
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
        value.fault("BAD_MESSAGE", f'"{text}": {error}', "write {{ and }} for braces")
        return
    for name, spec, conversion in places:
        if name is not None and (name not in scope.settings or spec or conversion):
            value.fault("BAD_MESSAGE", f"`{{{name}}}` is not a setting", did_you_mean(name, scope.settings))


def _check_overruling(rules: Mapping[str, Rule], file: _File, value: Value) -> None:
    """Check `instead_of`: its targets exist, do the same kind of thing, are not bound, and make no circle."""
    for rule in [rule for rule in rules.values() if rule.citation.file == value.file]:
        place = rule.place
        for name in rule.instead_of:
            target = rules.get(name)
            if target is None:
                value.log.add(place, "UNKNOWN_RULE", f"there is no rule `{name}`", did_you_mean(name, rules))
            elif type(target.outcome) is not type(rule.outcome):
                value.log.add(
                    place, "TYPES_DIFFER", f"`{name}` has another kind of outcome", "overrule a rule of the same kind"
                )
            elif target.bound and target.citation.file != rule.citation.file:
                value.log.add(
                    place, "LOOSENS_BOUND_RULE", f"`{name}` is bound by its parent", "add a stricter rule instead"
                )
            elif _reaches(target, rule.id, rules, set()):
                value.log.add(
                    place, "CIRCULAR_RULES", f"`{name}` and `{rule.id}` overrule each other", "break the circle"
                )
    for name in [r.id for r in rules.values() if any(t not in rules for t in r.instead_of)]:
        if rules[name].citation.file != value.file:
            value.fault("UNKNOWN_RULE", f"`{name}` overrules a rule removed here", "replace or remove it too")


def _reaches(rule: Rule, goal: str, rules: Mapping[str, Rule], seen: set[str]) -> bool:
    if goal in rule.instead_of:
        return True
    seen.add(rule.id)
    return any(_reaches(rules[n], goal, rules, seen) for n in rule.instead_of if n in rules and n not in seen)
