"""What a rule does when it applies. Each rule has exactly one of these outcomes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.conditions import Operand, Scope, operand_facts, operand_settings, read_operand
from policies.faults import Unreadable
from policies.nodes import Scalar
from policies.reader import Value, read_all, read_each, read_items
from policies.values import Kind, ValueType
from policies.vocabulary import FactDefinition, did_you_mean

PAYERS = ("holder", "bank", "government")
MAX_ALTERNATIVES = 32
_NEEDS = ("proof", "document", "detail", "one_of", "all_of")

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
    """A choice must be one of the open values: a list, a single one, or the terms whose attributes match."""

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
SPEAKING_WORDS = ("deny", "require", "tell")


def _term(value: Value, vocabulary: str, scope: Scope) -> str:
    name: str = scope.words.read(value, ValueType(Kind.TERM, vocabulary))
    return name


def _read_deny(value: Value, scope: Scope) -> Outcome:
    if not value.boolean():
        raise value.fault("WRONG_TYPE", "`deny: false` says nothing", "write `deny: true` or remove the rule")
    return Deny()


def _read_require(value: Value, scope: Scope) -> Outcome:
    return Require(tuple(_read_needs(value, scope)))


def _read_needs(value: Value, scope: Scope) -> list[tuple[NeedSpec, ...]]:
    """Read a tree of needs into its alternatives (disjunctive normal form)."""
    if value.is_list:
        return _combine(value, scope)
    fields = value.fields((), (*_NEEDS, "specification"))
    given = [key for key in fields if key != "specification"]
    if len(given) != 1:
        raise value.fault(
            "BAD_REQUIREMENT", f"expected one of {', '.join(_NEEDS)}", "write one of them; split it into list items"
        )
    key, spec = given[0], fields[given[0]]
    if key == "all_of":
        return _combine(spec, scope)
    if key == "one_of":
        return _at_most(spec, [alternative for needs in _read_each_need(spec, scope) for alternative in needs])
    read = read_each(fields, {key: lambda item: _term(item, f"{key}s", scope)})
    specification = _read_specification(key, fields["specification"], scope) if "specification" in fields else {}
    if key not in read:
        raise Unreadable
    return [(NeedSpec(key, read[key], specification),)]


def _read_specification(key: str, value: Value, scope: Scope) -> dict[str, Operand]:
    if key != "document":
        raise value.fault("UNKNOWN_KEY", f"a {key} has no specification, only a document has", "remove it")
    fields = value.fields((), tuple(SPECIFICATION))
    return read_all(fields, {name: _operand_of(SPECIFICATION[name], scope) for name in fields})


def _operand_of(of_type: ValueType, scope: Scope) -> Callable[[Value], Operand]:
    return lambda value: read_operand(value, of_type, scope)


def _read_each_need(value: Value, scope: Scope) -> list[list[tuple[NeedSpec, ...]]]:
    """Read the items of a list of needs, recording the faults of all before giving up."""
    items = value.items()
    if not items:
        raise value.fault("BAD_REQUIREMENT", "requires nothing", "name at least one thing")
    found = read_items(value, lambda item: _read_needs(item, scope))
    if len(found) < len(items):
        raise Unreadable
    return found


def _combine(value: Value, scope: Scope) -> list[tuple[NeedSpec, ...]]:
    found: list[tuple[NeedSpec, ...]] = [()]
    for needs in _read_each_need(value, scope):
        found = _at_most(value, [done + more for more in needs for done in found])
    return found


def _at_most(value: Value, found: list[tuple[NeedSpec, ...]]) -> list[tuple[NeedSpec, ...]]:
    if len(found) > MAX_ALTERNATIVES:
        raise value.fault(
            "BAD_REQUIREMENT", f"{len(found)} alternatives; 1 to {MAX_ALTERNATIVES} are possible", "split the rule"
        )
    return found


def _read_charge(value: Value, scope: Scope) -> Outcome:
    fields = value.fields(("fee", "amount"), ("payer", "refundable"))
    readers: dict[str, Callable[[Value], Any]] = {
        "fee": lambda item: _term(item, "fees", scope),
        "amount": _operand_of(ValueType(Kind.MONEY), scope),
        "payer": read_payer,
        "refundable": Value.boolean,
    }
    read = read_each(fields, readers)
    if len(read) < len(fields) or not {"fee", "amount"} <= read.keys():
        raise Unreadable
    return ChargeSpec(read["fee"], read["amount"], read.get("payer", "holder"), read.get("refundable", False))


def read_payer(value: Value) -> str:
    """Read who pays a fee."""
    payer = value.text()
    if payer not in PAYERS:
        raise value.fault("UNKNOWN_TERM", f"`{payer}` pays nothing", f"use one of: {', '.join(PAYERS)}")
    return payer


def _read_waive(value: Value, scope: Scope) -> Outcome:
    return Waive(_term(value, "fees", scope))


def _read_promise(value: Value, scope: Scope) -> Outcome:
    readers: dict[str, Callable[[Value], Any]] = {
        "what": lambda item: _term(item, "promises", scope),
        "within": _operand_of(ValueType(Kind.DURATION), scope),
        "counted_from": lambda item: _term(item, "moments", scope),
    }
    return PromiseSpec(**read_all(value.fields(tuple(readers)), readers))


def _read_lapse(value: Value, scope: Scope) -> Outcome:
    readers: dict[str, Callable[[Value], Any]] = {
        "state": lambda item: _term(item, "lapsing_states", scope),
        "after": _operand_of(ValueType(Kind.DURATION), scope),
        "becomes": lambda item: _term(item, "lapsing_states", scope),
    }
    return LapseSpec(**read_all(value.fields(tuple(readers)), readers))


def _read_route(value: Value, scope: Scope) -> Outcome:
    fields = value.fields(("choice",), ("open", "where", "required"))
    if ("open" in fields) == ("where" in fields):
        value.fault("BAD_ROUTE", "expected exactly one of `open:` and `where:`", "write one of them")
    if "choice" not in fields:
        raise Unreadable
    name = fields["choice"].text()
    definition = scope.fact(fields["choice"], name)
    if definition.type.kind not in (Kind.TERM, Kind.REGION):
        raise fields["choice"].fault("TYPES_DIFFER", f"`{name}` is {definition.type}, not a term", "route by a term")
    read = read_each(
        fields,
        {
            "open": lambda item: _read_open(item, definition.type, scope),
            "where": lambda item: _read_where(item, definition, scope),
            "required": Value.boolean,
        },
    )
    if len(read) < len(fields) - 1:
        raise Unreadable
    return RouteSpec(name, read.get("open"), read.get("where", {}), read.get("required", True))


def _read_open(value: Value, of_type: ValueType, scope: Scope) -> Operand:
    if value.is_mapping and of_type in _types_named(value, scope):
        return read_operand(value, of_type, scope)  # the one word that is open, such as the bank of the card
    kind = Kind.TERMS if of_type.kind is Kind.TERM else Kind.REGIONS
    return read_operand(value, ValueType(kind, of_type.of), scope)


def _types_named(value: Value, scope: Scope) -> Iterator[ValueType]:
    """Yield the types of the setting and the fact that an operand names, as far as they can be read."""
    for key, item in value.entries().items():
        name = item.node.value if isinstance(item.node, Scalar) else ""
        definition = scope.words.fact(name) if key == "fact" else None
        if definition is not None:
            yield definition.type
        elif key == "setting" and name in scope.settings:
            yield scope.settings[name]


def _read_where(value: Value, choice: FactDefinition, scope: Scope) -> dict[str, Operand]:
    vocabulary = scope.words.vocabularies.get(choice.type.of or "")
    if vocabulary is None:
        raise value.fault("BAD_ROUTE", f"`{choice.name}` has no attributes", "use `open:`")
    fields = value.entries()
    for attribute in fields.keys() - vocabulary.attributes.keys():
        message = f"{vocabulary.name} have no attribute `{attribute}`"
        fields[attribute].fault("UNKNOWN_KEY", message, did_you_mean(attribute, vocabulary.attributes))
    known = {name: _operand_of(of_type, scope) for name, of_type in vocabulary.attributes.items() if name in fields}
    read = read_each(fields, known)
    if len(read) < len(fields):
        raise Unreadable
    return read


def _read_archive(value: Value, scope: Scope) -> Outcome:
    return Archive(scope.words.read(value, ValueType(Kind.TERMS, "documents")))


def _read_tell(value: Value, scope: Scope) -> Outcome:
    if value.is_mapping:
        return Tell(read_all(value.fields(("contact",)), {"contact": Value.text})["contact"])
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
