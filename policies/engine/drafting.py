"""From the rules that apply to the parts of a decision."""

from dataclasses import dataclass, replace
from typing import Any

from domain.decision import (
    Advice,
    ArchiveItem,
    Charge,
    Decision,
    Denial,
    Lapse,
    Need,
    Promise,
    Refund,
    Requirement,
    Route,
    Waiver,
)
from domain.fee import Fee
from domain.message import Message
from domain.services import due_unless_said
from policies.engine.effective import EffectivePolicy
from policies.engine.facts import CompletedFacts, evaluation_fault, required_value
from policies.engine.offering import offered
from policies.engine.satisfaction import check_need, declaration_needs
from policies.language import outcomes
from policies.language.conditions import Operand, operand_facts
from policies.language.service import Rule
from policies.language.values import quoted, same
from policies.language.vocabulary import FactDefinition


@dataclass(frozen=True, slots=True)
class Applying:
    """A rule that applies for sure, or only if facts that are not known yet turn out so.

    Args:
        waits_for: the facts read by the conditions that are not known yet: its own, or of rules that would overrule it.
    """

    rule: Rule
    conditional: bool
    waits_for: frozenset[str] = frozenset()


def _perhaps_waived(applying: list[Applying]) -> list[Applying]:
    """Make a charge conditional where a rule that may apply waives it."""
    fees = {a.rule.outcome.fee for a in applying if a.conditional and isinstance(a.rule.outcome, outcomes.Waive)}
    return [
        replace(a, conditional=True)
        if isinstance(a.rule.outcome, outcomes.ChargeSpec) and a.rule.outcome.fee in fees
        else a
        for a in applying
    ]


def _not_open(definition: FactDefinition, shown: Message, instead: Message | None, why: Message | None) -> Message:
    """Say that what was chosen is not open, and what is or why not.

    Args:
        shown: what was chosen; instead: what is open, None where nothing is.
        why: what the rule itself says to a refusal, if it does, which says what to do as well.
    """
    label = definition.label
    if definition.origin == "claimed":
        if instead is None:
            zh, en = "目前没有其他渠道可用，请拨打12333咨询", "no other is open at present, so ask at 12333"
        else:
            zh, en = f"请改用：{instead.zh}", f"use one of these: {instead.en}"
        return Message(
            f"这件事不能通过{quoted(shown.zh)}办理，{zh}。{why.zh if why else ''}",
            f"This cannot be done through: {shown.en}; {en}.{f' {why.en}' if why else ''}",
        )
    if why is not None:
        return Message(
            f"{label.zh}不能选{quoted(shown.zh)}。{why.zh}", f"The {label.en} cannot be: {shown.en}. {why.en}"
        )
    if instead is None:
        zh, en = (
            "目前没有可选的，请改选其他内容，或拨打12333咨询",
            "none is open at present; choose otherwise, or ask at 12333",
        )
    else:
        zh, en = f"只能选：{instead.zh}", f"choose one of these: {instead.en}"
    return Message(f"{label.zh}不能选{quoted(shown.zh)}，{zh}。", f"The {label.en} cannot be: {shown.en}; {en}.")


def _is_asked(outcome: outcomes.RouteSpec, definition: FactDefinition) -> bool:
    """Say whether people are asked to make a choice; the message of its rule asks them."""
    return outcome.required and definition.origin in ("chosen", "declared")


class DecisionBuilder:
    """Turns the rules that apply into the parts of a decision."""

    def __init__(self, policy: EffectivePolicy, reading: CompletedFacts, applying: list[Applying]) -> None:
        self.policy = policy
        self.reading = reading
        self.words = policy.words
        self.asking: list[Applying] = []
        self.applying: list[Applying] = []
        for rule in _perhaps_waived(applying):
            (self.asking if self._waits(rule) else self.applying).append(rule)
        self._check_conflicts()

    def _waits(self, applying: Applying) -> bool:
        """Say whether what a rule would do is not known yet, so that it only asks for what people must declare.

        A form shows rules that may apply as conditional; it leaves out those whose values are unknown.
        """
        if not self.reading.unknown:
            return False
        outcome = applying.rule.outcome
        narrowing = tuple(outcome.where.values()) if isinstance(outcome, outcomes.RouteSpec) else ()
        operands = [o for o in outcomes.outcome_operands(outcome) if not (self.reading.form and o in narrowing)]
        unknown = any(not self.reading.unknown.isdisjoint(operand_facts(operand)) for operand in operands)
        return unknown or (applying.conditional and not self.reading.form)

    def _check_conflicts(self) -> None:
        settled: dict[tuple[str, str], str] = {}
        for applying in self.applying:
            slot = outcomes.slot(applying.rule.outcome)
            if slot is None or applying.conditional:
                continue
            if slot in settled:
                raise evaluation_fault(
                    "RULES_CONFLICT",
                    f"规则 `{settled[slot]}` 与 `{applying.rule.id}` 都规定了 `{slot[1]}`，请用 `instead_of` 写明哪一条优先",
                    f"the rules {settled[slot]} and {applying.rule.id} both settle {slot[0]} {slot[1]};"
                    " say which one goes first with instead_of",
                )
            settled[slot] = applying.rule.id

    def decision(self) -> Decision:
        """Return the whole decision."""
        routes, closed, choices = self._routes()
        denials = [(a, self._denial(a.rule)) for a in self.applying if isinstance(a.rule.outcome, outcomes.Deny)]
        known = {name: self.reading.facts[name] for name in self._decided_on()}
        drafted = Decision(
            service=self.policy.policy.name,
            region=self.policy.region.code,
            on=self.policy.on,
            known=self.policy.known,
            denials=(*(d for a, d in denials if not a.conditional), *closed),
            conditional_denials=tuple(d for a, d in denials if a.conditional),
            requirements=(*self._requirements(), *choices, *self._declarations(), *self._proofs()),
            charges=tuple(self._charges()),
            promises=tuple(self._promises()),
            lapses=tuple(self._lapses()),
            routes=tuple(routes),
            archive=tuple(self._archive()),
            advice=tuple(self._advice()),
            digest=self.policy.digest,
            facts=known,
            waivers=tuple(self._waivers()),
            refunds=tuple(self._refunds()),
        )
        # Only now: outcomes count working days too.
        return replace(drafted, special_days=self.reading.days.special, estimated=self.reading.days.estimated)

    def _decided_on(self) -> list[str]:
        """Return the facts that rules read, and the terms behind attributes: what a term means may change later."""
        read = self.policy.facts_read - self.reading.unknown
        parents = {d.parent for name in read if (d := self.policy.fact(name)) is not None and d.parent is not None}
        return sorted(read | (parents & self.reading.facts.keys()))

    def _message(self, rule: Rule) -> Message:
        return self.policy.message(rule) or self.policy.policy.title

    def _denial(self, rule: Rule) -> Denial:
        return Denial(rule.id, rule.id.upper(), self._message(rule), rule.citation, self.policy.cited_values(rule))

    def _value(self, operand: Operand) -> Any:
        return required_value(operand, self.reading.facts, self.reading.settings, self.reading.days)

    def _requirements(self) -> list[Requirement]:
        found = []
        for applying in self.applying:
            outcome = applying.rule.outcome
            if isinstance(outcome, outcomes.Require):
                alternatives = tuple(
                    tuple(
                        check_need(
                            need,
                            self.reading.evidence,
                            self.reading.facts,
                            self.reading.settings,
                            self.words,
                            self.policy.on,
                            self.reading.days,
                        )
                        for need in alternative
                    )
                    for alternative in outcome.alternatives
                )
                found.append(self._requirement(applying, self._message(applying.rule), alternatives))
        return found

    def _requirement(
        self, applying: Applying, message: Message, alternatives: tuple[tuple[Need, ...], ...]
    ) -> Requirement:
        satisfied = any(all(need.satisfied for need in needs) for needs in alternatives)
        rule = applying.rule
        return Requirement(
            rule.id,
            message,
            alternatives,
            satisfied,
            applying.conditional,
            rule.citation,
            self.policy.cited_values(rule),
        )

    def _declarations(self) -> list[Requirement]:
        """Ask for each declared fact that a rule which may apply still needs."""
        waiting: dict[str, Applying] = {}
        for applying in [*self.asking, *(a for a in self.applying if a.conditional)]:
            reads = self._reads(applying.rule) | applying.waits_for
            for name in sorted(reads & self.reading.unknown & self.policy.declared_read):
                waiting.setdefault(name, applying)
        found = []
        for name, applying in waiting.items():
            definition = self.policy.fact(name)
            label = definition.label if definition else Message(name, name)
            need = Need("declaration", name, label, {}, satisfied=False)
            message = Message(f"请如实填写：{label.zh}。", f"Please state truthfully: {label.en}.")
            sure = Applying(applying.rule, conditional=False)
            found.append(self._requirement(sure, message, ((need,),)))
        return found

    def _reads(self, rule: Rule) -> frozenset[str]:
        return self.policy.reads[rule.id]

    def _proofs(self) -> list[Requirement]:
        """Ask for the document behind each declaration that a rule reads."""
        found = []
        for name in sorted(self.policy.declared_read - self.reading.unknown):
            need = declaration_needs(name, self.reading.facts.get(name), self.words, self.reading.evidence)
            rule = next(rule for rule in self.policy.rules.values() if name in self._reads(rule))
            if need is not None:
                message = Message(
                    f"请提供证明：{need.label.zh}。", f"Please bring as proof of what you stated: {need.label.en}."
                )
                found.append(self._requirement(Applying(rule, conditional=False), message, ((need,),)))
        return found

    def _charges(self) -> list[Charge]:
        waived = {
            a.rule.outcome.fee: a.rule.id
            for a in self.applying
            if isinstance(a.rule.outcome, outcomes.Waive) and not a.conditional
        }
        found = []
        for applying in self.applying:
            rule, outcome = applying.rule, applying.rule.outcome
            if not isinstance(outcome, outcomes.ChargeSpec):
                continue
            amount = self._value(outcome.amount)
            if amount < 0:
                raise evaluation_fault("BAD_FACT", f"费用 `{outcome.fee}` 小于零", f"the fee {outcome.fee} is negative")
            fee = Fee(
                outcome.fee,
                amount,
                outcome.payer,
                self.words.label("fees", outcome.fee),
                self.policy.policy.name,
                rule.id,
                outcome.due or due_unless_said(self.policy.policy.name),
                outcome.refundable,
            )
            found.append(
                Charge(
                    fee,
                    waived.get(outcome.fee),
                    applying.conditional,
                    rule.citation,
                    self.policy.cited_values(rule),
                )
            )
        return found

    def _waivers(self) -> list[Waiver]:
        return [
            Waiver(a.rule.id, a.rule.outcome.fee, a.conditional, a.rule.citation)
            for a in self.applying
            if isinstance(a.rule.outcome, outcomes.Waive)
        ]

    def _refunds(self) -> list[Refund]:
        return [
            Refund(
                rule=a.rule.id,
                fee=a.rule.outcome.fee,
                label=self.words.label("fees", a.rule.outcome.fee),
                message=self.policy.message(a.rule),
                conditional=a.conditional,
                citation=a.rule.citation,
                values=self.policy.cited_values(a.rule),
            )
            for a in self.applying
            if isinstance(a.rule.outcome, outcomes.RefundSpec)
        ]

    def _promises(self) -> list[Promise]:
        return [
            Promise(
                rule=a.rule.id,
                what=a.rule.outcome.what,
                within=self._value(a.rule.outcome.within),
                counted_from=a.rule.outcome.counted_from,
                message=self.policy.message(a.rule) or self.words.label("promises", a.rule.outcome.what),
                conditional=a.conditional,
                citation=a.rule.citation,
                values=self.policy.cited_values(a.rule),
            )
            for a in self.applying
            if isinstance(a.rule.outcome, outcomes.PromiseSpec)
        ]

    def _lapses(self) -> list[Lapse]:
        return [
            Lapse(
                rule=a.rule.id,
                state=a.rule.outcome.state,
                after=self._value(a.rule.outcome.after),
                becomes=a.rule.outcome.becomes,
                message=self._message(a.rule),
                conditional=a.conditional,
                citation=a.rule.citation,
                values=self.policy.cited_values(a.rule),
                length=a.rule.outcome.after.value if a.rule.outcome.after.source == "setting" else None,
            )
            for a in self.applying
            if isinstance(a.rule.outcome, outcomes.LapseSpec)
        ]

    def _routes(self) -> tuple[list[Route], list[Denial], list[Requirement]]:
        """Return what is open, a denial for each choice that is not, a requirement for each still to be made."""
        routes, denials, choices = [], [], []
        for applying in self.applying:
            rule, outcome = applying.rule, applying.rule.outcome
            if not isinstance(outcome, outcomes.RouteSpec):
                continue
            open_values = self._open(outcome)
            found = offered(self.reading, outcome.choice, open_values)
            values = self.policy.cited_values(rule)
            route = Route(rule.id, outcome.choice, open_values, applying.conditional, rule.citation, found, values)
            routes.append(route)
            chosen = self.reading.facts.get(outcome.choice)
            if chosen is not None and chosen not in open_values and not applying.conditional:
                denials.append(self._closed(rule, outcome, chosen, found))
            definition = self.policy.fact(outcome.choice)
            if definition is not None and _is_asked(outcome, definition):
                need = Need("choice", outcome.choice, definition.label, {"open": found}, chosen is not None)
                message = Message(f"请选择：{definition.label.zh}。", f"Please choose: {definition.label.en}.")
                choices.append(self._requirement(applying, self.policy.message(rule) or message, ((need,),)))
        return routes, denials, choices

    def _open(self, outcome: outcomes.RouteSpec) -> tuple[str, ...]:
        if outcome.open is not None:
            found = self._value(outcome.open)
            return found if isinstance(found, tuple) else (found,)
        definition = self.policy.fact(outcome.choice)
        terms = self.policy.terms(definition.type.of or "") if definition else {}
        facts = self.reading.facts
        wanted = {
            key: self._value(operand)
            for key, operand in outcome.where.items()
            # What is absent, or not known yet to a form, does not narrow the choice.
            if all(facts.get(name) is not None for name in operand_facts(operand))
        }
        return tuple(
            name
            for name, term in terms.items()
            if all(same(term.attributes.get(key), value) for key, value in wanted.items())
        )

    def _closed(self, rule: Rule, outcome: outcomes.RouteSpec, chosen: str, others: tuple[str, ...]) -> Denial:
        definition = self.policy.fact(outcome.choice)
        if definition is None:
            name = outcome.choice
            raise evaluation_fault("UNKNOWN_FACT", f"没有事实 `{name}`", f"there is no fact {name}")
        shown = self.words.show(chosen, definition.type)
        labels = [self.words.show(value, definition.type) for value in others]
        instead = Message("、".join(m.zh for m in labels), ", ".join(m.en for m in labels))
        # What asks people to choose is for those who have not chosen.
        why = None if _is_asked(outcome, definition) else self.policy.message(rule)
        message = _not_open(definition, shown, instead if labels else None, why)
        return Denial(rule.id, rule.id.upper(), message, rule.citation, self.policy.cited_values(rule))

    def _archive(self) -> list[ArchiveItem]:
        return [
            ArchiveItem(
                a.rule.id,
                name,
                self.words.label("documents", name),
                a.conditional,
                a.rule.citation,
                self.policy.cited_values(a.rule),
            )
            for a in self.applying
            if isinstance(a.rule.outcome, outcomes.Archive)
            for name in a.rule.outcome.documents
        ]

    def _advice(self) -> list[Advice]:
        return [
            Advice(
                a.rule.id,
                self._message(a.rule),
                a.rule.outcome.contact,
                a.conditional,
                a.rule.citation,
                self.policy.cited_values(a.rule),
            )
            for a in self.applying
            if isinstance(a.rule.outcome, outcomes.Tell)
        ]
