"""Regions beside each other whose files say the same: what they say is read once, and told of each with its own places.

Cities often copy from each other. A folder is read as if the load before had found there what one beside it says
(`region_contents`), so that only files with another text are read.
"""

from collections import Counter
from dataclasses import replace
from typing import Any, TypeVar

from domain.region import Region
from policies.language.own_service import OwnService
from policies.language.own_words import OwnWords
from policies.language.service import Setting
from policies.language.settings import OwnSettings, ReplacedValues, settings_over
from policies.language.sources import Cited, PolicyFile
from policies.language.vocabulary import OwnVocabulary
from policies.source.faults import SourceLocation
from policies.tree.folders import FolderText
from policies.tree.region_policies import OwnRegion, RegionCache, RegionPolicies

C = TypeVar("C", bound=Cited)


class Neighbours:
    """The regions that have been read without a fault, by their parent and what their files say."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: dict[tuple[int, str, bytes], RegionCache] = {}

    def add(self, cache: RegionCache) -> None:
        """Keep a region, and with it its parent."""
        for name, digest in cache.text:
            if digest:  # of tests, and of what cannot be read, nothing is known
                self._known[id(cache.above), name, digest] = cache

    def like(self, text: FolderText, parent: RegionPolicies | None) -> RegionCache | None:
        """Return the region beside a folder that has most files in common with it; None where none has any."""
        found = [known for name, digest in text if (known := self._known.get((id(parent), name, digest)))]
        most = Counter(map(id, found)).most_common(1)
        return next(known for known in found if id(known) == most[0][0]) if most else None


def as_if_read(known: RegionCache, region: Region, place: SourceLocation) -> RegionCache:
    """Return a region as it would have been read if its files said what those of one beside it say.

    Args:
        known: the one beside it; region: the region; place: where it says who it is.
    """
    own = _Moving(region).own(known.own)
    above, parent = known.words, known.above
    words = above if own.words.is_empty else own.words.over(above)
    shared = settings_over(own.settings, parent.shared_settings if parent else {})
    parents = parent.services if parent else {}
    services = {
        name: own.services[name].over(parents.get(name), region.code, shared)
        if name in own.services
        else parents[name].in_region(region.code, shared)
        for name in known.found.services
    }
    return RegionCache(parent, above, known.text, own, RegionPolicies(region, words, shared, services, place))


class _Moving:
    """Tells what stands in one folder as it would stand in the folder of another region."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._names: dict[str, str] = {}
        self._files: dict[str, PolicyFile] = {}

    def own(self, own: OwnRegion) -> OwnRegion:
        services = {name: self._service(service) for name, service in own.services.items()}
        return OwnRegion(self._words(own.words), self._settings(own.settings), services)

    def _words(self, own: OwnWords) -> OwnWords:
        if own.is_empty:
            return own
        vocabularies = {name: self._vocabulary(vocabulary) for name, vocabulary in own.vocabularies.items()}
        return OwnWords(own.documents, vocabularies, {name: self._placed(fact) for name, fact in own.facts.items()})

    def _vocabulary(self, own: OwnVocabulary) -> OwnVocabulary:
        return replace(own, terms={name: self._placed(term) for name, term in own.terms.items()})

    def _service(self, own: OwnService) -> OwnService:
        return OwnService(
            name=own.name,
            file=own.file and self._file_name(own.file),
            title=own.title,
            review_every=own.review_every,
            review=own.review and self._placed(own.review),
            settings=self._settings(own.settings),
            rules={name: rule and self._cited(rule) for name, rule in own.rules.items()},
            replaced=own.replaced,
        )

    def _settings(self, own: OwnSettings) -> OwnSettings:
        return {name: self._setting(setting) for name, setting in own.items()} if own else own

    def _setting(self, own: Setting | ReplacedValues) -> Setting | ReplacedValues:
        place = self._place(own.place)
        if isinstance(own, ReplacedValues):
            return ReplacedValues(own.type, own.label, tuple(map(self._cited, own.values)), place)
        layers = tuple(tuple(map(self._cited, layer)) for layer in own.layers)
        binding = own.binding and self._placed(own.binding)
        return replace(own, binding=binding, layers=layers, place=place, origin=place)

    def _cited(self, own: C) -> C:
        name = own.policy_file.name
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = PolicyFile.of(self._file_name(name), self._region)
        return own.in_file(file)

    def _placed(self, own: Any) -> Any:
        return replace(own, place=self._place(own.place))

    def _place(self, place: SourceLocation) -> SourceLocation:
        return SourceLocation(self._file_name(place.file), place.line, place.column, place.path)

    def _file_name(self, name: str) -> str:
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = f"{self._region.path}/{name.rpartition('/')[2]}"
        return found
