"""Reading settings: named, typed values, each with its days and its source.

A child replaces a parent's setting by name and says so; the parent's type, unit and binding stay. What a parent binds
can only be tightened, on every day and by whatever was published when.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from domain.duration import Duration
from domain.message import Message
from domain.region import Region
from policies.language.layered import layered
from policies.language.service import Binding, DatedValue, Setting, is_tighter
from policies.language.sources import PolicyFile, Sources
from policies.language.values import IN_TIME, LISTS, ORDERED, Kind, ValueType, read_type, show
from policies.language.vocabulary import Lexicon, check_name, did_you_mean
from policies.source.faults import ANOTHER_NAME, SourceLocation, Unreadable, did_you_mean_or, use_one_of
from policies.source.reader import Value, read_all, read_definitions, read_each, read_entries, read_items

BINDINGS = ("raise", "lower", "narrow", "nothing")
_ALWAYS = date.max


@dataclass(frozen=True, slots=True)
class ReplacedValues:
    """Values that a file gives to a setting that a parent defines.

    Args:
        type: of the setting, by which they were read; label: None where the parent's stays.
        values: newest first.
    """

    type: ValueType
    label: Message | None
    values: tuple[DatedValue, ...]
    place: SourceLocation

    def over(self, inherited: Setting) -> Setting:
        """Return the setting with these values on top of the parent's."""
        layers = (self.values, *inherited.layers)
        return replace(inherited, layers=layers, label=self.label or inherited.label, place=self.place)

    def fits(self, inherited: Setting | None) -> bool:
        """Say whether reading these values again would find no fault, and the same values."""
        if inherited is None or inherited.type != self.type:
            return False
        binding = inherited.binding
        return binding is None or not any(_loosening(self.over(inherited), inherited, binding.children_may))


OwnSettings = Mapping[str, Setting | ReplacedValues]
"""What a file says of settings, by name: those that it defines, and values for those of its parent."""


def read_shared_settings(value: Value, region: Region, words: Lexicon, inherited: Mapping[str, Setting]) -> OwnSettings:
    """Read a region's `settings.yaml`: settings that every service of the region and below may read."""
    fields = value.fields((), ("source", "settings"))
    sources = Sources(PolicyFile.of(value.file, region), words, fields.get("source"))
    sources.check_default()
    return read_settings(fields.get("settings"), inherited, {}, sources)


def read_settings(
    value: Value | None, inherited: Mapping[str, Setting], shared: Mapping[str, Setting], sources: Sources
) -> OwnSettings:
    """Read `settings:` of a file.

    Args:
        value: the mapping, or None where there is none.
        inherited: settings of the parent's files of the same kind.
        shared: settings whose names are taken.
        sources: of the file.

    Returns:
        What the file says, to be put on top of what it inherits by `settings_over`. Settings with faults are left out.
    """
    own: dict[str, Setting | ReplacedValues] = {}

    def read(name: str, spec: Value) -> None:
        if name in shared:
            where = shared[name].place
            message = Message(f"`{name}` 是共用参数（{where}）", f"`{name}` is a shared setting ({where})")
            raise spec.fault("DUPLICATE_DEFINITION", message, ANOTHER_NAME)
        before = len(spec.log.faults)
        own[name] = _read_setting(name, spec, inherited, sources)
        spec.log.lose(before, f"value {name}")

    read_definitions(read_entries(value), "setting", read)
    return own


def settings_over(own: OwnSettings, inherited: Mapping[str, Setting]) -> Mapping[str, Setting]:
    """Return the settings that hold where a file says this on top of what it inherits; see `settings_fit`."""
    found = {
        name: said.over(inherited[name]) if isinstance(said, ReplacedValues) else said for name, said in own.items()
    }
    return layered(found, inherited)


def settings_fit(own: OwnSettings, inherited: Mapping[str, Setting], shared: Mapping[str, Setting]) -> bool:
    """Say whether reading again what a file says would find no fault and nothing else; arguments as of `read_settings`."""
    for name, said in own.items():
        above = inherited.get(name)
        fits = said.fits(above) if isinstance(said, ReplacedValues) else above is None
        if not fits or name in shared:
            return False
    return True


def read_dates(fields: Mapping[str, Value], value: Value) -> tuple[date | None, date | None, date | None]:
    """Read `from`, `until` and `published` of a rule or value, None where it states none."""
    dates = read_each(dict(fields), {"from": Value.date, "until": Value.date, "published": Value.date})
    start, end = dates.get("from"), dates.get("until")
    if start is not None and end is not None and end < start:
        message = Message(f"截止日期{end}早于生效日期{start}", f"it ends on {end}, before it starts on {start}")
        value.fault("BAD_DATES", message, Message("改正其中一个日期", "mend one of the dates"))
    return start, end, dates.get("published")


def _read_setting(
    name: str, value: Value, inherited: Mapping[str, Setting], sources: Sources
) -> Setting | ReplacedValues:
    check_name(name, value)
    if name in inherited:
        return _override(value, inherited[name], sources)
    return _new_setting(name, value, inherited, sources)


def _override(value: Value, inherited: Setting, sources: Sources) -> ReplacedValues:
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
    own = ReplacedValues(inherited.type, read.get("label"), read["values"], value.place)
    if inherited.binding is not None:
        _check_binding(fields["values"], own.over(inherited), inherited, inherited.binding.children_may)
    return own


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
    stated, file = sources.cite(fields, value)
    if "value" not in read or start is None:
        raise Unreadable
    return DatedValue(stated, file, read["value"], start, end, published)


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
