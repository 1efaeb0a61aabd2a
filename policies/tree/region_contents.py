"""What the files of one region's folder say, and what holds there: its words, shared settings and services.

A file that says what it said is not read again where a load before has read it: what it said is put on top of what the
region inherits now. Only where reading it could find anything else, or a fault, it is read, so that faults are found
where they stand. That something is the very same object as before only ever saves work.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.message import Message
from domain.region import Region
from policies.language.inheritance import Surroundings, read_service
from policies.language.own_service import OwnService
from policies.language.own_words import OwnWords
from policies.language.service import ServicePolicy, Setting
from policies.language.settings import OwnSettings, read_shared_settings, settings_fit, settings_over
from policies.language.shared_rules import SharedRules, read_shared_rules
from policies.language.vocabulary import Lexicon, Term
from policies.source.consequences import ANY, lost_with
from policies.source.faults import ANOTHER_NAME, SourceLocation, Unreadable
from policies.source.reader import read_entries
from policies.tree.file_names import service_meant
from policies.tree.folders import TESTS, Folders, FolderText
from policies.tree.lost_names import LostNames, lost_names
from policies.tree.neighbours import as_if_read
from policies.tree.region_policies import OwnRegion, RegionCache, RegionPolicies
from policies.tree.word_files import read_documents, read_facts, read_vocabularies

_WORD_FILES = ("vocabulary.yaml", "sources.yaml")
_REGION_FILES = ("region.yaml", "vocabulary.yaml", "sources.yaml", "settings.yaml", "rules.yaml")
_NO_SETTINGS: Mapping[str, Setting] = {}


@dataclass(frozen=True, slots=True)
class PreviousRegion:
    """A region as it was read before.

    Args:
        cache: how it was read.
        changed: names of its files that say something else now, came or went.
        is_same: whether it still says who it is, below the parent that it had.
        mentions: says whether some names could stand in one of its files.
    """

    cache: RegionCache
    changed: frozenset[str]
    is_same: bool
    mentions: Callable[[str, frozenset[str]], bool]

    @classmethod
    def of(
        cls, cache: RegionCache, parent: RegionPolicies | None, folders: Folders, path: str, text: FolderText
    ) -> "PreviousRegion":
        """Return a region of the load before, whose folder has a parent and holds some texts now."""
        changed = frozenset(name for name, _ in {*cache.text} ^ {*text})
        is_same = "region.yaml" not in changed and _region(cache.above) == _region(parent)
        return cls(cache, changed, is_same, lambda file, names: folders.mentions(f"{path}/{file}", names))

    @classmethod
    def beside(
        cls, known: RegionCache, region: Region, place: SourceLocation, folders: Folders, text: FolderText
    ) -> "PreviousRegion":
        """Return a region as if the load before had found in its folder what the files of one beside it say."""
        found = cls.of(as_if_read(known, region, place), known.above, folders, region.path, text)
        return replace(found, changed=found.changed - {"region.yaml"}, is_same=True)

    def stands(self, file: str, lost: LostNames) -> bool:
        """Say whether a file says what it said, and reads as it did with words of which some are lost."""
        return lost is not None and file not in self.changed and not (lost and self.mentions(file, lost))


def _titles(services: Mapping[str, OwnService]) -> dict[str, Message]:
    return {name: service.title for name, service in services.items() if service.title is not None}


def _region(place: RegionPolicies | None) -> Region | None:
    return place.region if place is not None else None


def _shared(place: RegionPolicies | None) -> Mapping[str, Setting]:
    return place.shared_settings if place is not None else _NO_SETTINGS


@dataclass(frozen=True, slots=True)
class RegionRead:
    """A region that has been read.

    Args:
        own: what its files say; policies: what holds there.
        lost: what is lost of the words that it had in the load before.
    """

    own: OwnRegion
    policies: RegionPolicies
    lost: LostNames


class RegionReader:
    """Reads the files of one region, as far as they must be read again."""

    def __init__(
        self,
        folders: Folders,
        region: Region,
        parent: RegionPolicies | None,
        above: Lexicon,
        previous: PreviousRegion | None,
        lost: LostNames,
    ) -> None:
        """Take where the region stands.

        Args:
            above: the words above, which are the parent's where there is one.
            previous: what the load before read from the folder.
            lost: what is lost of the words above that there were then.
        """
        self._folders, self._path = folders, region.path
        self._region, self._parent, self._above = region, parent, above
        self._words_before = previous.cache.found.words if previous else None
        self._previous = previous if previous and previous.is_same and previous.cache.found.region == region else None
        self._lost = lost

    def read(self, place: SourceLocation) -> RegionRead:
        """Return the region; faults are recorded.

        Args:
            place: where it says who it is.
        """
        own_words, words = self._words()
        own_settings, shared = self._shared_settings(words)
        policies = RegionPolicies(self._region, words, shared, {}, place)
        own_services, services = self._services(policies)
        words = self._called_by_titles(own_words, words, own_services)
        policies = RegionPolicies(self._region, words, shared, services, place)
        return RegionRead(OwnRegion(own_words, own_settings, own_services), policies, self._lost)

    # --- words

    def _words(self) -> tuple[OwnWords, Lexicon]:
        previous, above, before = self._previous, self._above, self._words_before
        if previous and before and all(previous.stands(file, self._lost) for file in _WORD_FILES):
            own = previous.cache.own.words
            if above is previous.cache.words:
                return own, before
            if own.is_empty:
                return own, above
            if own.fits(above, before):
                return own, own.over(above)
        own = self._read_words()
        words = above if own.is_empty else own.over(above)
        self._lost = lost_names(before, words) if before else None
        return own, words

    def _read_words(self) -> OwnWords:
        folders, path, above = self._folders, self._path, self._above
        if folders.entries(path).keys().isdisjoint(_WORD_FILES):
            return OwnWords()
        words = above.child()
        vocabularies = {}
        read_documents(folders.read_named(path, "sources.yaml"), words)
        value = folders.read_named(path, "vocabulary.yaml")
        if value is not None:
            with suppress(Unreadable):
                fields = value.fields((), ("vocabularies", "facts"))
                vocabularies = read_vocabularies(read_entries(fields.get("vocabularies")), words)
                read_facts(fields.get("facts"), words, folders.log)
        documents = {name: document for name, document in words.documents.items() if name not in above.documents}
        facts = {name: fact for name, fact in words.facts.items() if name not in above.facts}
        return OwnWords(documents, vocabularies, facts)

    def _called_by_titles(self, own: OwnWords, words: Lexicon, services: Mapping[str, OwnService]) -> Lexicon:
        """Return words in which a service is called by the title that the region gives it, as everywhere else."""
        now, before = _titles(services), _titles(self._own_before)
        # Words of the load before may have a title that the region gives no longer.
        base = words if now == before else self._above if own.is_empty else own.over(self._above)
        return base.calling("services", now)

    # --- shared settings

    def _shared_settings(self, words: Lexicon) -> tuple[OwnSettings, Mapping[str, Setting]]:
        inherited, previous = _shared(self._parent), self._previous
        if previous and previous.stands("settings.yaml", self._lost):
            own = previous.cache.own.settings
            if not any(self._services_with(own.keys() - inherited.keys())):
                if inherited is _shared(previous.cache.above):
                    return own, previous.cache.found.shared_settings
                if settings_fit(own, inherited, {}):
                    return own, settings_over(own, inherited)
        own = {}
        value = self._folders.read_named(self._path, "settings.yaml")
        if value is not None:
            with suppress(Unreadable):
                own = read_shared_settings(value, self._region, words, inherited)
        shared = settings_over(own, inherited)
        self._check_names(own.keys() - inherited.keys(), shared)
        before = previous.cache.found.shared_settings if previous else {}
        return own, before if shared == before and [*shared] == [*before] else shared

    def _services_with(self, names: set[str]) -> "list[ServicePolicy]":
        """Return the parent's services that have settings of some names."""
        services = self._parent.services.values() if self._parent and names else ()
        return [policy for policy in services if not policy.own_settings.keys().isdisjoint(names)]

    def _check_names(self, names: set[str], shared: Mapping[str, Setting]) -> None:
        """Record shared settings that take a name that a service has for its own."""
        for policy in self._services_with(names):
            for name in sorted(names & policy.own_settings.keys()):
                own = policy.own_settings[name].place
                message = Message(
                    f"`{name}` 是事项 `{policy.name}` 的参数（{own}）",
                    f"`{name}` is a setting of the service `{policy.name}` ({own})",
                )
                self._folders.log.add(shared[name].place, "DUPLICATE_DEFINITION", message, ANOTHER_NAME)

    # --- services

    def _services(self, place: RegionPolicies) -> tuple[dict[str, OwnService], dict[str, ServicePolicy]]:
        offered = place.words.vocabularies.get("services")
        files = self._service_files(offered.terms if offered else {})
        above = self._parent.services if self._parent else {}
        standing = self._standing(place.shared_settings)
        services = self._inherited(place.shared_settings, standing or {})
        own = {name: self._own_before[name] for name in standing or {}}
        shared = SharedRules({})
        if standing is None or not standing.keys() >= {*files, *self._own_before}:
            shared = self._shared_rules(place, {*services, *files})
        for name in dict.fromkeys((*files, *shared.services)):
            if standing and name in standing:
                services[name] = standing[name]
                continue
            # Of a file that cannot be read, which is recorded, the shared rules hold all the same.
            value = self._folders.read(files[name]) if name in files else None
            around = Surroundings(place.region, place.words, place.shared_settings, shared.of(name))
            with suppress(Unreadable):
                own[name] = read_service(name, value, above.get(name), around)
                services[name] = self._as_before(
                    own[name].over(above.get(name), place.region.code, place.shared_settings)
                )
        shared.record_faults(self._folders.log)
        return own, services

    @property
    def _own_before(self) -> Mapping[str, OwnService]:
        return self._previous.cache.own.services if self._previous else {}

    def _standing(self, shared: Mapping[str, Setting]) -> dict[str, ServicePolicy] | None:
        """Return the services of which the files say what they said; None where all are to be read, with the shared rules."""
        previous, lost = self._previous, self._lost
        if previous is None or lost is None or not previous.stands("rules.yaml", lost):
            return None
        found = {}
        above_before = previous.cache.above.services if previous.cache.above else {}
        above_now = self._parent.services if self._parent else {}
        for name, own in previous.cache.own.services.items():
            if name in lost or not previous.stands(f"{name}.yaml", lost):
                continue
            before, above = previous.cache.found.services[name], above_now.get(name)
            unchanged = above is above_before.get(name) and shared is before.shared_settings
            policy = before if unchanged else own.over_other(above, shared, before)
            if policy is not None:
                found[name] = policy
        return found

    def _inherited(
        self, shared: Mapping[str, Setting], standing: Mapping[str, ServicePolicy]
    ) -> dict[str, ServicePolicy]:
        """Return the services that the parent has, in its order: as they stand, or else as the region inherits them."""
        cache, code = self._previous.cache if self._previous else None, self._region.code
        found = {}
        for name, above in self._parent.services.items() if self._parent else ():
            if name in standing:
                found[name] = standing[name]
            elif cache and cache.has_inherited(name, above, shared):
                found[name] = cache.found.services[name]
            else:
                found[name] = above.in_region(code, shared)
        return found

    def _as_before(self, policy: ServicePolicy) -> ServicePolicy:
        """Return the policy as the load before has it, where it has come out just the same."""
        before = self._previous.cache.found.services.get(policy.name) if self._previous else None
        return before if before is not None and before.is_same(policy) else policy

    def _service_files(self, terms: Mapping[str, Term]) -> dict[str, str]:
        """Return a region's service files by service; a file that is named after none is a fault."""
        found = {}
        for file in self._folders.files(self._path):
            name = file.removesuffix(".yaml").removesuffix(".tests")
            if file in _REGION_FILES:
                continue
            if name not in terms:
                self._unknown_service(file, terms)
            elif not file.endswith(TESTS):
                found[name] = f"{self._path}/{file}"
        return found

    def _shared_rules(self, place: RegionPolicies, offered: set[str]) -> SharedRules:
        value = self._folders.read_named(self._path, "rules.yaml")
        if value is not None:
            with suppress(Unreadable):
                return read_shared_rules(value, place.region, place.words, offered)
        return SharedRules({})

    def _unknown_service(self, file: str, terms: Mapping[str, Term]) -> None:
        path = self._path
        names = (*terms, *(other.removesuffix(".yaml") for other in _REGION_FILES))
        right = f"{os.path.splitext(file)[0]}.yaml"
        known = right.removesuffix(".yaml") in names and right != file
        renamed = Message(f"改名为 `{right}`", f"name it {right}")
        remedy = renamed if known else service_meant(file, terms, names)
        message = Message(f"`{file}` 不是服务事项", f"`{file}` is no service")
        # A service by another name, and all that it defines, is missing wherever somebody counts on it.
        found = lost_with(f"{path}/{file}", self._folders.words(f"{path}/{file}"))
        found |= frozenset() if file.endswith(TESTS) else {f"service {ANY}"}
        lost = frozenset(f"{name}@{path}" for name in found)
        about = f"term {file.partition('.')[0]}"
        self._folders.fault(f"{path}/{file}", "UNKNOWN_SERVICE", message, remedy, about, lost=lost)
