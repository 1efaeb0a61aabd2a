"""What a test of a policy expects of a decision, and how a decision differs from it.

    expect:
      allowed: false
      denials: [under_age_alone]            # rule ids; lists are exact sets
      missing: [photo]                      # rule ids of what is required and not there
      declarations: [declared.student]      # declared facts that are asked for
      charges: {postage: 10 yuan}           # fees to pay, by fee; `waived:` and `refundable:` list fees
      payers: {postage: holder}             # who pays them
      due: {postage: before}                # whether the service waits for them
      refunds: [deposit]                    # fees that are given back
      promises: {card_issued: 7 working days}
      lapses: {temporarily_lost: {after: 7 natural days, becomes: active}}
      routes: {choice.bank: [icbc, ccb]}    # what is open, of the choices named here
      archive: [registration_form]          # documents to keep
      advice: [bind_first]                  # rule ids
      answered: NOT_FOUND                   # in the service: what it answers before it asks the policies at all
      fault: RULES_CONFLICT                 # the decision fails with this code; nothing else can be expected

What is left out is not checked.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import Any

from domain.decision import Decision, Requirement
from domain.message import Message, in_both, joined
from policies.language.outcomes.charge import read_due, read_payer
from policies.language.values import Kind, ValueType, read_duration, show
from policies.language.vocabulary import FactDefinition, Lexicon, did_you_mean
from policies.source.faults import Unreadable
from policies.source.reader import Value, read_all, read_each, read_items
from policies.tree.tree import RegionPolicies

NOT_OFFERED = "service_offered"
"""The rule of a decision about a service that a region does not have."""

ANSWERED = "answered"
"""What is expected of the service and not of the decision: only who runs the case through it can look."""

RULE_LISTS = ("denials", "conditional_denials", "missing", "advice")
TERM_LISTS = {"waived": "fees", "refundable": "fees", "refunds": "fees", "archive": "documents"}
_MONEY = ValueType(Kind.MONEY)
_CHINESE: Mapping[str, str] = {
    "allowed": "准予",
    "denials": "不予办理",
    "conditional_denials": "可能不予办理",
    "missing": "材料不齐",
    "declarations": "待申报",
    "charges": "收费",
    "payers": "付费方",
    "due": "缴费时间",
    "waived": "免收",
    "refundable": "可退",
    "refunds": "退费",
    "promises": "承诺时限",
    "lapses": "到期变更",
    "routes": "可选值",
    "archive": "留存材料",
    "advice": "告知",
    "fault": "错误",
}
"""Every kind of expectation in Chinese."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a decision is not as expected.

    Args:
        what: the kind of expectation; wanted, got: what is expected and what is so, as people read it.
        rules: the rules that make the difference.
    """

    what: str
    wanted: Message
    got: Message
    rules: tuple[str, ...]

    @property
    def expected(self) -> str:
        """What is expected, for tools."""
        return self.wanted.en

    @property
    def actual(self) -> str:
        """What is so, for tools."""
        return self.got.en

    @property
    def message(self) -> Message:
        """What is otherwise, in a line."""
        return Message(
            f"{self.what}（{_CHINESE[self.what]}）应为：{self.wanted.zh}；实际为：{self.got.zh}",
            f"{self.what}: expected {self.wanted.en}, but it is {self.got.en}",
        )


def read_expectations(value: Value, place: RegionPolicies, service: str) -> Mapping[str, Any]:
    """Read `expect:` into comparable values by kind of expectation.

    Args:
        value: the mapping; place: the region that the case is about; service: the service asked.
    """
    readers = _readers(place, service)
    fields = value.fields((), tuple(readers))
    if not fields.keys() - {ANSWERED} or ("fault" in fields and len(fields) > 1):
        message = Message(
            "用例须写明判定应有的结果，或只写应有的错误", "a case expects something of the decision, or a fault alone"
        )
        raise value.fault("EXPECTS_NOTHING", message, Message("写明应有的结果", "add what must be so"))
    read = read_each(fields, readers)
    if len(read) < len(fields):
        raise Unreadable
    return read


def _readers(place: RegionPolicies, service: str) -> dict[str, Callable[[Value], Any]]:
    words = place.words
    policy = place.services.get(service)
    rules = (*policy.rules, NOT_OFFERED) if policy else (NOT_OFFERED,)
    readers: dict[str, Callable[[Value], Any]] = {"allowed": Value.boolean, "fault": Value.text, ANSWERED: Value.text}
    for key in RULE_LISTS:
        readers[key] = lambda value: _read_rules(value, rules)
    for key, vocabulary in TERM_LISTS.items():
        of_type = ValueType(Kind.TERMS, vocabulary)
        readers[key] = lambda value, of_type=of_type: frozenset(words.read(value, of_type))  # type: ignore[misc]
    readers["declarations"] = lambda value: frozenset(read_items(value, lambda item: _fact_name(item, words)))
    readers["charges"] = lambda value: _by_term(value, "fees", words, lambda item: words.read(item, _MONEY))
    readers["payers"] = lambda value: _by_term(value, "fees", words, read_payer)
    readers["due"] = lambda value: _by_term(value, "fees", words, read_due)
    readers["promises"] = lambda value: _by_term(value, "promises", words, read_duration)
    readers["lapses"] = lambda value: _by_term(value, "lapsing_states", words, lambda item: _read_lapse(item, words))
    readers["routes"] = lambda value: _read_routes(value, words)
    return readers


def _read_rules(value: Value, rules: tuple[str, ...]) -> frozenset[str]:
    found = []
    for item in value.items():
        with suppress(Unreadable):
            name = item.text()
            if name not in rules:
                message = Message(f"没有规则 `{name}`", f"there is no rule `{name}`")
                raise item.fault("UNKNOWN_RULE", message, did_you_mean(name, rules), f"rule {name}")
            found.append(name)
    return frozenset(found)


def _fact_name(value: Value, words: Lexicon) -> str:
    return _fact(value, value.text(), words).name


def _fact(value: Value, name: str, words: Lexicon) -> FactDefinition:
    definition = words.fact(name)
    if definition is None:
        message = Message(f"没有事实 `{name}`", f"there is no fact `{name}`")
        raise value.fault("UNKNOWN_FACT", message, did_you_mean(name, words.facts), *words.missed(name))
    return definition


def _by_term(value: Value, vocabulary: str, words: Lexicon, reader: Callable[[Value], Any]) -> dict[str, Any]:
    found = {}
    for name, spec in value.entries().items():
        with suppress(Unreadable):
            words.check_term(spec, vocabulary, name)
            found[name] = reader(spec)
    return found


def _read_lapse(value: Value, words: Lexicon) -> tuple[Any, str]:
    state = ValueType(Kind.TERM, "lapsing_states")
    fields = value.fields(("after", "becomes"))
    read = read_all(fields, {"after": read_duration, "becomes": lambda item: words.read(item, state)})
    return read["after"], read["becomes"]


def _read_routes(value: Value, words: Lexicon) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name, spec in value.entries().items():
        with suppress(Unreadable):
            definition = _fact(spec, name, words)
            kind = Kind.TERMS if definition.type.kind is Kind.TERM else Kind.REGIONS
            found[name] = frozenset(words.read(spec, ValueType(kind, definition.type.of)))
    return found


def differences(expected: Mapping[str, Any], decision: Decision) -> tuple[Difference, ...]:
    """Return every way in which a decision is not as expected."""
    actual = _actual(decision)
    found = []
    for what, wanted in expected.items():
        if what == ANSWERED:
            continue
        got = actual[what]
        if what == "routes":
            got = {choice: got.get(choice) for choice in wanted}
        if got != wanted:
            found.append(Difference(what, _show(wanted), _show(got), _rules(what, wanted, got, decision)))
    return tuple(found)


def _actual(decision: Decision) -> dict[str, Any]:
    asked = {n.name for r in decision.missing for ns in r.alternatives for n in ns if n.kind == "declaration"}
    charges = [charge for charge in decision.charges if not charge.conditional]
    paid = [charge for charge in charges if charge.waived_by is None]
    return {
        "allowed": decision.allowed,
        "denials": frozenset(denial.rule for denial in decision.denials),
        "conditional_denials": frozenset(denial.rule for denial in decision.conditional_denials),
        "missing": frozenset(r.rule for r in decision.missing if not asks(r)),
        "declarations": frozenset(asked),
        "charges": {charge.fee.id: charge.fee.amount for charge in paid},
        "payers": {charge.fee.id: charge.fee.payer for charge in paid},
        "due": {charge.fee.id: charge.due for charge in paid},
        "waived": frozenset(waiver.fee for waiver in decision.waivers if not waiver.conditional),
        "refundable": frozenset(charge.fee.id for charge in paid if charge.refundable),
        "refunds": frozenset(refund.fee for refund in decision.refunds if not refund.conditional),
        "promises": {promise.what: promise.within for promise in decision.promises if not promise.conditional},
        "lapses": {lapse.state: (lapse.after, lapse.becomes) for lapse in decision.lapses if not lapse.conditional},
        "routes": _open(decision),
        "archive": frozenset(item.document for item in decision.archive if not item.conditional),
        "advice": frozenset(advice.rule for advice in decision.advice if not advice.conditional),
    }


def asks(requirement: Requirement) -> bool:
    """Say whether a requirement asks for a declaration, and is not yet what its rule requires."""
    return any(need.kind == "declaration" for needs in requirement.alternatives for need in needs)


def _open(decision: Decision) -> dict[str, frozenset[str]]:
    """Return what each choice is open to: what no rule closes."""
    by_choice: dict[str, list[frozenset[str]]] = {}
    for route in decision.routes:
        if not route.conditional:
            by_choice.setdefault(route.choice, []).append(frozenset(route.open))
    return {choice: reduce(frozenset.intersection, found) for choice, found in by_choice.items()}


def _rules(what: str, wanted: Any, got: Any, decision: Decision) -> tuple[str, ...]:
    """Return the rules behind a difference: those expected or found alone, or those that decide of what differs."""
    if what in RULE_LISTS:
        return tuple(sorted(wanted ^ got))
    if what == "allowed":
        return tuple(sorted({denial.rule for denial in decision.denials} | {need.rule for need in decision.missing}))
    parts: dict[str, list[tuple[str, str]]] = {
        "charges": [(charge.fee.id, charge.fee.rule) for charge in decision.charges],
        "payers": [(charge.fee.id, charge.fee.rule) for charge in decision.charges],
        "due": [(charge.fee.id, charge.fee.rule) for charge in decision.charges],
        "waived": [(charge.fee.id, charge.waived_by or charge.fee.rule) for charge in decision.charges],
        "refundable": [(charge.fee.id, charge.fee.rule) for charge in decision.charges],
        "refunds": [(refund.fee, refund.rule) for refund in decision.refunds],
        "promises": [(promise.what, promise.rule) for promise in decision.promises],
        "lapses": [(lapse.state, lapse.rule) for lapse in decision.lapses],
        "routes": [(route.choice, route.rule) for route in decision.routes],
        "archive": [(item.document, item.rule) for item in decision.archive],
    }
    changed = _changed(wanted, got)
    return tuple(sorted({rule for name, rule in parts.get(what, []) if name in changed}))


def _changed(wanted: Any, got: Any) -> frozenset[str]:
    if isinstance(wanted, frozenset):
        return wanted ^ frozenset(got)
    return frozenset(name for name in {**wanted, **got} if wanted.get(name) != got.get(name))


def _show(value: Any) -> Message:
    """Show a value, names and amounts in every language as the file has them."""
    if isinstance(value, dict):
        parts = [(key, _show(item)) for key, item in sorted(value.items())]
        listed = joined((Message(f"{key}: {item.zh}", f"{key}: {item.en}") for key, item in parts), ", ", ", ")
        return Message(f"{{{listed.zh}}}", f"{{{listed.en}}}")
    if isinstance(value, frozenset):
        return in_both(f"[{', '.join(sorted(value))}]")
    if isinstance(value, tuple):
        return Message(f"{value[0]}后{value[1]}", f"{value[1]} after {value[0]}")
    if isinstance(value, bool):
        return Message("是", "yes") if value else Message("否", "no")
    if isinstance(value, int):
        return in_both(show(value, _MONEY).en)
    return Message("无", "nothing") if value is None else in_both(str(value))
