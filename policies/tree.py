"""All of `regions/`: folders are inheritance, paths are identity.

regions/vocabulary/<name>.yaml   one vocabulary a file
regions/facts.yaml               the facts that rules may read
regions/sources.yaml             the documents that policies cite
regions/calendar.yaml            holidays and make-up working days
regions/<nation>/[<province>/[<city>/…]]
    region.yaml                  code, level, name
    vocabulary.yaml              words of this region and below (optional)
    sources.yaml                 documents of this region and below (optional)
    settings.yaml                settings that every service here and below may read (optional)
    rules.yaml                   rules that several services here and below share (optional)
    <service>.yaml               one service
    <service>.tests.yaml         its tests
"""

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from domain.region import Region
from policies.contents import Contents
from policies.faults import FaultLog, Place, PolicyFaults, Unreadable
from policies.inheritance import Surroundings, read_service
from policies.limits import Limits
from policies.nodes import Scalar
from policies.places import read_region, stand_in
from policies.reader import Value, read_entries, read_file, read_items
from policies.service import ServicePolicy, Setting
from policies.settings import read_shared_settings
from policies.shared_rules import SharedRules, read_shared_rules
from policies.vocabulary import Term, Words, check_fact_types, did_you_mean, read_document, read_fact, read_vocabulary

MAX_REGIONS = 5_000
MAX_ENTRIES = 100_000
"""Files and folders of one tree: twenty for each region."""
MAX_TREE_BYTES = 64 * 1024 * 1024
MAX_FOLDERS_DEEP = 6
"""Two more than there are levels: each of those has had its faults by then."""
TESTS = ".tests.yaml"
_TOP_FILES = ("facts.yaml", "sources.yaml", "calendar.yaml")
_REGION_FILES = ("region.yaml", "vocabulary.yaml", "sources.yaml", "settings.yaml", "rules.yaml")


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


FolderText = tuple[tuple[str, bytes], ...]
"""The names and digests of the policy files of one folder: all that the folder itself says."""


@dataclass(frozen=True, slots=True)
class RegionReading:
    """A region as it was read without a fault, with all that it was read from.

    Args:
        above: the parent as it was then; words: the words above; text: of its folder.
    """

    above: RegionPolicies | None
    words: Words
    text: FolderText
    found: RegionPolicies


@dataclass(slots=True)
class TreeReading:
    """What a tree was read from, so that the next load reads again only what has changed.

    Args:
        contents: of the files; top: the texts that the words of the whole country come from, and those words.
        regions: by folder.
    """

    contents: Contents = field(default_factory=Contents)
    top: tuple[FolderText, Words] | None = None
    regions: dict[str, RegionReading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyTree:
    """Everything in the regions folder, by region code.

    Args:
        digest: `sha256:` over the names and contents of all files that decide; tests beside them do not count.
        reading: what it was read from.
    """

    regions: Mapping[str, RegionPolicies]
    days: SpecialDays
    folder: Path
    digest: str = ""
    reading: TreeReading = field(default_factory=TreeReading, repr=False, compare=False)


def load_tree(folder: Path, before: PolicyTree | None = None) -> PolicyTree:
    """Read every policy file.

    Args:
        folder: the regions folder.
        before: a tree read before from the same folder, of which the regions that read alike are taken over as they are.

    Raises:
        PolicyFaults: something is wrong; it lists every fault of every file.
    """
    log = FaultLog()
    tree = read_tree(folder, log, before)
    if log.faults:
        raise PolicyFaults(log.faults)
    return tree


def read_tree(folder: Path, log: FaultLog, before: PolicyTree | None = None) -> PolicyTree:
    """Read every policy file, leaving out what has faults; with faults in the log, the tree is fit for checks only."""
    with _no_collection():
        return _Loader(folder, log, before).load()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the garbage collector off: it finds nothing while a tree grows, and costs a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Loader:
    def __init__(self, folder: Path, log: FaultLog, before: PolicyTree | None = None) -> None:
        self.folder = folder
        self.log = log
        self.before = before.reading if before else TreeReading()
        self.reading = TreeReading(Contents(self.before.contents))
        self.limits = Limits(log)
        self.regions: dict[str, RegionPolicies] = {}
        self.codes: dict[str, Place] = {}
        self.listed: dict[Path, dict[str, bool]] = {}
        self.entries = 0
        self.bytes = 0

    def load(self) -> PolicyTree:
        nothing = PolicyTree({}, SpecialDays({}, {}), self.folder)
        if not self.folder.is_dir():
            self._fault(self.folder, "NO_REGIONS", "there is no such folder", "name the folder that holds the regions")
            return nothing
        words = self._top_words()
        days = self._days()
        folders = [path for path in self._folders(self.folder) if path.name != "vocabulary"]
        for path in folders:
            self._region(path, words, None)
        if not folders:
            self._fault(self.folder, "NO_REGIONS", "there is no region's folder", "add a nation's folder")
        self.reading.contents.close()
        return PolicyTree(self.regions, days, self.folder, self._digest(), self.reading)

    def _digest(self) -> str:
        whole = sha256()
        start = len(str(self.folder)) + 1
        for path, digest in sorted(self.reading.contents.of_all().items()):
            whole.update(path[start:].encode() + b"\0" + digest)
        return f"sha256:{whole.hexdigest()}"

    def _fault(self, path: Path, code: str, message: str, remedy: str) -> None:
        inside = path != self.folder and path.is_relative_to(self.folder)
        file = path.relative_to(self.folder).as_posix() if inside else path.name
        self.log.add(Place(file, 1, 1, ""), code, message, remedy)

    def _list(self, path: Path) -> dict[str, bool]:
        """Return what is in a folder by name, in order, with whether it is a folder itself. Asks the disk once."""
        if path not in self.listed:
            self.listed[path] = {}
            try:
                listing = self.reading.contents.listing(str(path))
                self.listed[path] = {name: below for name, below in listing.items() if self._counts(path / name)}
            except OSError as error:
                message = f"cannot be listed: {error.strerror}"
                self._fault(path, "FILE_UNREADABLE", message, "check the folder and its permissions")
        return self.listed[path]

    def _counts(self, entry: Path) -> bool:
        """Say whether what stands in a folder is part of the tree; beyond the limits of the tree nothing more is."""
        if entry.name.startswith(".") or self._is_full:
            return False
        self.entries += 1
        if entry.name.endswith(".yaml"):
            self.bytes += _size(entry)
        if self.entries > MAX_ENTRIES:
            message = f"more than {MAX_ENTRIES:,} files and folders"
            self._fault(self.folder, "TREE_TOO_LARGE", message, "serve the regions from several graphs")
        elif self.bytes > MAX_TREE_BYTES:
            message = f"more than {MAX_TREE_BYTES:,} bytes of YAML"
            self._fault(self.folder, "TREE_TOO_LARGE", message, "serve the regions from several graphs")
        return not self._is_full

    @property
    def _is_full(self) -> bool:
        return self.entries > MAX_ENTRIES or self.bytes > MAX_TREE_BYTES

    def _folders(self, path: Path) -> list[Path]:
        folders = [path / name for name, is_folder in self._list(path).items() if is_folder]
        return [folder for folder in folders if not self._leads_back(folder)]

    def _leads_back(self, path: Path) -> bool:
        """Say whether a link leads to a folder that it lies in, which would never end."""
        if not path.is_symlink() or not path.parent.resolve().is_relative_to(path.resolve()):
            return False
        self._fault(path, "FILE_UNREADABLE", "it links to a folder above itself", "remove the link")
        return True

    def _files(self, path: Path) -> list[Path]:
        """Return the YAML files of a folder, links that lead nowhere included, so that reading them is a fault."""
        only_files = path != self.folder / "vocabulary"
        return [
            path / name
            for name, is_folder in self._list(path).items()
            if name.lower().endswith((".yaml", ".yml")) and not (is_folder and only_files)
        ]

    def _read(self, path: Path) -> Value | None:
        with suppress(Unreadable):
            content = self.reading.contents.take(str(path))
            return read_file(path, path.relative_to(self.folder).as_posix(), self.log, content)
        return None

    def _text(self, folder: Path, names: Iterable[str]) -> FolderText:
        """Return what files of a folder hold; of tests, only that they are there."""
        start = str(folder)
        return tuple(
            (name, b"" if name.endswith(TESTS) else self.reading.contents.digest(os.path.join(start, name)))
            for name in names
        )

    def _read_named(self, folder: Path, name: str) -> Value | None:
        """Read a file that may be missing."""
        return self._read(folder / name) if name in self._list(folder) else None

    def _top_words(self) -> Words:
        vocabulary = self.folder / "vocabulary"
        text = self._text(self.folder, (path.name for path in self._files(self.folder)))
        if vocabulary.is_dir():
            text += self._text(vocabulary, (path.name for path in self._files(vocabulary)))
        # The calendar says nothing about words, so that a change of it leaves every region as it is.
        text = tuple(entry for entry in text if entry[0] != "calendar.yaml")
        known, words = self.before.top or (None, Words.empty())
        if known != text:
            words = self._read_top_words()
        self.reading.top = (text, words)
        return words

    def _read_top_words(self) -> Words:
        words = Words.empty()
        self._documents(self.folder, words)
        for path in self._files(self.folder):
            if path.name not in _TOP_FILES:
                self._fault(path, "UNKNOWN_FILE", f"`{path.name}` means nothing here", f"use: {', '.join(_TOP_FILES)}")
        vocabulary = self.folder / "vocabulary"
        found = []
        for path in self._files(vocabulary) if vocabulary.is_dir() else ():
            if path.suffix != ".yaml":
                self._fault(path, "UNKNOWN_FILE", f"`{path.name}` is not read", "let its name end with .yaml")
            elif (value := self._read(path)) is not None:
                found.append((path.name.removesuffix(".yaml"), value))
        self._vocabularies(found, words)
        self._facts(self._read_named(self.folder, "facts.yaml"), words)
        return words

    def _documents(self, folder: Path, words: Words) -> None:
        for name, spec in read_entries(self._read_named(folder, "sources.yaml")):
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

    def _facts(self, value: Value | None, words: Words) -> None:
        before = set(words.facts)
        for name, spec in read_entries(value):
            with suppress(Unreadable):
                read_fact(name, spec, words)
        check_fact_types(words.facts.keys() - before, words, self.log)

    def _days(self) -> SpecialDays:
        holidays: dict[date, str] = {}
        workdays: dict[date, str] = {}
        value = self._read_named(self.folder, "calendar.yaml")
        if value is not None:
            with suppress(Unreadable):
                fields = value.fields(("holidays", "workdays"))
                for key, into in (("holidays", holidays), ("workdays", workdays)):
                    if key in fields:
                        with suppress(Unreadable):
                            read_items(fields[key], lambda item, into=into: _read_day(item, into, holidays, workdays))  # type: ignore[misc]
        return SpecialDays(holidays, workdays)

    def _region(self, path: Path, parent_words: Words, parent: RegionPolicies | None) -> None:
        self._list(path)
        if self._is_full:
            return  # what is missing is so because nobody looked
        text = self._text(path, (file.name for file in self._files(path)))
        found = self._known_region(str(path), text, parent_words, parent)
        if found is None:
            before = len(self.log.faults)
            found = self._read_region(path, parent_words, parent)
            if len(self.log.faults) == before:
                self.reading.regions[str(path)] = RegionReading(parent, parent_words, text, found)
        if len(path.relative_to(self.folder).parts) < MAX_FOLDERS_DEEP:
            for child in self._folders(path):
                self._region(child, found.words, found)

    def _known_region(
        self, path: str, text: FolderText, words: Words, above: RegionPolicies | None
    ) -> RegionPolicies | None:
        """Return a region as the tree before has it, where it reads the same texts below the very same parent."""
        known = self.before.regions.get(path)
        if known is None or known.above is not above or known.words is not words or known.text != text:
            return None
        found = known.found
        if found.region.code in self.codes or len(self.codes) >= MAX_REGIONS:
            return None  # reading it says what is wrong
        self.codes[found.region.code] = found.place
        self.regions[found.region.code] = found
        self.reading.regions[path] = known
        return found

    def _read_region(self, path: Path, parent_words: Words, parent: RegionPolicies | None) -> RegionPolicies:
        region, place = self._identity(path, parent)
        words = parent_words.child()
        self._own_words(path, words)
        shared = self._shared_settings(path, region, words, parent)
        services = {
            name: policy.in_region(region.code, shared) for name, policy in (parent.services if parent else {}).items()
        }
        found = RegionPolicies(region, words, shared, services, place)
        self._services(path, found, services)
        if self.codes.get(region.code) is place:
            self.regions[region.code] = found
        for policy in services.values():
            self.limits.check(policy, region)
        return found

    def _identity(self, path: Path, parent: RegionPolicies | None) -> tuple[Region, Place]:
        """Return which region a folder is; where it does not say, a stand-in, so that all below is checked too."""
        relative = path.relative_to(self.folder).as_posix()
        above = parent.region if parent else None
        value = self._read_named(path, "region.yaml")
        if value is None:
            if "region.yaml" not in self._list(path):
                self._fault(path, "MISSING_REGION_FILE", "the folder has no region.yaml", "add one, without gaps")
            return stand_in(relative, above), Place(relative, 1, 1, "")
        try:
            region = read_region(value, relative, above, self.codes)
        except Unreadable:
            return stand_in(relative, above), value.place
        if len(self.codes) >= MAX_REGIONS:
            value.fault("TOO_MANY_REGIONS", f"more than {MAX_REGIONS} regions", "serve them from several graphs")
        place = value.place
        self.codes[region.code] = place
        return region, place

    def _own_words(self, path: Path, words: Words) -> None:
        self._documents(path, words)
        value = self._read_named(path, "vocabulary.yaml")
        if value is not None:
            with suppress(Unreadable):
                fields = value.fields((), ("vocabularies", "facts"))
                self._vocabularies(read_entries(fields.get("vocabularies")), words)
                self._facts(fields.get("facts"), words)

    def _shared_settings(
        self, path: Path, region: Region, words: Words, parent: RegionPolicies | None
    ) -> Mapping[str, Setting]:
        inherited = parent.shared_settings if parent else {}
        value = self._read_named(path, "settings.yaml")
        if value is None:
            return inherited
        with suppress(Unreadable):
            shared = read_shared_settings(value, region, words, inherited)
            self._check_names(shared.keys() - inherited.keys(), shared, parent)
            return shared
        return inherited

    def _check_names(self, names: set[str], shared: Mapping[str, Setting], parent: RegionPolicies | None) -> None:
        """Record shared settings that take a name that a service has for its own."""
        for policy in parent.services.values() if parent else ():
            for name in sorted(names & policy.own_settings.keys()):
                own = policy.own_settings[name].place
                message = f"`{name}` is a setting of the service `{policy.name}` ({own})"
                self.log.add(shared[name].place, "DUPLICATE_DEFINITION", message, "use another name")

    def _services(self, path: Path, place: RegionPolicies, services: dict[str, ServicePolicy]) -> None:
        known = place.words.vocabularies.get("services")
        terms = known.terms if known else {}
        files = self._service_files(path, terms)
        shared = self._shared_rules(path, place, {*services, *files})
        for name in dict.fromkeys((*files, *shared.services)):
            value = self._read(files[name]) if name in files else None
            if value is None and name in files:
                continue  # reading has recorded why
            subjects = frozenset(terms[name].attributes.get("subjects", ()))
            around = Surroundings(place.region, place.words, subjects, place.shared_settings, shared.of(name))
            with suppress(Unreadable):
                services[name] = read_service(name, value, services.get(name), around)
        shared.record_faults(self.log)

    def _service_files(self, path: Path, terms: Mapping[str, Term]) -> dict[str, Path]:
        """Return a region's service files by service; a file that is named after none is a fault."""
        found = {}
        for file in self._files(path):
            name = file.name.removesuffix(".yaml").removesuffix(".tests")
            if file.name in _REGION_FILES:
                continue
            if name not in terms:
                self._unknown_service(file, (*terms, *(other.removesuffix(".yaml") for other in _REGION_FILES)))
            elif not file.name.endswith(TESTS):
                found[name] = file
        return found

    def _shared_rules(self, path: Path, place: RegionPolicies, offered: set[str]) -> SharedRules:
        value = self._read_named(path, "rules.yaml")
        if value is not None:
            with suppress(Unreadable):
                return read_shared_rules(value, place.region, place.words, offered)
        return SharedRules({})

    def _unknown_service(self, file: Path, names: tuple[str, ...]) -> None:
        right = file.with_suffix(".yaml").name
        known = right.removesuffix(".yaml") in names and right != file.name
        remedy = f"name it {right}" if known else did_you_mean(file.name.partition(".")[0], names)
        self._fault(file, "UNKNOWN_SERVICE", f"`{file.name}` is no service", remedy)


def _size(entry: Path) -> int:
    """Return the bytes of a file; of a link that leads nowhere, none: reading it is a fault."""
    with suppress(OSError):
        return entry.stat().st_size
    return 0


def _uses(value: Value) -> set[str]:
    """Return the vocabularies that the attributes of a vocabulary are words of."""
    attributes = value.entries().get("attributes") if value.is_mapping else None
    specs = [spec.entries() for _, spec in read_entries(attributes) if spec.is_mapping]
    named = [spec["of"].node for spec in specs if "of" in spec]
    return {node.value for node in named if isinstance(node, Scalar)}


def _read_day(value: Value, into: dict[date, str], holidays: dict[date, str], workdays: dict[date, str]) -> None:
    fields = value.fields(("date", "name"), ("source",))
    if {"date", "name"} <= fields.keys():
        day = fields["date"].date()
        if day in holidays or day in workdays:
            value.fault("DUPLICATE_VALUE", f"{day} is listed twice", "keep one of the two")
        else:
            into[day] = fields["name"].text()
