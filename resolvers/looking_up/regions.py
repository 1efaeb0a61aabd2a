"""Regions: what each has opened for people elsewhere (NX-0), and the policies in force with their sources."""

from dataclasses import dataclass
from datetime import date

from domain.decision import Citation
from domain.duration import day_in_china
from domain.message import Message
from domain.region import Region
from policies.engine.decide import Policies
from policies.explain import policy_view
from resolvers.dependencies import Dependencies

SERVICES_SETTING = "cross_province_services"
BANKS_SETTING = "cross_province_banks"
"""Shared settings in which cities say what they have opened (regions/*/settings.yaml)."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One service or bank that is open, or not, in the cross-province service."""

    name: str
    label: Message
    open: bool
    citation: Citation | None


def all_regions(policies: Policies) -> tuple[Region, ...]:
    """Return every region, by code."""
    return tuple(place.region for _, place in sorted(policies.tree.regions.items()))


def openings(policies: Policies, region: str, setting: str, on: date) -> tuple[Opening, ...]:
    """Return what a region has opened in the cross-province service on a day.

    Args:
        setting: `cross_province_services` or `cross_province_banks`.

    Returns:
        Open ones only, for banks; for services also those that other regions have opened and this one has not.
    """
    place = policies.region(region)
    defined = place.shared_settings.get(setting)
    value = defined.at(on, on) if defined else None
    if defined is None or defined.type.of is None or value is None:
        return ()
    names = list(value.value)
    if setting == SERVICES_SETTING:
        names += [name for name in _opened_anywhere(policies, setting, on) if name not in value.value]
    return tuple(
        Opening(name, place.words.label(defined.type.of, name), name in value.value, value.citation) for name in names
    )


def _opened_anywhere(policies: Policies, setting: str, on: date) -> list[str]:
    found: dict[str, None] = {}
    for place in policies.tree.regions.values():
        defined = place.shared_settings.get(setting)
        value = defined.at(on, on) if defined else None
        found.update(dict.fromkeys(value.value if value else ()))
    return sorted(found)


def policy_in_force(
    dependencies: Dependencies, region: str, service: str, on: date | None, known: date | None
) -> policy_view.PolicyOfDay:
    """Return what holds for a service in a region on a day, today if None.

    Raises:
        NotFound: no such region, or the region does not have the service.
    """
    day = on or day_in_china(dependencies.clock.now())
    policies = dependencies.policies()
    return policy_view.policy_in_force(policies, service, policies.deciding_code(region), day, known)
