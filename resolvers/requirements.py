"""What a front-end's form must ask: the same decision, made while most facts are still unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain.decision import Decision
from domain.duration import CHINA_TIME
from domain.message import Message
from policies.asking import of_the_clock
from policies.values import LISTS, has_type
from policies.vocabulary import FactDefinition, Words
from resolvers.declarations import choices_added, impossible, parse_fact
from resolvers.dependencies import Dependencies


@dataclass(frozen=True, slots=True)
class Situation:
    """What a form may already know or suppose; a supposition, never a claim: nothing is granted on it.

    Args:
        facts: by name, written as texts, such as `holder.age`: `17`; unknown facts are left out.
    """

    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskedFact:
    """A fact that a form asks for: to be declared, or to be chosen.

    Args:
        name, label: of the fact; kind: its type; options: the terms to choose from, if it is one.
        proof: the document type that proves it, if one is needed.
    """

    name: str
    label: Message
    kind: str
    options: tuple[tuple[str, Message], ...]
    proof: str | None


def _supposed(words: Words, definition: FactDefinition, text: str) -> Any:
    value = parse_fact(definition, text)
    if value is None:
        return None
    vocabulary = definition.type.of
    names = value if definition.type.kind in LISTS else (value,)
    known = vocabulary is None or all(words.term(vocabulary, name) is not None for name in names)
    if not known or not has_type(value, definition.type):
        wanted = vocabulary or definition.type.kind
        raise impossible(definition.name, f"“{text[:80]}”不是可选值", f"{text[:80]} is not possible for {wanted}")
    return value


def supposed_facts(words: Words, given: Mapping[str, str]) -> dict[str, Any]:
    """Read suppositions from texts.

    Raises:
        InvalidInput: a fact is unknown, follows from others, or is ill-typed.
    """
    facts = {}
    for name, text in given.items():
        definition = words.fact(name)
        if definition is None:
            raise impossible(name, f"没有可假定的事实“{name}”", f"there is no fact {name} to suppose")
        if definition.parent is not None:
            parent = definition.parent
            raise impossible(
                name, f"“{name}”由“{parent}”而定，请假定后者", f"{name} follows from {parent}; suppose that"
            )
        if definition.count is not None:
            raise impossible(
                name,
                f"“{name}”由办理记录计数得出，不能直接假定；解释时请假定此前的办理记录，测试用例写 `history`",
                f"{name} is counted over the history and cannot be supposed itself; when you ask for an explanation, suppose"
                " what happened before, and in a case of a tests file state the history",
            )
        facts[name] = _supposed(words, definition, text)
    return facts


def form_requirements(
    dependencies: Dependencies, region: str, service: str, situation: Situation, on: date | None = None
) -> tuple[Decision, tuple[AskedFact, ...], tuple[AskedFact, ...]]:
    """Say what a service asks for in a region, as far as it can be said yet.

    Args:
        on: the day; today in China if None.

    Returns:
        A decision whose parts are conditional where they hang on unknown facts, the facts to declare, and what the
        region lets people choose besides what all do, as far as a rule in force reads it.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: a supposed fact is unknown or ill-typed.
    """
    policies = dependencies.policies()
    day = on or dependencies.clock.now().astimezone(CHINA_TIME).date()
    words = policies.region(region).words
    facts: dict[str, Any] = {"request.service": service, "request.today": day, **supposed_facts(words, situation.facts)}
    facts |= {name: value for name, value in of_the_clock(day, facts).items() if name in words.facts}
    decision = policies.decide(service, region, facts, day, form=True)
    asked = [
        need.name
        for requirement in decision.requirements
        for needs in requirement.alternatives
        for need in needs
        if need.kind == "declaration"
    ]
    declared = (words.fact(name) for name in dict.fromkeys(asked))
    effective = policies.effective(service, region, day)
    read = {name for fact in effective.facts_read for name in (fact, fact.rpartition(".")[0])} if effective else set()
    choices = (definition for definition in choices_added(words) if definition.name in read)
    return (
        decision,
        tuple(_asked(words, definition) for definition in declared if definition is not None),
        tuple(_asked(words, definition) for definition in choices),
    )


def _asked(words: Words, definition: FactDefinition) -> AskedFact:
    vocabulary = words.vocabularies.get(definition.type.of or "")
    options = tuple((term.name, term.label) for term in vocabulary.terms.values()) if vocabulary else ()
    return AskedFact(definition.name, definition.label, str(definition.type.kind), options, definition.proof)
