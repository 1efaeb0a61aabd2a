"""What the policy language means, evaluated naively: an answer to compare the engine's decisions with.

Written from docs/policy-language.md alone: it reads the regions itself (`oracle_tree`), evaluates conditions by
recursion over plain values with three truth values, and imports nothing from `policies`.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

from domain.duration import WeekdayCalendar, WorkingCalendar
from domain.evidence import DocumentEvidence, Evidence
from domain.history import History, HistoryRecord
from domain.services import Reach, records_of
from tests.policies.support.oracle_names import facts_in, facts_named, outcome_facts, outcome_of, settings_named
from tests.policies.support.oracle_tree import Place, Raw, Type, holds, parse, parse_duration
from tests.policies.support.oracle_values import (
    CHINA,
    Asked,
    Fault,
    Truth,
    compare,
    equal,
    every,
    held,
    negated,
    operand_type,
    shift,
    shift_moment,
    some,
)

UNKNOWN: Any = object()
"""Nobody has said it yet; None is "known to be absent"."""


@dataclass(frozen=True)
class Answer:
    """A decision, each part as a sorted tuple of what matters of it."""

    allowed: bool
    denials: tuple[str, ...]
    conditional_denials: tuple[str, ...]
    requirements: tuple[Any, ...]
    missing: tuple[str, ...]
    declarations: tuple[str, ...]
    proofs: tuple[Any, ...]
    charges: tuple[Any, ...]
    waivers: tuple[Any, ...]
    refunds: tuple[Any, ...]
    promises: tuple[Any, ...]
    lapses: tuple[Any, ...]
    routes: tuple[Any, ...]
    archive: tuple[Any, ...]
    advice: tuple[Any, ...]
    estimated: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """What is asked of a place."""

    service: str
    facts: Mapping[str, Any]
    on: date
    known: date
    evidence: Evidence
    history: History | None
    form: bool
    calendar: WorkingCalendar = field(default_factory=WeekdayCalendar)


def answer(place: Place, question: Question) -> Answer:
    """Answer a question.

    Raises:
        Fault: it has no answer.
    """
    return _Evaluation(place, question).answer()


TOLD_BY_THE_CALENDAR = ("request.is_working_day", "request.working_days_left_in_month")
PARTS = {"day": Type("date"), "time_of_day": Type("time")}
"""What can be read of a moment."""


class _Evaluation:
    def __init__(self, place: Place, question: Question) -> None:
        self.place = place
        self.question = question
        self.calendar = Asked(question.calendar)
        on, known = question.on, question.known
        self.rules = {k: r for k, r in place.rules[question.service].items() if holds(r, on, known)}
        both = {**place.shared, **place.settings[question.service]}
        self.setting_types = {name: setting.type for name, setting in both.items()}
        self.settings = {name: setting.at(on, known) for name, setting in both.items()}
        for rule in self.rules.values():
            for name in settings_named(rule):
                if self.settings[name] is None:
                    raise Fault(f"{name} has no value")
        for rule in self.rules.values():
            for name in sorted(facts_named(rule)):
                if self.fact(name) is not UNKNOWN and name in TOLD_BY_THE_CALENDAR:
                    self._look_up(name)

    def _look_up(self, name: str) -> None:
        """Count the days that the calendar was asked for a fact: the day asked, or those of its month that come after it."""
        on = self.question.on
        after = range(on.day + 1, monthrange(on.year, on.month)[1] + 1)
        for number in (on.day,) if name == TOLD_BY_THE_CALENDAR[0] else after:
            self.calendar.day(on.replace(day=number))

    # --- values

    def type_of(self, name: str) -> Type:
        """Return a fact's type; of an attribute, the attribute's."""
        if name in self.place.facts:
            return self.place.facts[name].type
        term, _, attribute = name.rpartition(".")
        if self.place.facts[term].type.kind == "moment":
            return PARTS[attribute]
        return self.place.attributes[self.place.facts[term].type.of or ""][attribute]

    def root(self, name: str) -> str:
        """Return the fact itself, or the one that holds the term of which it is an attribute."""
        return name if name in self.place.facts else name.rpartition(".")[0]

    def fact(self, name: str) -> Any:
        """Return a fact's value, None where it is absent, UNKNOWN where it is."""
        value = self._fact(name)
        definition = self.place.facts[self.root(name)]
        if value is UNKNOWN and not self.question.form and definition.origin != "declared":
            raise Fault(f"{name} is missing")
        attributes = self.place.partial.get(definition.type.of or "", set())
        may_lack = name != self.root(name) and name.rpartition(".")[2] in attributes
        # What lies in a record that a service need not have can be absent in that service.
        perhaps = records_of(self.question.service).get(name.partition(".")[0]) is Reach.PERHAPS
        if value is None and not (definition.optional or may_lack or perhaps):
            raise Fault(f"{name} is absent")
        return value

    def _fact(self, name: str) -> Any:
        if name in self.question.facts:
            value = self.question.facts[name]
            return value.hour * 60 + value.minute if isinstance(value, time) else value
        if name not in self.place.facts:
            term, _, attribute = name.rpartition(".")
            held = self._fact(term)
            if held is None or held is UNKNOWN:
                return held
            if self.place.facts[term].type.kind == "moment":
                there = held.astimezone(CHINA)
                return there.date() if attribute == "day" else there.hour * 60 + there.minute
            return self.terms_of(self.place.facts[term].type)[held].get(attribute)
        count = self.place.facts[name].count
        if count is None or self.question.history is None:
            return UNKNOWN
        return self._counted(count, self.question.history, self.place.facts[name].type)

    def terms_of(self, of_type: Type) -> Mapping[str, Any]:
        """Return the terms of a type's vocabulary."""
        return self.place.terms[of_type.of or ""]

    def _counted(self, count: Raw, history: History, of_type: Type) -> Any:
        found = [record.at for record in history if self._counts(count, record)]
        if "since" in count:
            since = {**count["since"], "within": "lifetime"}
            begins = [record.at for record in history if self._counts(since, record)]
            found = [at for at in found if not begins or at > max(begins)]
        if count.get("latest") != "true":
            return len(found)
        newest = max(found, default=None)
        return newest.astimezone(CHINA).date() if newest is not None and of_type.kind == "date" else newest

    def _counts(self, count: Raw, record: HistoryRecord) -> bool:
        on, day = self.question.on, record.at.astimezone(CHINA).date()
        if record.kind != count["of"] or record.name not in count.get("names", [record.name]) or day > on:
            return False
        if any(record.attributes.get(key) not in words for key, words in count.get("where", {}).items()):
            return False
        if "last" in count:
            return day > shift(on, parse_duration(count["last"]), -1)
        if "since" in count:
            return True
        length = {"lifetime": 0, "calendar_year": 4, "calendar_month": 7}[count["within"]]
        return day.isoformat()[:length] == on.isoformat()[:length]

    def operand(self, raw: Raw, of_type: Type) -> Any:
        """Return what a test or outcome compares with or takes."""
        if not isinstance(raw, dict):
            return parse(raw, of_type)
        value = self.settings[raw["setting"]] if "setting" in raw else self.fact(raw["fact"])
        in_time = of_type.kind in ("date", "moment")
        times = self.operand(raw["times"], Type("integer")) if "times" in raw else 1
        word, sign = ("plus", 1) if "plus" in raw else ("minus", -1)
        by: Any = self.operand(raw[word], Type("duration") if in_time else of_type) if word in raw else 0
        if value is None or times is None or by is None:
            return None
        if "times" in raw:
            value = held(value * times)
        if word in raw and in_time:
            move = shift if of_type.kind == "date" else shift_moment
            return move(value, by, sign, self.calendar)
        return held(value + sign * by) if word in raw else value

    # --- conditions

    def condition(self, raw: Raw) -> Truth:
        """Say whether a condition holds."""
        return every(self._line(key, value) for key, value in raw.items())

    def _line(self, key: str, raw: Raw) -> Truth:
        if key == "all":
            return every(self.condition(part) for part in raw)
        if key == "any":
            return some(self.condition(part) for part in raw)
        if key == "not":
            truth = self.condition(raw)
            return None if truth is None else not truth
        return every([self._test(key, word, operand) for word, operand in raw.items()])

    def _test(self, name: str, word: str, raw: Raw) -> Truth:
        if word == "between":
            return every((self._test(name, "at_least", raw[0]), self._test(name, "at_most", raw[1])))
        value, of_type = self.fact(name), self.type_of(name)
        if any(self.fact(read) is UNKNOWN for read in (name, *facts_in(raw))):
            return None
        if word == "present":
            return bool((value is not None) == (raw == "true"))
        wanted = self.operand(raw, operand_type(word, of_type))
        # Guards see to it that nothing depends on an absent value; were it otherwise, this answer would differ.
        return True if value is None or wanted is None else compare(word, value, wanted)

    def _truth(self, rule: Raw) -> Truth:
        return self.condition(rule["when"]) if "when" in rule else True

    # --- decisions

    def answer(self) -> Answer:
        truths = {rule_id: self._truth(rule) for rule_id, rule in self.rules.items()}
        overruled = {
            rule_id: some(truths[other] for other, rule in self.rules.items() if rule_id in rule.get("instead_of", ()))
            for rule_id in self.rules
        }
        applies = {r: every([truths[r], negated(overruled[r])]) for r in self.rules}
        applying = {r: applies[r] is None for r in self.rules if applies[r] is not False}
        self._charges_perhaps_waived(applying)
        waiting = {r for r in applying if self._waits(r, applying[r])}
        conditional = {r: unsure for r, unsure in applying.items() if r not in waiting}
        self._refuse_conflicts(conditional)
        asking = {*waiting, *(r for r in conditional if conditional[r])}
        asked = self._asked(asking, truths)
        needed = {name for r in asking for name in self._asked({r}, truths) if self._declared_alone(r, truths)}
        parts = self._parts(conditional, asked, needed)
        return replace(parts, estimated=("estimated",) if self.calendar.guessed else ())

    def _of_kind(self, rules: Iterable[str], kind: str) -> list[str]:
        return [r for r in rules if kind in self.rules[r]]

    def _charges_perhaps_waived(self, applying: dict[str, bool]) -> None:
        fees = {self.rules[r]["waive"] for r in self._of_kind(applying, "waive") if applying[r]}
        for rule_id in self._of_kind(applying, "charge"):
            applying[rule_id] = applying[rule_id] or self.rules[rule_id]["charge"]["fee"] in fees

    def _waits(self, rule_id: str, unsure: bool) -> bool:
        form = self.question.form
        spec = outcome_of(self.rules[rule_id])[1]
        narrowing = spec.get("where", {}) if isinstance(spec, dict) else {}
        needed = set(outcome_facts(self.rules[rule_id])) - (set(facts_in(narrowing)) if form else set())
        return any(self.fact(name) is UNKNOWN for name in needed) or (unsure and not form)

    def _refuse_conflicts(self, conditional: Mapping[str, bool]) -> None:
        settled = set()
        for rule_id in [r for r in conditional if not conditional[r]]:
            kind, spec = outcome_of(self.rules[rule_id])
            key = {"charge": "fee", "promise": "what", "lapse": "state"}.get(kind)
            if key is not None:
                if (kind, spec[key]) in settled:
                    raise Fault(f"two rules settle {kind} {spec[key]}")
                settled.add((kind, spec[key]))

    def _asked(self, waiting: set[str], truths: Mapping[str, Truth]) -> tuple[str, ...]:
        if not self._declares():
            return ()
        return tuple(sorted(n for n in self._hangs_on(waiting, truths) if n.startswith("declared.")))

    def _hangs_on(self, waiting: set[str], truths: Mapping[str, Truth]) -> set[str]:
        """Return the unknown facts that rules name, with those of rules that may overrule them."""
        rules = set(waiting)
        for other, rule in self.rules.items():
            if truths[other] is None and waiting & set(rule.get("instead_of", ())):
                rules.add(other)
        names = {self.root(name) for r in rules for name in facts_named(self.rules[r])}
        return {name for name in names if self.fact(name) is UNKNOWN}

    def _declared_alone(self, rule: str, truths: Mapping[str, Truth]) -> bool:
        return all(name.startswith("declared.") for name in self._hangs_on({rule}, truths))

    def _parts(self, conditional: Mapping[str, bool], asked: tuple[str, ...], needed: set[str]) -> Answer:
        denials = self._of_kind(conditional, "deny")
        routes, closed, choices = self._routes(conditional)
        requirements = [*self._requirements(conditional), *choices]
        proofs = self._proofs()
        sure_denials = [*(r for r in denials if not conditional[r]), *closed]
        missing = [r for r, _, satisfied, unsure in requirements if not satisfied and not unsure]
        return Answer(
            allowed=not (sure_denials or missing or needed or any(not done for _, done in proofs)),
            denials=_sorted(sure_denials),
            conditional_denials=_sorted(r for r in denials if conditional[r]),
            requirements=_sorted(requirements),
            missing=_sorted(missing),
            declarations=asked,
            proofs=_sorted(proofs),
            charges=_sorted(self._charges(conditional)),
            waivers=_sorted((r, self.rules[r]["waive"], conditional[r]) for r in self._of_kind(conditional, "waive")),
            refunds=_sorted((r, self.rules[r]["refund"], conditional[r]) for r in self._of_kind(conditional, "refund")),
            promises=_sorted(self._lasting(conditional, "promise", ("what", "within", "counted_from"))),
            lapses=_sorted(self._lasting(conditional, "lapse", ("state", "after", "becomes"))),
            routes=_sorted(routes),
            archive=_sorted(
                (r, document, conditional[r])
                for r in self._of_kind(conditional, "archive")
                for document in self.rules[r]["archive"]
            ),
            advice=_sorted(
                (r, _contact(self.rules[r]["tell"]), conditional[r]) for r in self._of_kind(conditional, "tell")
            ),
            estimated=(),
        )

    def required(self, raw: Raw, of_type: Type) -> Any:
        """Return an outcome's value, which must not build on an absent fact."""
        value = self.operand(raw, of_type)
        if value is None:
            raise Fault("an outcome reads an absent fact")
        return value

    def _charges(self, conditional: Mapping[str, bool]) -> Iterable[Any]:
        waivers = {self.rules[r]["waive"]: r for r in self._of_kind(conditional, "waive") if not conditional[r]}
        for rule_id in self._of_kind(conditional, "charge"):
            spec = self.rules[rule_id]["charge"]
            amount = self.required(spec["amount"], Type("money"))
            if amount < 0:
                raise Fault("a negative fee")
            terms = (spec.get("payer", "holder"), spec.get("due", self._due()), spec.get("refundable") == "true")
            yield (rule_id, spec["fee"], amount, *terms, waivers.get(spec["fee"], ""), conditional[rule_id])

    def _due(self) -> str:
        return "before" if self.question.service in ("apply", "reissue", "deliver") else "after"

    def _lasting(self, conditional: Mapping[str, bool], kind: str, keys: tuple[str, str, str]) -> Iterable[Any]:
        for rule_id in self._of_kind(conditional, kind):
            spec = self.rules[rule_id][kind]
            length = "within" if kind == "promise" else "after"
            duration = self.required(spec[length], Type("duration"))
            yield (rule_id, *(duration if key == length else spec[key] for key in keys), conditional[rule_id])

    def _routes(self, conditional: Mapping[str, bool]) -> tuple[list[Any], list[str], list[Any]]:
        routes, closed, choices = [], [], []
        for rule_id in self._of_kind(conditional, "route"):
            spec, unsure = self.rules[rule_id]["route"], conditional[rule_id]
            open_values, chosen = self._open(spec), self.fact(spec["choice"])
            known = chosen is not None and chosen is not UNKNOWN
            routes.append((rule_id, spec["choice"], open_values, unsure))
            if known and chosen not in open_values and not unsure:
                closed.append(rule_id)
            origin = self.place.facts[self.root(spec["choice"])].origin
            if spec.get("required", "true") == "true" and origin in ("chosen", "declared"):
                choices.append((rule_id, ((("choice", spec["choice"], known),),), known, unsure))
        return routes, closed, choices

    def _type_named(self, raw: Raw) -> Type:
        return self.setting_types[raw["setting"]] if "setting" in raw else self.type_of(raw["fact"])

    def _open(self, spec: Raw) -> tuple[str, ...]:
        of_type = self.type_of(spec["choice"])
        if "open" in spec:
            if isinstance(spec["open"], dict) and self._type_named(spec["open"]) == of_type:
                return (self.required(spec["open"], of_type),)
            return tuple(self.required(spec["open"], of_type.list_of))
        wanted = {}
        for attribute, raw in spec["where"].items():
            if all(self.fact(name) not in (None, UNKNOWN) for name in facts_in(raw)):
                wanted[attribute] = self.operand(raw, self.place.attributes[of_type.of or ""][attribute])
        terms = self.terms_of(of_type)
        return tuple(
            name for name, has in terms.items() if all(equal(has.get(key), value) for key, value in wanted.items())
        )

    def _requirements(self, conditional: Mapping[str, bool]) -> Iterable[Any]:
        for rule_id in self._of_kind(conditional, "require"):
            alternatives = [
                tuple(sorted((kind, name, self._has(kind, name, wanted)) for kind, name, wanted in needs))
                for needs in self._alternatives(self.rules[rule_id]["require"])
            ]
            satisfied = any(all(done for _, _, done in needs) for needs in alternatives)
            yield (rule_id, _sorted(alternatives), satisfied, conditional[rule_id])

    def _alternatives(self, raw: Raw) -> list[list[Any]]:
        if isinstance(raw, list) or "all_of" in raw:
            found: list[list[Any]] = [[]]
            for part in raw if isinstance(raw, list) else raw["all_of"]:
                found = [[*done, *more] for done in found for more in self._alternatives(part)]
            return found
        if "one_of" in raw:
            return [needs for part in raw["one_of"] for needs in self._alternatives(part)]
        kind = next(key for key in ("proof", "document", "detail") if key in raw)
        wanted = {k: self.required(v, SPECIFICATION[k]) for k, v in raw.get("specification", {}).items()}
        return [[(kind, raw[kind], wanted)]]

    def _has(self, kind: str, name: str, wanted: Mapping[str, Any]) -> bool:
        evidence = self.question.evidence
        if kind == "proof":
            return name in evidence.proofs
        if kind == "detail":
            return evidence.details.get(name, "").strip() != ""
        return any(d.type == name and _fits(d, wanted, self.question.on, self.calendar) for d in evidence.documents)

    def _declares(self) -> bool:
        """Say whether anything is declared with this service; elsewhere, what was declared before stands."""
        return records_of(self.question.service).get("declared") is not Reach.PERHAPS

    def _proofs(self) -> list[Any]:
        found: list[Any] = []
        if not self._declares():
            return found
        for name in {self.root(n) for rule in self.rules.values() for n in facts_named(rule)}:
            document, value = self.place.facts[name].proof, self.fact(name)
            if document is not None and value is not UNKNOWN and value is not None and value is not False:
                found.append((document, any(d.type == document for d in self.question.evidence.documents)))
        return found


SPECIFICATION = {
    **dict.fromkeys(("width_px", "height_px", "width_mm", "height_mm", "tolerance_mm"), Type("integer")),
    **dict.fromkeys(("dpi", "min_dpi", "max_bytes"), Type("integer")),
    "colour": Type("boolean"),
    "background": Type("term", "backgrounds"),
    "formats": Type("terms", "file_formats"),
    "taken_within": Type("duration"),
}


def _fits(document: DocumentEvidence, wanted: Mapping[str, Any], on: date, calendar: WorkingCalendar) -> bool:
    if document.sighted and document.id is None:
        return not wanted
    checks = []
    for key, value in wanted.items():
        if key in ("width_px", "height_px", "dpi", "colour", "background"):
            checks.append(getattr(document, key) == value)
        elif key == "min_dpi":
            checks.append((document.dpi or 0) >= value)
        elif key == "max_bytes":
            checks.append(document.size_bytes is not None and document.size_bytes <= value)
        elif key == "formats":
            checks.append(document.format in value)
        elif key == "taken_within":
            oldest = shift(on, value, -1, calendar) if document.taken_on else on
            checks.append(document.taken_on is not None and document.taken_on >= oldest)
        elif key in ("width_mm", "height_mm"):
            pixels = document.width_px if key == "width_mm" else document.height_px
            checks.append(bool(pixels is not None and document.dpi))
            # In tenths of a millimetre times the resolution, so that there are whole numbers only.
            off = 254 * (pixels or 0) - 10 * value * (document.dpi or 0)
            checks.append(abs(off) <= 10 * wanted.get("tolerance_mm", 0) * (document.dpi or 0))
    return all(checks)


def _contact(raw: Raw) -> str:
    return str(raw["contact"]) if isinstance(raw, dict) else ""


def _sorted(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(values))
