"""Random region trees: settings, shared rules and service files in chains of nation, province, city and district."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, settings

from tests.policies.support.random_rules import KINDS, RandomRules, RuleSpec, SettingSpec
from tests.policies.support.random_words import (
    DAYS,
    FAMILIES,
    LABEL,
    LENGTHS,
    NUMBERS,
    SERVICES,
    SHIFTS,
    TERMS,
    TYPES,
    Raw,
    added_words,
    fact_definitions,
    literal,
    subset,
    vocabulary,
    write_yaml,
)

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
REGIONS = {
    "china": ("000000", "nation"),
    "china/north": ("110000", "province"),
    "china/north/first": ("110100", "city"),
    "china/north/first/inner": ("110101", "district"),
    "china/north/second": ("110200", "city"),
    "china/south": ("220000", "province"),
    "china/south/third": ("220100", "city"),
}


def trees(amount: int, in_a_soak: int) -> settings:
    """Return the settings of a test that grows trees, each from a number.

    Args:
        amount: how many trees; in_a_soak: how many where there is time.
    """
    return settings(
        max_examples=in_a_soak if SOAK else amount,
        derandomize=not SOAK,
        database=None,
        deadline=None,
        # The failure names the number; a smaller number makes no smaller tree.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class Inherited:
    """What a region passes on."""

    shared: dict[str, SettingSpec] = field(default_factory=dict)
    settings: dict[str, dict[str, SettingSpec]] = field(default_factory=dict)
    rules: dict[str, dict[str, RuleSpec]] = field(default_factory=dict)


def write_tree(random: Random, folder: Path, rules_a_file: int = 6) -> None:
    """Write a random regions folder.

    Args:
        random: where the choices come from.
        folder: empty.
        rules_a_file: at most so many rules in one service file.
    """
    for name in TERMS:
        write_yaml(folder / "vocabulary" / f"{name}.yaml", vocabulary(random, name))
    write_yaml(folder / "facts.yaml", fact_definitions())
    inherited: dict[str, Inherited] = {"": Inherited()}
    numbers = iter(range(10_000))
    for path, (code, level) in REGIONS.items():
        parent = inherited.get(path.rpartition("/")[0])
        if parent is None or (level == "district" and random.random() < 0.7):
            continue
        if path == "china/south" and random.random() < 0.5:
            continue
        write_yaml(folder / path / "region.yaml", {"code": code, "level": level, "name": LABEL})
        write_yaml(folder / path / "vocabulary.yaml", added_words(random, level))
        inherited[path] = _Region(random, folder, path, parent, numbers.__next__, rules_a_file).write()


class _Region:
    """Writes one region's files on top of what it inherits."""

    def __init__(
        self, random: Random, folder: Path, path: str, parent: Inherited, number: Callable[[], int], size: int
    ) -> None:
        self.random = random
        self.folder = folder / path
        self.path = path
        self.number = number
        self.size = size
        self.shared = dict(parent.shared)
        self.settings = {name: dict(found) for name, found in parent.settings.items()}
        self.rules = {name: dict(found) for name, found in parent.rules.items()}

    def write(self) -> Inherited:
        if self.chance(0.7) or self.path == "china":
            own = self._settings_file(self.shared, "shared")
            write_yaml(self.folder / "settings.yaml", {"source": "assumption", "settings": own})
        settings = {
            service: self._settings_file(self.settings.setdefault(service, {}), service)
            for service in SERVICES
            if self.chance(0.75)
        }
        offered = [service for service in SERVICES if service in self.settings]
        for service in offered:
            self.rules.setdefault(service, {})
        if offered and self.chance(0.6):
            rules = self._shared_rules(offered)
            write_yaml(self.folder / "rules.yaml", {"source": "assumption", "rules": rules})
        for service, own in settings.items():
            self._service(service, own)
        return Inherited(self.shared, self.settings, self.rules)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # --- settings

    def _settings_file(self, settings: dict[str, SettingSpec], prefix: str) -> Raw:
        own: dict[str, Raw] = {}
        for name, spec in list(settings.items()):
            if self.chance(0.35):
                values = self._tighter(spec)
                if values:
                    own[name] = {"replaces": True, "values": self._dated(values)}
                    settings[name] = SettingSpec(name, spec.kind, spec.of, spec.may, (*spec.values, *values))
        for _ in range(self.random.randint(1, 5)):
            spec = self._new_setting(f"{prefix}_{self.number()}")
            settings[spec.name] = spec
            bind = {"bind": {"children_may": spec.may}} if spec.may else {}
            of = {"of": spec.of} if spec.of else {}
            own[spec.name] = {"type": spec.kind, **of, "label": LABEL, **bind, "values": self._dated(spec.values)}
        return own

    def _new_setting(self, name: str) -> SettingSpec:
        kind = self.random.choice((*TYPES, "duration"))
        of = TYPES.get(kind, {}).get("of")
        if kind in ("term", "terms"):
            of = self.random.choice(("kinds", "banks", "outlets"))
        may = None
        if self.chance(0.2):
            may = {"integer": "raise", "terms": "narrow", "boolean": "nothing"}.get(kind)
        count = 1 if may == "nothing" else self.random.randint(1, 3)
        lengths = SHIFTS if self.chance(0.6) else self.random.choice(FAMILIES)
        values = tuple(literal(self.random, kind, of, lengths) for _ in range(count))
        return SettingSpec(name, kind, of, may, values)

    def _tighter(self, spec: SettingSpec) -> tuple[Raw, ...]:
        """Return values that every value seen so far allows."""
        if spec.may == "raise":
            return (min(max(spec.values) + 1, max(NUMBERS)),) if max(spec.values) < max(NUMBERS) else ()
        if spec.may == "narrow":
            common = set.intersection(*(set(value) for value in spec.values))
            return (subset(self.random, sorted(common)),)
        if spec.may == "nothing":
            return spec.values[:1]
        # What moves dates, or moments, must go on doing so.
        lengths = next((family for family in FAMILIES if all(value in family for value in spec.values)), LENGTHS)
        return tuple(literal(self.random, spec.kind, spec.of, lengths) for _ in range(self.random.randint(1, 2)))

    def _dated(self, values: Iterable[Raw]) -> list[Raw]:
        found = []
        for number, value in enumerate(values):
            start = date(2020, 1, 1) if number == 0 and self.chance(0.93) else self.random.choice(DAYS)
            entry = {"value": value, "from": start, "source": "assumption"}
            if number and self.chance(0.4):
                entry["until"] = max(start, self.random.choice(DAYS))
            if number:
                entry["published"] = date(2024, self.random.randint(1, 12), number)
            found.append(entry)
        self.random.shuffle(found)
        return found

    # --- rules

    def _shared_rules(self, offered: list[str]) -> Raw:
        """Replace, remove and add rules in several services at once."""
        own: dict[str, Raw] = {}
        for name in dict.fromkeys(name for service in offered for name in self.rules[service]):
            having = [service for service in offered if name in self.rules[service]]
            spec = self.rules[having[0]][name]
            if any(self.rules[service][name].bound for service in having):
                continue
            if self.chance(0.1) and not any(self._named(name, service) for service in having):
                services = subset(self.random, having, 1)
                own[name] = {"services": services, "removed": True, "source": "assumption"}
                for service in services:
                    del self.rules[service][name]
            elif self.chance(0.15):
                services = subset(self.random, offered, 1)
                replaced = [service for service in services if service in having]
                everywhere = replaced == services and self.chance(0.5)
                own[name] = self._rule(spec.kind, spec.number, services) | {"services": services}
                own[name] |= {"replaces": True if everywhere else replaced} if replaced else {}
        for _ in range(self.random.randint(1, max(1, self.size // 2))):
            number, services = self.number(), subset(self.random, offered, 1)
            rule = self._rule(self.random.choice(KINDS), number, services)
            own[f"rule_{number}"] = rule | {"services": services}
        return own

    def _service(self, service: str, settings: Raw) -> None:
        own: dict[str, Raw] = {}
        for spec in list(self.rules[service].values()):
            if spec.bound or spec.region == self.path:
                continue
            if not self._named(spec.name, service) and self.chance(0.1):
                own[spec.name] = {"removed": True, "source": "assumption"}
                del self.rules[service][spec.name]
            elif self.chance(0.15):
                own[spec.name] = self._rule(spec.kind, spec.number, [service]) | {"replaces": True}
        for _ in range(self.random.randint(1, self.size)):
            number = self.number()
            own[f"rule_{number}"] = self._rule(self.random.choice(KINDS), number, [service])
        write_yaml(
            self.folder / f"{service}.yaml",
            {"title": LABEL, "source": "assumption", "settings": settings, "rules": own},
        )

    def _named(self, name: str, service: str) -> bool:
        return any(name in other.instead_of for other in self.rules[service].values())

    def _rule(self, kind: str, number: int, services: list[str]) -> Raw:
        """Return a rule that these services have from here on."""
        own = self.settings[services[0]] if len(services) == 1 else {}
        older = [name for name in self.rules[services[0]] if self._may_overrule(name, kind, number, services)]
        raw: Raw = RandomRules(self.random, {**self.shared, **own}).rule(kind, number, older)
        overruled = tuple(raw.get("instead_of", ()))
        spec = RuleSpec(f"rule_{number}", number, kind, raw.get("bind", False), self.path, overruled)
        for service in services:
            self.rules[service][spec.name] = spec
        return raw

    def _may_overrule(self, name: str, kind: str, number: int, services: list[str]) -> bool:
        found = [self.rules[service].get(name) for service in services]
        return all(
            r is not None and r.number < number and r.kind == kind and (not r.bound or r.region == self.path)
            for r in found
        )
