"""Every kind of expectation: how it is read and written, what is so of a decision, and which rules decide of it."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from domain.decision import Charge, Decision, Requirement
from domain.message import Message
from policies.language.json_schema import BOOLEAN, NAME_TEXT, TEXT, Definitions, Schema, entries, fields, items
from policies.language.outcomes.archive import Archive
from policies.language.outcomes.charge import DUES, PAYERS, ChargeSpec, read_due, read_payer
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.lapse import LapseSpec
from policies.language.outcomes.outcome import Outcome
from policies.language.outcomes.promise import PromiseSpec
from policies.language.outcomes.refund import RefundSpec
from policies.language.outcomes.require import Require
from policies.language.outcomes.route import RouteSpec, open_values
from policies.language.outcomes.tell import Tell
from policies.language.outcomes.waive import Waive
from policies.language.values import LISTS, Kind, ValueType, read_duration
from policies.language.vocabulary import FactDefinition, Lexicon, did_you_mean
from policies.source.faults import Unreadable
from policies.source.reader import Value, read_all, read_items

NOT_OFFERED = "service_offered"
"""The rule of a decision about a service that a region does not have."""
ANSWERED = "answered"
"""What is expected of the service and not of the decision: only who runs the case through it can look."""
_MONEY, _DURATION = ValueType(Kind.MONEY), ValueType(Kind.DURATION)
_STATE = ValueType(Kind.TERM, "lapsing_states")


@dataclass(frozen=True, slots=True)
class Within:
    """What an expectation may name: the words of the region, the rules of the service."""

    words: Lexicon
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One kind of expectation.

    Args:
        zh: what it is called in Chinese.
        read: reads what stands under it into what `actual` is compared with; schema: the JSON Schema of that.
        actual: what is so of a decision; None where only the service, or a failure, can show it.
        behind: the names that a decision is about, each with the rule that decides of it.
        of: the outcomes whose part of a decision it looks at.
        lists_rules: whether it names rules themselves; only_named: whether it speaks of nothing but what it names.
    """

    zh: str
    read: Callable[[Within, Value], Any]
    schema: Callable[[Definitions], Schema]
    actual: Callable[[Decision], Any] | None = None
    behind: Callable[[Decision], Iterable[tuple[str, str]]] = lambda decision: ()
    of: tuple[type[Outcome], ...] = ()
    lists_rules: bool = False
    only_named: bool = False


def _read_rules(within: Within, value: Value) -> frozenset[str]:
    found = []
    for item in value.items():
        with suppress(Unreadable):
            name = item.text()
            if name not in within.rules:
                message = Message(f"没有规则 `{name}`", f"there is no rule `{name}`")
                raise item.fault("UNKNOWN_RULE", message, did_you_mean(name, within.rules), f"rule {name}")
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


def _read_routes(within: Within, value: Value) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name, spec in value.entries().items():
        with suppress(Unreadable):
            definition = _fact(spec, name, within.words)
            kind = Kind.TERMS if definition.type.kind is Kind.TERM else Kind.REGIONS
            found[name] = frozenset(within.words.read(spec, ValueType(kind, definition.type.of)))
    return found


def _routes_schema(known: Definitions) -> Schema:
    found = {}
    for name, fact in known.facts().items():
        if fact.type.kind in (Kind.TERM, Kind.REGION):
            listed = next(kind for kind in LISTS if kind.startswith(fact.type.kind))
            found[name] = known.value(ValueType(listed, fact.type.of))
    return fields((), **found)


def asks(requirement: Requirement) -> bool:
    """Say whether a requirement asks for a declaration, and is not yet what its rule requires."""
    return any(need.kind == "declaration" for needs in requirement.alternatives for need in needs)


def _of_rules(zh: str, of: tuple[type[Outcome], ...], found: Callable[[Decision], Iterable[Any]]) -> Expectation:
    """Return an expectation that lists rules, by the parts of a decision that they state."""
    return Expectation(
        zh,
        _read_rules,
        lambda known: items(NAME_TEXT, 0),
        lambda decision: frozenset(part.rule for part in found(decision)),
        of=of,
        lists_rules=True,
    )


def _of_terms(
    zh: str, of: type[Outcome], vocabulary: str, found: Callable[[Decision], Iterable[str]], behind: Callable[..., Any]
) -> Expectation:
    """Return an expectation that lists words of a vocabulary."""
    of_type = ValueType(Kind.TERMS, vocabulary)
    return Expectation(
        zh,
        lambda within, value: frozenset(within.words.read(value, of_type)),
        lambda known: known.value(of_type),
        lambda decision: frozenset(found(decision)),
        behind,
        (of,),
    )


def _by_term(
    zh: str,
    of: type[Outcome],
    vocabulary: str,
    read: Callable[[Within, Value], Any],
    schema: Callable[[Definitions], Schema],
    actual: Callable[[Decision], Mapping[str, Any]],
    behind: Callable[[Decision], Iterable[tuple[str, str]]],
) -> Expectation:
    """Return an expectation that says something of words of a vocabulary, each."""

    def read_each_term(within: Within, value: Value) -> dict[str, Any]:
        found = {}
        for name, spec in value.entries().items():
            with suppress(Unreadable):
                within.words.check_term(spec, vocabulary, name)
                found[name] = read(within, spec)
        return found

    def schema_of_each(known: Definitions) -> Schema:
        return entries(schema(known), known.term(vocabulary))

    return Expectation(zh, read_each_term, schema_of_each, actual, behind, (of,))


def _read_lapse(within: Within, value: Value) -> tuple[Any, str]:
    found = value.fields(("after", "becomes"))
    read = read_all(found, {"after": read_duration, "becomes": lambda item: within.words.read(item, _STATE)})
    return read["after"], read["becomes"]


def _lapse_schema(known: Definitions) -> Schema:
    return fields(("after", "becomes"), after=known.value(_DURATION), becomes=known.term("lapsing_states"))


def _paid(decision: Decision) -> list[Charge]:
    return [charge for charge in decision.charges if not charge.conditional and charge.waived_by is None]


def _charging(decision: Decision) -> list[tuple[str, str]]:
    return [(charge.fee.id, charge.fee.rule) for charge in decision.charges]


def _waiving(decision: Decision) -> list[tuple[str, str]]:
    return [(charge.fee.id, charge.waived_by or charge.fee.rule) for charge in decision.charges]


def _refusing(decision: Decision) -> list[tuple[str, str]]:
    return [("", denial.rule) for denial in decision.denials] + [("", need.rule) for need in decision.missing]


def _declarations(decision: Decision) -> frozenset[str]:
    needs = (need for r in decision.missing for needs in r.alternatives for need in needs)
    return frozenset(need.name for need in needs if need.kind == "declaration")


def _of_charge(
    zh: str,
    read: Callable[[Within, Value], Any],
    schema: Callable[[Definitions], Schema],
    said: Callable[[Charge], Any],
) -> Expectation:
    """Return an expectation that says something of each fee to pay."""
    return _by_term(
        zh, ChargeSpec, "fees", read, schema, lambda decision: {c.fee.id: said(c) for c in _paid(decision)}, _charging
    )


EXPECTATIONS: Final[Mapping[str, Expectation]] = MappingProxyType(
    {
        "allowed": Expectation(
            "准予",
            lambda within, value: value.boolean(),
            lambda known: BOOLEAN,
            lambda decision: decision.allowed,
            _refusing,
        ),
        "fault": Expectation("错误", lambda within, value: value.text(), lambda known: TEXT),
        ANSWERED: Expectation("直接答复", lambda within, value: value.text(), lambda known: TEXT),
        "denials": _of_rules("不予办理", (Deny, RouteSpec), lambda decision: decision.denials),
        "conditional_denials": _of_rules("可能不予办理", (Deny,), lambda decision: decision.conditional_denials),
        "missing": _of_rules(
            "材料不齐", (Require, RouteSpec), lambda decision: (r for r in decision.missing if not asks(r))
        ),
        "advice": _of_rules("告知", (Tell,), lambda decision: (a for a in decision.advice if not a.conditional)),
        "waived": _of_terms(
            "免收", Waive, "fees", lambda decision: (w.fee for w in decision.waivers if not w.conditional), _waiving
        ),
        "refundable": _of_terms(
            "可退", ChargeSpec, "fees", lambda decision: (c.fee.id for c in _paid(decision) if c.refundable), _charging
        ),
        "refunds": _of_terms(
            "退费",
            RefundSpec,
            "fees",
            lambda decision: (r.fee for r in decision.refunds if not r.conditional),
            lambda decision: [(r.fee, r.rule) for r in decision.refunds],
        ),
        "archive": _of_terms(
            "留存材料",
            Archive,
            "documents",
            lambda decision: (item.document for item in decision.archive if not item.conditional),
            lambda decision: [(item.document, item.rule) for item in decision.archive],
        ),
        "declarations": Expectation(
            "待申报",
            lambda within, value: frozenset(read_items(value, lambda item: _fact_name(item, within.words))),
            lambda known: items({"enum": list(known.facts())}, 0),
            _declarations,
        ),
        "charges": _of_charge(
            "收费",
            lambda within, value: within.words.read(value, _MONEY),
            lambda known: known.value(_MONEY),
            lambda charge: charge.fee.amount,
        ),
        "payers": _of_charge(
            "付费方",
            lambda within, value: read_payer(value),
            lambda known: {"enum": list(PAYERS)},
            lambda charge: charge.fee.payer,
        ),
        "due": _of_charge(
            "缴费时间",
            lambda within, value: read_due(value),
            lambda known: {"enum": list(DUES)},
            lambda charge: charge.due,
        ),
        "promises": _by_term(
            "承诺时限",
            PromiseSpec,
            "promises",
            lambda within, value: read_duration(value),
            lambda known: known.value(_DURATION),
            lambda decision: {p.what: p.within for p in decision.promises if not p.conditional},
            lambda decision: [(p.what, p.rule) for p in decision.promises],
        ),
        "lapses": _by_term(
            "到期变更",
            LapseSpec,
            "lapsing_states",
            _read_lapse,
            _lapse_schema,
            lambda decision: {x.state: (x.after, x.becomes) for x in decision.lapses if not x.conditional},
            lambda decision: [(x.state, x.rule) for x in decision.lapses],
        ),
        "routes": Expectation(
            "可选值",
            _read_routes,
            _routes_schema,
            open_values,
            lambda decision: [(r.choice, r.rule) for r in decision.routes],
            (RouteSpec,),
            only_named=True,
        ),
    }
)
"""By the key of `expect:`, in the order in which they are listed."""
