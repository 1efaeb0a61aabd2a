"""Reading settings: named, typed values, each with its days and its source.

A child replaces a parent's setting by name and says so; the parent's type, unit and binding stay. What a parent binds
can only be tightened, on every day and by whatever was published when.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from domain.duration import Duration
from domain.message import Message
from domain.region import Region
from policies.language.service import Binding, DatedValue, Setting, is_tighter
from policies.language.sources import Sources
from policies.language.values import IN_TIME, LISTS, ORDERED, Kind, ValueType, read_type, show
from policies.language.vocabulary import Lexicon, check_name, did_you_mean
from policies.source.faults import ANOTHER_NAME, Unreadable, did_you_mean_or, use_one_of
from policies.source.reader import Value, read_all, read_definitions, read_each, read_entries, read_items

BINDINGS = ("raise", "lower", "narrow", "nothing")
_ALWAYS = date.max


def read_shared_settings(
    value: Value, region: Region, words: Lexicon, inherited: Mapping[str, Setting]
) -> Mapping[str, Setting]:
    """Read a region's `settings.yaml`: settings that every service of the region and below may read."""
    fields = value.fields((), ("source", "settings"))
    sources = Sources(region, words, fields.get("source"))
    sources.check_default()
    return read_settings(fields.get("settings"), inherited, {}, sources)


def read_settings(
    value: Value | None, inherited: Mapping[str, Setting], shared: Mapping[str, Setting], sources: Sources
) -> dict[str, Setting]:
    """Read `settings:` on top of what the file inherits.

    Args:
        value: the mapping, or None where there is none.
        inherited: settings of the parent's files of the same kind.
        shared: settings whose names are taken.
        sources: of the file.
    """
    settings = dict(inherited)

    def read(name: str, spec: Value) -> None:
        if name in shared:
            where = shared[name].place
            message = Message(f"`{name}` 是共用参数（{where}）", f"`{name}` is a shared setting ({where})")
            raise spec.fault("DUPLICATE_DEFINITION", message, ANOTHER_NAME)
        before = len(spec.log.faults)
        settings[name] = _read_setting(name, spec, inherited, sources)
        spec.log.lose(before, f"value {name}")

    read_definitions(read_entries(value), "setting", read)
    return settings


def settings_again(
    was: Mapping[str, Setting],
    inherited_was: Mapping[str, Setting],
    inherited: Mapping[str, Setting],
    shared: Mapping[str, Setting],
) -> Mapping[str, Setting] | None:
    """Return what a file's settings come to on top of others; None where the file must be read for that.

    Args:
        was: what they came to before; inherited_was: on top of which settings.
        inherited: those of the parent now; shared: settings whose names are taken.
    """
    own = {name: setting for name, setting in was.items() if setting is not inherited_was.get(name)}
    if not shared.keys().isdisjoint(own):
        return None
    if inherited is inherited_was:
        return was
    settings = dict(inherited)
    for name, setting in own.items():
        again = _setting_again(setting, inherited_was.get(name), inherited.get(name))
        if again is None:
            return None
        settings[name] = again
    return settings


def _setting_again(was: Setting, inherited_was: Setting | None, inherited: Setting | None) -> Setting | None:
    if inherited_was is inherited:
        return was
    if inherited_was is None or inherited is None or inherited.type != inherited_was.type:
        return None
    label = inherited.label if was.label is inherited_was.label else was.label
    again = replace(inherited, layers=(was.layers[0], *inherited.layers), label=label, place=was.place)
    binding = inherited.binding
    loosens = binding is not None and any(_loosening(again, inherited, binding.children_may))
    return None if loosens else again


def read_dates(fields: Mapping[str, Value], value: Value) -> tuple[date | None, date | None, date | None]:
    """Read `from`, `until` and `published` of a rule or value, None where it states none."""
    dates = read_each(dict(fields), {"from": Value.date, "until": Value.date, "published": Value.date})
    start, end = dates.get("from"), dates.get("until")
    if start is not None and end is not None and end < start:
        message = Message(f"截止日期{end}早于生效日期{start}", f"it ends on {end}, before it starts on {start}")
        value.fault("BAD_DATES", message, Message("改正其中一个日期", "mend one of the dates"))
    return start, end, dates.get("published")


def _read_setting(name: str, value: Value, inherited: Mapping[str, Setting], sources: Sources) -> Setting:
    check_name(name, value)
    if name in inherited:
        return _override(value, inherited[name], sources)
    return _new_setting(name, value, inherited, sources)


def _override(value: Value, inherited: Setting, sources: Sources) -> Setting:
    name = inherited.name
    fields = value.known(value.entries(), ("values",), ("replaces", "label"))
    readers: dict[str, Callable[[Value], Any]] = {"replaces": Value.boolean, "label": Value.message}
    readers["values"] = lambda item: _read_layer(item, inherited.type, sources)
    read = read_each(fields, readers)
    if "replaces" not in fields or read.get("replaces") is False:
        message = Message(
            f"上级已在 {inherited.place} 定义 `{name}`", f"a parent defines `{name}` at {inherited.place}"
        )
        remedy = Message("加上 `replaces: true`，或换一个名称", "add `replaces: true`, or use another name")
        value.fault("REPLACES_SILENTLY", message, remedy, value.key("replaces"))
    if "values" not in read:
        raise Unreadable
    setting = replace(
        inherited,
        layers=(read["values"], *inherited.layers),
        label=read.get("label", inherited.label),
        place=value.place,
    )
    if inherited.binding is not None:
        _check_binding(fields["values"], setting, inherited, inherited.binding.children_may)
    return setting


def _new_setting(name: str, value: Value, inherited: Mapping[str, Setting], sources: Sources) -> Setting:
    entries = value.entries()
    if "replaces" in entries:
        message = Message(f"上级没有定义参数 `{name}`", f"no parent defines the setting `{name}`")
        remedy = Message(
            "改正名称，或写明类型并删去 `replaces:`", "mend the name, or give it a type and remove `replaces:`"
        )
        raise entries["replaces"].fault(
            "REPLACES_NOTHING", message, did_you_mean_or(name, inherited, remedy), f"setting {name}"
        )
    fields = value.known(entries, ("type", "label"), ("of", "unit", "bind", "values"))
    texts = read_each(fields, {"label": Value.message, "unit": Value.text})
    if "type" not in fields:
        raise Unreadable
    of_type = _read_known_type(fields, sources.words)
    read = read_each(
        fields,
        {
            "values": lambda item: _read_layer(item, of_type, sources),
            "bind": lambda item: _binding(item, of_type),
        },
    )
    return Setting(
        name=name,
        type=of_type,
        unit=texts.get("unit"),
        label=texts.get("label", Message(name, name)),
        binding=read.get("bind"),
        layers=(read["values"],) if "values" in read else (),
        place=value.place,
        origin=value.place,
    )


def _read_known_type(fields: dict[str, Value], words: Lexicon) -> ValueType:
    of_type = read_type(fields)
    if of_type.of is not None and of_type.of not in words.vocabularies:
        message = Message(f"没有词表 `{of_type.of}`", f"there is no vocabulary `{of_type.of}`")
        remedy = did_you_mean(of_type.of, words.vocabularies)
        raise fields["of"].fault("UNKNOWN_VOCABULARY", message, remedy, f"vocabulary {of_type.of}")
    return of_type


def _binding(value: Value, of_type: ValueType) -> Binding:
    may: str = read_all(value.fields(("children_may",)), {"children_may": Value.text})["children_may"]
    ordered = of_type.kind in ORDERED or of_type.kind is Kind.DURATION
    fits = {"raise": ordered, "lower": ordered, "narrow": of_type.kind in LISTS, "nothing": True}
    if may not in BINDINGS or not fits[may]:
        message = Message(f"`{may}` 不适用于类型 `{of_type}`", f"`{may}` does not fit the type {of_type}")
        raise value.fault("BAD_BINDING", message, use_one_of(word for word in BINDINGS if fits[word]))
    return Binding(may, value.place)


def _read_layer(value: Value, of_type: ValueType, sources: Sources) -> tuple[DatedValue, ...]:
    found = read_items(value, lambda item: _read_dated(item, of_type, sources))
    if value.is_list and not value.items():
        remedy = Message(
            "补上 `- {value: …, from: YYYY-MM-DD}`，或删去 `values:`",
            "add `- {value: …, from: YYYY-MM-DD}`, or remove `values:`",
        )
        value.fault("MISSING_KEY", Message("列表中没有值", "no value in the list"), remedy)
    found.sort(key=lambda dated: (dated.start, dated.published or date.min), reverse=True)
    for newer, older in pairwise(found):
        if (newer.start, newer.published) == (older.start, older.published):
            message = Message(
                f"有两个值都自{newer.start}起生效，公布日期也相同",
                f"two values start on {newer.start} and were published on the same day",
            )
            remedy = Message(
                "保留一个，或写明较晚一个的公布日期", "keep one, or give the later one its day of publication"
            )
            value.fault("CONFLICTING_VALUES", message, remedy)
    return tuple(found)


def _read_dated(value: Value, of_type: ValueType, sources: Sources) -> DatedValue:
    fields = value.fields(("value", "from"), ("until", "published", "source"))
    start, end, published = read_dates(fields, value)
    read = read_each(fields, {"value": lambda item: sources.words.read(item, of_type)})
    citation = sources.citation(fields, value)
    if "value" not in read or start is None:
        raise Unreadable
    return DatedValue(read["value"], start, end, published, citation)


def _check_binding(value: Value, setting: Setting, inherited: Setting, may: str) -> None:
    for mine, bound, day in _loosening(setting, inherited, may):
        remedy = _allowed(mine, bound, may, inherited.type)
        value.fault("LOOSENS_BOUND_SETTING", _loosened(mine, bound, day, may, inherited.type), remedy)


def _loosening(setting: Setting, inherited: Setting, may: str) -> Iterator[tuple[DatedValue, DatedValue, date]]:
    """Compare the child's values with the parent's on every day on which either changes, as known on every day."""
    own, parents = setting.layers[0], [dated for layer in inherited.layers for dated in layer]
    faulty: list[DatedValue] = []
    for day in _changes((*own, *parents)):
        for known in sorted({dated.published for dated in (*own, *parents) if dated.published} | {_ALWAYS}):
            mine, bound = setting.at(day, known), inherited.at(day, known)
            if mine is None or bound is None or mine is bound or mine in faulty:
                continue
            if not is_tighter(mine.value, bound.value, may, inherited.type):
                faulty.append(mine)
                yield mine, bound, day


def _changes(values: Iterable[DatedValue]) -> list[date]:
    """Return the days on which some value starts, or is the first without it."""
    starts = {dated.start for dated in values}
    ends = {dated.end + timedelta(days=1) for dated in values if dated.end is not None and dated.end < date.max}
    return sorted(starts | ends)


def _loosened(mine: DatedValue, bound: DatedValue, day: date, may: str, of_type: ValueType) -> Message:
    where = f"{bound.citation.file}:{bound.citation.line}"
    own, parents = show(mine.value, of_type), show(bound.value, of_type)
    on = show(day, ValueType(Kind.DATE))
    return Message(
        f"{on.zh}的值是{own.zh}，不符合上级的限定：上级的值是{parents.zh}（{where}），并规定 `children_may: {may}`",
        f"{own.en} on {on.en} does not keep to the parent's {parents.en} ({where}), which says `children_may: {may}`",
    )


def _allowed(mine: DatedValue, bound: DatedValue, may: str, of_type: ValueType) -> Message:
    """Say which values a binding allows."""
    parents = show(bound.value, of_type)
    if may == "nothing":
        return Message("上级不许更改此值，请删去", "it may not be changed; remove it")
    if may == "narrow":
        return Message(f"只能从上级的值中选用：{parents.zh}", f"use only words of the parent's: {parents.en}")
    in_time = of_type.kind in IN_TIME
    zh, en = {
        "raise": ("早于" if in_time else "低于", "earlier" if in_time else "lower"),
        "lower": ("晚于" if in_time else "高于", "later" if in_time else "higher"),
    }[may]
    units = Message("", "")
    if isinstance(mine.value, Duration) and mine.value.unit is not bound.value.unit:
        units = Message("，并用同一单位", ", in the same unit")
    return Message(f"改用不{zh}{parents.zh}的值{units.zh}", f"choose a value not {en} than {parents.en}{units.en}")
