"""A region as it was read before: what of it still stands, so that only the files that matter are read again.

A file that says what it said is read again only where something that it builds on (its parent's policies, words) has
changed in a way that could matter to it. Each answer here is None where it could.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.region import Region
from policies.language.service import ServicePolicy, Setting
from policies.language.settings import settings_again
from policies.language.vocabulary import Lexicon
from policies.tree.folders import FolderNow
from policies.tree.region_policies import RegionCache, RegionPolicies
from policies.tree.service_again import says_something, service_again
from policies.tree.words_again import WordsAgain


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of a region from the tree before.

    Args:
        known: how it was read; parent: the parent as it is now.
        changed: names of its files that say something else now, came or went.
        speaking: the services of which its files said something; compared: the words of both trees.
        mentions: says whether some names could stand in one of its files.
    """

    known: RegionCache
    parent: RegionPolicies | None
    changed: frozenset[str]
    speaking: tuple[str, ...]
    compared: WordsAgain
    mentions: Callable[[str, frozenset[str]], bool]

    @classmethod
    def of(
        cls, known: RegionCache | None, parent: RegionPolicies | None, now: FolderNow, compared: WordsAgain
    ) -> "Earlier | None":
        """Return what is known of a region whose folder says this now; None where nothing is."""
        if known is None or _region(known.above) != _region(parent):
            return None
        changed = frozenset(name for name, _ in {*known.text} ^ {*now.text})
        if "region.yaml" in changed:
            return None
        above, services = _services(known.above), known.found.services.items()
        speaking = tuple(name for name, policy in services if says_something(policy, above.get(name)))
        return cls(known, parent, changed, speaking, compared, now.mentions)

    def is_of(self, region: Region) -> bool:
        """Say whether this is known of a region: its code may have been taken meanwhile."""
        return self.known.found.region == region

    def is_all(self, found: RegionPolicies) -> bool:
        """Say whether the region has come out just as it was."""
        was = self.known.found
        return (
            found.words is was.words
            and found.shared_settings is was.shared_settings
            and [*found.services] == [*was.services]
            and all(policy is was.services[name] for name, policy in found.services.items())
        )

    def words(self, above: Lexicon) -> Lexicon | None:
        """Return its words."""
        lost = self.compared.lost(self.known.words, above)
        if lost is None or any(self._says_otherwise(file, lost) for file in ("vocabulary.yaml", "sources.yaml")):
            return None
        return self.compared.again(self.known.found.words, self.known.words, above)

    def shared_settings(self, words: Lexicon) -> Mapping[str, Setting] | None:
        """Return its shared settings."""
        was, above_was, above = self.known.found, self.known.above, self.parent
        lost = self.compared.lost(was.words, words)
        if lost is None or self._says_otherwise("settings.yaml", lost):
            return None
        if above is None or above_was is None:
            return was.shared_settings
        if was.shared_settings is above_was.shared_settings:
            return above.shared_settings
        found = settings_again(was.shared_settings, above_was.shared_settings, above.shared_settings, {})
        new = found.keys() - above.shared_settings.keys() if found is not None else ()
        taken = new and any(not policy.own_settings.keys().isdisjoint(new) for policy in above.services.values())
        return None if taken else found

    def services(self, words: Lexicon, shared: Mapping[str, Setting]) -> dict[str, ServicePolicy] | None:
        """Return the services of which its files say something that still stands, on top of what it inherits now."""
        lost = self.compared.lost(self.known.found.words, words)
        if lost is None or self._says_otherwise("rules.yaml", lost):
            return None
        above_was, above = _services(self.known.above), _services(self.parent)
        found = {}
        for name in self.speaking:
            was = self.known.found.services[name]
            if name not in lost and not self._says_otherwise(f"{name}.yaml", lost):
                again = service_again(was, above_was.get(name), above.get(name), shared)
                if again is not None:
                    found[name] = again
        return found

    def _says_otherwise(self, file: str, lost: frozenset[str]) -> bool:
        """Say whether a file says something else, or what it says cannot be read as it was."""
        return file in self.changed or (bool(lost) and self.mentions(file, lost))


def _services(place: RegionPolicies | None) -> Mapping[str, ServicePolicy]:
    return place.services if place is not None else {}


def _region(place: RegionPolicies | None) -> Region | None:
    return place.region if place is not None else None
