"""Repeating an old decision from the text that was kept of its policies, whatever the files say by now.

The text holds everything in force as JSON (`effective`): rules, values, and the words behind them. Read back, it must say
the very same again, to the digest; else nothing is concluded from it. Of what somebody brought along it is only kept what was
asked for and there (`recorded`), never the thing itself, so of the requirements only those that the facts alone answer
come out here as they did.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from domain import duration, message
from domain.decision import Citation, Decision, Facts
from domain.duration import WorkingCalendar
from domain.errors import DecisionFault
from domain.evidence import Evidence
from domain.message import Message
from domain.region import Region
from policies.engine.decide import Policies
from policies.engine.engine import Engine
from policies.engine.working_days import SpecialCalendar
from policies.engine.written import NOT_WRITTEN
from policies.language import conditions, service, values, vocabulary
from policies.language.outcomes import needs
from policies.language.outcomes.table import OUTCOMES
from policies.language.service import ServicePolicy, Setting
from policies.language.sources import Cited, cited_by
from policies.language.vocabulary import FactDefinition, Lexicon, Term, Vocabulary
from policies.source.faults import SourceLocation
from policies.tree.tree import PolicyTree, RegionPolicies, SpecialDays

_MODULES: tuple[ModuleType, ...] = (conditions, needs, service, values, vocabulary, duration, message)
_NOWHERE = SourceLocation("", 1, 1, "")
_PLAIN = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "Decimal": Decimal,
}


class NotRepeatable(Exception):
    """A kept text does not say enough to decide again; it was kept by a version that said less, or is damaged."""


def policies_of_text(
    text: str, on: date, known: date, engine: Engine | None = None, calendar: WorkingCalendar | None = None
) -> Policies:
    """Return the policies that a kept text holds: one service in one region.

    Args:
        text: of `EffectivePolicy.text`; on, known: the days of the decision.
        engine: to share compiled rulesets with; calendar: of the days that the decision counted.

    Raises:
        NotRepeatable: the text does not say all that decided.
    """
    try:
        found = _policies(json.loads(text), engine, calendar)
        place = next(iter(found.tree.regions.values()))
        again = found.effective(next(iter(place.services)), place.region.code, on, known)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, DecisionFault) as error:
        raise NotRepeatable(f"the kept text cannot be read: {error}") from error
    if again is None or again.digest != "sha256:" + sha256(text.encode()).hexdigest():
        raise NotRepeatable("the kept text does not say all that decided")
    return found


class KeptPolicies:
    """The policies of one digest, read once and decided under as often as needed.

    Args:
        text: kept under the digest; on, known: the days of a decision that names it.
        engine: to share compiled rulesets with; calendar: of the days that the decision counted.
    """

    def __init__(
        self,
        text: str,
        digest: str,
        on: date,
        known: date,
        engine: Engine | None = None,
        calendar: WorkingCalendar | None = None,
    ) -> None:
        """Read a text.

        Raises:
            NotRepeatable: the text is not the one of the digest, or does not say all that decided.
        """
        if digest != "sha256:" + sha256(text.encode()).hexdigest():
            raise NotRepeatable(f"the kept text is not the one of {digest}")
        self._policies = policies_of_text(text, on, known, engine, calendar)
        self._place = next(iter(self._policies.tree.regions.values()))
        self._service = next(iter(self._place.services))
        self._days = (on, known)

    @property
    def facts(self) -> Mapping[str, FactDefinition]:
        """The definitions of the facts that its rules read."""
        return self._place.words.facts

    def decide(self, facts: Facts, evidence: Evidence | None = None) -> Decision:
        """Decide again, on any facts that were decided on under the digest; its days all say the same.

        Raises:
            DecisionFault, InvalidInput: as for `Policies.decide`.
        """
        on, known = self._days
        effective = self._policies.effective(self._service, self._place.region.code, on, known)
        if _admit(facts, self._place.words) and effective is not None:
            effective.forget_terms()
        return self._policies.decide(self._service, self._place.region.code, facts, on, known=known, evidence=evidence)


def repeat(
    text: str,
    digest: str,
    facts: Facts,
    on: date,
    known: date,
    *,
    evidence: Evidence | None = None,
    engine: Engine | None = None,
    special_days: Mapping[date, bool] | None = None,
    estimated: bool = False,
) -> Decision:
    """Decide again what was decided under a kept text.

    Args:
        text: kept under the decision's digest; facts: kept with the decision; on, known: its days.
        evidence: what was brought along, where somebody knows.
        special_days, estimated: of the decision, kept with it: which days it counted as working days.

    Raises:
        NotRepeatable: the text is not the one of the digest, or does not say all that decided.
    """
    calendar = SpecialCalendar(special_days or {}, estimated=estimated)
    return KeptPolicies(text, digest, on, known, engine, calendar).decide(facts, evidence)


def _admit(facts: Facts, words: Lexicon) -> bool:
    """Let facts hold the terms that they held then, when they were checked; the text keeps those that it names.

    Returns:
        Whether a term was new.
    """
    admitted = False
    for name, value in facts.items():
        definition = words.facts.get(name)
        if definition is not None and definition.type.of is not None and value is not None:
            of = definition.type.of
            known = words.vocabularies.setdefault(of, Vocabulary(of, Message(of, of), {}, {}))
            more = {
                term: Term(term, Message(term, term), {}, assumed=False, place=_NOWHERE)
                for term in (value if isinstance(value, tuple) else (value,))
                if term not in known.terms
            }
            words.vocabularies[of] = replace(known, terms={**known.terms, **more})
            admitted = admitted or bool(more)
    return admitted


def _policies(kept: Mapping[str, Any], engine: Engine | None, calendar: WorkingCalendar | None) -> Policies:
    region = Region(kept["region"], "", kept["level"], Message(kept["region"], kept["region"]), None)
    rules = {rule.id: rule for rule in map(_value, kept["rules"])}
    policy = ServicePolicy(
        name=kept["service"],
        region=region.code,
        title=_value(kept["title"]),
        own_settings={name: _setting(name, kept) for name in kept["settings"]},
        shared_settings={},
        rules=rules,
        review_every=None,
        files=(),
    )
    here = RegionPolicies(region, _words(kept), {}, {policy.name: policy}, _NOWHERE)
    return Policies(PolicyTree({region.code: here}, SpecialDays({}, {}), Path()), engine, calendar=calendar)


def _setting(name: str, kept: Mapping[str, Any]) -> Setting:
    described = kept["types"][name]
    return Setting(
        name=name,
        type=_value(described["type"]),
        unit=None,
        label=_value(described["label"]),
        binding=None,
        layers=((_value(kept["settings"][name]),),),
        place=_NOWHERE,
        origin=_NOWHERE,
    )


def _words(kept: Mapping[str, Any]) -> Lexicon:
    vocabularies = {
        name: Vocabulary(name, Message(name, name), {}, _value(terms)) for name, terms in kept["terms"].items()
    }
    return Lexicon(vocabularies, _value(kept["facts"]), {})


@cache
def _kinds() -> Mapping[str, Any]:
    """Return the kinds of values that a text can hold, by name, with the types of their fields."""
    found = {name: kind for module in _MODULES for name, kind in vars(module).items() if is_dataclass(kind)}
    return {**found, **{kind.__name__: kind for kind in OUTCOMES.values()}, "Citation": Citation}


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(map(_value, plain))
    if not isinstance(plain, dict):
        return plain
    if "is" not in plain:
        return {key: _value(item) for key, item in plain.items()}
    if plain["is"] in _PLAIN:
        return _PLAIN[plain["is"]](plain["value"])
    kind = _kinds()[plain["is"]]
    read = {field.name: _field(field.name, hint, plain) for field, hint in _fields(kind) if _stated(field, plain)}
    if issubclass(kind, Cited):
        read["stated"], read["policy_file"] = cited_by(_value(plain["citation"]))
    return kind(**read)


@cache
def _fields(kind: Any) -> tuple[tuple[Any, Any], ...]:
    """Return the fields of a kind of value with their types, which Python works out anew whenever it is asked."""
    hints = get_type_hints(kind)
    return tuple((field, hints[field.name]) for field in fields(kind))


def _stated(field: Any, plain: Mapping[str, Any]) -> bool:
    """Say whether a field is given a value: what later versions have added may keep its default."""
    return field.name in plain or field.name in NOT_WRITTEN or field.default is MISSING is field.default_factory


def _field(name: str, hint: Any, plain: Mapping[str, Any]) -> Any:
    if name == "place":
        return _NOWHERE
    if name in NOT_WRITTEN:
        return 0
    value = _value(plain[name])
    return hint(value) if isinstance(hint, type) and issubclass(hint, Enum) else value
