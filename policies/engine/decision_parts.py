"""What each outcome adds to a decision: one function for each, in one table.

All that does not depend on the request is worked out once for a rule and shared by the regions in which it says the same;
the rest is a function of the facts, `Later`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from domain.decision import (
    Advice,
    ArchiveItem,
    Charge,
    Citation,
    CitedValue,
    Denial,
    Lapse,
    Need,
    Promise,
    Refund,
    Requirement,
    Route,
    Waiver,
)
from domain.duration import Duration
from domain.errors import DecisionFault
from domain.fee import Fee
from domain.message import Message, joined
from domain.services import due_unless_said
from policies.engine.checks import MISSING
from policies.engine.effective import EffectivePolicy, Shared
from policies.engine.facts import CompletedFacts, evaluation_fault, is_settled, required_value, settled_value
from policies.engine.offering import besides, offered
from policies.engine.satisfaction import Met, NeedCheck
from policies.language.conditions import Operand, operand_facts
from policies.language.outcomes.archive import Archive
from policies.language.outcomes.charge import ChargeSpec
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.lapse import LapseSpec
from policies.language.outcomes.needs import NeedSpec
from policies.language.outcomes.outcome import Outcome
from policies.language.outcomes.promise import PromiseSpec
from policies.language.outcomes.refund import RefundSpec
from policies.language.outcomes.require import Require
from policies.language.outcomes.route import RouteSpec
from policies.language.outcomes.tell import Tell
from policies.language.outcomes.waive import Waive
from policies.language.rule_reads import names_read
from policies.language.service import Rule
from policies.language.values import quoted, same
from policies.language.vocabulary import FactDefinition

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


@dataclass(frozen=True, slots=True)
class Later:
    """A part of a decision that depends on the request.

    Args:
        make: the part from the facts, None where there is none; number: which, where it makes several at once.
    """

    make: Callable[[CompletedFacts], Any]
    number: int | None = None


Parts = Iterator[tuple[str, Any]]
"""What goes into a decision: the field of `Decision` that it is added to, and the part itself, or `Later`."""


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class PreparedRule:
    """What a rule adds to decisions in which it applies.

    Args:
        parts: the fields of `Decision`, each with a part or `Later`; made_of: what they were made of.
    """

    parts: tuple[tuple[str, Any], ...]
    made_of: object


@dataclass(frozen=True, slots=True)
class Preparing:
    """One rule, to be prepared.

    Args:
        policy: in force; rule: of it; conditional: whether it only may apply.
        waived_by: the rule that waives its fee.
        values: the settings behind it.
    """

    policy: EffectivePolicy
    rule: Rule
    conditional: bool
    waived_by: str | None
    values: tuple[CitedValue, ...]

    @property
    def message(self) -> Message:
        """What the rule says, or else what people call the service."""
        return self.policy.message(self.rule) or self.policy.policy.title

    @property
    def citation(self) -> Citation:
        """Where the rule comes from."""
        return self.policy.citation(self.rule)

    def label(self, vocabulary: str, name: str) -> Message:
        """Return what people call a term."""
        return self.policy.words.label(vocabulary, name)

    def need(self, spec: NeedSpec) -> NeedCheck:
        """Return a need to be checked, the same for all rules that ask for the same in the same words."""
        label, settings = self.label(f"{spec.kind}s", spec.name), self.policy.settings
        found = NeedCheck(spec, label, settings)
        key = found.key
        return found if key is None else self.policy.shared.needs.setdefault(key, found)

    def of(self, operand: Operand, make: Callable[[Any], Any]) -> Any:
        """Return a part that is made of an operand's value, which must be there: at once where no fact has a say in it."""
        if is_settled(operand):
            with suppress(DecisionFault):  # it is told in its turn
                return make(settled_value(operand, self.policy.settings))
        return Later(lambda reading: make(_value(operand, reading)))


def prepared(policy: EffectivePolicy, rule: Rule, conditional: bool, waived_by: str | None) -> PreparedRule:
    """Return what a rule adds to decisions, the same for all policies in which it says the same."""
    if isinstance(rule.outcome, RouteSpec):  # what is open may hang on any word of the region
        preparing = Preparing(policy, rule, conditional, None, policy.cited_values(rule))
        return PreparedRule(tuple(_route(preparing, rule.outcome)), None)
    settings, known = policy.policy.settings, policy.words.vocabularies
    names = sorted(names_read(rule))
    of = dict.fromkeys((*_LABELLED, *(settings[name].type.of for name in names)))
    values = tuple(policy.values[name] for name in names)
    words = tuple(known.get(name) for name in of if name is not None)
    made_of = (rule, policy.policy.title, values, words)
    key = (
        id(rule),
        id(policy.policy.title),
        *map(id, values),
        policy.shared.alike(tuple(map(id, words))),
        policy.policy.name,
        conditional,
        waived_by,
    )
    found = policy.shared.rules.get(key)
    if found is None:
        outcome = rule.outcome
        preparing = Preparing(policy, rule, conditional, waived_by, policy.cited_values(rule))
        found = PreparedRule(tuple(PARTS[type(outcome)](preparing, outcome)), made_of)
        policy.shared.rules[key] = found
    return found


_LABELLED = ("proofs", "documents", "details", "fees", "promises")
"""The vocabularies that parts of decisions are labelled by."""


def _value(operand: Operand, reading: CompletedFacts) -> Any:
    return required_value(operand, reading.facts, reading.settings, reading.days)


class _Kept:
    """What was made of the few keys that there are, nearly always one: a mapping of one takes as much as what is made."""

    __slots__ = ("_first", "_more")

    def __init__(self) -> None:
        self._first: tuple[Any, Any] = (MISSING, None)  # one object, so that no thread sees the one without the other
        self._more: dict[Any, Any] | None = None

    @property
    def kept(self) -> int:
        """How many there are."""
        return (self._first[0] is not MISSING) + len(self._more or ())

    def _keep(self, key: Any, made: Any) -> None:
        if self._first[0] is MISSING:
            self._first = (key, made)
            return
        more = self._more or {}
        if len(more) >= MAX_MADE - 1:
            more = {}
        self._more = {**more, key: made}


class Required(_Kept):
    """Makes a requirement: once for each combination of what is there and what is not."""

    __slots__ = ("_alternatives", "_looks", "_parts", "_settled")

    def __init__(
        self,
        rule: str,
        message: Message,
        alternatives: tuple[tuple[NeedCheck, ...], ...],
        conditional: bool,
        citation: Citation,
        values: tuple[CitedValue, ...],
    ) -> None:
        """Take what a rule asks for.

        Args:
            rule: its name; message: what to tell people; alternatives: any one of which must be there.
            conditional: whether the rule only may apply; citation: of the rule; values: the settings behind it.
        """
        super().__init__()
        needs = [need for needs in alternatives for need in needs]
        self._alternatives = alternatives
        self._looks = tuple(need.look for need in needs)
        self._settled = all(need.is_settled for need in needs)
        self._parts = (rule, message, conditional, citation, values)

    def __call__(self, reading: CompletedFacts) -> Requirement:
        """Return the requirement of a request."""
        met = tuple([look(reading) for look in self._looks])
        first, made = self._first
        found: Requirement | None = made
        if met != first:
            found = self._more.get(met) if self._more is not None else None
        if found is None:
            found = self._make(met, reading)
            # What is wrong with a document is told of that document only.
            if self._settled and all(type(each) is bool for each in met):
                self._keep(reading.policy.shared.alike(met), found)
        return found

    def _make(self, met: tuple[Met, ...], reading: CompletedFacts) -> Requirement:
        left = iter(met)
        alternatives = tuple(tuple(need.need(next(left), reading) for need in needs) for needs in self._alternatives)
        satisfied = any(all(need.satisfied for need in needs) for needs in alternatives)
        rule, message, conditional, citation, values = self._parts
        return Requirement(rule, message, alternatives, satisfied, conditional, citation, values)


MAX_MADE = 64
"""Requirements, or routes, of one rule that are kept, of all that can be made of what is there and what is not."""


def denial_of(rule: str, message: Message, citation: Citation, values: tuple[CitedValue, ...]) -> Denial:
    """Return a denial by a rule."""
    return Denial(rule, rule.upper(), message, citation, values)


def _deny(of: Preparing, outcome: Deny) -> Parts:
    yield (
        "conditional_denials" if of.conditional else "denials",
        denial_of(of.rule.id, of.message, of.citation, of.values),
    )


def _require(of: Preparing, outcome: Require) -> Parts:
    checks = tuple(tuple(map(of.need, needs)) for needs in outcome.alternatives)
    yield "requirements", Later(Required(of.rule.id, of.message, checks, of.conditional, of.citation, of.values))


def _charge(of: Preparing, outcome: ChargeSpec) -> Parts:
    rule, service, label = of.rule, of.policy.policy.name, of.label("fees", outcome.fee)
    waived_by, conditional, citation, values = of.waived_by, of.conditional, of.citation, of.values
    due = outcome.due or due_unless_said(service)

    def charge(amount: int) -> Charge:
        if amount < 0:
            raise evaluation_fault("BAD_FACT", f"费用 `{outcome.fee}` 小于零", f"the fee {outcome.fee} is negative")
        fee = Fee(outcome.fee, amount, outcome.payer, label, service, rule.id, due, outcome.refundable)
        return Charge(fee, waived_by, conditional, citation, values)

    yield "charges", of.of(outcome.amount, charge)


def _waive(of: Preparing, outcome: Waive) -> Parts:
    yield "waivers", Waiver(of.rule.id, outcome.fee, of.conditional, of.citation)


def _refund(of: Preparing, outcome: RefundSpec) -> Parts:
    yield (
        "refunds",
        Refund(
            rule=of.rule.id,
            fee=outcome.fee,
            label=of.label("fees", outcome.fee),
            message=of.policy.message(of.rule),
            conditional=of.conditional,
            citation=of.citation,
            values=of.values,
        ),
    )


def _promise(of: Preparing, outcome: PromiseSpec) -> Parts:
    rule, conditional, citation, values = of.rule, of.conditional, of.citation, of.values
    message = of.policy.message(rule) or of.label("promises", outcome.what)

    def promise(within: Duration) -> Promise:
        return Promise(rule.id, outcome.what, within, outcome.counted_from, message, conditional, citation, values)

    yield "promises", of.of(outcome.within, promise)


def _lapse(of: Preparing, outcome: LapseSpec) -> Parts:
    rule, conditional, citation, values, message = of.rule, of.conditional, of.citation, of.values, of.message

    def lapse(after: Duration) -> Lapse:
        return Lapse(
            rule=rule.id,
            state=outcome.state,
            after=after,
            becomes=outcome.becomes,
            message=message,
            conditional=conditional,
            citation=citation,
            values=values,
            length=outcome.after.value if outcome.after.source == "setting" else None,
        )

    yield "lapses", of.of(outcome.after, lapse)


def _archive(of: Preparing, outcome: Archive) -> Parts:
    for name in outcome.documents:
        label = of.label("documents", name)
        yield "archive", ArchiveItem(of.rule.id, name, label, of.conditional, of.citation, of.values)


def _tell(of: Preparing, outcome: Tell) -> Parts:
    yield "advice", Advice(of.rule.id, of.message, outcome.contact, of.conditional, of.citation, of.values)


def _route(of: Preparing, outcome: RouteSpec) -> Parts:
    """Yield what is open, a denial where what was chosen is not, a requirement where it is still to be chosen."""
    key = of.policy.shared.alike((of.rule.id, of.conditional))
    routing = of.policy.routes.get(key)
    if routing is None:
        routing = of.policy.routes[key] = Routing(of, outcome)
    for number, field in enumerate(("routes", "denials", "requirements")):
        yield field, Later(routing, number)


class Routing(_Kept):
    """What a route says to a request, once for each combination of the facts that it hangs on.

    Args of what it holds:
        hinges: those facts; None where working days have a say in what is open.
    """

    __slots__ = ("citation", "conditional", "definition", "hinges", "message", "outcome", "rule", "values")

    def __init__(self, of: Preparing, outcome: RouteSpec) -> None:
        """Take a route."""
        super().__init__()
        policy, choice = of.policy, outcome.choice
        self.rule, self.conditional, self.citation, self.values = of.rule.id, of.conditional, of.citation, of.values
        self.outcome, self.definition, self.message = outcome, policy.fact(choice), policy.message(of.rule)
        read = (name for operand in outcome.operands() for name in operand_facts(operand))
        plain = all(operand.offset is None and operand.times is None for operand in outcome.operands())
        self.hinges = tuple(dict.fromkeys((choice, *read, *besides(policy, choice)))) if plain else None

    def __call__(self, reading: CompletedFacts) -> tuple[Route, Denial | None, Requirement | None]:
        """Return what is open, the denial of what was chosen, and the requirement to choose."""
        if self.hinges is None:
            return self._make(reading)
        facts = reading.facts
        # Nearly every request of a service is alike in what these are, and a decision needs the answer each time.
        key = (reading.days.calendar, *[facts.get(name, MISSING) for name in self.hinges])
        first, made = self._first
        found: tuple[Route, Denial | None, Requirement | None] | None = made
        if key != first:
            found = self._more.get(key) if self._more is not None else None
        if found is None:
            found = self._make(reading)
            self._keep(key, found)
        return found

    def _make(self, reading: CompletedFacts) -> tuple[Route, Denial | None, Requirement | None]:
        choice, rule = self.outcome.choice, self.rule
        open_values = self._open(reading)
        found = offered(reading, choice, open_values)
        route = Route(rule, choice, open_values, self.conditional, self.citation, found, self.values)
        chosen = reading.facts.get(choice)
        denial = None
        if chosen is not None and chosen not in open_values and not self.conditional:
            closed = reading.policy.shared.alike(self._closed(reading, chosen, found))
            denial = denial_of(rule, closed, self.citation, self.values)
        return route, denial, self._asked(reading.policy.shared, found, chosen is not None)

    def _open(self, reading: CompletedFacts) -> tuple[str, ...]:
        if self.outcome.open is not None:
            found = _value(self.outcome.open, reading)
            return found if isinstance(found, tuple) else (found,)
        wanted = {
            key: _value(operand, reading)
            for key, operand in self.outcome.where.items()
            # What is absent, or not known yet to a form, does not narrow the choice.
            if all(reading.facts.get(name) is not None for name in operand_facts(operand))
        }
        terms = reading.policy.terms(self.definition.type.of or "") if self.definition else {}
        return tuple(
            name
            for name, term in terms.items()
            if all(same(term.attributes.get(key), value) for key, value in wanted.items())
        )

    def _closed(self, reading: CompletedFacts, chosen: str, others: tuple[str, ...]) -> Message:
        definition, words = self.definition, reading.policy.words
        if definition is None:
            name = self.outcome.choice
            raise evaluation_fault("UNKNOWN_FACT", f"没有事实 `{name}`", f"there is no fact {name}")
        shown = words.show(chosen, definition.type)
        instead = joined((words.show(value, definition.type) for value in others), "、", ", ") if others else None
        # What asks people to choose is for those who have not chosen.
        why = None if _is_asked(self.outcome, definition) else self.message
        return _not_open(definition, shown, instead, why)

    def _asked(self, shared: Shared, found: tuple[str, ...], chosen: bool) -> Requirement | None:
        if self.definition is None or not _is_asked(self.outcome, self.definition):
            return None
        label, choice = self.definition.label, self.outcome.choice
        alternatives = shared.made(
            ("choice", choice, label, found, chosen),
            lambda: ((Need("choice", choice, label, {"open": found}, chosen),),),
        )
        message = self.message or Message(f"请选择：{label.zh}。", f"Please choose: {label.en}.")
        return Requirement(self.rule, message, alternatives, chosen, self.conditional, self.citation, self.values)


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


PARTS: Mapping[type[Outcome], Callable[[Preparing, Any], Parts]] = {
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
