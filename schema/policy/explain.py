"""Why a region decides as it does, in words for people; what would change it; what is announced to change."""

import asyncio
from datetime import date
from typing import Annotated

import strawberry

from domain.access import EVERYBODY
from policies.engine.asking import Asked
from policies.engine.decide import Policies
from policies.explain.coming import Coming
from policies.explain.explanation import ExplainedRule as RuleWords
from policies.explain.explanation import ExplainedValue as ValueWords
from policies.explain.explanation import Explanation as Lexicon
from policies.explain.explanation import Verdict, explain
from policies.explain.explanation_text import way_words
from policies.explain.ways import MAX_WAYS, Way, ways_to_be_allowed
from policies.language.values import as_json
from resolvers.policy_tools.explain import Past, Question, asked_today, coming
from resolvers.rate_limiting import dry_run
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, field, shown, worked_out
from schema.kit.scalars import Json
from schema.kit.text import Text, text
from schema.services.requirements import SuppositionInput, situation_of
from schema.types.citations import Citation, citation
from schema.types.closed_sets import ComingKind, NeedKind, RuleOutcome
from schema.types.decision import Decision, decision


@strawberry.input(description="What something that happened can be told apart by.")
class PastAttributeInput:
    """An attribute."""

    name: str = field("`state`, `bank`, `channel`, `relation`, `card`, `reason` or `region`; of a card state not all.")
    value: str = field("Its value, such as `withdrawn`.")


@strawberry.input(description="Something that is supposed to have happened to the holder before.")
class PastInput:
    """A past thing."""

    name: str = field("A service that was asked for, or a state that a card entered.")
    at: str = field("When: a day such as 2026-03-01 (its noon in China), or a moment with its zone.")
    attributes: list[PastAttributeInput] | None = field("What counts can tell it apart by.", default=None)


@sees(WITH_IT)
@strawberry.type(description="A rule or value of a region above that another has taken the place of.")
class Replaced:
    """What was replaced."""

    file: str = field("The policy file, relative to `regions/`.")
    line: int = field("The line in it.")
    shown: Text | None = field("The value it states, for a value.")


@sees(WITH_IT)
@strawberry.type(description="One test of a rule that settles whether it applies.")
class ExplainedTest:
    """What a test saw."""

    holds: bool | None = field("Whether it holds; null where that is not known.")
    text: Text = field("What it saw, in words that are true of the facts.")
    facts: list[str] = field("The facts that are not known, where it hangs on some.")


@sees(WITH_IT)
@strawberry.type(description="A rule in force, and what it saw.")
class ExplainedRule:
    """An explained rule."""

    rule: str = field("Its id in the policy file.")
    outcome: str = field(
        "What it does: deny, require, charge, waive, promise, lapse, route, archive or tell.", instead="Use `does`."
    )
    does: RuleOutcome = shown("What it does.", lambda rule: RuleOutcome(rule.outcome))
    verdict: str = field(
        "`applies`, `may_apply`, `does_not_apply`, or `overruled` by another rule.", instead="Use `became`."
    )
    became: Verdict = shown("What became of it.", lambda rule: Verdict(rule.verdict))
    sentence: Text = field("The verdict with its reasons, for people.")
    effect: Text = field("What it does, or would do, for people.")
    tests: list[ExplainedTest] = field("The tests that settle it; none where it has no condition.")
    inherited: bool = field("Whether a region above states it.")
    replaces: list[Replaced] = field("The rules of that name of the regions above that it replaced.")
    valid_from: date | None = field("First day in force, if it is stated.")
    valid_until: date | None = field("Last day in force, if it ends.")
    published: date | None = field("The day it became known, if it is stated.")
    citation: Citation = field("Where it comes from.")


@sees(WITH_IT)
@strawberry.type(description="A value that rules in force read, with where it comes from.")
class ExplainedValue:
    """An explained value."""

    name: str = field("Its id.")
    label: Text = field("What people call it.")
    value: Json = field("The value; money in fen.")
    shown: Text = field("The value as people read it.")
    inherited: bool = field("Whether a region above states it.")
    replaces: list[Replaced] = field("What regions above say instead, the nearest first.")
    valid_from: date = field("First day in force.")
    valid_until: date | None = field("Last day in force, if it ends.")
    published: date | None = field("The day it became known, if it is stated.")
    citation: Citation = field("Where it comes from.")


@sees(WITH_IT)
@strawberry.type(description="A fact that would have to be otherwise.")
class OtherFact:
    """Another fact."""

    fact: str = field("Which fact.")
    values: Json = field("The values that will do, each of them alone.")


@sees(WITH_IT)
@strawberry.type(description="Something to bring along.")
class ToBring:
    """Something to bring."""

    kind: str = field("`proof`, `document` or `detail`.", instead="Use `needKind`.")
    need_kind: NeedKind = shown("What it is.", lambda need: NeedKind(need.kind))
    name: str = field("A term of that vocabulary.")
    label: Text = field("What people call it.")


@sees(WITH_IT)
@strawberry.type(description="One way in which the request would be allowed, confirmed by deciding again.")
class WayToBeAllowed:
    """A way."""

    text: Text = field("The way in words.")
    day: date | None = field("The first day on which it is open, where it is another than the one asked about.")
    until: date | None = field("The last such day, as far as anything announced goes; null where none is.")
    facts: list[OtherFact] = field("What must be otherwise.")
    bring: list[ToBring] = field("What to bring along.")
    certain: bool = field("Whether nothing in it hangs on facts that are not known.")


@sees(WITH_IT)
@strawberry.type(description="What would change a refusal.")
class WaysToBeAllowed:
    """The ways."""

    ways: list[WayToBeAllowed] = field(f"The nearest first, at most {MAX_WAYS}; none where it is allowed already.")
    complete: bool = field("Whether everything within the limits of the search was tried.")


@sees(WITH_IT)
@strawberry.type(description="Why a region decides as it does, on suppositions alone.")
class Explanation:
    """An explanation."""

    title: Text = field("What people call the service.")
    region_name: Text = field("What people call the region.")
    decision: Decision = field("What is decided on what was supposed; nothing is granted on it.")
    rules: list[ExplainedRule] = field("Every rule in force, in its order.")
    values: list[ExplainedValue] = field("Every value that those rules read.")
    removed: list[Replaced] = field("Rules of regions above that are removed here.")
    asked: strawberry.Private[Asked]
    words: strawberry.Private[Lexicon]
    policies: strawberry.Private[Policies]

    @strawberry.field(
        description="What would change a refusal: another day, channel, relation or choice, what to bring."
    )
    async def would_change(self) -> WaysToBeAllowed:
        """Search for ways, apart from the event loop: it decides up to some hundred times."""
        ways = await asyncio.to_thread(ways_to_be_allowed, self.policies, self.asked)
        return WaysToBeAllowed(ways=[self._way(way) for way in ways.found], complete=ways.complete)

    def _way(self, way: Way) -> WayToBeAllowed:
        return WayToBeAllowed(
            text=text(way_words(way, self.policies, self.words)),
            day=way.moved.day if way.moved else None,
            until=way.moved.until if way.moved else None,
            facts=[
                OtherFact(fact=name, values=Json([as_json(value) for value in values])) for name, values in way.said
            ],
            bring=[ToBring(kind=need.kind, name=need.name, label=text(need.label)) for need in way.needs],
            certain=way.certain,
        )


@sees(WITH_IT)
@strawberry.type(description="Something that begins, ends or is published on a day to come.")
class ComingChange:
    """A change to come."""

    on: date = field("The first day on which it is so; what ends on the 31st is gone on the 1st.")
    kind: str = field(
        "What happens: a value or a rule, and `_begins`, `_ends` or `_published` after it.", instead="Use `happens`."
    )
    happens: ComingKind = shown("What happens.", lambda change: ComingKind(change.kind))
    region: str = field("GB/T 2260 code of the region whose file says it.")
    services: list[str] = field("The services it is for; none for a value that all services share.")
    name: str = field("The rule's or setting's id.")
    text: Text = field("What changes, for people.")
    citation: Citation = field("Where it comes from.")


@strawberry.type
class ExplainQuery:
    """The queries of this module."""

    @worked_out(
        "Why a region decides as it does: each value with its source, each rule with what it saw.", sees=EVERYBODY
    )
    async def explain(
        self,
        info: Info,
        region: Annotated[
            str, argument("GB/T 2260 code; of a district without policies of its own, its city decides.")
        ],
        service: Annotated[str, argument("A term of the services vocabulary.")],
        suppose: Annotated[list[SuppositionInput] | None, argument("What is supposed to be so.")] = None,
        evidence: Annotated[
            list[str] | None, argument("Proofs, documents and details supposed to be at hand, by name.")
        ] = None,
        born_on: Annotated[
            date | None, argument("A supposed date of birth; the holder's age follows from it on every day.")
        ] = None,
        past: Annotated[
            list[PastInput] | None,
            argument("All that is supposed to have happened before, from which counts follow; not known if left out."),
        ] = None,
        on: Annotated[date | None, argument("The day whose rules are in force; today if left out.")] = None,
        known: Annotated[date | None, argument("The day by which they had to be published; `on` if left out.")] = None,
    ) -> Explanation | None:
        """Explain a decision on suppositions."""
        facts = situation_of(suppose or []).facts
        region = info.context.dependencies.policies().deciding_code(region)
        question = Question(region, service, facts, tuple(evidence or ()), on, known, born_on, _past(past))
        dependencies, actor = info.context.dependencies, info.context.actor
        if actor is not None:
            dry_run(dependencies, actor)
        asked = asked_today(dependencies, question)
        return _explanation(asked, explain(dependencies.policies(), asked), dependencies.policies())

    @worked_out("What is announced to change after today, by day.", sees=EVERYBODY)
    def coming_changes(
        self,
        info: Info,
        region: Annotated[str | None, argument("Only what is in force in this region; everything if left out.")] = None,
        until: Annotated[date | None, argument("The last day to look at; no end if left out.")] = None,
    ) -> list[ComingChange] | None:
        """List coming changes."""
        return [_coming(change) for change in coming(info.context.dependencies, region, until)]


def _past(given: list[PastInput] | None) -> list[Past] | None:
    if given is None:
        return None
    return [Past(item.name, item.at, {each.name: each.value for each in item.attributes or ()}) for item in given]


def _explanation(asked: Asked, words: Lexicon, policies: Policies) -> Explanation:
    return Explanation(
        title=text(words.title),
        region_name=text(words.region),
        decision=decision(words.decision),
        rules=[_rule(rule) for rule in words.rules],
        values=[_value(value) for value in words.values],
        removed=[Replaced(file=rule.place.file, line=rule.place.line, shown=None) for rule in words.removed],
        asked=asked,
        words=words,
        policies=policies,
    )


def _rule(found: RuleWords) -> ExplainedRule:
    rule = found.rule
    return ExplainedRule(
        rule=rule.id,
        outcome=rule.outcome.word,
        verdict=found.verdict.value,
        sentence=text(found.sentence),
        effect=text(found.effect),
        tests=[
            ExplainedTest(holds=line.holds, text=text(line.text), facts=list(line.seen.unknown)) for line in found.lines
        ],
        inherited=found.inherited,
        replaces=[Replaced(file=place.file, line=place.line, shown=None) for place in found.replaced],
        valid_from=rule.start,
        valid_until=rule.end,
        published=rule.published,
        citation=citation(rule.citation),
    )


def _value(found: ValueWords) -> ExplainedValue:
    value = found.value
    return ExplainedValue(
        name=found.setting.name,
        label=text(found.setting.label),
        value=Json(as_json(value.value)),
        shown=text(found.shown),
        inherited=found.inherited,
        replaces=[
            Replaced(file=other.citation.file, line=other.citation.line, shown=text(other.shown))
            for other in found.replaced
        ],
        valid_from=value.start,
        valid_until=value.end,
        published=value.published,
        citation=citation(value.citation),
    )


def _coming(change: Coming) -> ComingChange:
    return ComingChange(
        on=change.on,
        kind=change.kind,
        region=change.region,
        services=list(change.services),
        name=change.name,
        text=text(change.text),
        citation=citation(change.citation),
    )
