"""Random region trees: every type, test, operand and outcome of the language, in chains of nation, province and city."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

Raw = Any

REGIONS = {
    "china": ("000000", "nation"),
    "china/north": ("110000", "province"),
    "china/north/first": ("110100", "city"),
    "china/north/first/inner": ("110101", "district"),
    "china/north/second": ("110200", "city"),
    "china/south": ("220000", "province"),
    "china/south/third": ("220100", "city"),
}
LABEL = {"zh": "名", "en": "label"}
SERVICES = ("apply", "activate")
CODES = ("000000", "110000", "110100", "110101", "110200", "220000", "220100", "990000")
DAYS = tuple(date.fromisoformat(f"{d}") for d in ("2024-01-31", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31"))
DAYS += (date(2024, 12, 31), date(2025, 1, 1), date(2025, 2, 28))
NUMBERS = (-2, -1, 0, 1, 2, 3, 5, 16, 18, 999_999_999_999_999, -999_999_999_999_999)
DECIMALS = tuple(map(Decimal, ("-1.25", "0", "0.5", "1", "1.000001", "999999999.999999")))
TEXTS = ("a", "A", "req-991307", "req-1971740", "中文", 'quo"te\\', "1")
TIMES = ("00:00", "08:59", "09:00", "17:00", "23:59")
AMOUNTS = ("0 yuan", "1 yuan", "1.50 yuan", "10 yuan")
SHIFTS = ("0 natural days", "1 natural day", "30 natural days", "1 month", "12 months", "1 year")
LENGTHS = (*SHIFTS, "at once", "7 working days", "3 hours", "30 minutes")
TERMS = {
    "kinds": ("k0", "k1", "k2", "k3"),
    "banks": ("icbc", "ccb", "abc"),
    "outlets": ("north_gate", "south_gate", "market"),
    "services": SERVICES,
    "subjects": ("s", "o", "choice", "history", "declared"),
    "fees": tuple(f"fee_{n}" for n in range(60)),
    "promises": tuple(f"promise_{n}" for n in range(60)),
    "moments": ("submitted", "accepted"),
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
}
TYPES: dict[str, dict[str, str]] = {
    **{kind: {"type": kind} for kind in ("boolean", "integer", "decimal", "money", "date", "time", "text")},
    "term": {"type": "term", "of": "kinds"},
    "terms": {"type": "terms", "of": "kinds"},
    "region": {"type": "region"},
    "regions": {"type": "regions"},
}
COUNTS: dict[str, Raw] = {
    "history.losses": {"of": "operation", "names": ["lose"], "within": "calendar_year"},
    "history.monthly": {"of": "operation", "where": {"state": ["done", "withdrawn"]}, "within": "calendar_month"},
    "history.recent": {"of": "operation", "last": "30 natural days"},
    "history.ever": {"of": "card_state", "names": ["locked", "lost"], "within": "lifetime"},
    "history.last_loss": {"of": "operation", "names": ["lose"], "last": "1 month", "latest": True},
}
ORDERED = ("integer", "decimal", "money", "date", "time")
WORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("below", "at_most", "above", "at_least"), ("integer", "decimal", "money")),
    **dict.fromkeys(("before", "on_or_before", "after", "on_or_after"), ("date", "time")),
    "between": ORDERED,
    **dict.fromkeys(("is", "is_not"), (*ORDERED, "boolean", "text", "term", "region")),
    **dict.fromkeys(("in", "not_in"), ("term", "text", "region", "integer")),
    **dict.fromkeys(("includes", "excludes", "includes_any", "includes_none", "includes_all"), ("terms", "regions")),
    **dict.fromkeys(("within", "not_within"), ("region",)),
}
LIST_WORDS = ("in", "not_in", "includes_any", "includes_none", "includes_all", "within", "not_within")
LIST_OF = {"term": "terms", "region": "regions", "terms": "terms", "regions": "regions"}
ITEM_OF = {"terms": "term", "regions": "region"}
KINDS = ("deny", "deny", "require", "charge", "waive", "promise", "lapse", "route", "archive", "tell")


@dataclass(frozen=True)
class FactSpec:
    """A fact that rules may read."""

    name: str
    kind: str
    of: str | None
    optional: bool
    root: str


@dataclass(frozen=True)
class SettingSpec:
    """A setting that rules may read, and what a parent binds it to."""

    name: str
    kind: str
    of: str | None
    may: str | None
    values: tuple[Raw, ...]


@dataclass(frozen=True)
class RuleSpec:
    """A rule that children may replace, remove or overrule."""

    name: str
    number: int
    kind: str
    bound: bool
    file: str
    instead_of: tuple[str, ...]


@dataclass
class Inherited:
    """What a region passes on."""

    shared: dict[str, SettingSpec] = field(default_factory=dict)
    settings: dict[str, dict[str, SettingSpec]] = field(default_factory=dict)
    rules: dict[str, dict[str, RuleSpec]] = field(default_factory=dict)


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
        kind = "date" if count.get("latest") else "integer"
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


def write_tree(random: Random, folder: Path, rules_a_file: int = 6) -> None:
    """Write a random regions folder.

    Args:
        random: where the choices come from.
        folder: empty.
        rules_a_file: at most so many rules in one service file.
    """
    for name in TERMS:
        write_yaml(folder / "vocabulary" / f"{name}.yaml", _vocabulary(random, name))
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
        inherited[path] = _Region(random, folder, path, parent, numbers.__next__, rules_a_file).write()


def _vocabulary(random: Random, name: str) -> Raw:
    terms: dict[str, Raw] = {term: {"label": LABEL} for term in TERMS[name]}
    attributes: dict[str, Raw] = {}
    if name == "services":
        attributes = {"subjects": {"type": "terms", "of": "subjects"}}
        terms = {term: {"label": LABEL, "subjects": TERMS["subjects"]} for term in terms}
    if name == "outlets":
        attributes = ATTRIBUTES
        terms = {
            term: {"label": LABEL}
            | {key: literal(random, spec["type"], spec.get("of")) for key, spec in ATTRIBUTES.items()}
            for term in terms
        }
    return {"label": LABEL, "attributes": attributes, "terms": terms}


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
        "time": TIMES, "text": TEXTS, "duration": lengths, "region": CODES, "term": TERMS.get(of or "", ()),
    }  # fmt: skip
    return random.choice(pools[kind])


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
        self.visible: dict[str, SettingSpec] = {}

    def write(self) -> Inherited:
        if self.chance(0.7) or self.path == "china":
            own = self._settings_file(self.shared, "shared")
            write_yaml(self.folder / "settings.yaml", {"source": "assumption", "settings": own})
        for service in SERVICES:
            if self.chance(0.75):
                self._service(service)
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
        lengths = SHIFTS if self.chance(0.6) else LENGTHS
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
        return tuple(literal(self.random, spec.kind, spec.of) for _ in range(self.random.randint(1, 2)))

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

    def _service(self, service: str) -> None:
        settings, rules = self.settings.setdefault(service, {}), self.rules.setdefault(service, {})
        file = f"{self.path}/{service}"
        own_settings = self._settings_file(settings, service)
        self.visible = {**self.shared, **settings}
        own: dict[str, Raw] = {}
        for spec in list(rules.values()):
            named = any(spec.name in other.instead_of for other in rules.values())
            if spec.bound or spec.name in own:
                continue
            if not named and self.chance(0.1):
                own[spec.name] = {"removed": True, "source": "assumption"}
                del rules[spec.name]
            elif self.chance(0.15):
                own[spec.name] = self._rule(spec.kind, spec.number, rules, file) | {"replaces": True}
                rules[spec.name] = self._spec(spec.name, spec.number, spec.kind, own[spec.name], file)
        for _ in range(self.random.randint(1, self.size)):
            number, kind = self.number(), self.random.choice(KINDS)
            name = f"rule_{number}"
            own[name] = self._rule(kind, number, rules, file)
            rules[name] = self._spec(name, number, kind, own[name], file)
        write_yaml(
            self.folder / f"{service}.yaml",
            {"title": LABEL, "source": "assumption", "settings": own_settings, "rules": own},
        )

    def _spec(self, name: str, number: int, kind: str, raw: Raw, file: str) -> RuleSpec:
        return RuleSpec(name, number, kind, raw.get("bind", False), file, tuple(raw.get("instead_of", ())))

    def _rule(self, kind: str, number: int, rules: dict[str, RuleSpec], file: str) -> Raw:
        raw: dict[str, Raw] = {kind: self._outcome(kind, number)}
        if self.chance(0.85):
            raw["when"] = self.condition(0, frozenset())
        if kind in ("deny", "require", "tell") or self.chance(0.3):
            raw["message"] = self._message()
        if self.chance(0.25):
            start = self.random.choice(DAYS)
            raw |= {"from": start, "published": self.random.choice(DAYS)}
            if self.chance(0.5):
                raw["until"] = max(start, self.random.choice(DAYS))
        older = [
            r.name for r in rules.values() if r.number < number and r.kind == kind and (not r.bound or r.file == file)
        ]
        if older and self.chance(0.35):
            raw["instead_of"] = subset(self.random, older, 1)[:2]
        if self.chance(0.08):
            raw["bind"] = True
        return raw

    def _message(self) -> Raw:
        named = "".join(f" {{{name}}}" for name in subset(self.random, self.visible)[:1])
        return {"zh": f"说明{named}", "en": f"text {{{{}}}}{named}"}

    def _outcome(self, kind: str, number: int) -> Raw:
        # Mostly its own fee, promise or state, or nearly every decision would be a conflict.
        slot = number % 60 if self.chance(0.95) else 0
        if kind == "require":
            return self._needs(2)
        if kind == "charge":
            more = {"payer": "bank", "refundable": True} if self.chance(0.3) else {}
            return {"fee": f"fee_{slot}", "amount": self.outcome_operand("money"), **more}
        if kind == "waive":
            return f"fee_{self.random.randrange(60)}" if self.chance(0.5) else f"fee_{max(0, slot - 1)}"
        if kind == "promise":
            within = self.outcome_operand("duration")
            return {"what": f"promise_{slot}", "within": within, "counted_from": "accepted"}
        if kind == "lapse":
            return {"state": f"state_{slot}", "after": self.outcome_operand("duration"), "becomes": "state_1"}
        if kind == "route":
            return self._route()
        if kind == "archive":
            return subset(self.random, TERMS["documents"], 1)
        return {"contact": "12333"} if kind == "tell" and self.chance(0.5) else True

    def _route(self) -> Raw:
        choice = self.random.choice(("choice.bank", "choice.outlet", "s.term", "o.region", "declared.branch"))
        fact = next(f for f in FACTS if f.name == choice)
        required = {"required": False} if self.chance(0.2) else {}
        if fact.of == "outlets" and self.chance(0.6):
            names = subset(self.random, ATTRIBUTES, 1)[:2]
            where = {n: self.operand(ATTRIBUTES[n]["type"], ATTRIBUTES[n].get("of"), FACTS) for n in names}
            return {"choice": choice, "where": where, **required}
        return {"choice": choice, "open": self.operand(LIST_OF[fact.kind], fact.of, self._surely()), **required}

    def _surely(self) -> list[FactSpec]:
        """Return the facts that outcomes read: mostly some that are never absent."""
        return [f for f in FACTS if not f.optional] if self.chance(0.95) else FACTS

    def outcome_operand(self, kind: str) -> Raw:
        return self.operand(kind, None, self._surely(), calm=True)

    def _needs(self, depth: int) -> Raw:
        if depth and self.chance(0.5):
            parts = [self._needs(depth - 1) for _ in range(self.random.randint(1, 3))]
            return self.random.choice(({"one_of": parts}, {"all_of": parts}, parts))
        kind = self.random.choice(("proof", "document", "detail"))
        need: dict[str, Raw] = {kind: self.random.choice(TERMS[f"{kind}s"])}
        if kind == "document" and self.chance(0.5):
            need["specification"] = self._specification()
        return need

    def _specification(self) -> Raw:
        usual: dict[str, Raw] = {
            "width_px": 358, "height_px": 441, "dpi": 350, "min_dpi": 300, "max_bytes": 1000, "colour": True,
            "background": "white", "formats": ["jpeg"], "taken_within": "1 month", "width_mm": 26, "height_mm": 32,
            "tolerance_mm": 1,
        }  # fmt: skip
        found = {key: usual[key] for key in subset(self.random, usual, 1)[:3]}
        if "min_dpi" in found:
            found["min_dpi"] = self.operand("integer", None, self._surely())
        return found

    # --- conditions

    def condition(self, depth: int, known: frozenset[str]) -> Raw:
        """Return a condition in which optional facts are guarded, but for those that are known to be there."""
        choice = self.random.random() if depth < 3 else 0.0
        if choice < 0.5:
            return self._tests(known)
        if choice < 0.62:
            return {"all": [self.condition(depth + 1, known) for _ in range(self.random.randint(1, 3))]}
        if choice < 0.76:
            return {"any": [self.condition(depth + 1, known) for _ in range(self.random.randint(1, 3))]}
        if choice < 0.88:
            return {"not": self.condition(depth + 1, known)}
        guard = self.random.choice([f.root for f in FACTS if f.optional])
        word, there = ("all", True) if self.chance(0.5) else ("any", False)
        return {word: [{guard: {"present": there}}, self.condition(depth + 1, known | {guard})]}

    def _tests(self, known: frozenset[str]) -> Raw:
        fact = self.random.choice(FACTS)
        if (fact.optional or fact.name.startswith("declared.")) and self.chance(0.15):
            return {fact.name: {"present": self.chance(0.5)}}
        words = [word for word, kinds in WORDS.items() if fact.kind in kinds]
        line = {word: self._test_operand(fact, word) for word in subset(self.random, words, 1)[:2]}
        reads = {f.root for f in FACTS if f.optional and f.name in (fact.name, *facts_in(line))} - known
        if not reads:
            return {fact.name: line}
        if self.chance(0.5):
            absent = [{root: {"present": False}} for root in sorted(reads)]
            return {"any": [*absent, {fact.name: line}]}
        if self.chance(0.5):
            return {"all": [*({root: {"present": True}} for root in sorted(reads)), {fact.name: line}]}
        guards = {root: {"present": True} for root in sorted(reads)}
        return guards | {fact.name: guards.get(fact.name, {}) | line}

    def _test_operand(self, fact: FactSpec, word: str) -> Raw:
        if word == "between":
            return [self.operand(fact.kind, fact.of, FACTS) for _ in range(2)]
        if word in ("includes", "excludes"):
            return self.operand(ITEM_OF[fact.kind], fact.of, FACTS)
        if word not in LIST_WORDS:
            return self.operand(fact.kind, fact.of, FACTS)
        if fact.kind in LIST_OF and self.chance(0.4):
            operand = self.operand(LIST_OF[fact.kind], fact.of, FACTS)
            if isinstance(operand, dict):
                return operand
        pools = {"text": TEXTS, "integer": NUMBERS, "region": CODES, "regions": CODES}
        return subset(self.random, pools.get(fact.kind) or TERMS[fact.of or ""], 1)[:3]

    def operand(self, kind: str, of: str | None, facts: list[FactSpec], calm: bool = False) -> Raw:
        """Return a literal, a setting or a fact of a type, perhaps moved; calm ones never go below zero."""
        settings = [s.name for s in self.visible.values() if (s.kind, s.of) == (kind, of)]
        sources = [f.name for f in facts if (f.kind, f.of) == (kind, of)]
        choice = self.random.random()
        if choice < 0.4 and settings:
            found = {"setting": self.random.choice(settings)}
        elif choice < 0.65 and sources:
            found = {"fact": self.random.choice(sources)}
        else:
            return literal(self.random, kind, of)
        if kind in ("date", "integer", "money") and self.chance(0.4):
            found["plus" if calm or self.chance(0.5) else "minus"] = self._offset(kind, facts)
        return found

    def _offset(self, kind: str, facts: list[FactSpec]) -> Raw:
        wanted = "duration" if kind == "date" else kind
        settings = [s for s in self.visible.values() if s.kind == wanted]
        if kind == "date":
            settings = [s for s in settings if set(s.values) <= set(SHIFTS)]
        choice = self.random.random()
        if choice < 0.3 and settings:
            return {"setting": self.random.choice(settings).name}
        if choice < 0.4 and kind == "integer":
            return {"fact": self.random.choice([f.name for f in facts if f.kind == kind])}
        return literal(self.random, wanted, None, SHIFTS)


def facts_in(raw: Raw) -> Iterable[str]:
    """Find the facts that operands name."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key == "fact":
                yield value
            else:
                yield from facts_in(value)
    elif isinstance(raw, list):
        for item in raw:
            yield from facts_in(item)
