"""From the rules that apply to a decision: what they have in common is drafted once, each request fills in the rest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.decision import Decision, Need, Requirement
from domain.message import Message
from policies.engine.decision_parts import FIELDS, PARTS, Later, Required, prepared
from policies.engine.effective import EffectivePolicy
from policies.engine.facts import CompletedFacts, evaluation_fault
from policies.engine.satisfaction import declaration_need, must_be_proven
from policies.language.conditions import operand_facts
from policies.language.outcomes.charge import ChargeSpec
from policies.language.outcomes.outcome import Outcome, Settled
from policies.language.outcomes.table import OUTCOMES
from policies.language.outcomes.waive import Waive
from policies.language.service import Rule

MAX_DRAFTS = 256
"""Drafts kept under one policy: one for each combination of rules that apply."""
_WEIGHT = 3_072
"""Bytes of a draft, about; what a region does not share with others counts with it."""

Rules = frozenset[str]


@dataclass(frozen=True, slots=True)
class Applying:
    """A rule that applies for sure, or only if facts that are not known yet turn out so.

    Args:
        waits_for: the facts read by the conditions that are not known yet: its own, or of rules that would overrule it.
    """

    rule: Rule
    conditional: bool
    waits_for: frozenset[str] = frozenset()


def overruled_by(policy: EffectivePolicy, sure: Rules) -> Mapping[str, str]:
    """Return the rules that another rule, whose condition holds, stands in for; with that rule."""
    rules = policy.rules
    return {name: rule_id for rule_id in rules if rule_id in sure for name in rules[rule_id].instead_of}


def applying_rules(policy: EffectivePolicy, sure: Rules, possible: Rules) -> list[Applying]:
    """Return the rules that apply, or may apply, in their order.

    Args:
        sure: rules whose conditions hold; possible: those whose conditions hold or hang on facts not known yet.
    """
    rules, overruled = policy.rules, overruled_by(policy, sure)
    unsure: dict[str, set[str]] = {}
    for rule_id in possible - sure:
        for name in (rule_id, *rules[rule_id].instead_of):
            unsure.setdefault(name, set()).update(policy.reads[rule_id])
    return [
        Applying(rule, conditional=rule_id in unsure, waits_for=frozenset(unsure.get(rule_id, ())))
        for rule_id, rule in rules.items()
        if rule_id in possible and rule_id not in overruled
    ]


def _perhaps_waived(applying: list[Applying]) -> list[Applying]:
    """Make a charge conditional where a rule that may apply waives it."""
    fees = {a.rule.outcome.fee for a in applying if a.conditional and isinstance(a.rule.outcome, Waive)}
    return [
        replace(a, conditional=True) if isinstance(a.rule.outcome, ChargeSpec) and a.rule.outcome.fee in fees else a
        for a in applying
    ]


class Draft:
    """A decision but for what depends on the request.

    Args of what it holds:
        several: functions of the facts that make several parts; later: those that make one, which come after.
        fields: for each of `FIELDS`, its parts, and whether some are numbers: of what the function of that number makes.
        decided_on: the facts that rules read, and the terms behind attributes, in the order of their names.
    """

    __slots__ = ("_decided_on", "_fields", "_later", "_several")

    def __init__(self, policy: EffectivePolicy, applying: list[Applying], unknown: frozenset[str], form: bool) -> None:
        """Draft what is decided where some rules apply.

        Args:
            applying: the rules; unknown: the facts that nobody has said yet.
            form: rules that may apply are shown as conditional.

        Raises:
            DecisionFault: rules contradict each other.
        """
        drafting = _Drafting(policy, applying, unknown, form)
        self._several = tuple(drafting.several)
        self._later = tuple(drafting.later)
        self._fields = drafting.fields()
        self._decided_on = drafting.decided_on()

    def decision(self, reading: CompletedFacts) -> Decision:
        """Fill in what depends on the request.

        Raises:
            DecisionFault: an outcome cannot be computed.
        """
        made: list[Any] = []
        for make in self._several:
            made += make(reading)
        made += [make(reading) for make in self._later]
        parts = [_filled(found, made) if numbered else found for found, numbered in zip(*self._fields, strict=True)]
        denials, conditional, requirements, charges, waivers, refunds, promises, lapses, routes, archive, advice = parts
        policy, facts, days = reading.policy, reading.facts, reading.days
        return Decision(
            policy.policy.name,
            policy.region.code,
            reading.on,
            reading.known,
            denials,
            conditional,
            requirements,
            charges,
            promises,
            lapses,
            routes,
            archive,
            advice,
            policy.digest,
            {name: facts[name] for name in self._decided_on if name in facts},
            days.special,
            days.estimated,
            waivers,
            refunds,
        )


def draft_of(policy: EffectivePolicy, sure: Rules, possible: Rules, unknown: frozenset[str], form: bool) -> Draft:
    """Return the draft for rules that apply, or may; see `Draft` and `applying_rules`."""
    key = (sure, possible, unknown, form)
    found = policy.drafts.get(key)
    if found is None:
        found = Draft(policy, applying_rules(policy, sure, possible), unknown, form)
        if len(policy.drafts) >= MAX_DRAFTS:
            policy.weight -= _WEIGHT * len(policy.drafts)
            policy.drafts.clear()
        policy.grow(_WEIGHT)
        policy.drafts[key] = found
    return found


def _filled(parts: Sequence[Any], made: Sequence[Any]) -> tuple[Any, ...]:
    found = [made[part] if type(part) is int else part for part in parts]
    return tuple([part for part in found if part is not None])


class _Drafting:
    def __init__(self, policy: EffectivePolicy, applying: list[Applying], unknown: frozenset[str], form: bool) -> None:
        self.policy, self.unknown, self.form = policy, unknown, form
        self.asking: list[Applying] = []
        self.applying: list[Applying] = []
        self.several: list[Callable[[CompletedFacts], Sequence[Any]]] = []
        self.later: list[Callable[[CompletedFacts], Any]] = []
        self.made = 0
        for rule in _perhaps_waived(applying):
            (self.asking if self._waits(rule) else self.applying).append(rule)
        self._check_conflicts()
        self.parts: dict[type[Outcome], list[tuple[str, Any]]] = {kind: list(self._parts(kind)) for kind in PARTS}
        self.asked = [("requirements", part) for part in (*self._declarations(), *self._proofs())]

    def _waits(self, applying: Applying) -> bool:
        """Say whether what a rule would do is not known yet, so that it only asks for what people must declare.

        A form shows rules that may apply as conditional; it leaves out those whose values are unknown.
        """
        if not self.unknown:
            return False
        outcome = applying.rule.outcome
        narrowing = outcome.narrowing()
        operands = [o for o in outcome.operands() if not (self.form and o in narrowing)]
        unknown = any(not self.unknown.isdisjoint(operand_facts(operand)) for operand in operands)
        return unknown or (applying.conditional and not self.form)

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

    def _parts(self, kind: type[Outcome]) -> Iterator[tuple[str, Any]]:
        """Yield the parts by rules of one kind of outcome; what is made later has a number instead."""
        waived = {
            a.rule.outcome.fee: a.rule.id
            for a in self.applying
            if isinstance(a.rule.outcome, Waive) and not a.conditional
        }
        for each in self.applying:
            outcome = each.rule.outcome
            if type(outcome) is kind:
                waived_by = waived.get(outcome.fee) if isinstance(outcome, ChargeSpec) else None
                for field, part in prepared(self.policy, each.rule, each.conditional, waived_by).parts:
                    yield field, self._numbered(part)

    def _numbered(self, part: Any) -> Any:
        if not isinstance(part, Later):
            return part
        if part.number is None:
            self.later.append(part.make)
        elif part.number == 0:
            self.several.append(part.make)
        self.made += 1
        return self.made - 1

    def fields(self) -> tuple[tuple[tuple[Any, ...], ...], tuple[bool, ...]]:
        """Return the parts by the field of `Decision` that they go into, and whether some are numbers."""
        found: dict[str, list[Any]] = {field: [] for field in FIELDS}
        for parts in (*(self.parts[kind] for kind in OUTCOMES.values()), self.asked):
            for field, part in parts:
                found[field].append(part)
        numbered = tuple(any(type(part) is int for part in parts) for parts in found.values())
        return tuple(map(tuple, found.values())), self.policy.shared.alike(numbered)

    def decided_on(self) -> tuple[str, ...]:
        """Return the facts that rules read, and the terms behind attributes: what a term means may change later."""
        read = self.policy.facts_read - self.unknown
        parents = (d.parent for name in read if (d := self.policy.fact(name)) is not None and d.parent is not None)
        return self.policy.shared.alike(tuple(sorted(read.union(parents))))

    def _declarations(self) -> Iterator[Requirement]:
        """Ask for each declared fact that a rule which may apply still needs.

        A form asks on condition where each such rule also hangs on facts that nobody declares.
        """
        waiting: dict[str, Applying] = {}
        sure: set[str] = set()
        for applying in [*self.asking, *(a for a in self.applying if a.conditional)] if self.unknown else ():
            hangs_on = (self.policy.reads[applying.rule.id] | applying.waits_for) & self.unknown
            declared = sorted(hangs_on & self.policy.declared_read)
            for name in declared:
                waiting.setdefault(name, applying)
            if all((d := self.policy.fact(name)) is not None and d.origin == "declared" for name in hangs_on):
                sure.update(declared)
        for name, applying in waiting.items():
            definition, rule = self.policy.fact(name), applying.rule
            label = definition.label if definition else Message(name, name)
            need = Need("declaration", name, label, {}, satisfied=False)
            message = Message(f"请如实填写：{label.zh}。", f"Please state truthfully: {label.en}.")
            values = self.policy.cited_values(rule)
            citation = self.policy.citation(rule)
            yield Requirement(rule.id, message, ((need,),), False, name not in sure, citation, values)

    def _proofs(self) -> Iterator[int]:
        """Ask for the document behind each declaration that a rule reads."""
        for name in sorted(self.policy.declared_read - self.unknown):
            definition = self.policy.words.fact(name)
            if definition is None or definition.proof is None:
                continue
            label = self.policy.words.label("documents", definition.proof)
            rule = next(rule for rule in self.policy.rules.values() if name in self.policy.reads[rule.id])
            message = Message(f"请提供证明：{label.zh}。", f"Please bring as proof of what you stated: {label.en}.")
            check = declaration_need(definition, label)
            behind = self.policy.citation(rule), self.policy.cited_values(rule)
            asked = Required(rule.id, message, ((check,),), False, *behind)
            yield self._numbered(Later(_if_claimed(name, asked)))


def _if_claimed(name: str, asked: Required) -> Callable[[CompletedFacts], Requirement | None]:
    return lambda reading: asked(reading) if must_be_proven(reading.facts.get(name)) else None
