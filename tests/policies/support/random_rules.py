"""Random rules: every test, operand and outcome of the language, over facts and the settings that a rule may read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

from tests.policies.support.random_words import (
    ATTRIBUTES,
    CODES,
    DAYS,
    FACTORS,
    FACTS,
    MOMENT_SHIFTS,
    NUMBERS,
    PARTIAL,
    SHIFTS,
    TERMS,
    TEXTS,
    FactSpec,
    Raw,
    literal,
    subset,
)

ORDERED = ("integer", "decimal", "money", "date", "time", "moment")
WORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("below", "at_most", "above", "at_least"), ("integer", "decimal", "money")),
    **dict.fromkeys(("before", "on_or_before", "after", "on_or_after"), ("date", "time", "moment")),
    "between": ORDERED,
    **dict.fromkeys(("is", "is_not"), (*ORDERED, "boolean", "text", "term", "region")),
    **dict.fromkeys(("in", "not_in"), ("term", "text", "region", "integer")),
    **dict.fromkeys(("includes", "excludes", "includes_any", "includes_none", "includes_all"), ("terms", "regions")),
    **dict.fromkeys(("within", "not_within"), ("region",)),
}
LIST_WORDS = ("in", "not_in", "includes_any", "includes_none", "includes_all", "within", "not_within")
LIST_OF = {"term": "terms", "region": "regions", "terms": "terms", "regions": "regions"}
ITEM_OF = {"terms": "term", "regions": "region"}
TESTABLE = [fact for fact in FACTS if fact.kind != "duration"]
KINDS = ("deny", "deny", "require", "charge", "waive", "refund", "promise", "lapse", "route", "archive", "tell")


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
    region: str
    instead_of: tuple[str, ...]


class RandomRules:
    """Writes rules.

    Args:
        random: where the choices come from.
        visible: the settings that the rules may read, by name.
    """

    def __init__(self, random: Random, visible: Mapping[str, SettingSpec]) -> None:
        self.random = random
        self.visible = visible

    def chance(self, share: float) -> bool:
        """Say yes so often."""
        return self.random.random() < share

    def rule(self, kind: str, number: int, older: Iterable[str]) -> Raw:
        """Return a rule.

        Args:
            kind: of its outcome; number: of the rule, which settles something of its own where rules could conflict.
            older: rules that it may overrule.
        """
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
        names = list(older)
        if names and self.chance(0.35):
            raw["instead_of"] = subset(self.random, names, 1)[:2]
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
            if self.chance(0.3):
                more["due"] = self.random.choice(("before", "after"))
            return {"fee": f"fee_{slot}", "amount": self.outcome_operand("money"), **more}
        if kind in ("waive", "refund"):
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
            attributes = ATTRIBUTES | PARTIAL
            names = subset(self.random, attributes, 1)[:2]
            where = {n: self.operand(attributes[n]["type"], attributes[n].get("of"), FACTS) for n in names}
            return {"choice": choice, "where": where, **required}
        if self.chance(0.3) and isinstance(one := self.operand(fact.kind, fact.of, self._surely()), dict):
            return {"choice": choice, "open": one, **required}
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
        fact = self.random.choice(TESTABLE)
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
        if kind in ("integer", "money") and self.chance(0.3):
            found["times"] = self._factor(facts, calm)
        if kind in ("date", "moment", "integer", "money") and self.chance(0.4):
            found["plus" if calm or self.chance(0.5) else "minus"] = self._offset(kind, facts)
        return found

    def _factor(self, facts: list[FactSpec], calm: bool) -> Raw:
        """Return by how much something is multiplied: mostly little, or nearly every product would be too large."""
        sources = [fact.name for fact in facts if fact.name.startswith("history.") and fact.kind == "integer"]
        if sources and self.chance(0.5):
            found: Raw = {"fact": self.random.choice(sources)}
            return found | ({"plus": 1} if self.chance(0.3) else {}) | ({"times": 2} if self.chance(0.1) else {})
        if self.chance(0.03):
            return self.operand("integer", None, facts)
        return self.random.choice(FACTORS[1:] if calm else FACTORS)

    def _offset(self, kind: str, facts: list[FactSpec]) -> Raw:
        wanted = "duration" if kind in ("date", "moment") else kind
        settings = [s for s in self.visible.values() if s.kind == wanted]
        lengths = SHIFTS if kind == "date" else MOMENT_SHIFTS
        if wanted == "duration":
            settings = [s for s in settings if set(s.values) <= set(lengths)]
        choice = self.random.random()
        if choice < 0.3 and settings:
            return {"setting": self.random.choice(settings).name}
        if choice < 0.4 and kind == "integer":
            return {"fact": self.random.choice([f.name for f in facts if f.kind == kind])}
        return literal(self.random, wanted, None, lengths)


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
