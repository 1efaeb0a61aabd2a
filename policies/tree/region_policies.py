"""A region as it was read, what it was read from, and what there is in regions that share most of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.region import Region
from policies.language.own_service import OwnService
from policies.language.own_words import OwnWords
from policies.language.service import Rule, ServicePolicy, Setting
from policies.language.settings import OwnSettings
from policies.language.vocabulary import Lexicon
from policies.source.faults import SourceLocation
from policies.tree.folders import FolderText
from policies.tree.remembered import SeenByIdentity


@dataclass(frozen=True, slots=True)
class RegionPolicies:
    """A region with its words and the policies of every service that it has or inherits."""

    region: Region
    words: Lexicon
    shared_settings: Mapping[str, Setting]
    services: Mapping[str, ServicePolicy]
    place: SourceLocation

    def is_made_of(self, other: "RegionPolicies") -> bool:
        """Say whether all parts of another are the very same, in the same order."""
        return (
            self.words is other.words
            and self.shared_settings is other.shared_settings
            and [*self.services] == [*other.services]
            and all(policy is other.services[name] for name, policy in self.services.items())
        )


@dataclass(frozen=True, slots=True)
class OwnRegion:
    """What the files of a region's folder say, whatever it inherits.

    Args:
        settings: of `settings.yaml`; services: those with a file or a shared rule, by name.
    """

    words: OwnWords
    settings: OwnSettings
    services: Mapping[str, OwnService]


@dataclass(frozen=True, slots=True)
class RegionCache:
    """A region as it was read without a fault, with all that it was read from.

    Args:
        above: the parent as it was then; words: the words above; text: of its folder.
        own: what its files say; found: what holds there.
    """

    above: RegionPolicies | None
    words: Lexicon
    text: FolderText
    own: OwnRegion
    found: RegionPolicies

    def has_inherited(self, service: str, parents: ServicePolicy, shared: Mapping[str, Setting]) -> bool:
        """Say whether the region had a service from this very policy of its parent's, with these very shared settings."""
        return (
            self.above is not None
            and self.above.services.get(service) is parents
            and self.found.shared_settings is shared
            and service not in self.own.services
        )


def own_settings(regions: Iterable[RegionPolicies]) -> Iterator[Setting]:
    """Yield the settings that files in a region's own folder define or replace, region by region."""
    for place, group in groups_of_settings(regions):
        yield from (setting for setting in group.values() if is_own(setting, place))


def is_own(setting: Setting, place: RegionPolicies) -> bool:
    """Say whether a file in a region's own folder defines or replaces a setting."""
    return setting.place.file.rpartition("/")[0] == place.region.path


def groups_of_settings(regions: Iterable[RegionPolicies]) -> list[tuple[RegionPolicies, Mapping[str, Setting]]]:
    """Return the settings of each region's `settings.yaml` and of each service, with the region, once for all that share them.

    Regions that inherit settings unchanged share them, and come after the one whose they are.
    """
    found: dict[int, tuple[RegionPolicies, Mapping[str, Setting]]] = {}
    for place in regions:
        found.setdefault(id(place.shared_settings), (place, place.shared_settings))
        # There may be a hundred thousand of them, of which a few are met for the first time.
        for policy in place.services.values():
            if id(own := policy.own_settings) not in found:
                found[id(own)] = (place, own)
    return list(found.values())


def sets_of_rules(regions: Iterable[RegionPolicies]) -> Iterator[Mapping[str, Rule]]:
    """Yield the rules of each service, once for all regions that share them."""
    is_new = SeenByIdentity()
    for place in regions:
        for policy in place.services.values():
            if is_new(policy.rules):
                yield policy.rules
