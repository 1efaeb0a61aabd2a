"""A region as it was read, and what it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.region import Region
from policies.faults import Place
from policies.folders import FolderText
from policies.service import ServicePolicy, Setting
from policies.vocabulary import Words


@dataclass(frozen=True, slots=True)
class RegionPolicies:
    """A region with its words and the policies of every service that it has or inherits."""

    region: Region
    words: Words
    shared_settings: Mapping[str, Setting]
    services: Mapping[str, ServicePolicy]
    place: Place


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
