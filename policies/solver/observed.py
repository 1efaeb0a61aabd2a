"""What a decision shows of a policy, one thing after the other: each refusal, requirement, fee, promise, choice …

The same keys name the same things in a decision of the engine (`shown`) and in the formulas of a policy (`Observing`),
so that what a solver claims of a policy can be held to what the engine decides.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from domain.decision import Decision
from policies.engine.effective import EffectivePolicy
from policies.language.conditions import Operand, operand_facts, operand_settings
from policies.language.outcomes.archive import Archive
from policies.language.outcomes.charge import ChargeSpec
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.lapse import LapseSpec
from policies.language.outcomes.needs import NeedSpec
from policies.language.outcomes.outcome import Key, Outcome
from policies.language.outcomes.promise import PromiseSpec
from policies.language.outcomes.refund import RefundSpec
from policies.language.outcomes.require import Require, needs_key
from policies.language.outcomes.route import RouteSpec
from policies.language.outcomes.table import OUTCOMES
from policies.language.outcomes.tell import Tell
from policies.language.outcomes.waive import Waive
from policies.language.service import Rule
from policies.language.values import Kind, ValueType, as_json, same
from policies.solver.formulas import Formulas
from policies.solver.universe import Number, PolicyEncoding, Truth, number_of, plain_list

_MONEY = ValueType(Kind.MONEY)
_DURATION = ValueType(Kind.DURATION)


def shown(decision: Decision) -> dict[Key, Any]:
    """Return everything that a decision shows, whatever was brought along; what only may apply is left out."""
    found: dict[Key, Any] = {}
    for outcome in OUTCOMES.values():
        found |= outcome.shown(decision)
    return found


Found = tuple[Rule, Any, Truth]
"""A rule with its outcome, and when it applies."""


def _by(found: Iterable[Found], attribute: str) -> dict[str, list[Found]]:
    grouped: dict[str, list[Found]] = {}
    for each in found:
        grouped.setdefault(getattr(each[1], attribute), []).append(each)
    return grouped


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that decisions may show, as formulas.

    Args:
        there: whether it is shown; parts: what it says, as numbers; rules: those behind it.
        open_to: for what is open of a choice: whether a value is, as a formula about it.
        exact: whether decisions show it under the very same key; not where what is asked for hangs on facts.
    """

    there: Truth
    parts: tuple[Number, ...] = ()
    rules: tuple[str, ...] = ()
    open_to: Any = None
    exact: bool = True


class DecisionFormulas:
    """The formulas of everything that one version of a policy shows."""

    def __init__(self, side: PolicyEncoding, only: Collection[str] | None = None) -> None:
        """Take a version's view.

        Args:
            only: the rules to look at; all if None.
        """
        self.side = side
        self.policy: EffectivePolicy = side.policy
        self.formulas = Formulas(side)
        self.only = only
        self.faults: list[Truth] = []
        self.observations: dict[Key, Observation] = {}
        self._conditions: dict[str, Truth] = {}
        self._observe()
        self.fault = z3.Or(self.faults)

    def condition(self, rule: Rule) -> Truth:
        """Return when the condition of a rule holds."""
        if rule.id not in self._conditions:
            self._conditions[rule.id] = self.formulas.condition(rule.condition)
        return self._conditions[rule.id]

    def applies(self, rule: Rule) -> Truth:
        """Return when a rule applies: its condition holds, and that of no rule that stands in for it."""
        others = [other for other in self.policy.rules.values() if rule.id in other.instead_of]
        return z3.And(self.condition(rule), *(z3.Not(self.condition(other)) for other in others))

    def _of(self, kind: type[Outcome]) -> list[Found]:
        wanted = [rule for rule in self.policy.rules.values() if self.only is None or rule.id in self.only]
        return [(rule, rule.outcome, self.applies(rule)) for rule in wanted if isinstance(rule.outcome, kind)]

    def _observe(self) -> None:
        for kind, observe in OBSERVED.items():
            observe(self, self._of(kind))
        self._proofs()

    def _waivers(self, found: list[Found]) -> None:
        for rule, outcome, applies in found:
            charged = self.observations.get(("charge", outcome.fee))
            alone = applies if charged is None else z3.And(applies, z3.Not(charged.there))
            self._add(("waive", outcome.fee), alone, rule)

    def _refunds(self, found: list[Found]) -> None:
        for rule, outcome, applies in found:
            self._add(("refund", outcome.fee), applies, rule)

    def _denials(self, found: list[Found]) -> None:
        for rule, _, applies in found:
            self._add(("deny", rule.id), applies, rule)

    def _advice(self, found: list[Found]) -> None:
        for rule, _, applies in found:
            self._add(("tell", rule.id), applies, rule)

    def _archive(self, found: list[Found]) -> None:
        for rule, outcome, applies in found:
            for document in outcome.documents:
                self._add(("archive", document), applies, rule)

    def _add(self, key: Key, there: Truth, *rules: Rule, exact: bool = True) -> None:
        known = self.observations.get(key)
        names = tuple(rule.id for rule in rules)
        if known is None:
            self.observations[key] = Observation(there, (), names, exact=exact)
        else:
            both = tuple(dict.fromkeys((*known.rules, *names)))
            self.observations[key] = Observation(z3.Or(known.there, there), (), both, exact=exact)

    def _needs_facts(self, operands: Iterable[Operand], applies: Truth) -> None:
        """Record that a decision fails where an outcome reads a fact that is not there."""
        names = list(dict.fromkeys(name for operand in operands for name in operand_facts(operand)))
        if names:
            self.faults.append(z3.And(applies, self.formulas.absent(names)))

    # --- what is asked for

    def _requirements(self, found: list[Found]) -> None:
        for rule, outcome, applies in found:
            self._needs_facts(outcome.operands(), applies)
            key = needs_key([self._plain_spec(need) for need in needs] for needs in outcome.alternatives)
            self._add(key, applies, rule, exact=not outcome.facts())

    def _proofs(self) -> None:
        for name in sorted(self.policy.declared_read):
            definition = self.policy.fact(name)
            if definition is not None and definition.proof is not None:
                claimed = self.side.present(name)
                if definition.type.kind is Kind.BOOLEAN:
                    claimed = z3.And(claimed, self.side.value(name) != 0)
                readers = [rule for rule in self.policy.rules.values() if name in self.policy.reads[rule.id]]
                self._add(needs_key([[["document", definition.proof, {}]]]), claimed, *readers)

    def _plain_spec(self, need: NeedSpec) -> Any:
        return [need.kind, need.name, {key: self._known(operand) for key, operand in need.specification.items()}]

    def _known(self, operand: Operand) -> Any:
        """Return what a document must be, as JSON; what hangs on facts is known by how it is written and worked out."""
        if operand_facts(operand):
            settings = {name: str(self.policy.settings[name]) for name in operand_settings(operand)}
            attributes = {name: self.side.attributes(name) for name in operand_facts(operand)}
            return [repr(operand), settings, attributes]
        return as_json(self.formulas.constant(operand))

    # --- what only one rule may settle

    def _settled(self, found: list[Found]) -> Truth:
        """Record that a decision fails where two rules settle the same, and return whether one does."""
        applying = [applies for _, _, applies in found]
        if len(applying) > 1:
            self.faults.append(z3.Not(z3.AtMost(*applying, 1)))
        return z3.Or(applying)

    def _charges(self, charges: list[Found]) -> None:
        waivers = _by(self._of(Waive), "fee")
        waived = {fee: z3.Or([a for _, _, a in found]) for fee, found in waivers.items()}
        for fee, found in _by(charges, "fee").items():
            there = self._settled(found)
            amount, terms = z3.IntVal(0), z3.IntVal(0)
            for _, outcome, applies in found:
                self._needs_facts([outcome.amount], applies)
                number = self.formulas.number(outcome.amount, _MONEY)
                self.faults.append(z3.And(applies, number < 0))
                amount = z3.If(applies, number, amount)
                terms = z3.If(applies, self._word(outcome.payer, str(outcome.due), str(outcome.refundable)), terms)
            is_waived = z3.If(waived.get(fee, z3.BoolVal(False)), z3.IntVal(1), z3.IntVal(0))
            rules = tuple(rule.id for rule, _, _ in found)
            rules += tuple(rule.id for rule, _, _ in waivers.get(fee, ()))
            self.observations["charge", fee] = Observation(there, (amount, terms, is_waived), rules)

    def _promises(self, promises: list[Found]) -> None:
        self._lasting(promises, "promise", "what", "within", "counted_from")

    def _lapses(self, lapses: list[Found]) -> None:
        self._lasting(lapses, "lapse", "state", "after", "becomes")

    def _lasting(self, lasting: list[Found], name: str, slot: str, length: str, word: str) -> None:
        for what, found in _by(lasting, slot).items():
            there = self._settled(found)
            lasts, terms = z3.IntVal(0), z3.IntVal(0)
            for _, outcome, applies in found:
                operand = getattr(outcome, length)
                self._needs_facts([operand], applies)
                lasts = z3.If(applies, self.formulas.number(operand, _DURATION), lasts)
                terms = z3.If(applies, self._word(getattr(outcome, word)), terms)
            rules = tuple(rule.id for rule, _, _ in found)
            self.observations[name, what] = Observation(there, (lasts, terms), rules)

    def _word(self, *words: str) -> int:
        return self.side.universe.intern("words", " ".join(words))

    # --- what is open

    def _routes(self, routes: list[Found]) -> None:
        for choice, found in _by(routes, "choice").items():
            definition = self.policy.fact(choice)
            assert definition is not None  # noqa: S101 - the route was read with it
            asked = definition.origin in ("chosen", "declared")
            for rule, outcome, applies in found:
                if outcome.open is not None:
                    self._needs_facts([outcome.open], applies)
                closed = z3.Not(self.open_to(outcome, self.side.value(choice)))
                self._add(("deny", rule.id), z3.And(applies, self.side.present(choice), closed), rule)
                if outcome.required and asked:
                    self._add(("require", "choice", choice), applies, rule)
            self.observations["route", choice] = Observation(
                z3.Or([applies for _, _, applies in found]),
                (),
                tuple(rule.id for rule, _, _ in found),
                lambda value, found=found: z3.And(
                    [z3.Implies(applies, self.open_to(outcome, value)) for _, outcome, applies in found]
                ),
            )

    def open_to(self, outcome: RouteSpec, value: Number) -> Truth:
        """Return whether a value of a choice is open by a route that applies."""
        definition = self.policy.fact(outcome.choice)
        assert definition is not None  # noqa: S101 - the route was read with it
        if outcome.open is None:
            return self._matches(outcome, value)
        if not operand_facts(outcome.open):
            values = plain_list(self.formulas.constant(outcome.open))
            return z3.Or([value == self.side.constant(item, definition) for item in values])
        named = self.policy.fact(outcome.open.value)
        if named is not None and named.type == definition.type:
            return value == self.formulas.number(outcome.open, definition.type)
        return self.side.has(outcome.open.value, value)

    def _matches(self, outcome: RouteSpec, value: Number) -> Truth:
        """Return whether the attributes of a term are those asked for; what builds on an absent fact does not narrow."""
        definition = self.policy.fact(outcome.choice)
        assert definition is not None  # noqa: S101 - the route was read with it
        vocabulary = self.policy.words.vocabularies[definition.type.of or ""]
        tests = []
        for attribute, operand in outcome.where.items():
            of_type = vocabulary.attributes[attribute]
            fitting = self._having(attribute, operand, of_type, vocabulary.terms.items(), definition.type.of or "")
            same = z3.Or([z3.And(value == number, equal) for number, equal in fitting])
            names = operand_facts(operand)
            tests.append(z3.Or(self.formulas.absent(names), same) if names else same)
        known = [value == self.side.constant(name, definition) for name in vocabulary.terms]
        return z3.And(z3.Or(known), *tests)

    def _having(
        self, attribute: str, operand: Operand, of_type: ValueType, terms: Iterable[tuple[str, Any]], of: str
    ) -> list[tuple[int, Truth]]:
        """Return for each term whether its attribute equals an operand."""
        found = []
        for name, term in terms:
            has = term.attributes.get(attribute)
            if has is not None:
                number = self.side.universe.intern(of, name)
                found.append((number, self._equals(has, operand, of_type)))
        return found

    def _equals(self, has: Any, operand: Operand, of_type: ValueType) -> Truth:
        if not operand_facts(operand):
            return z3.BoolVal(same(self.formulas.constant(operand), has))
        if isinstance(has, tuple):
            # Which elements make two lists equal is for the engine's own arithmetic to say.
            return self.formulas.choose_truth(operand, has)
        wanted = self.formulas.number(operand, of_type)
        return wanted == number_of(has, of_type.kind, of_type.of, self.side.universe)


OBSERVED: Mapping[type[Outcome], Callable[[DecisionFormulas, list[Found]], None]] = {
    Require: DecisionFormulas._requirements,
    ChargeSpec: DecisionFormulas._charges,
    PromiseSpec: DecisionFormulas._promises,
    LapseSpec: DecisionFormulas._lapses,
    RouteSpec: DecisionFormulas._routes,
    Waive: DecisionFormulas._waivers,
    RefundSpec: DecisionFormulas._refunds,
    Deny: DecisionFormulas._denials,
    Tell: DecisionFormulas._advice,
    Archive: DecisionFormulas._archive,
}
"""What each outcome adds to the formulas, in this order: a waiver is seen only where its fee is not charged."""


def differ(one: Observation | None, other: Observation | None, value: Number) -> Truth:
    """Return when two versions show another thing under one key.

    Args:
        value: a free number, for which value of a choice is open in one version only.
    """
    if one is None or other is None:
        found = one or other
        return found.there if found is not None else z3.BoolVal(False)
    parts = [mine != theirs for mine, theirs in zip(one.parts, other.parts, strict=True)]
    if one.open_to is not None and other.open_to is not None:
        parts.append(one.open_to(value) != other.open_to(value))
    both = z3.And(one.there, other.there, z3.Or(parts))
    return z3.Or(one.there != other.there, both)


def allowed(observing: DecisionFormulas) -> Truth:
    """Return when nothing refuses, whatever is still to be brought."""
    denials = [found.there for key, found in observing.observations.items() if key[0] == "deny"]
    return z3.Not(z3.Or(denials))
