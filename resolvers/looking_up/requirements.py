"""What a front-end's form must ask: the same decision, made while most facts are still unknown."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from domain.decision import Decision
from domain.duration import day_in_china
from domain.errors import InvalidInput
from domain.message import Message
from domain.services import makes_card, service_names
from policies.engine.asking import of_the_clock
from policies.engine.decide import Trial
from policies.engine.effective import EffectivePolicy
from policies.language.values import KIND_WORDS, LISTS, has_type
from policies.language.vocabulary import FactDefinition, Lexicon
from policies.source.faults import near
from resolvers.changing.choosing import CORRECT
from resolvers.changing.declarations import choices_added, impossible, parse_fact
from resolvers.dependencies import Dependencies
from resolvers.looking_up.forms.alternatives import Possibility, holding_under
from resolvers.looking_up.forms.correcting import SERVICE as CORRECTED_SERVICE
from resolvers.looking_up.forms.waiting import waiting_for

_MOST_SHOWN = 20
MAX_FORMS = 64
"""Kept under one policy: one for each combination of suppositions."""
_WEIGHT = 24_576
"""Bytes of one, about."""
TODAY = "request.today"

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class SupposedFacts:
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


def _supposed(words: Lexicon, definition: FactDefinition, text: str) -> Any:
    value = parse_fact(definition, text, words.codes)
    if value is None:
        return None
    vocabulary = definition.type.of
    if vocabulary is not None:
        names = value if definition.type.kind in LISTS else (value,)
        found = tuple(term_meant(words, vocabulary, name) for name in names)
        if None in found:
            raise _not_a_term(words, definition, vocabulary, text)
        value = found if definition.type.kind in LISTS else found[0]
    if not has_type(value, definition.type):
        wanted = KIND_WORDS[definition.type.kind]
        raise impossible(
            definition.name,
            f"“{definition.label.zh}”应为{wanted.zh}，不能是“{text[:80]}”",
            f"{definition.label.en}: {text[:80]} is not {wanted.en}",
        )
    return value


def term_meant(words: Lexicon, vocabulary: str, text: str) -> str | None:
    """Return the word of a vocabulary that somebody names, by its name or its label; None where none or several are."""
    if words.term(vocabulary, text) is not None:
        return text
    known = words.vocabularies.get(vocabulary)
    terms = known.terms.values() if known is not None else ()
    called = [term.name for term in terms if text in (term.label.zh, term.label.en)]
    return called[0] if len(called) == 1 else None


def _not_a_term(words: Lexicon, definition: FactDefinition, vocabulary: str, text: str) -> InvalidInput:
    terms = list(words.vocabularies[vocabulary].terms.values()) if vocabulary in words.vocabularies else []
    shown = terms[:_MOST_SHOWN]
    zh = "、".join(f"`{term.name}`（{term.label.zh}）" for term in shown) + ("等" if len(terms) > len(shown) else "")
    en = ", ".join(f"{term.name} ({term.label.en})" for term in shown) + (" …" if len(terms) > len(shown) else "")
    return impossible(
        definition.name,
        f"“{definition.label.zh}”没有“{text[:80]}”这一项，可写：{zh}",
        f"{definition.label.en}: {text[:80]} is not possible; there are {en}",
    )


def _fact_meant(words: Lexicon, name: str) -> str:
    """Return the fact that somebody names, by its name or its label."""
    if words.fact(name) is not None:
        return name
    called = [fact.name for fact in words.facts.values() if name in (fact.label.zh, fact.label.en)]
    return called[0] if len(called) == 1 else name


def supposed_facts(words: Lexicon, given: Mapping[str, str]) -> dict[str, Any]:
    """Read suppositions from texts.

    Raises:
        InvalidInput: a fact is unknown, follows from others, or is ill-typed.
    """
    facts = {}
    for given_name, text in given.items():
        name = _fact_meant(words, given_name)
        definition = words.fact(name)
        if definition is None:
            alike = near(name[:80], words.facts)
            zh = f"；是否应为 {'、'.join(f'`{each}`' for each in alike)}？" if alike else "，请核对名称"
            en = f"; did you mean {', '.join(alike)}?" if alike else "; check its name"
            raise impossible(
                name[:80], f"没有可以假定的“{name[:80]}”{zh}", f"there is no fact {name[:80]} to suppose{en}"
            )
        if definition.parent is not None:
            parent = definition.parent
            raise impossible(
                name, f"`{name}` 由 `{parent}` 得出，请假定 `{parent}`", f"{name} follows from {parent}; suppose that"
            )
        if definition.count is not None:
            raise impossible(
                name,
                f"`{name}` 由办理记录计数得出，不能直接假定；解释时请假定此前的办理记录，测试用例写 `history`",
                f"{name} is counted over the history and cannot be supposed itself; when you ask for an explanation, suppose"
                " what happened before, and in a case of a tests file state the history",
            )
        facts[name] = _supposed(words, definition, text)
    return facts


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a service asks for in a region, as far as it can be said yet.

    Args:
        decision: its parts are conditional where they hang on facts not known yet.
        trial: evaluates the same rules again, to look at what each saw; None of a service that the region does not offer.
        kept: what was worked out of it before, by name.
        declared: the facts to declare; choices: what the region lets people choose besides what all do, as far as a rule in
            force reads it.
        supposed, read: the facts that were supposed, and those that rules in force read.
        words, title: of the region, and what people call the service there.
        corrected: of a correction, the requirements of the services that may be corrected, or of the one that is supposed.
    """

    decision: Decision
    trial: Callable[[], Trial | None]
    kept: MutableMapping[str, Any]
    declared: tuple[AskedFact, ...]
    choices: tuple[AskedFact, ...]
    supposed: Mapping[str, Any]
    read: frozenset[str]
    words: Lexicon
    title: Message
    corrected: Callable[[], tuple["Requirements", ...]] = tuple

    def waiting(self) -> Mapping[str, tuple[str, ...]]:
        """Return, for each rule that hangs on facts not known yet, these facts."""
        found: Mapping[str, tuple[str, ...]] = self.once("waiting", self._waiting)
        return found

    def _waiting(self) -> Mapping[str, tuple[str, ...]]:
        trial = self.trial()
        return waiting_for(trial) if trial is not None else {}

    def holding(self) -> Mapping[str, tuple[Possibility, ...]]:
        """Return, for each rule that may apply, what it needs of facts not known yet."""
        found: Mapping[str, tuple[Possibility, ...]] = self.once("holding", self._holding)
        return found

    def _holding(self) -> Mapping[str, tuple[Possibility, ...]]:
        trial = self.trial()
        return holding_under(trial) if trial is not None else {}

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return something that is worked out once for a policy and what is supposed."""
        if name not in self.kept:
            self.kept[name] = make()
        made: Made = self.kept[name]
        return made


def form_requirements(
    dependencies: Dependencies, region: str, service: str, situation: SupposedFacts, on: date | None = None
) -> Requirements:
    """Say what a service asks for in a region, as far as it can be said yet.

    Args:
        region: GB/T 2260; of a district without policies, its city decides. on: the day; today in China if None.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: a supposed fact is unknown or ill-typed.
    """
    policies = dependencies.policies()
    day = on or day_in_china(dependencies.clock.now())
    place = policies.deciding(region)
    words, code = place.words, place.region.code
    supposed = supposed_facts(words, situation.facts)
    facts: dict[str, Any] = {"request.service": service, "request.today": day, **supposed}
    facts |= {name: value for name, value in of_the_clock(day, facts).items() if name in words.facts}
    decision = policies.decide(service, code, facts, day, form=True)
    effective = policies.effective(service, code, day)
    asked = [
        need.name
        for requirement in decision.requirements
        for needs in requirement.alternatives
        for need in needs
        if need.kind == "declaration"
    ]
    declared = (words.fact(name) for name in dict.fromkeys(asked))
    rules_read = effective.facts_read if effective is not None else frozenset()
    read = frozenset(name for fact in rules_read for name in (fact, fact.rpartition(".")[0]))
    choices = (definition for definition in choices_added(words) if definition.name in read)
    policy = place.services.get(service)
    return Requirements(
        decision,
        lambda: policies.trial(service, code, facts, day, form=True),
        _kept(effective, supposed, day) if effective is not None else {},
        tuple(_asked(words, definition) for definition in declared if definition is not None),
        tuple(_asked(words, definition) for definition in choices),
        supposed,
        read,
        words,
        policy.title if policy is not None else words.label("services", service),
        lambda: tuple(
            form_requirements(dependencies, region, each, situation, on) for each in _corrected(service, supposed)
        ),
    )


def _corrected(service: str, supposed: Mapping[str, Any]) -> tuple[str, ...]:
    if service != CORRECT:
        return ()
    known = supposed.get(CORRECTED_SERVICE)
    return tuple(name for name in service_names() if makes_card(name) and known in (None, name))


def _kept(policy: EffectivePolicy, supposed: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Return what is kept of forms under a policy: what hangs on nothing but what is supposed, and the day where a rule reads it."""
    key = (frozenset(supposed.items()), day if TODAY in policy.facts_read else None)
    if key not in policy.forms:
        if len(policy.forms) >= MAX_FORMS:
            policy.weight -= _WEIGHT * len(policy.forms)
            policy.forms.clear()
        policy.grow(_WEIGHT)
        policy.forms[key] = {}
    kept: dict[str, Any] = policy.forms[key]
    return kept


def _asked(words: Lexicon, definition: FactDefinition) -> AskedFact:
    vocabulary = words.vocabularies.get(definition.type.of or "")
    options = tuple((term.name, term.label) for term in vocabulary.terms.values()) if vocabulary else ()
    return AskedFact(definition.name, definition.label, str(definition.type.kind), options, definition.proof)
