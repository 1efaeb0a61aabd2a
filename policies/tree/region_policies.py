"""A region as it was read, what it was read from, and what there is in regions that share most of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.region import Region
from policies.language.service import Rule, ServicePolicy, Setting
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


@dataclass(frozen=True, slots=True)
class RegionCache:
    """A region as it was read without a fault, with all that it was read from.

    Args:
        above: the parent as it was then; words: the words above; text: of its folder.
    """

    above: RegionPolicies | None
    words: Lexicon
    text: FolderText
    found: RegionPolicies


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
