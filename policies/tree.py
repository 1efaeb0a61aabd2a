"""All of `regions/`: folders are inheritance, paths are identity.

regions/vocabulary/<name>.yaml   one vocabulary a file
regions/facts.yaml               the facts that rules may read
regions/sources.yaml             the documents that policies cite
regions/calendar.yaml            holidays and make-up working days
regions/<nation>/[<province>/[<city>/…]]
    region.yaml                  code, level, name
    vocabulary.yaml              words of this region and below (optional)
    sources.yaml                 documents of this region and below (optional)
    <service>.yaml               one service
    <service>.tests.yaml         its tests
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import get_args

from domain.region import Level, Region
from policies.faults import FaultLog, Place, PolicyFaults, Unreadable
from policies.inheritance import read_service, read_shared_settings
from policies.limits import check_limits
from policies.reader import NAME, Value, read_file
from policies.service import ServicePolicy, Setting
from policies.values import REGION_CODE
from policies.vocabulary import Words, did_you_mean, read_document, read_fact, read_vocabulary

MAX_REGIONS = 5_000
_RESERVED = frozenset({"region.yaml", "vocabulary.yaml", "sources.yaml", "settings.yaml"})
_LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class RegionPolicies:
    """A region with its words and the policies of every service that it has or inherits."""

    region: Region
    words: Words
    shared_settings: Mapping[str, Setting]
    services: Mapping[str, ServicePolicy]
    place: Place


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """Days that the working calendar of officers lists, with the reason."""

    holidays: Mapping[date, str]
    workdays: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class PolicyTree:
    """Everything in the regions folder, by region code."""

    regions: Mapping[str, RegionPolicies]
    days: SpecialDays
    folder: Path


def load_tree(folder: Path) -> PolicyTree:
    """Read every policy file.

    Args:
        folder: the regions folder.

    Raises:
        PolicyFaults: something is wrong; it lists every fault of every file.
    """
    log = FaultLog()
    tree = _Loader(folder, log).load()
    if log.faults:
        raise PolicyFaults(log.faults)
    return tree


class _Loader:
    def __init__(self, folder: Path, log: FaultLog) -> None:
        self.folder = folder
        self.log = log
        self.regions: dict[str, RegionPolicies] = {}

    def load(self) -> PolicyTree:
        if not self.folder.is_dir():
            place = Place(str(self.folder), 1, 1, "")
            self.log.add(place, "NO_REGIONS", "there is no such folder", "name the folder that holds the regions")
            return PolicyTree({}, SpecialDays({}, {}), self.folder)
        words = self._top_words()
        days = self._days()
        for path in sorted(p for p in self.folder.iterdir() if p.is_dir() and p.name != "vocabulary"):
            if not path.name.startswith("."):
                self._region(path, words, None)
        if not self.regions and not self.log.faults:
            self.log.add(Place(".", 1, 1, ""), "NO_REGIONS", "no region.yaml in any folder", "add a nation's folder")
        return PolicyTree(self.regions, days, self.folder)

    def _read(self, path: Path) -> Value | None:
        try:
            return read_file(path, path.relative_to(self.folder).as_posix(), self.log)
        except Unreadable:
            return None

    def _top_words(self) -> Words:
        words = Words.empty()
        self._documents(self.folder / "sources.yaml", words)
        vocabularies = [
            (path.stem, value)
            for path in sorted((self.folder / "vocabulary").glob("*.yaml"))
            if (value := self._read(path)) is not None
        ]
        self._vocabularies(vocabularies, words)
        facts = self.folder / "facts.yaml"
        if facts.exists() and (value := self._read(facts)) is not None:
            self._facts(value, words)
        return words

    def _documents(self, path: Path, words: Words) -> None:
        if path.exists() and (value := self._read(path)) is not None:
            for name, spec in _entries(value):
                with suppress(Unreadable):
                    read_document(name, spec, words)

    def _vocabularies(self, found: list[tuple[str, Value]], words: Words) -> None:
        """Read vocabularies in an order in which each stands after those whose words its attributes use."""
        waiting = dict(found)
        while waiting:
            ready = [n for n, v in waiting.items() if not (_uses(v) & (waiting.keys() - {n}))] or list(waiting)
            for name in ready:
                value = waiting.pop(name)
                with suppress(Unreadable):
                    read_vocabulary(name, value, words)

    def _facts(self, value: Value, words: Words) -> None:
        for name, spec in _entries(value):
            with suppress(Unreadable):
                read_fact(name, spec, words)
        for definition in words.facts.values():
            if definition.type.of is not None and definition.type.of not in words.vocabularies:
                self.log.add(
                    definition.place,
                    "UNKNOWN_VOCABULARY",
                    f"there is no vocabulary `{definition.type.of}`",
                    did_you_mean(definition.type.of, words.vocabularies),
                )

    def _days(self) -> SpecialDays:
        holidays: dict[date, str] = {}
        workdays: dict[date, str] = {}
        path = self.folder / "calendar.yaml"
        if path.exists() and (value := self._read(path)) is not None:
            try:
                fields = value.fields(("holidays", "workdays"))
            except Unreadable:
                fields = {}
            for key, into in (("holidays", holidays), ("workdays", workdays)):
                if key in fields:
                    with suppress(Unreadable):
                        _read_days(fields[key], into, holidays, workdays)
        return SpecialDays(holidays, workdays)

    def _region(self, path: Path, parent_words: Words, parent: RegionPolicies | None) -> None:
        file = path / "region.yaml"
        relative = path.relative_to(self.folder).as_posix()
        if not file.exists():
            self.log.add(
                Place(relative, 1, 1, ""),
                "MISSING_REGION_FILE",
                "the folder has no region.yaml",
                "add one, without gaps",
            )
            return
        value = self._read(file)
        region = self._region_of(value, relative, parent) if value is not None else None
        if region is None or value is None:
            return
        words = parent_words.child()
        self._own_words(path, words)
        shared = self._shared_settings(path, region, words, parent)
        services = {
            name: policy.in_region(region.code, shared) for name, policy in (parent.services if parent else {}).items()
        }
        found = RegionPolicies(region, words, shared, services, value.place)
        self._services(path, found, services)
        self.regions[region.code] = found
        for policy in services.values():
            check_limits(policy, words, region, self.log)
        for child in sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")):
            self._region(child, words, found)

    def _region_of(self, value: Value, path: str, parent: RegionPolicies | None) -> Region | None:
        try:
            return _read_region(value, path, parent, self.regions)
        except Unreadable:
            return None

    def _own_words(self, path: Path, words: Words) -> None:
        self._documents(path / "sources.yaml", words)
        file = path / "vocabulary.yaml"
        if not file.exists() or (value := self._read(file)) is None:
            return
        try:
            fields = value.fields((), ("vocabularies", "facts"))
        except Unreadable:
            return
        if "vocabularies" in fields:
            self._vocabularies(_entries(fields["vocabularies"]), words)
        if "facts" in fields:
            self._facts(fields["facts"], words)

    def _shared_settings(
        self, path: Path, region: Region, words: Words, parent: RegionPolicies | None
    ) -> Mapping[str, Setting]:
        inherited = parent.shared_settings if parent else {}
        file = path / "settings.yaml"
        if not file.exists() or (value := self._read(file)) is None:
            return inherited
        try:
            return read_shared_settings(value, region, words, inherited)
        except Unreadable:
            return inherited

    def _services(self, path: Path, place: RegionPolicies, services: dict[str, ServicePolicy]) -> None:
        region, words = place.region, place.words
        known = words.vocabularies.get("services")
        for file in sorted(path.iterdir()):
            relative = file.relative_to(self.folder).as_posix()
            if not file.is_file() or file.name in _RESERVED or file.suffix not in (".yaml", ".yml"):
                continue
            name = file.name.removesuffix(".yaml").removesuffix(".tests")
            if known is None or name not in known.terms or file.suffix == ".yml":
                names = known.terms if known else ()
                self.log.add(
                    Place(relative, 1, 1, ""),
                    "UNKNOWN_SERVICE",
                    f"`{file.name}` is no service",
                    did_you_mean(name, names),
                )
            elif not file.name.endswith(".tests.yaml") and (value := self._read(file)) is not None:
                subjects = frozenset(known.terms[name].attributes.get("subjects", ()))
                try:
                    parent = services.get(name)
                    services[name] = read_service(name, value, region, words, parent, subjects, place.shared_settings)
                except Unreadable:
                    continue


def _entries(value: Value) -> list[tuple[str, Value]]:
    try:
        return list(value.entries().items())
    except Unreadable:
        return []


def _uses(value: Value) -> set[str]:
    """Return the vocabularies that the attributes of a vocabulary are words of."""
    found = set()
    for name, spec in _entries(value):
        if name == "attributes":
            for _, attribute in _entries(spec):
                found |= {str(v.node.value) for k, v in _entries(attribute) if k == "of"}
    return found


def _read_days(value: Value, into: dict[date, str], holidays: dict[date, str], workdays: dict[date, str]) -> None:
    for item in value.items():
        fields = item.fields(("date", "name"), ("source",))
        if {"date", "name"} <= fields.keys():
            day = fields["date"].date()
            if day in holidays or day in workdays:
                item.fault("DUPLICATE_VALUE", f"{day} is listed twice", "keep one of the two")
            else:
                into[day] = fields["name"].text()


def _read_region(
    value: Value, path: str, parent: RegionPolicies | None, regions: Mapping[str, RegionPolicies]
) -> Region:
    fields = value.fields(("code", "level", "name"))
    if len(fields) < 3:
        raise Unreadable
    code, level, name = fields["code"].text(), fields["level"].text(), fields["name"].message()
    if not REGION_CODE.fullmatch(code):
        raise fields["code"].fault("BAD_REGION_CODE", f"`{code}` is not a GB/T 2260 code", 'write six digits: "510100"')
    if code in regions:
        raise fields["code"].fault(
            "DUPLICATE_DEFINITION", f"{code} is already defined at {regions[code].place}", "one folder a region"
        )
    if not NAME.fullmatch(path.rsplit("/", 1)[-1]):
        raise value.fault("BAD_NAME", f"`{path}` is not a folder name", "use lower-case letters, digits and `_`")
    depth = _LEVELS.index(parent.region.level) + 1 if parent else 0
    if level not in _LEVELS[depth:] or (parent is None and level != "nation"):
        expected = "nation" if parent is None else " or ".join(_LEVELS[depth:]) or "nothing"
        raise fields["level"].fault("BAD_LEVEL", f"`{level}` does not fit here", f"expected {expected}")
    if parent is not None and not code.startswith(parent.region.code[: 2 * _LEVELS.index(parent.region.level)]):
        raise fields["code"].fault("BAD_REGION_CODE", f"{code} does not lie in {parent.region.code}", "mend the code")
    if len(regions) >= MAX_REGIONS:
        raise value.fault("TOO_MANY_REGIONS", f"more than {MAX_REGIONS} regions", "serve them from several graphs")
    return Region(code, path, level, name, parent.region.code if parent else None)
