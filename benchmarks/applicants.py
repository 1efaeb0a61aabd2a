"""Somebody who applies somewhere: facts and evidence for any service of any region, made from its own policies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from domain.decision import Decision, Need
from domain.duration import CHINA_TIME
from domain.evidence import DocumentEvidence, Evidence
from domain.services import records_of
from policies.engine.decide import Policies
from policies.language.values import Kind, ValueType
from policies.language.vocabulary import FactDefinition, Lexicon

ON = date(2026, 11, 20)
USUAL: Mapping[str, Any] = {
    "request.role": "citizen",
    "actor.relation": "self",
    "holder.type": "citizen",
    "holder.identity_type": "resident_identity_card",
    "holder.age": 30,
    "holder.full_capacity": True,
    "holder.photo_on_file": False,
    "holder.insured_in_province": True,
    "holder.insured_in_city": True,
}
DPI = 300


@dataclass(frozen=True)
class Applicant:
    """What one request brings along."""

    service: str
    region: str
    facts: Mapping[str, Any]
    evidence: Evidence

    def ask(self, policies: Policies) -> Decision:
        """Ask for the decision."""
        return policies.decide(self.service, self.region, self.facts, ON, evidence=self.evidence, history=())


def applicant(policies: Policies, service: str, region: str, channel: str, **changes: Any) -> Applicant:
    """Return somebody who brings everything that is asked for.

    Args:
        policies, service, region: where; channel: how they come.
        changes: facts that differ from the usual, with `__` for the dot.
    """
    words = policies.region(region).words
    facts = {
        name: _plain(definition, words)
        for name, definition in words.facts.items()
        if definition.subject in records_of(service) and definition.origin != "counted"
    }
    asked = {"request.service": service, "request.channel": channel, "request.today": ON}
    given = {name.replace("__", "."): value for name, value in changes.items()}
    facts |= {name: value for name, value in {**USUAL, **asked, **given}.items() if name in facts}
    without = Applicant(service, region, facts, Evidence())
    return Applicant(service, region, facts | _choices(without.ask(policies)), _evidence(without.ask(policies)))


def _plain(definition: FactDefinition, words: Lexicon) -> Any:
    """Return the most ordinary value of a fact: absent, no, zero, the first word."""
    if definition.optional:
        return None
    of_type: ValueType = definition.type
    plain = {
        Kind.BOOLEAN: False, Kind.INTEGER: 0, Kind.DECIMAL: Decimal(0), Kind.MONEY: 0, Kind.DATE: ON, Kind.TIME: time(9),
        Kind.MOMENT: datetime(ON.year, ON.month, ON.day, 9, tzinfo=CHINA_TIME),
        Kind.TEXT: "", Kind.TERMS: (), Kind.REGION: "000000", Kind.REGIONS: (),
    }  # fmt: skip
    return next(iter(words.vocabularies[of_type.of or ""].terms)) if of_type.kind is Kind.TERM else plain[of_type.kind]


def _choices(decision: Decision) -> dict[str, str]:
    needs = [need for r in decision.requirements for needs in r.alternatives for need in needs]
    return {n.name: n.specification["open"][0] for n in needs if n.kind == "choice" and n.specification["open"]}


def _evidence(decision: Decision) -> Evidence:
    needs = [need for requirement in decision.requirements for need in requirement.alternatives[0]]
    return Evidence(
        proofs=frozenset(need.name for need in needs if need.kind == "proof"),
        documents=tuple(_document(need) for need in needs if need.kind == "document"),
        details={need.name: "x" for need in needs if need.kind == "detail"},
    )


def _document(need: Need) -> DocumentEvidence:
    wanted = need.specification
    dpi = wanted.get("dpi", max(DPI, wanted.get("min_dpi", 0)))
    pixels = {key: round(wanted.get(f"{key}_mm", 26) / 25.4 * dpi) for key in ("width", "height")}
    return DocumentEvidence(
        id="document",
        type=need.name,
        format=wanted.get("formats", ("jpeg",))[0],
        size_bytes=1,
        width_px=wanted.get("width_px", pixels["width"]),
        height_px=wanted.get("height_px", pixels["height"]),
        dpi=dpi,
        colour=wanted.get("colour", True),
        background=wanted.get("background", "white"),
        taken_on=ON,
    )
