"""What a rule does when it applies. Each rule has exactly one of these outcomes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.conditions import Operand, Scope, operand_facts, operand_settings, read_operand
from policies.faults import Unreadable
from policies.reader import Value
from policies.values import Kind, ValueType
from policies.vocabulary import did_you_mean

PAYERS = ("holder", "bank", "government")
MAX_ALTERNATIVES = 32

SPECIFICATION: Mapping[str, ValueType] = {
    "width_px": ValueType(Kind.INTEGER),
    "height_px": ValueType(Kind.INTEGER),
    "width_mm": ValueType(Kind.INTEGER),
    "height_mm": ValueType(Kind.INTEGER),
    "tolerance_mm": ValueType(Kind.INTEGER),
    "dpi": ValueType(Kind.INTEGER),
    "min_dpi": ValueType(Kind.INTEGER),
    "max_bytes": ValueType(Kind.INTEGER),
    "colour": ValueType(Kind.BOOLEAN),
    "background": ValueType(Kind.TERM, "backgrounds"),
    "formats": ValueType(Kind.TERMS, "file_formats"),
    "taken_within": ValueType(Kind.DURATION),
}
"""What a document can be asked to be, and the type of each."""


@dataclass(frozen=True, slots=True)
class Deny:
    """The request is refused."""


@dataclass(frozen=True, slots=True)
class NeedSpec:
    """One thing asked for: a proof, a document (to a specification) or a detail."""

    kind: str
    name: str
    specification: Mapping[str, Operand]


@dataclass(frozen=True, slots=True)
class Require:
    """Any one of the alternatives must be there; each is a set of needs."""

    alternatives: tuple[tuple[NeedSpec, ...], ...]


@dataclass(frozen=True, slots=True)
class ChargeSpec:
    """A fee is charged."""

    fee: str
    amount: Operand
    payer: str
    refundable: bool


@dataclass(frozen=True, slots=True)
class Waive:
    """A fee that another rule charges is not charged."""

    fee: str


@dataclass(frozen=True, slots=True)
class PromiseSpec:
    """The office promises something within a time."""

    what: str
    within: Operand
    counted_from: str


@dataclass(frozen=True, slots=True)
class LapseSpec:
    """A state ends by time alone and becomes another."""

    state: str
    after: Operand
    becomes: str


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """A choice must be one of the open values: a list, or the terms whose attributes match."""

    choice: str
    open: Operand | None
    where: Mapping[str, Operand]
    required: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """Materials that the handling office must keep."""

    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tell:
    """Something the person should know, with an office to turn to."""

    contact: str | None


Outcome = Deny | Require | ChargeSpec | Waive | PromiseSpec | LapseSpec | RouteSpec | Archive | Tell

SPEAKING = (Deny, Require, Tell)
"""Outcomes that must come with a message."""


def _term(value: Value, vocabulary: str, scope: Scope) -> str:
    name: str = scope.words.read(value, ValueType(Kind.TERM, vocabulary))
    return name


def _read_deny(value: Value, scope: Scope) -> Outcome:
    if not value.boolean():
        raise value.fault("WRONG_TYPE", "`deny: false` says nothing", "write `deny: true` or remove the rule")
    return Deny()


def _read_require(value: Value, scope: Scope) -> Outcome:
    alternatives = _read_needs(value, scope)
    return Require(tuple(alternatives))


def _read_needs(value: Value, scope: Scope) -> list[tuple[NeedSpec, ...]]:
    """Read a tree of needs into its alternatives (disjunctive normal form)."""
    if value.is_list:
        return _combine(value, value.items(), scope)
    fields = value.fields((), ("proof", "document", "detail", "specification", "one_of", "all_of"))
    given = [key for key in fields if key != "specification"]
    if len(given) != 1:
        raise value.fault(
            "BAD_REQUIREMENT", "expected one of proof, document, detail, one_of, all_of", "split it into list items"
        )
    key, spec = given[0], fields[given[0]]
    if key == "all_of":
        return _combine(spec, spec.items(), scope)
    if key == "one_of":
        found = [alternative for item in spec.items() for alternative in _read_needs(item, scope)]
        return _at_most(spec, found)
    name = _term(spec, f"{key}s", scope)
    specification: dict[str, Operand] = {}
    if "specification" in fields:
        if key != "document":
            raise fields["specification"].fault("UNKNOWN_KEY", "only a document has one", "remove it")
        for attribute, item in fields["specification"].fields((), tuple(SPECIFICATION)).items():
            specification[attribute] = read_operand(item, SPECIFICATION[attribute], scope)
    return [(NeedSpec(key, name, specification),)]


def _combine(value: Value, items: list[Value], scope: Scope) -> list[tuple[NeedSpec, ...]]:
    found: list[tuple[NeedSpec, ...]] = [()]
    for item in items:
        found = _at_most(value, [done + more for more in _read_needs(item, scope) for done in found])
    if not items:
        raise value.fault("BAD_REQUIREMENT", "requires nothing", "name at least one thing")
    return found


def _at_most(value: Value, found: list[tuple[NeedSpec, ...]]) -> list[tuple[NeedSpec, ...]]:
    if not 0 < len(found) <= MAX_ALTERNATIVES:
        raise value.fault(
            "BAD_REQUIREMENT", f"{len(found)} alternatives; 1 to {MAX_ALTERNATIVES} are possible", "split the rule"
        )
    return found


def _read_charge(value: Value, scope: Scope) -> Outcome:
    fields = value.fields(("fee", "amount"), ("payer", "refundable"))
    if not {"fee", "amount"} <= fields.keys():
        raise Unreadable
    payer = fields["payer"].text() if "payer" in fields else "holder"
    if payer not in PAYERS:
        raise fields["payer"].fault("UNKNOWN_TERM", f"`{payer}` pays nothing", f"use one of: {', '.join(PAYERS)}")
    return ChargeSpec(
        _term(fields["fee"], "fees", scope),
        read_operand(fields["amount"], ValueType(Kind.MONEY), scope),
        payer,
        fields["refundable"].boolean() if "refundable" in fields else False,
    )


def _read_waive(value: Value, scope: Scope) -> Outcome:
    return Waive(_term(value, "fees", scope))


def _read_promise(value: Value, scope: Scope) -> Outcome:
    fields = value.fields(("what", "within", "counted_from"))
    if len(fields) < 3:
        raise Unreadable
    return PromiseSpec(
        _term(fields["what"], "promises", scope),
        read_operand(fields["within"], ValueType(Kind.DURATION), scope),
        _term(fields["counted_from"], "moments", scope),
    )


def _read_lapse(value: Value, scope: Scope) -> Outcome:
    fields = value.fields(("state", "after", "becomes"))
    if len(fields) < 3:
        raise Unreadable
    return LapseSpec(
        _term(fields["state"], "lapsing_states", scope),
        read_operand(fields["after"], ValueType(Kind.DURATION), scope),
        _term(fields["becomes"], "lapsing_states", scope),
    )


def _read_route(value: Value, scope: Scope) -> Outcome:
    fields = value.fields(("choice",), ("open", "where", "required"))
    if "choice" not in fields:
        raise Unreadable
    name = fields["choice"].text()
    definition = scope.fact(fields["choice"], name)
    if definition.type.kind not in (Kind.TERM, Kind.REGION):
        raise fields["choice"].fault("TYPES_DIFFER", f"`{name}` is {definition.type}, not a term", "route by a term")
    if ("open" in fields) == ("where" in fields):
        raise value.fault("BAD_ROUTE", "expected one of `open:` and `where:`", "keep one of them")
    open_values = _read_open(fields["open"], definition.type, scope) if "open" in fields else None
    where: dict[str, Operand] = {}
    if "where" in fields:
        vocabulary = scope.words.vocabularies.get(definition.type.of or "")
        if vocabulary is None:
            raise fields["where"].fault("BAD_ROUTE", f"`{name}` has no attributes", "use `open:`")
        for attribute, item in fields["where"].entries().items():
            if attribute not in vocabulary.attributes:
                raise item.fault(
                    "UNKNOWN_KEY",
                    f"{vocabulary.name} have no attribute `{attribute}`",
                    did_you_mean(attribute, vocabulary.attributes),
                )
            where[attribute] = read_operand(item, vocabulary.attributes[attribute], scope)
    return RouteSpec(name, open_values, where, "required" not in fields or fields["required"].boolean())


def _read_open(value: Value, of_type: ValueType, scope: Scope) -> Operand:
    kind = Kind.TERMS if of_type.kind is Kind.TERM else Kind.REGIONS
    return read_operand(value, ValueType(kind, of_type.of), scope)


def _read_archive(value: Value, scope: Scope) -> Outcome:
    return Archive(scope.words.read(value, ValueType(Kind.TERMS, "documents")))


def _read_tell(value: Value, scope: Scope) -> Outcome:
    if value.is_mapping:
        fields = value.fields(("contact",))
        return Tell(fields["contact"].text() if "contact" in fields else None)
    if not value.boolean():
        raise value.fault("WRONG_TYPE", "`tell: false` says nothing", "write `tell: true` or remove the rule")
    return Tell(None)


OUTCOMES: Mapping[str, Callable[[Value, Scope], Outcome]] = {
    "deny": _read_deny,
    "require": _read_require,
    "charge": _read_charge,
    "waive": _read_waive,
    "promise": _read_promise,
    "lapse": _read_lapse,
    "route": _read_route,
    "archive": _read_archive,
    "tell": _read_tell,
}


def slot(outcome: Outcome) -> tuple[str, str] | None:
    """Return what only one applying rule may settle (a fee, a promise, a state's lapse), or None where many may."""
    if isinstance(outcome, ChargeSpec):
        return ("fee", outcome.fee)
    if isinstance(outcome, PromiseSpec):
        return ("promise", outcome.what)
    if isinstance(outcome, LapseSpec):
        return ("lapse", outcome.state)
    return None


def outcome_operands(outcome: Outcome) -> Iterator[Operand]:
    """Yield every operand of an outcome."""
    if isinstance(outcome, Require):
        for alternative in outcome.alternatives:
            for need in alternative:
                yield from need.specification.values()
    elif isinstance(outcome, ChargeSpec):
        yield outcome.amount
    elif isinstance(outcome, PromiseSpec):
        yield outcome.within
    elif isinstance(outcome, LapseSpec):
        yield outcome.after
    elif isinstance(outcome, RouteSpec):
        if outcome.open is not None:
            yield outcome.open
        yield from outcome.where.values()


def outcome_settings(outcome: Outcome) -> tuple[str, ...]:
    """Return the settings that an outcome reads."""
    return tuple(name for operand in outcome_operands(outcome) for name in operand_settings(operand))


def outcome_facts(outcome: Outcome) -> tuple[str, ...]:
    """Return the facts that an outcome reads; a route reads its choice."""
    own: tuple[Any, ...] = (outcome.choice,) if isinstance(outcome, RouteSpec) else ()
    return own + tuple(name for operand in outcome_operands(outcome) for name in operand_facts(operand))
