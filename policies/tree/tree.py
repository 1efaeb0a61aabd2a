"""All of `regions/`: folders are inheritance, paths are identity.

regions/vocabulary/<name>.yaml   one vocabulary a file
regions/facts.yaml               the facts that rules may read
regions/sources.yaml             the documents that policies cite
regions/calendar.yaml            holidays and make-up working days
regions/region_codes.yaml        codes of regions that the list of the software does not have yet
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
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from domain.message import Message
from domain.region import Region, lies_within
from policies.language.places import read_region, stand_in
from policies.language.region_codes import RegionCodes, read_added_codes
from policies.language.vocabulary import Lexicon
from policies.source.consequences import of_region
from policies.source.faults import FaultLog, PolicyFaults, SourceLocation, Unreadable
from policies.source.reader import read_entries, read_items
from policies.tree.calendar_days import read_day
from policies.tree.contents import Contents, Listings
from policies.tree.folders import VOCABULARY, Folders, FolderText
from policies.tree.gone import with_causes
from policies.tree.lost_names import NOTHING_LOST, LostNames, lost_names
from policies.tree.neighbours import Neighbours
from policies.tree.policy_checks import PolicyChecks
from policies.tree.region_contents import PreviousRegion, RegionReader
from policies.tree.region_policies import RegionCache
from policies.tree.region_policies import RegionPolicies as RegionPolicies
from policies.tree.word_files import read_documents, read_facts, read_vocabularies

MAX_REGIONS = 5_000
MAX_FOLDERS_DEEP = 6
"""Two more than there are levels: each of those has had its faults by then."""
CODES = "region_codes.yaml"
"""What officers add to the list of region codes."""
_TOP_FILES = ("facts.yaml", "sources.yaml", "calendar.yaml", CODES)


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """Days that the working calendar of officers lists, with the reason."""

    holidays: Mapping[date, str]
    workdays: Mapping[date, str]


@dataclass(slots=True)
class LoadCache:
    """What a tree was read from, so that the next load reads again only what has changed.

    Args:
        contents: of the files; top: the texts that the words of the whole country come from, and those words.
        regions: by folder.
        counted: entries of folders, and bytes of YAML.
    """

    contents: Contents = field(default_factory=Contents)
    top: tuple[FolderText, Lexicon] | None = None
    regions: dict[str, RegionCache] = field(default_factory=dict)
    counted: tuple[int, int] = (0, 0)


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
    reading: LoadCache = field(default_factory=LoadCache, repr=False, compare=False)


def load_tree(
    folder: Path,
    before: PolicyTree | None = None,
    listings: Listings | None = None,
    *,
    about: str | None = None,
) -> PolicyTree:
    """Read every policy file.

    Args:
        folder: the regions folder.
        before: a tree read before from the same folder, of which the regions that read alike are taken over as they are.
        listings: of its folders, where they have just been listed.
        about: the code of a region: only what is above and below it is read, and of all others no more than who they
            are. Such a tree is for looking at that region, not for deciding about others, and has no digest.

    Raises:
        PolicyFaults: something is wrong; it lists every fault of every file.
    """
    log = FaultLog()
    tree = read_tree(folder, log, before, listings=listings, about=about)
    if log.faults:
        raise PolicyFaults(with_causes(folder, log.faults))
    return tree


def read_tree(
    folder: Path,
    log: FaultLog,
    before: PolicyTree | None = None,
    *,
    left_out: Collection[str] = (),
    listings: Listings | None = None,
    about: str | None = None,
) -> PolicyTree:
    """Read every policy file, leaving out what has faults; with faults in the log, the tree is fit for checks only.

    Args:
        folder, before, listings, about: as for `load_tree`; log: where faults go.
        left_out: folders that are not looked into, relative to the regions folder; without them, for checks only.
    """
    with no_collection():
        return _Loader(folder, log, before, left_out, listings, about).load()


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the garbage collector off: it finds nothing while a tree grows, and costs a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            # A server that has frozen what it loaded would get all of it back by this, and freezes its next tree itself.
            if not gc.get_freeze_count():
                # A tree lives long: all of it goes to the oldest generation, without a look at each of a million objects.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


class _Loader:
    def __init__(
        self,
        folder: Path,
        log: FaultLog,
        before: PolicyTree | None,
        left_out: Collection[str],
        listings: Listings | None,
        about: str | None,
    ) -> None:
        self.folder = folder
        self.about = about
        self.log = log
        self.left_out = left_out
        self.before = before.reading if before else LoadCache()
        self.reading = LoadCache(Contents(self.before.contents, listings=listings or Listings()))
        self.limits = PolicyChecks(log)
        self.folders = Folders(folder, log, self.reading.contents)
        self.regions: dict[str, RegionPolicies] = {}
        self.neighbours = Neighbours()
        self.codes: dict[str, SourceLocation] = {}
        self.known_codes = RegionCodes()

    def load(self) -> PolicyTree:
        nothing = PolicyTree({}, SpecialDays({}, {}), self.folder)
        if not self.folder.is_dir():
            remedy = Message("写明存放各地区的文件夹", "name the folder that holds the regions")
            self.folders.fault("", "NO_REGIONS", Message("没有这个文件夹", "there is no such folder"), remedy)
            return nothing
        words, lost = self._top_words()
        days = self._days()
        folders = [path for path in self.folders.below("") if path != VOCABULARY]
        for path in folders:
            self._region(path, words, None, lost)
        if not folders:
            message = Message("没有地区的文件夹", "there is no region's folder")
            self.folders.fault("", "NO_REGIONS", message, Message("新建国家的文件夹", "add a nation's folder"))
        self.reading.contents.close()
        self.reading.counted = self.folders.counted
        digest = self._digest() if self.about is None else ""
        return PolicyTree(self.regions, days, self.folder, digest, self.reading)

    def _digest(self) -> str:
        whole = sha256()
        start = len(str(self.folder)) + 1
        for path, digest in sorted(self.reading.contents.of_all().items()):
            whole.update(path[start:].encode() + b"\0" + digest)
        return f"sha256:{whole.hexdigest()}"

    def _top_words(self) -> tuple[Lexicon, LostNames]:
        """Return the words of the whole country, and what is lost of those of the load before."""
        text = self.folders.text("", self.folders.files(""))
        # The calendar says nothing about words, so that a change of it leaves every region as it is.
        text = tuple(entry for entry in text if entry[0] != "calendar.yaml")
        text += self.folders.text(VOCABULARY, self._vocabulary_files())
        known, before = self.before.top or (None, None)
        words = before if before is not None and known == text else self._read_top_words()
        self.reading.top = (text, words)
        self.known_codes = words.codes
        return words, lost_names(before, words) if before is not None else None

    def _vocabulary_files(self) -> list[str]:
        return self.folders.files(VOCABULARY) if (self.folder / VOCABULARY).is_dir() else []

    def _read_top_words(self) -> Lexicon:
        words = Lexicon.empty(read_added_codes(read_entries(self.folders.read_named("", CODES))))
        read_documents(self.folders.read_named("", "sources.yaml"), words)
        for name in self.folders.files(""):
            if name not in _TOP_FILES:
                message = Message(f"此处不能有 `{name}`", f"`{name}` means nothing here")
                zh, en = "、".join(f"`{usable}`" for usable in _TOP_FILES), ", ".join(_TOP_FILES)
                self.folders.fault(name, "UNKNOWN_FILE", message, Message(f"可用：{zh}", f"use: {en}"))
        found = []
        for name in self._vocabulary_files():
            path = f"{VOCABULARY}/{name}"
            if not name.endswith(".yaml"):
                message = Message(f"`{name}` 不会被读取", f"`{name}` is not read")
                remedy = Message("文件名应以 `.yaml` 结尾", "let its name end with .yaml")
                self.folders.fault(path, "UNKNOWN_FILE", message, remedy)
            elif (value := self.folders.read(path)) is not None:
                found.append((name.removesuffix(".yaml"), value))
        read_vocabularies(found, words)
        read_facts(self.folders.read_named("", "facts.yaml"), words, self.log)
        return words

    def _days(self) -> SpecialDays:
        holidays: dict[date, str] = {}
        workdays: dict[date, str] = {}
        value = self.folders.read_named("", "calendar.yaml")
        if value is not None:
            with suppress(Unreadable):
                fields = value.fields(("holidays", "workdays"))
                for key, into in (("holidays", holidays), ("workdays", workdays)):
                    if key in fields:
                        with suppress(Unreadable):
                            read_items(fields[key], lambda item, into=into: read_day(item, into, holidays, workdays))  # type: ignore[misc]
        return SpecialDays(holidays, workdays)

    def _region(self, path: str, words: Lexicon, parent: RegionPolicies | None, lost: LostNames) -> None:
        """Read a region and all below it.

        Args:
            words: those above; lost: what is lost of the words above that the load before had.
        """
        text = self.folders.text(path, self.folders.files(path)) if self.about is None else ()
        if self.folders.is_full:
            return  # what is missing is so because nobody looked
        found = self._known_region(path, text, words, parent)
        lost = NOTHING_LOST if found is not None else lost
        if found is None:
            found, lost = self._read_region(path, text, words, parent, lost)
            self.reading.contents.drop()
        if path.count("/") + 1 < MAX_FOLDERS_DEEP:
            for below in self.folders.below(path):
                if below not in self.left_out:
                    self._region(below, found.words, found, lost)

    def _known_region(
        self, path: str, text: FolderText, words: Lexicon, above: RegionPolicies | None
    ) -> RegionPolicies | None:
        """Return a region as the tree before has it, where it reads the same texts below the very same parent."""
        known = self.before.regions.get(path)
        if known is None or known.above is not above or known.words is not words or known.text != text:
            return None
        found = known.found
        if self._known_identity(known) is None:
            return None
        self.regions[found.region.code] = found
        self.reading.regions[path] = known
        return found

    def _read_region(
        self, path: str, text: FolderText, words: Lexicon, parent: RegionPolicies | None, lost: LostNames
    ) -> tuple[RegionPolicies, LostNames]:
        """Read a region, and return it with what is lost of the words that it had."""
        faults, cache = len(self.log.faults), self.before.regions.get(path)
        previous = PreviousRegion.of(cache, parent, self.folders, path, text) if cache else None
        known = self._known_identity(cache) if cache and previous and previous.is_same else None
        region, place = known or self._identity(path, parent)
        if not self._is_wanted(region):
            return self._named(RegionPolicies(region, words, {}, {}, place)), None
        if cache is None and (beside := self.neighbours.like(text, parent)) is not None:
            previous, lost = PreviousRegion.beside(beside, region, place, self.folders, text), NOTHING_LOST
        read = RegionReader(self.folders, region, parent, words, previous, lost).read(place)
        is_known = cache is not None and known is not None and read.policies.is_made_of(cache.found)
        found = cache.found if cache and is_known else read.policies
        self._named(found)
        self.limits.check(found, cache.found.services if cache and known else {})
        if len(self.log.faults) == faults:
            known_now = self.reading.regions[path] = RegionCache(parent, words, text, read.own, found)
            self.neighbours.add(known_now)
        # Of a region that the load before did not have, nothing can be lost to what lies below.
        return found, read.lost if cache is not None else None

    def _is_wanted(self, region: Region) -> bool:
        about = self.about
        return about is None or lies_within(about, region.code) or lies_within(region.code, about)

    def _named(self, found: RegionPolicies) -> RegionPolicies:
        """Keep a region by its code, unless another has taken that."""
        if self.codes.get(found.region.code) is found.place:
            self.regions[found.region.code] = found
        return found

    def _known_identity(self, known: RegionCache) -> tuple[Region, SourceLocation] | None:
        found = known.found
        is_none = not self.known_codes.has(found.region.code)
        if is_none or found.region.code in self.codes or len(self.codes) >= MAX_REGIONS:
            return None  # reading it says what is wrong
        self.codes[found.region.code] = found.place
        return found.region, found.place

    def _identity(self, path: str, parent: RegionPolicies | None) -> tuple[Region, SourceLocation]:
        """Return which region a folder is; where it does not say, a stand-in, so that all below is checked too."""
        above = parent.region if parent else None
        value = self.folders.read_named(path, "region.yaml")
        if value is None:
            if "region.yaml" not in self.folders.entries(path):
                message = Message("文件夹里没有 `region.yaml`", "the folder has no region.yaml")
                remedy = Message("补上该文件，各级都不能缺", "add one, without gaps")
                lost = frozenset(of_region(path))
                self.folders.fault(path, "MISSING_REGION_FILE", message, remedy, lost=lost)
            return stand_in(path, above), SourceLocation(path, 1, 1, "")
        try:
            region = read_region(value, path, above, self.codes, self.known_codes)
        except Unreadable:
            return stand_in(path, above), value.place
        if len(self.codes) >= MAX_REGIONS:
            message = Message(f"地区超过{MAX_REGIONS:,}个", f"more than {MAX_REGIONS:,} regions")
            remedy = Message("把各地区分到几个服务中提供", "serve them from several graphs")
            value.fault("TOO_MANY_REGIONS", message, remedy)
        place = value.place
        self.codes[region.code] = place
        return region, place
