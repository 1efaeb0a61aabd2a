"""What a rule does when it applies. Each rule has exactly one of these outcomes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.fee import Due
from domain.message import Message
from domain.services import CHOICE, DELIVERY, Choice, services_taking, takes
from policies.language.conditions import Operand, Scope, cannot_move, operand_facts, operand_settings, read_operand
from policies.language.values import Kind, ValueType
from policies.language.vocabulary import FactDefinition, did_you_mean
from policies.source.faults import Unreadable, use_one_of
from policies.source.nodes import Scalar
from policies.source.reader import Value, read_all, read_each, read_items

PAYERS = ("holder", "bank", "government")
DUES = tuple(due.value for due in Due)
MAX_ALTERNATIVES = 32
TAKEN_WITHIN = "taken_within"
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
    TAKEN_WITHIN: ValueType(Kind.DURATION),
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
    """A fee is charged.

    Args:
        due: whether the service waits for it; None where the service itself says.
    """

    fee: str
    amount: Operand
    payer: str
    refundable: bool
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class Waive:
    """A fee that another rule charges is not charged."""

    fee: str


@dataclass(frozen=True, slots=True)
class RefundSpec:
    """A fee that was paid is given back."""

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

    @property
    def at_once(self) -> bool:
        """Whether the rule itself says that the state ends at once."""
        return self.after.source == "literal" and self.after.value.amount == 0


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


Outcome = Deny | Require | ChargeSpec | Waive | RefundSpec | PromiseSpec | LapseSpec | RouteSpec | Archive | Tell

SPEAKING = (Deny, Require, Tell)
"""Outcomes that must come with a message."""
SPEAKING_WORDS = ("deny", "require", "tell")


def _term(value: Value, vocabulary: str, scope: Scope) -> str:
    name: str = scope.words.read(value, ValueType(Kind.TERM, vocabulary))
    return name


def _says_nothing(word: str, value: Value) -> Unreadable:
    """Record that an outcome is switched off, and return what to raise."""
    message = Message(f"`{word}: false` 没有意义", f"`{word}: false` says nothing")
    remedy = Message(f"写成 `{word}: true`，或删去本规则", f"write `{word}: true` or remove the rule")
    return value.fault("WRONG_TYPE", message, remedy)


def _read_deny(value: Value, scope: Scope) -> Outcome:
    if not value.boolean():
        raise _says_nothing("deny", value)
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
        message = Message(
            f"应写其中之一：{'、'.join(f'`{word}`' for word in _NEEDS)}", f"expected one of {', '.join(_NEEDS)}"
        )
        remedy = Message(
            "只写其中一个；有几个的，分列为列表项",
            "write one of them; where there are several, make each an item of a list",
        )
        raise value.fault("BAD_REQUIREMENT", message, remedy)
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
        message = Message(
            f"`{key}` 没有规格要求，只有 `document` 才有", f"a {key} has no specification, only a document has"
        )
        raise value.fault("UNKNOWN_KEY", message, Message("删去此项", "remove it"))
    fields = value.fields((), tuple(SPECIFICATION))
    readers = {name: _operand_of(SPECIFICATION[name], scope) for name in fields}
    if TAKEN_WITHIN in fields:
        readers[TAKEN_WITHIN] = lambda item: _read_taken_within(item, scope)
    return read_all(fields, readers)


def _read_taken_within(value: Value, scope: Scope) -> Operand:
    operand = read_operand(value, SPECIFICATION[TAKEN_WITHIN], scope)
    remedy = cannot_move(Kind.DATE, operand.value) if operand.source == "literal" else None
    if remedy is not None:
        message = Message(
            f"拍摄时间不能以 `{operand.value}` 为限", f"a document cannot be taken within {operand.value}"
        )
        raise value.fault("BAD_OPERAND", message, remedy)
    return operand


def _operand_of(of_type: ValueType, scope: Scope) -> Callable[[Value], Operand]:
    return lambda value: read_operand(value, of_type, scope)


def _read_each_need(value: Value, scope: Scope) -> list[list[tuple[NeedSpec, ...]]]:
    """Read the items of a list of needs, recording the faults of all before giving up."""
    items = value.items()
    if not items:
        message = Message("没有要求任何内容", "requires nothing")
        raise value.fault("BAD_REQUIREMENT", message, Message("至少写明一项", "name at least one thing"))
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
        message = Message(
            f"备选方案有{len(found)}种，允许1至{MAX_ALTERNATIVES}种",
            f"{len(found)} alternatives; 1 to {MAX_ALTERNATIVES} are possible",
        )
        raise value.fault("BAD_REQUIREMENT", message, Message("把本规则拆开", "split the rule"))
    return found


def _read_charge(value: Value, scope: Scope) -> Outcome:
    fields = value.fields(("fee", "amount"), ("payer", "due", "refundable"))
    readers: dict[str, Callable[[Value], Any]] = {
        "fee": lambda item: _term(item, "fees", scope),
        "amount": _operand_of(ValueType(Kind.MONEY), scope),
        "payer": read_payer,
        "due": read_due,
        "refundable": Value.boolean,
    }
    read = read_each(fields, readers)
    if len(read) < len(fields) or not {"fee", "amount"} <= read.keys():
        raise Unreadable
    return ChargeSpec(
        read["fee"], read["amount"], read.get("payer", "holder"), read.get("refundable", False), read.get("due")
    )


def read_payer(value: Value) -> str:
    """Read who pays a fee."""
    payer = value.text()
    if payer not in PAYERS:
        message = Message(f"`{payer}` 不是付费方", f"`{payer}` pays nothing")
        raise value.fault("UNKNOWN_TERM", message, use_one_of(PAYERS))
    return payer


def read_due(value: Value) -> Due:
    """Read whether a service waits for a fee."""
    due = value.text()
    if due not in DUES:
        message = Message(f"`{due}` 不是缴费时间", f"`{due}` is no time to pay at")
        raise value.fault("UNKNOWN_TERM", message, use_one_of(DUES))
    return Due(due)


def _read_waive(value: Value, scope: Scope) -> Outcome:
    return Waive(_term(value, "fees", scope))


def _read_refund(value: Value, scope: Scope) -> Outcome:
    return RefundSpec(_term(value, "fees", scope))


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
        message = Message("`open:` 和 `where:` 应写且只写一个", "expected exactly one of `open:` and `where:`")
        value.fault("BAD_ROUTE", message, Message("写其中一个", "write one of them"))
    if "choice" not in fields:
        raise Unreadable
    name = fields["choice"].text()
    _check_taken(fields["choice"], name, scope)
    definition = scope.fact(fields["choice"], name)
    if definition.type.kind not in (Kind.TERM, Kind.REGION):
        message = Message(
            f"`{name}` 的类型是 `{definition.type}`，不是 `term` 或 `region`",
            f"`{name}` is {definition.type}, not a term or region",
        )
        raise fields["choice"].fault(
            "TYPES_DIFFER", message, Message("改用 `term` 或 `region` 类型的选择", "route by a term or region")
        )
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


def _check_taken(value: Value, name: str, scope: Scope) -> None:
    """Refuse a choice that nobody can make with the service: the rule could do nothing but refuse."""
    definition = scope.words.fact(name)
    if definition is None or definition.origin != "chosen" or definition.subject not in (CHOICE, DELIVERY):
        return
    choice = Choice.DELIVERY if definition.subject == DELIVERY else name
    if scope.service is None or takes(scope.service, choice):
        return
    offered = scope.words.vocabularies.get("services")
    taking = services_taking(choice, offered.terms if offered else ())
    message = Message(f"办理本事项时不能选择 `{name}`", f"`{name}` cannot be chosen with this service")
    remedy = Message(
        f"写到可以作这项选择的事项里：{', '.join(taking)}；此前已经作出的选择，用 `when:` 判断",
        f"state it in a service that takes the choice: {', '.join(taking)}; test by `when:` what was chosen before",
    )
    raise value.fault("CHOICE_NOT_TAKEN", message, remedy)


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
        message = Message(f"`{choice.name}` 没有属性", f"`{choice.name}` has no attributes")
        raise value.fault("BAD_ROUTE", message, Message("改用 `open:`", "use `open:`"))
    fields = value.entries()
    for attribute in fields.keys() - vocabulary.attributes.keys():
        message = Message(
            f"词表 `{vocabulary.name}` 没有属性 `{attribute}`", f"{vocabulary.name} have no attribute `{attribute}`"
        )
        remedy = did_you_mean(attribute, vocabulary.attributes)
        fields[attribute].fault("UNKNOWN_KEY", message, remedy, f"attribute {attribute}")
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
        raise _says_nothing("tell", value)
    return Tell(None)


OUTCOMES: Mapping[str, Callable[[Value, Scope], Outcome]] = {
    "deny": _read_deny,
    "require": _read_require,
    "charge": _read_charge,
    "waive": _read_waive,
    "refund": _read_refund,
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
