"""What a front-end's form must ask: the same decision, made while most facts are still unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from domain.decision import Decision
from domain.duration import CHINA_TIME
from domain.errors import InvalidInput
from domain.message import Message
from policies.values import Kind
from policies.vocabulary import FactDefinition
from resolvers.dependencies import Dependencies


@dataclass(frozen=True, slots=True)
class Situation:
    """What a form may already know or suppose; a supposition, never a claim: nothing is granted on it.

    Args:
        facts: by name, written as texts, such as `holder.age`: `17`; unknown facts are left out.
    """

    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclaredFact:
    """A declared fact that a form asks for.

    Args:
        name, label: of the fact; kind: its type; options: the terms to choose from, if it is one.
        proof: the document type that proves it, if one is needed.
    """

    name: str
    label: Message
    kind: str
    options: tuple[tuple[str, Message], ...]
    proof: str | None


def form_requirements(
    dependencies: Dependencies, region: str, service: str, situation: Situation, on: date | None = None
) -> tuple[Decision, tuple[DeclaredFact, ...]]:
    """Say what a service asks for in a region, as far as it can be said yet.

    Args:
        on: the day; today in China if None.

    Returns:
        A decision whose parts are conditional where they hang on unknown facts, and the facts to declare.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: a supposed fact is unknown or ill-typed.
    """
    policies = dependencies.policies()
    day = on or dependencies.clock.now().astimezone(CHINA_TIME).date()
    words = policies.region(region).words
    facts: dict[str, Any] = {"request.service": service, "request.today": day}
    for name, text in situation.facts.items():
        definition = words.fact(name)
        if definition is None or definition.parent is not None or definition.count is not None:
            raise _wrong(name, f"没有可假定的事实“{name}”", f"there is no fact {name} to suppose")
        facts[name] = parse_fact(definition, text)
        if (
            definition.type.of
            and words.term(definition.type.of, facts[name]) is None
            and definition.type.kind is Kind.TERM
        ):
            raise _wrong(name, f"“{text}”不是可选值", f"{text} is not one of the {definition.type.of}")
    decision = policies.decide(service, region, facts, day, form=True)
    asked = [
        need.name
        for requirement in decision.requirements
        for needs in requirement.alternatives
        for need in needs
        if need.kind == "declaration"
    ]
    declared = []
    for name in dict.fromkeys(asked):
        definition = words.fact(name)
        if definition is None:
            continue
        vocabulary = words.vocabularies.get(definition.type.of or "")
        options = tuple((term.name, term.label) for term in vocabulary.terms.values()) if vocabulary else ()
        declared.append(DeclaredFact(name, definition.label, str(definition.type.kind), options, definition.proof))
    return decision, tuple(declared)


def parse_fact(definition: FactDefinition, text: str) -> Any:
    """Read a fact from text, by its type.

    Raises:
        InvalidInput: it is not written as its type is.
    """
    kind = definition.type.kind
    try:
        if kind is Kind.BOOLEAN:
            return {"true": True, "false": False}[text.strip().lower()]
        if kind in (Kind.INTEGER, Kind.MONEY):
            return int(text)
        if kind is Kind.DATE:
            return date.fromisoformat(text.strip())
        if kind is Kind.TIME:
            return time.fromisoformat(text.strip())
        if kind in (Kind.TERMS, Kind.REGIONS):
            return tuple(part.strip() for part in text.split(",") if part.strip())
    except (KeyError, ValueError):
        raise _wrong(
            definition.name,
            f"“{definition.label.zh}”的值“{text}”不是{kind}",
            f"{definition.label.en}: {text!r} is not a {kind}",
        ) from None
    return text.strip()


def parse_declarations(dependencies: Dependencies, region: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Read declared facts from texts.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: a name is no declared fact of the region, or a value is ill-typed.
    """
    words = dependencies.policies().region(region).words
    found = {}
    for name, text in given.items():
        definition = words.fact(name)
        if definition is None or definition.origin != "declared":
            raise _wrong(name, f"没有可申报的事实“{name}”", f"{name} is not a fact that can be declared here")
        found[name] = parse_fact(definition, text)
    return found


def _wrong(name: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(Message(f"{zh}。", f"{en[0].upper()}{en[1:]}."), field=name, code="VALUE_NOT_POSSIBLE")
