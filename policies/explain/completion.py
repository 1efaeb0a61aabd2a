"""What else must be brought, said or chosen for a request that nothing refuses any more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from domain.decision import Decision, Need, Requirement
from domain.evidence import DocumentEvidence, Evidence
from policies.engine.asking import Asked
from policies.engine.decide import Trial
from policies.engine.satisfaction import MILLIMETRES_PER_INCH as _INCH
from policies.language.conditions import Test, tests_of
from policies.language.values import LISTS, ORDERED, Kind
from policies.language.vocabulary import FactDefinition

MAX_CHOICES = 6
"""Values of one choice or declaration that are tried, and choices and declarations in one way."""
_EXACT_DPI = 254
"""At this resolution, and multiples of it, every whole number of millimetres is a whole number of pixels."""
_WRITTEN = "x"
_TO_BRING = "to be brought"


@dataclass(frozen=True, slots=True)
class Said:
    """A fact that people may change, and the value that they would give it."""

    fact: str
    value: Any


def bring(asked: Asked, needs: tuple[Need, ...]) -> Asked:
    """Return a request with proofs, documents and details that satisfy some needs."""
    evidence = asked.evidence
    proofs = evidence.proofs | {need.name for need in needs if need.kind == "proof"}
    details = {**evidence.details, **{need.name: _WRITTEN for need in needs if need.kind == "detail"}}
    papers = [need for need in needs if need.kind == "document"]
    # One file for each specification: two rules may ask for the same kind of document in two ways.
    documents = (*evidence.documents, *(fitting(need, asked.on) for need in papers))
    return replace(asked, evidence=Evidence(proofs, documents, details))


def fitting(need: Need, on: date) -> DocumentEvidence:
    """Return a document exactly as a need specifies it."""
    wanted: Mapping[str, Any] = need.specification
    dpi = wanted.get("dpi") or _EXACT_DPI * -(-max(wanted.get("min_dpi", 0), 1) // _EXACT_DPI)
    sizes = {}
    for side in ("width", "height"):
        millimetres = wanted.get(f"{side}_mm")
        pixels = round(Fraction(millimetres * dpi) / _INCH) if millimetres is not None else None
        sizes[side] = wanted.get(f"{side}_px", pixels)
    formats = wanted.get("formats") or (None,)
    return DocumentEvidence(
        id=_TO_BRING, type=need.name, format=formats[0], size_bytes=wanted.get("max_bytes"),
        width_px=sizes["width"], height_px=sizes["height"], dpi=dpi, colour=wanted.get("colour"),
        background=wanted.get("background"), taken_on=on,
    )  # fmt: skip


def brought_on(evidence: Evidence, day: date) -> Evidence:
    """Return evidence in which what was to be brought is as fresh as if it were brought on another day."""
    documents = (
        replace(document, taken_on=day) if document.id == _TO_BRING else document for document in evidence.documents
    )
    return replace(evidence, documents=tuple(documents))


def to_bring(decision: Decision) -> tuple[Need, ...]:
    """Return what is missing of proofs, documents and details, each requirement in its shortest way."""
    found: dict[tuple[str, str, str], Need] = {}
    for requirement in decision.missing:
        if _evidential(requirement):
            for need in _shortest(requirement):
                found.setdefault((need.kind, need.name, repr(need.specification)), need)
    return tuple(found.values())


def to_say(decision: Decision) -> Need | None:
    """Return the first choice or declaration that is still to be made."""
    for requirement in decision.missing:
        if not _evidential(requirement):
            return requirement.alternatives[0][0]
    return None


def _evidential(requirement: Requirement) -> bool:
    return all(need.kind not in ("choice", "declaration") for needs in requirement.alternatives for need in needs)


def _shortest(requirement: Requirement) -> tuple[Need, ...]:
    missing = [tuple(need for need in needs if not need.satisfied) for needs in requirement.alternatives]
    return min(missing, key=len)


def possible_values(trial: Trial, need: Need) -> list[Any]:
    """Return values to try for a choice or a declaration: what is open, or what rules compare it with."""
    definition = trial.policy.fact(need.name)
    if definition is None:
        return []
    if need.kind == "choice":
        return list(need.specification["open"])[:MAX_CHOICES]
    return values_of(trial, definition)[:MAX_CHOICES]


def values_of(trial: Trial, definition: FactDefinition) -> list[Any]:
    """Return the values of a fact that could matter to the rules in force, in a fixed order."""
    kind, of = definition.type.kind, definition.type.of
    if kind is Kind.BOOLEAN:
        return [False, True]
    terms = list(trial.policy.terms(of)) if of is not None else []
    if kind is Kind.TERM:
        return terms
    if kind in LISTS:
        held = trial.reading.facts.get(definition.name) or ()
        fewer = [tuple(other for other in held if other != item) for item in held]
        return [*fewer, *((term,) for term in terms if (term,) not in fewer)]
    compared = [value for value in _compared(trial, definition.name) if value is not None]
    near = [other for value in compared for other in _around(value)] if kind in ORDERED else compared
    return list(dict.fromkeys(near))


def _compared(trial: Trial, name: str) -> Iterator[Any]:
    """Yield the literals and settings with which rules in force compare a fact."""
    for rule in trial.policy.rules.values():
        for test in tests_of(rule.condition):
            if test.fact == name:
                yield from _literals(trial, test)


def _literals(trial: Trial, test: Test) -> Iterator[Any]:
    operand = test.operand
    if operand is None or operand.source == "fact" or operand.offset is not None or operand.times is not None:
        return
    value = operand.value if operand.source == "literal" else trial.reading.settings[operand.value]
    yield from value if isinstance(value, tuple) else (value,)


def _around(value: Any) -> tuple[Any, ...]:
    if type(value) is int:
        return value, value - 1, value + 1
    return (value,)
