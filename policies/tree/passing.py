"""Settings whose values pass: those that time alone may leave without a value, or with another one."""

from collections.abc import Iterator, Mapping
from datetime import date

from policies.language.service import Setting
from policies.tree.region_policies import RegionPolicies

_Passing = tuple[Setting, ...]
_Known = tuple[RegionPolicies, _Passing]


class PassingSettings:
    """Finds the settings whose values pass; of nearly all settings the value stays.

    It remembers what it found, so that of policies read again only the regions that are new are looked through.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self._known: dict[str, _Known] = {}
        self._day: date | None = None

    def of(self, regions: Mapping[str, RegionPolicies], today: date) -> Iterator[tuple[RegionPolicies, Setting]]:
        """Yield the settings of each region, inherited ones too, that end or have no value on some day from today on."""
        known = self._known if self._day == today else {}
        groups = _Groups(today)
        found = {}
        for code, place in regions.items():
            was = known.get(code)
            found[code] = was if was is not None and was[0] is place else (place, groups.passing(place, was))
        self._known, self._day = found, today
        for place, settings in found.values():
            for setting in settings:
                yield place, setting


class _Groups:
    """The settings that pass, by what regions share: each mapping of settings is looked through once."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._staying: set[int] = set()
        self._passing: dict[int, _Passing] = {}

    def passing(self, place: RegionPolicies, was: _Known | None) -> _Passing:
        """Return the settings of a region that pass; the region must live as long as this is asked.

        Args:
            was: the region as it was on the same day, which mostly has the same settings still.
        """
        former = was[0] if was is not None and not was[1] else None
        services = former.services if former is not None else {}
        groups = (
            [] if former is not None and place.shared_settings is former.shared_settings else [place.shared_settings]
        )
        staying = self._staying
        # There may be a hundred thousand of them, of which a few are met for the first time.
        for name, policy in place.services.items():
            if id(own := policy.own_settings) not in staying:
                before = services.get(name)
                if before is None or before.own_settings is not own:
                    groups.append(own)
        found = {id(group): self._of_group(group) for group in groups}
        return tuple(setting for settings in found.values() for setting in settings)

    def _of_group(self, group: Mapping[str, Setting]) -> _Passing:
        number = id(group)
        known = () if number in self._staying else self._passing.get(number)
        if known is None:
            known = tuple([setting for setting in group.values() if not _stays(setting, self._today)])
            if known:
                self._passing[number] = known
            else:
                self._staying.add(number)
        return known


def _stays(setting: Setting, today: date) -> bool:
    """Say whether a setting has a value on each day from today on, and none of its lowest values ends."""
    layers = setting.layers
    for value in layers[0] if layers else ():
        if value.end is not None:
            return False
    for layer in layers:
        for value in layer:
            if value.end is None and value.holds(today, today):
                return True
    return False
