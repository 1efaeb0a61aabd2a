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
from dataclasses import dataclass
from functools import partial
from typing import Any

from domain.decision import Decision
from domain.message import Message, in_both, joined
from policies.cases.expectation_kinds import ANSWERED, EXPECTATIONS, NOT_OFFERED, Expectation, Within
from policies.language.values import Kind, ValueType, show
from policies.source.faults import Unreadable
from policies.source.reader import Value, read_each
from policies.tree.tree import RegionPolicies

_MONEY = ValueType(Kind.MONEY)


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
            f"{self.what}（{EXPECTATIONS[self.what].zh}）应为：{self.wanted.zh}；实际为：{self.got.zh}",
            f"{self.what}: expected {self.wanted.en}, but it is {self.got.en}",
        )


def read_expectations(value: Value, place: RegionPolicies, service: str) -> Mapping[str, Any]:
    """Read `expect:` into comparable values by kind of expectation.

    Args:
        value: the mapping; place: the region that the case is about; service: the service asked.
    """
    policy = place.services.get(service)
    within = Within(place.words, (*policy.rules, NOT_OFFERED) if policy else (NOT_OFFERED,))
    readers: dict[str, Callable[[Value], Any]] = {
        what: partial(kind.read, within) for what, kind in EXPECTATIONS.items()
    }
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


def differences(expected: Mapping[str, Any], decision: Decision) -> tuple[Difference, ...]:
    """Return every way in which a decision is not as expected."""
    found = []
    for what, wanted in expected.items():
        kind = EXPECTATIONS[what]
        if kind.actual is None:
            continue
        got = kind.actual(decision)
        if kind.only_named:
            got = {name: got.get(name) for name in wanted}
        if got != wanted:
            found.append(Difference(what, _show(wanted), _show(got), _rules(kind, wanted, got, decision)))
    return tuple(found)


def _rules(kind: Expectation, wanted: Any, got: Any, decision: Decision) -> tuple[str, ...]:
    """Return the rules behind a difference: those expected or found alone, or those that decide of what differs."""
    if kind.lists_rules:
        return tuple(sorted(wanted ^ got))
    if isinstance(wanted, bool):
        return tuple(sorted({rule for _, rule in kind.behind(decision)}))
    changed = _changed(wanted, got)
    return tuple(sorted({rule for name, rule in kind.behind(decision) if name in changed}))


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
