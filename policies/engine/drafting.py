"""From the rules that apply to the parts of a decision."""

from dataclasses import replace
from typing import Any

from domain.decision import Decision, Need, Requirement
from domain.message import Message
from policies.engine.decision_parts import Applying, DecisionContext
from policies.engine.effective import EffectivePolicy
from policies.engine.facts import CompletedFacts, evaluation_fault
from policies.engine.satisfaction import declaration_needs
from policies.language.conditions import operand_facts
from policies.language.outcomes.charge import ChargeSpec
from policies.language.outcomes.outcome import Settled
from policies.language.outcomes.waive import Waive
from policies.language.service import Rule


def _perhaps_waived(applying: list[Applying]) -> list[Applying]:
    """Make a charge conditional where a rule that may apply waives it."""
    fees = {a.rule.outcome.fee for a in applying if a.conditional and isinstance(a.rule.outcome, Waive)}
    return [
        replace(a, conditional=True) if isinstance(a.rule.outcome, ChargeSpec) and a.rule.outcome.fee in fees else a
        for a in applying
    ]


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
        self.context = DecisionContext(policy, reading, self.applying)

    def _waits(self, applying: Applying) -> bool:
        """Say whether what a rule would do is not known yet, so that it only asks for what people must declare.

        A form shows rules that may apply as conditional; it leaves out those whose values are unknown.
        """
        if not self.reading.unknown:
            return False
        outcome = applying.rule.outcome
        narrowing = outcome.narrowing()
        operands = [o for o in outcome.operands() if not (self.reading.form and o in narrowing)]
        unknown = any(not self.reading.unknown.isdisjoint(operand_facts(operand)) for operand in operands)
        return unknown or (applying.conditional and not self.reading.form)

    def _check_conflicts(self) -> None:
        settled: dict[Settled, str] = {}
        for applying in self.applying:
            slot = applying.rule.outcome.settles()
            if slot is None or applying.conditional:
                continue
            if slot in settled:
                raise evaluation_fault(
                    "RULES_CONFLICT",
                    f"规则 `{settled[slot]}` 与 `{applying.rule.id}` 都规定了 `{slot.name}`，请用 `instead_of` 写明哪一条优先",
                    f"the rules {settled[slot]} and {applying.rule.id} both settle {slot.kind.en} {slot.name};"
                    " say which one goes first with instead_of",
                )
            settled[slot] = applying.rule.id

    def decision(self) -> Decision:
        """Return the whole decision."""
        known = {name: self.reading.facts[name] for name in self._decided_on()}
        parts = self.context.parts()
        parts["requirements"] += [*self._declarations(), *self._proofs()]
        stated: dict[str, Any] = {field: tuple(found) for field, found in parts.items()}
        drafted = Decision(
            service=self.policy.policy.name,
            region=self.policy.region.code,
            on=self.policy.on,
            known=self.policy.known,
            digest=self.policy.digest,
            facts=known,
            **stated,
        )
        # Only now: outcomes count working days too.
        return replace(drafted, special_days=self.reading.days.special, estimated=self.reading.days.estimated)

    def _decided_on(self) -> list[str]:
        """Return the facts that rules read, and the terms behind attributes: what a term means may change later."""
        read = self.policy.facts_read - self.reading.unknown
        parents = {d.parent for name in read if (d := self.policy.fact(name)) is not None and d.parent is not None}
        return sorted(read | (parents & self.reading.facts.keys()))

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
            found.append(self.context.requirement(sure, message, ((need,),)))
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
                found.append(self.context.requirement(Applying(rule, conditional=False), message, ((need,),)))
        return found
