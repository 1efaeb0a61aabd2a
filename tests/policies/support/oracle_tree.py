"""Region folders read naively, for the oracle: plain YAML, every scalar as text, no checks.

Written from docs/policy-language.md alone. It shares nothing with the engine that it is compared with.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

Raw = Any
"""YAML as it stands: texts, lists and mappings."""

OUTCOMES = ("deny", "require", "charge", "waive", "refund", "promise", "lapse", "route", "archive", "tell")
RESERVED = ("region.yaml", "vocabulary.yaml", "sources.yaml", "settings.yaml", "rules.yaml")


@dataclass(frozen=True)
class Type:
    """A type of the language and, for terms, its vocabulary."""

    kind: str
    of: str | None = None

    @property
    def item(self) -> "Type":
        return Type({"terms": "term", "regions": "region"}.get(self.kind, self.kind), self.of)

    @property
    def list_of(self) -> "Type":
        return Type({"term": "terms", "region": "regions"}.get(self.kind, self.kind), self.of)


@dataclass
class Fact:
    """A fact's definition."""

    type: Type
    origin: str
    optional: bool
    proof: str | None
    count: Raw


@dataclass
class Setting:
    """A setting's type and its values: the lowest region's first, each region's newest first."""

    type: Type
    layers: list[list[Raw]]

    def at(self, on: date, known: date) -> Any:
        """Return the value that holds, or None."""
        for layer in self.layers:
            for entry in layer:
                if holds(entry, on, known):
                    return parse(entry["value"], self.type)
        return None


@dataclass
class Place:
    """A region with everything that it has or inherits."""

    code: str
    facts: dict[str, Fact]
    attributes: dict[str, dict[str, Type]]
    terms: dict[str, dict[str, dict[str, Any]]]
    shared: dict[str, Setting]
    partial: dict[str, set[str]] = field(default_factory=dict)
    settings: dict[str, dict[str, Setting]] = field(default_factory=dict)
    rules: dict[str, dict[str, Raw]] = field(default_factory=dict)


def holds(entry: Raw, on: date, known: date) -> bool:
    """Say whether something dated is in force on a day, as known by another."""
    days = {key: date.fromisoformat(entry[key]) for key in ("from", "until", "published") if key in entry}
    return days.get("from", on) <= on <= days.get("until", on) and days.get("published", known) <= known


def parse(raw: Raw, of_type: Type) -> Any:
    """Return a written value as a plain one: fen, minutes, dates, (amount, unit), words, tuples of words."""
    kind = of_type.kind
    if kind in ("terms", "regions") or isinstance(raw, list):
        return tuple(parse(item, of_type.item) for item in raw)
    if kind == "boolean":
        return raw == "true"
    if kind == "integer":
        return int(raw)
    if kind == "decimal":
        return Decimal(raw)
    if kind == "money":
        return int(Decimal(raw.split()[0]) * 100)
    if kind == "date":
        return date.fromisoformat(raw)
    if kind == "time":
        return int(raw[:2]) * 60 + int(raw[3:])
    if kind == "duration":
        return parse_duration(raw)
    if kind == "moment":
        return datetime.fromisoformat(raw)
    return raw


def parse_duration(raw: str) -> tuple[int, str]:
    """Return an amount and its unit in the plural."""
    if raw == "at once":
        return (0, "minutes")
    if raw.startswith("day "):
        which = "day_of_next_month" if raw.endswith("of the next month") else "day_of_this_or_next_month"
        return int(raw.split()[1]), which
    if raw.startswith("the last day of the "):
        return {
            "month": (31, "day_of_this_or_next_month"),
            "next month": (31, "day_of_next_month"),
            "year": (1, "last_day_of_year"),
            "next year": (2, "last_day_of_year"),
        }[raw.removeprefix("the last day of the ")]
    amount, unit = raw.split(" ", 1)
    return int(amount), unit.removesuffix("s").replace(" ", "_") + "s"


def read_places(folder: Path) -> dict[str, Place]:
    """Read all regions below a folder, by code."""
    top = Place("", {}, {}, {}, {})
    for path in sorted((folder / "vocabulary").glob("*.yaml")):
        _add_vocabulary(top, path.stem, _load(path))
    _add_facts(top, _load(folder / "facts.yaml"))
    found: dict[str, Place] = {}
    for path in sorted(folder.iterdir()):
        if (path / "region.yaml").exists():
            _read_place(path, top, found)
    return found


def _load(path: Path) -> Raw:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader) if path.exists() else {}


def _type_of(raw: Raw) -> Type:
    return Type(raw["type"], raw.get("of"))


def _add_vocabulary(place: Place, name: str, raw: Raw) -> None:
    known = place.attributes.get(name)
    # What is for people alone decides nothing.
    own = {key: spec for key, spec in raw.get("attributes", {}).items() if spec["type"] not in ("message", "point")}
    types = (known or {}) | {key: _type_of(spec) for key, spec in own.items()}
    place.partial[name] = place.partial.get(name, set()) | (set() if known is None else set(own))
    above = {
        term: has | {key: parse(s["values"][term], types[key]) for key, s in own.items() if term in s.get("values", {})}
        for term, has in place.terms.get(name, {}).items()
    }
    terms = {
        term: {key: parse(spec[key], of_type) for key, of_type in types.items()}
        for term, spec in (raw.get("terms") or {}).items()
    }
    place.attributes[name] = types
    place.terms[name] = above | terms


def _add_facts(place: Place, raw: Raw) -> None:
    for name, spec in raw.items():
        count = spec.get("count")
        optional = spec.get("optional") == "true" or (count or {}).get("latest") == "true"
        place.facts[name] = Fact(_type_of(spec), spec["origin"], optional, spec.get("proof"), count)


def _read_place(path: Path, parent: Place, found: dict[str, Place]) -> None:
    place = Place(
        _load(path / "region.yaml")["code"],
        dict(parent.facts),
        dict(parent.attributes),
        dict(parent.terms),
        dict(parent.shared),
        dict(parent.partial),
        {name: dict(settings) for name, settings in parent.settings.items()},
        {name: dict(rules) for name, rules in parent.rules.items()},
    )
    own = _load(path / "vocabulary.yaml")
    for name, raw in own.get("vocabularies", {}).items():
        _add_vocabulary(place, name, raw)
    _add_facts(place, own.get("facts", {}))
    _add_settings(place.shared, _load(path / "settings.yaml"))
    for rule_id, spec in _load(path / "rules.yaml").get("rules", {}).items():
        for service in spec["services"]:
            _add_rule(place, service, rule_id, spec)
    for file in sorted(path.glob("*.yaml")):
        if file.name not in RESERVED and not file.name.endswith(".tests.yaml"):
            _add_service(place, file.stem, _load(file))
    found[place.code] = place
    for child in sorted(path.iterdir()):
        if (child / "region.yaml").exists():
            _read_place(child, place, found)


def _add_settings(settings: dict[str, Setting], raw: Raw) -> None:
    for name, spec in raw.get("settings", {}).items():
        layer = sorted(spec.get("values", ()), key=lambda v: (v["from"], v.get("published", "")), reverse=True)
        inherited = settings.get(name)
        if inherited is None:
            settings[name] = Setting(_type_of(spec), [layer])
        else:
            settings[name] = Setting(inherited.type, [layer, *inherited.layers])


def _add_service(place: Place, name: str, raw: Raw) -> None:
    _add_settings(place.settings.setdefault(name, {}), raw)
    place.rules.setdefault(name, {})
    for rule_id, spec in raw.get("rules", {}).items():
        _add_rule(place, name, rule_id, spec)


def _add_rule(place: Place, service: str, rule_id: str, spec: Raw) -> None:
    rules = place.rules.setdefault(service, {})
    if "removed" in spec:
        del rules[rule_id]
    else:
        rules[rule_id] = spec
