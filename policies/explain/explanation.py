"""Why a decision is as it is: each value with where it comes from, each rule in force with what it saw."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.decision import Decision
from domain.message import Message, joined
from policies.engine.asking import Asked
from policies.engine.decide import Policies, Trial
from policies.engine.evaluation import EvaluatedTest, Situation, Truth
from policies.engine.facts import evaluation_fault
from policies.language.conditions import Condition
from policies.language.service import DatedValue, Rule, Setting
from policies.source.faults import SourceLocation
from policies.words.effects import effect_words
from policies.words.inherited import ReplacedValue, removed_rules, replaced_rules, replaced_values, rules_above
from policies.words.wording import Wording


class Verdict(StrEnum):
    """What became of a rule."""

    APPLIES = "applies"
    DOES_NOT_APPLY = "does_not_apply"
    MAY_APPLY = "may_apply"
    OVERRULED = "overruled"


@dataclass(frozen=True, slots=True)
class Line:
    """One test of a rule that settles whether it applies.

    Args:
        holds: whether it does; None where that is not known.
        text: what it saw, in words that are true of the facts.
        seen: the test and its two sides.
    """

    holds: Truth
    text: Message
    seen: EvaluatedTest


@dataclass(frozen=True, slots=True)
class ExplainedValue:
    """A value that rules in force read.

    Args:
        setting: with its name, label, type and what binds it; value: in force; shown: as people read it.
        inherited: a region above states it.
        replaced: what the regions above say instead, the nearest first.
    """

    setting: Setting
    value: DatedValue
    shown: Message
    inherited: bool
    replaced: tuple[ReplacedValue, ...]


@dataclass(frozen=True, slots=True)
class ExplainedRule:
    """A rule in force, and what it saw.

    Args:
        verdict: what became of it; sentence: the same in words, with the reasons; effect: what it does or would do.
        lines: the tests that settle it, none for a rule without a condition.
        inherited: a region above states it; replaced: where the rules of that name stand that it replaced.
    """

    rule: Rule
    verdict: Verdict
    sentence: Message
    effect: Message
    lines: tuple[Line, ...]
    inherited: bool
    replaced: tuple[SourceLocation, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a decision is as it is.

    Args:
        asked: the request; region, title: names of the place and the service.
        decision: what is decided; rules, values: in force, in their order; removed: inherited rules that this region,
            or one above it, has removed.
    """

    asked: Asked
    region: Message
    title: Message
    decision: Decision
    rules: tuple[ExplainedRule, ...]
    values: tuple[ExplainedValue, ...]
    removed: tuple[Rule, ...]


def region_names(policies: Policies) -> Mapping[str, Message]:
    """Return what regions are called, by code."""
    return {code: place.region.name for code, place in policies.tree.regions.items()}


def explain(policies: Policies, asked: Asked) -> Explanation:
    """Explain a decision.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: a chosen or declared value is not possible.
        DecisionFault: the request cannot be decided, or what the rules saw is not what the engine decided.
    """
    place = policies.region(asked.region)
    trial = asked.trial(policies)
    if trial is None:
        title = place.words.label("services", asked.service)
        refused = policies.decide(asked.service, asked.region, {}, asked.on, known=asked.known, form=True)
        return Explanation(asked, place.region.name, title, refused, (), (), ())
    decision = trial.decision()
    explaining = _Explaining(policies, trial, decision)
    return Explanation(
        asked=asked,
        region=place.region.name,
        title=trial.policy.policy.title,
        decision=decision,
        rules=tuple(explaining.rule(rule) for rule in trial.policy.rules.values()),
        values=tuple(explaining.values()),
        removed=tuple(removed_rules(trial.policy, explaining.above, asked.on, asked.known or asked.on)),
    )


class _Explaining:
    def __init__(self, policies: Policies, trial: Trial, decision: Decision) -> None:
        self.trial = trial
        self.policy = trial.policy
        self.decision = decision
        reading = trial.reading
        self.situation = Situation(reading.facts, reading.settings, reading.unknown, reading.days.calendar)
        self.wording = Wording(trial.policy, region_names(policies), reading.facts, reading.days.calendar)
        self.applying = {applying.rule.id: applying for applying in trial.applying()}
        self.above = list(rules_above(policies.tree, trial.policy))

    # --- rules

    def rule(self, rule: Rule) -> ExplainedRule:
        lines = tuple(self._lines(rule.condition))
        self._check(rule)
        verdict = self._verdict(rule.id)
        return ExplainedRule(
            rule=rule,
            verdict=verdict,
            sentence=self._sentence(rule, verdict, lines),
            effect=effect_words(rule, self.decision, self.wording),
            lines=lines,
            inherited=rule.citation.region != self.policy.region.code,
            replaced=replaced_rules(rule, self.above),
        )

    def _lines(self, condition: Condition | None) -> Iterator[Line]:
        told = set()
        for seen in self.situation.reasons(condition):
            text = self.wording.seen(seen)
            if text not in told:
                told.add(text)
                yield Line(seen.holds, text, seen)

    def _check(self, rule: Rule) -> None:
        """Hold what the tests saw to what the engine decided; a reason for something else would be worse than none."""
        engine = True if rule.id in self.trial.sure else None if rule.id in self.trial.possible else False
        if self.situation.truth(rule.condition) is not engine:
            raise evaluation_fault(
                "ENGINE_FAULT",
                f"规则 `{rule.id}` 的说明与判定不符",
                f"the rule {rule.id} saw something else than decided",
            )

    def _verdict(self, rule_id: str) -> Verdict:
        if rule_id not in self.trial.possible:
            return Verdict.DOES_NOT_APPLY
        applying = self.applying.get(rule_id)
        if applying is None:
            return Verdict.OVERRULED
        return Verdict.MAY_APPLY if applying.conditional else Verdict.APPLIES

    def _sentence(self, rule: Rule, verdict: Verdict, lines: tuple[Line, ...]) -> Message:
        reasons = joined((line.text for line in lines), "，且", " and ")
        if verdict is Verdict.OVERRULED:
            other = self.trial.overruled[rule.id]
            return Message(
                f"不适用：规则 `{other}` 优先", f"does not apply: the rule {other} applies in its place (instead_of)"
            )
        if verdict is Verdict.DOES_NOT_APPLY:
            return Message(f"不适用，因为{reasons.zh}", f"does not apply because {reasons.en}")
        if verdict is Verdict.APPLIES:
            if not lines:
                return Message("适用：没有条件，一律适用", "applies: it has no condition")
            return Message(f"适用，因为{reasons.zh}", f"applies because {reasons.en}")
        if rule.id in self.trial.sure:
            others = "、".join(f"“{other}”" for other in self._perhaps_instead(rule.id))
            named = ", ".join(self._perhaps_instead(rule.id))
            return Message(
                f"可能适用：条件成立，但规则 {others} 可能优先",
                f"may apply: its condition holds, but perhaps {named} applies in its place (instead_of)",
            )
        return Message(f"可能适用：{reasons.zh}", f"may apply: {reasons.en}")

    def _perhaps_instead(self, rule_id: str) -> list[str]:
        unsure = self.trial.possible - self.trial.sure
        return [n for n, rule in self.policy.rules.items() if n in unsure and rule_id in rule.instead_of]

    # --- values

    def values(self) -> Iterator[ExplainedValue]:
        """Yield the values that rules in force read, in the order of their names."""
        settings = self.policy.policy.settings
        read = {cited.setting for rule in self.policy.rules.values() for cited in self.policy.cited_values(rule)}
        for name in sorted(read | self.policy.named_in_messages()):
            setting, value = settings[name], self.policy.values[name]
            yield ExplainedValue(
                setting=setting,
                value=value,
                shown=self.wording.show(value.value, setting.type),
                inherited=value.citation.region != self.policy.region.code,
                replaced=tuple(
                    replaced_values(setting, value, self.wording, self.trial.reading.on, self.trial.reading.known)
                ),
            )
