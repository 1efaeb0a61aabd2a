"""Words, facts and values for random policies: every type of the language, and texts that have broken engines."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

Raw = Any

LABEL = {"zh": "名", "en": "label"}
SERVICES = ("apply", "activate")
CODES = ("000000", "110000", "110100", "110101", "110200", "220000", "220100", "650000")
DAYS = tuple(date.fromisoformat(f"{d}") for d in ("2024-01-31", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31"))
DAYS += (date(2024, 12, 31), date(2025, 1, 1), date(2025, 2, 28))
NUMBERS = (-2, -1, 0, 1, 2, 3, 5, 16, 18, 999_999_999_999_999, -999_999_999_999_999)
DECIMALS = tuple(map(Decimal, ("-1.25", "0", "0.5", "1", "1.000001", "999999999.999999")))
TEXTS = ("a", "A", "req-991307", "req-1971740", "中文", 'quo"te\\', "1")
TIMES = ("00:00", "08:59", "09:00", "17:00", "23:59")
MOMENTS = (
    "2024-02-29T09:00+08:00", "2024-02-29T01:00:00Z", "2024-02-28T23:59:59-05:00", "2024-03-01T00:00+08:00",
    "2024-03-31T23:59+08:00", "2025-01-01T00:00+14:00",
)  # fmt: skip
AMOUNTS = ("0 yuan", "1 yuan", "1.50 yuan", "10 yuan")
FACTORS = (-1, 0, 1, 2, 3)
SHIFTS = (
    "0 natural days",
    "0 working days",
    "1 working day",
    "3 working days",
    "1 natural day",
    "30 natural days",
    "1 month",
    "12 months",
    "1 year",
)
MOMENT_SHIFTS = (*SHIFTS, "at once", "7 working days", "3 hours", "30 minutes")
LENGTHS = (
    *MOMENT_SHIFTS,
    "day 10 of the next month",
    "day 30 of this or the next month",
    "the last day of the month",
    "the last day of the next year",
)
FAMILIES = (SHIFTS, MOMENT_SHIFTS, LENGTHS)
"""Durations that move dates, those that move moments, and all: each family has what the one before has."""
TERMS = {
    "kinds": ("k0", "k1", "k2", "k3"),
    "banks": ("icbc", "ccb", "abc"),
    "outlets": ("north_gate", "south_gate", "market"),
    "services": SERVICES,
    "fees": tuple(f"fee_{n}" for n in range(60)),
    "promises": tuple(f"promise_{n}" for n in range(60)),
    "moments": ("submitted", "accepted"),
    "card_states": ("locked", "lost"),
    "operation_states": ("done", "open", "withdrawn"),
    "lapsing_states": tuple(f"state_{n}" for n in range(60)),
    "documents": ("photo", "passport", "certificate"),
    "proofs": ("sms_code", "face_check"),
    "details": ("mobile", "address"),
    "backgrounds": ("white",),
    "file_formats": ("jpeg", "png"),
}
ATTRIBUTES = {
    "bank": {"type": "term", "of": "banks"},
    "instant": {"type": "boolean"},
    "opened": {"type": "date"},
    "floor": {"type": "integer"},
    "region": {"type": "region"},
    "kinds": {"type": "terms", "of": "kinds"},
    "closes": {"type": "time"},
    "lead": {"type": "duration"},
}
PARTIAL = {
    "saturday": {"type": "boolean"},
    "bonus": {"type": "money"},
    "moved_on": {"type": "moment"},
}
"""Attributes that the nation adds to the outlets of all countries: some have them, some have not."""
MOMENT_PARTS = {"day": "date", "time_of_day": "time"}
TYPES: dict[str, dict[str, str]] = {
    **{kind: {"type": kind} for kind in ("boolean", "integer", "decimal", "money", "date", "time", "moment", "text")},
    "term": {"type": "term", "of": "kinds"},
    "terms": {"type": "terms", "of": "kinds"},
    "region": {"type": "region"},
    "regions": {"type": "regions"},
}
COUNTS: dict[str, Raw] = {
    "history.losses": {"of": "operation", "names": ["activate"], "within": "calendar_year"},
    "history.monthly": {"of": "operation", "where": {"state": ["done", "withdrawn"]}, "within": "calendar_month"},
    "history.recent": {"of": "operation", "last": "30 natural days"},
    "history.ever": {"of": "card_state", "names": ["locked", "lost"], "within": "lifetime"},
    "history.since_lock": {
        "of": "operation",
        "names": ["activate"],
        "since": {"of": "card_state", "names": ["locked", "lost"]},
    },
    "history.lost_at": {"of": "card_state", "since": {"of": "operation", "where": {"state": ["done"]}}, "latest": True},
    "history.last_loss": {"of": "operation", "names": ["activate"], "last": "1 month", "latest": True},
}


@dataclass(frozen=True)
class FactSpec:
    """A fact that rules may read."""

    name: str
    kind: str
    of: str | None
    optional: bool
    root: str


def fact_definitions() -> dict[str, Raw]:
    """Return facts of every type and origin, each once surely there and once optional."""
    found: dict[str, Raw] = {}
    for name, of_type in TYPES.items():
        found[f"s.{name}"] = {**of_type, "origin": "computed", "label": LABEL}
        found[f"s.other_{name}"] = {**of_type, "origin": "claimed", "label": LABEL}
        found[f"o.{name}"] = {**of_type, "origin": "computed", "optional": True, "label": LABEL}
    for name, vocabulary in (("bank", "banks"), ("outlet", "outlets")):
        found[f"choice.{name}"] = {
            "type": "term", "of": vocabulary, "origin": "chosen", "optional": True, "label": LABEL,
        }  # fmt: skip
    declared: dict[str, Raw] = {
        "student": {"type": "boolean", "proof": "certificate"},
        "income": {"type": "money"},
        "since": {"type": "date", "optional": True},
        "branch": {"type": "term", "of": "outlets", "proof": "passport"},
        "lives_in": {"type": "region"},
        "kinds": {"type": "terms", "of": "kinds", "optional": True},
    }
    for name, spec in declared.items():
        found[f"declared.{name}"] = {**spec, "origin": "declared", "label": LABEL}
    for name, count in COUNTS.items():
        kind = ("moment" if name.endswith("_at") else "date") if count.get("latest") else "integer"
        found[name] = {"type": kind, "origin": "counted", "label": LABEL, "count": count}
    return found


def readable_facts() -> list[FactSpec]:
    """Return all facts and attributes that conditions may read."""
    found = []
    for name, spec in fact_definitions().items():
        optional = spec.get("optional", False) or spec.get("count", {}).get("latest", False)
        found.append(FactSpec(name, spec["type"], spec.get("of"), optional, name))
        if spec.get("of") == "outlets":
            found += [FactSpec(f"{name}.{k}", t["type"], t.get("of"), optional, name) for k, t in ATTRIBUTES.items()]
            found += [FactSpec(f"{name}.{k}", t["type"], None, True, f"{name}.{k}") for k, t in PARTIAL.items()]
        if spec["type"] == "moment":
            found += [FactSpec(f"{name}.{k}", kind, None, optional, name) for k, kind in MOMENT_PARTS.items()]
    return found


FACTS = readable_facts()


def write_yaml(path: Path, raw: Raw) -> None:
    """Write values as YAML: texts quoted, everything else plain."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_yaml(raw) + "\n", encoding="utf-8")


def _yaml(raw: Raw) -> str:
    if isinstance(raw, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_yaml(value)}" for key, value in raw.items()) + "}"
    if isinstance(raw, list | tuple):
        return "[" + ", ".join(map(_yaml, raw)) + "]"
    if isinstance(raw, str):
        return json.dumps(raw, ensure_ascii=False)
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def vocabulary(random: Random, name: str) -> Raw:
    """Return a vocabulary with its terms, and their attributes."""
    terms: dict[str, Raw] = {term: {"label": LABEL} for term in TERMS[name]}
    attributes: dict[str, Raw] = {}
    if name == "outlets":
        attributes = ATTRIBUTES
        terms = {
            term: {"label": LABEL}
            | {key: literal(random, spec["type"], spec.get("of")) for key, spec in ATTRIBUTES.items()}
            for term in terms
        }
    return {"label": LABEL, "attributes": attributes, "terms": terms}


def added_words(random: Random, level: str) -> Raw:
    """Return what a region adds to the outlets: the nation attributes, whoever likes a term of its own."""
    added: dict[str, Raw] = {}
    if level == "nation":
        added["attributes"] = {
            name: spec | {"values": {term: literal(random, spec["type"]) for term in subset(random, TERMS["outlets"])}}
            for name, spec in PARTIAL.items()
        }
    if random.random() < 0.5:
        whole = ATTRIBUTES | PARTIAL
        given = {name: literal(random, spec["type"], spec.get("of")) for name, spec in whole.items()}
        added["terms"] = {f"annex_{random.randrange(10**9)}": {"label": LABEL} | given}
    return {"vocabularies": {"outlets": added}}


def subset(random: Random, values: Iterable[Any], least: int = 0) -> list[Any]:
    """Return some of the values, in any order."""
    found = list(values)
    random.shuffle(found)
    return found[: random.randint(least, len(found))]


def literal(random: Random, kind: str, of: str | None = None, lengths: tuple[str, ...] = LENGTHS) -> Raw:
    """Return a written value of a type."""
    if kind == "terms":
        return subset(random, TERMS[of or ""])
    if kind == "regions":
        return subset(random, CODES)
    pools: dict[str, tuple[Raw, ...]] = {
        "boolean": (True, False), "integer": NUMBERS, "decimal": DECIMALS, "money": AMOUNTS, "date": DAYS,
        "time": TIMES, "moment": MOMENTS, "text": TEXTS, "duration": lengths, "region": CODES, "term": TERMS.get(of or "", ()),
    }  # fmt: skip
    return random.choice(pools[kind])
