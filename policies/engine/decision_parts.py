"""What each outcome adds to a decision: one function for each, in one table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.decision import (
    Advice,
    ArchiveItem,
    Charge,
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
from domain.message import Message, joined
from domain.services import due_unless_said
from policies.engine.effective import EffectivePolicy
from policies.engine.facts import CompletedFacts, evaluation_fault, required_value
from policies.engine.offering import offered
from policies.engine.satisfaction import check_need
from policies.language.conditions import Operand, operand_facts
from policies.language.outcomes.archive import Archive
from policies.language.outcomes.charge import ChargeSpec
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.lapse import LapseSpec
from policies.language.outcomes.outcome import Outcome
from policies.language.outcomes.promise import PromiseSpec
from policies.language.outcomes.refund import RefundSpec
from policies.language.outcomes.require import Require
from policies.language.outcomes.route import RouteSpec
from policies.language.outcomes.table import OUTCOMES
from policies.language.outcomes.tell import Tell
from policies.language.outcomes.waive import Waive
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


FIELDS = (
    "denials",
    "conditional_denials",
    "requirements",
    "charges",
    "waivers",
    "refunds",
    "promises",
    "lapses",
    "routes",
    "archive",
    "advice",
)
"""The fields of `Decision` that outcomes add to."""
Parts = Iterator[tuple[str, Any]]
"""What goes into a decision: the field of `Decision` that it is added to, and the part itself."""


class DecisionContext:
    """The parts of a decision, worked out rule by rule.

    Args:
        policy: in force; reading: the facts; applying: the rules that apply, or may.
    """

    def __init__(self, policy: EffectivePolicy, reading: CompletedFacts, applying: list[Applying]) -> None:
        self.policy = policy
        self.reading = reading
        self.words = policy.words
        self.applying = applying
        self.waived: Mapping[str, str] = {
            a.rule.outcome.fee: a.rule.id for a in applying if isinstance(a.rule.outcome, Waive) and not a.conditional
        }

    def parts(self) -> dict[str, list[Any]]:
        """Return the parts by the field of `Decision` that they go into."""
        by_kind: dict[type[Outcome], list[Applying]] = {}
        for applying in self.applying:
            by_kind.setdefault(type(applying.rule.outcome), []).append(applying)
        worked_out = {
            kind: [part for a in by_kind.get(kind, ()) for part in parts_of(self, a, a.rule.outcome)]
            for kind, parts_of in PARTS.items()
        }
        found: dict[str, list[Any]] = {field: [] for field in FIELDS}
        for kind in OUTCOMES.values():
            for field, part in worked_out[kind]:
                found[field].append(part)
        return found

    def message(self, rule: Rule) -> Message:
        """Return what a rule says, or else what people call the service."""
        return self.policy.message(rule) or self.policy.policy.title

    def value(self, operand: Operand) -> Any:
        """Return the value of an operand, which must be there."""
        return required_value(operand, self.reading.facts, self.reading.settings, self.reading.days)

    def denial(self, rule: Rule, message: Message) -> Denial:
        """Return a denial by a rule."""
        return Denial(rule.id, rule.id.upper(), message, rule.citation, self.policy.cited_values(rule))

    def requirement(
        self, applying: Applying, message: Message, alternatives: tuple[tuple[Need, ...], ...]
    ) -> Requirement:
        """Return a requirement by a rule."""
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


def _deny(context: DecisionContext, applying: Applying, outcome: Deny) -> Parts:
    denial = context.denial(applying.rule, context.message(applying.rule))
    yield "conditional_denials" if applying.conditional else "denials", denial


def _require(context: DecisionContext, applying: Applying, outcome: Require) -> Parts:
    reading, words, on = context.reading, context.words, context.policy.on
    alternatives = tuple(
        tuple(
            check_need(need, reading.evidence, reading.facts, reading.settings, words, on, reading.days)
            for need in needs
        )
        for needs in outcome.alternatives
    )
    yield "requirements", context.requirement(applying, context.message(applying.rule), alternatives)


def _charge(context: DecisionContext, applying: Applying, outcome: ChargeSpec) -> Parts:
    rule, service = applying.rule, context.policy.policy.name
    amount = context.value(outcome.amount)
    if amount < 0:
        raise evaluation_fault("BAD_FACT", f"费用 `{outcome.fee}` 小于零", f"the fee {outcome.fee} is negative")
    fee = Fee(
        outcome.fee,
        amount,
        outcome.payer,
        context.words.label("fees", outcome.fee),
        service,
        rule.id,
        outcome.due or due_unless_said(service),
        outcome.refundable,
    )
    waived_by = context.waived.get(outcome.fee)
    yield "charges", Charge(fee, waived_by, applying.conditional, rule.citation, context.policy.cited_values(rule))


def _waive(context: DecisionContext, applying: Applying, outcome: Waive) -> Parts:
    yield "waivers", Waiver(applying.rule.id, outcome.fee, applying.conditional, applying.rule.citation)


def _refund(context: DecisionContext, applying: Applying, outcome: RefundSpec) -> Parts:
    rule = applying.rule
    yield (
        "refunds",
        Refund(
            rule=rule.id,
            fee=outcome.fee,
            label=context.words.label("fees", outcome.fee),
            message=context.policy.message(rule),
            conditional=applying.conditional,
            citation=rule.citation,
            values=context.policy.cited_values(rule),
        ),
    )


def _promise(context: DecisionContext, applying: Applying, outcome: PromiseSpec) -> Parts:
    rule = applying.rule
    yield (
        "promises",
        Promise(
            rule=rule.id,
            what=outcome.what,
            within=context.value(outcome.within),
            counted_from=outcome.counted_from,
            message=context.policy.message(rule) or context.words.label("promises", outcome.what),
            conditional=applying.conditional,
            citation=rule.citation,
            values=context.policy.cited_values(rule),
        ),
    )


def _lapse(context: DecisionContext, applying: Applying, outcome: LapseSpec) -> Parts:
    rule = applying.rule
    yield (
        "lapses",
        Lapse(
            rule=rule.id,
            state=outcome.state,
            after=context.value(outcome.after),
            becomes=outcome.becomes,
            message=context.message(rule),
            conditional=applying.conditional,
            citation=rule.citation,
            values=context.policy.cited_values(rule),
            length=outcome.after.value if outcome.after.source == "setting" else None,
        ),
    )


def _archive(context: DecisionContext, applying: Applying, outcome: Archive) -> Parts:
    rule = applying.rule
    values = context.policy.cited_values(rule)
    for name in outcome.documents:
        label = context.words.label("documents", name)
        yield "archive", ArchiveItem(rule.id, name, label, applying.conditional, rule.citation, values)


def _tell(context: DecisionContext, applying: Applying, outcome: Tell) -> Parts:
    rule, values = applying.rule, context.policy.cited_values(applying.rule)
    message = context.message(rule)
    yield "advice", Advice(rule.id, message, outcome.contact, applying.conditional, rule.citation, values)


def _route(context: DecisionContext, applying: Applying, outcome: RouteSpec) -> Parts:
    """Yield what is open, a denial where what was chosen is not, a requirement where it is still to be chosen."""
    rule, policy = applying.rule, context.policy
    open_values = _open(context, outcome)
    found = offered(context.reading, outcome.choice, open_values)
    values = policy.cited_values(rule)
    yield "routes", Route(rule.id, outcome.choice, open_values, applying.conditional, rule.citation, found, values)
    chosen = context.reading.facts.get(outcome.choice)
    if chosen is not None and chosen not in open_values and not applying.conditional:
        yield "denials", _closed(context, rule, outcome, chosen, found)
    definition = policy.fact(outcome.choice)
    if definition is not None and _is_asked(outcome, definition):
        need = Need("choice", outcome.choice, definition.label, {"open": found}, chosen is not None)
        message = Message(f"请选择：{definition.label.zh}。", f"Please choose: {definition.label.en}.")
        yield "requirements", context.requirement(applying, policy.message(rule) or message, ((need,),))


def _open(context: DecisionContext, outcome: RouteSpec) -> tuple[str, ...]:
    if outcome.open is not None:
        found = context.value(outcome.open)
        return found if isinstance(found, tuple) else (found,)
    definition = context.policy.fact(outcome.choice)
    terms = context.policy.terms(definition.type.of or "") if definition else {}
    facts = context.reading.facts
    wanted = {
        key: context.value(operand)
        for key, operand in outcome.where.items()
        # What is absent, or not known yet to a form, does not narrow the choice.
        if all(facts.get(name) is not None for name in operand_facts(operand))
    }
    return tuple(
        name
        for name, term in terms.items()
        if all(same(term.attributes.get(key), value) for key, value in wanted.items())
    )


def _closed(context: DecisionContext, rule: Rule, outcome: RouteSpec, chosen: str, others: tuple[str, ...]) -> Denial:
    definition = context.policy.fact(outcome.choice)
    if definition is None:
        name = outcome.choice
        raise evaluation_fault("UNKNOWN_FACT", f"没有事实 `{name}`", f"there is no fact {name}")
    shown = context.words.show(chosen, definition.type)
    instead = joined((context.words.show(value, definition.type) for value in others), "、", ", ") if others else None
    # What asks people to choose is for those who have not chosen.
    why = None if _is_asked(outcome, definition) else context.policy.message(rule)
    return context.denial(rule, _not_open(definition, shown, instead, why))


def _is_asked(outcome: RouteSpec, definition: FactDefinition) -> bool:
    """Say whether people are asked to make a choice; the message of its rule asks them."""
    return outcome.required and definition.origin in ("chosen", "declared")


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


PARTS: Mapping[type[Outcome], Callable[[DecisionContext, Applying, Any], Parts]] = {
    RouteSpec: _route,
    Deny: _deny,
    Require: _require,
    ChargeSpec: _charge,
    PromiseSpec: _promise,
    LapseSpec: _lapse,
    Archive: _archive,
    Tell: _tell,
    Waive: _waive,
    RefundSpec: _refund,
}
"""In the order in which they are worked out: of several that cannot be, the first is told."""
