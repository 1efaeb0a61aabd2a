"""`route`: a choice must be one of the open values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

from domain.decision import Decision
from domain.message import Message, joined
from domain.services import CHOICE, DELIVERY, Choice, services_taking, takes
from policies.language.conditions import Operand, Scope, Test, read_operand
from policies.language.json_schema import BOOLEAN, Definitions, Schema, fields
from policies.language.operators import Op
from policies.language.outcomes.outcome import Key, Outcome, Phrasing, operand_reader
from policies.language.values import Kind, ValueType
from policies.language.vocabulary import FactDefinition, did_you_mean
from policies.source.faults import Unreadable
from policies.source.nodes import Scalar
from policies.source.reader import Value, read_each


@dataclass(frozen=True, slots=True)
class RouteSpec(Outcome):
    """A choice must be one of the open values: a list, a single one, or the terms whose attributes match."""

    choice: str
    open: Operand | None
    where: Mapping[str, Operand]
    required: bool

    word = "route"
    keys = ("choice", "open", "where", "required")
    does = Message("可选值", "leaves open")
    done = Message(
        "不在可选值之内的，不予办理；所选的记入办件",
        "what is not open is refused; what is chosen is kept with the operation",
    )
    asks = True
    absent = Message("不作限制", "leaves everything open")

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read a choice, and what is open of it."""
        found = value.fields(("choice",), cls.keys[1:])
        if ("open" in found) == ("where" in found):
            message = Message("`open:` 和 `where:` 应写且只写一个", "expected exactly one of `open:` and `where:`")
            value.fault("BAD_ROUTE", message, Message("写其中一个", "write one of them"))
        if "choice" not in found:
            raise Unreadable
        name = found["choice"].text()
        _check_taken(found["choice"], name, scope)
        definition = scope.fact(found["choice"], name)
        if definition.type.kind not in (Kind.TERM, Kind.REGION):
            message = Message(
                f"`{name}` 的类型是 `{definition.type}`，不是 `term` 或 `region`",
                f"`{name}` is {definition.type}, not a term or region",
            )
            raise found["choice"].fault(
                "TYPES_DIFFER", message, Message("改用 `term` 或 `region` 类型的选择", "route by a term or region")
            )
        read = read_each(
            found,
            {
                "open": lambda item: _read_open(item, definition.type, scope),
                "where": lambda item: _read_where(item, definition, scope),
                "required": Value.boolean,
            },
        )
        if len(read) < len(found) - 1:
            raise Unreadable
        return cls(name, read.get("open"), read.get("where", {}), read.get("required", True))

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of a route."""
        choices = {name: f.type for name, f in known.facts().items() if f.type.kind in (Kind.TERM, Kind.REGION)}
        listed = {ValueType(Kind.TERMS if of.kind is Kind.TERM else Kind.REGIONS, of.of) for of in choices.values()}
        opened = [known.operand(of_type) for of_type in sorted(listed, key=str)]
        route = fields(
            ("choice",),
            choice={"enum": list(choices)},
            open={"anyOf": opened} if opened else {},
            where={"type": "object", "minProperties": 1},
            required=BOOLEAN,
        )
        return {**route, "oneOf": [{"required": ["open"]}, {"required": ["where"]}]}

    def stated(self, wording: Phrasing) -> Message:
        """Say what is open of which choice."""
        label, definition = wording.fact(self.choice), wording.definition(self.choice)
        if definition is None:
            return label
        if self.open is not None:
            listed = self.open.source == "literal" and isinstance(self.open.value, tuple)
            shown = (
                wording.show(self.open.value, definition.type)
                if listed
                else wording.operand(self.open, definition.type)
            )
            return Message(f"{label.zh}：{shown.zh}", f"{label.en}: {shown.en}")
        narrowed = joined((self._attribute(*entry, wording) for entry in self.where.items()), "，且", " and ")
        return Message(f"{label.zh}：符合以下条件的：{narrowed.zh}", f"{label.en}: those of which {narrowed.en}")

    def _attribute(self, name: str, operand: Operand, wording: Phrasing) -> Message:
        definition = wording.definition(f"{self.choice}.{name}")
        if definition is None:
            return Message(name, name)
        return wording.test(Test(definition.name, definition.type, Op.EQ, operand))

    def operands(self) -> Iterator[Operand]:
        """Yield what is open, and what the attributes must be."""
        if self.open is not None:
            yield self.open
        yield from self.where.values()

    def narrowing(self) -> tuple[Operand, ...]:
        """Return what the attributes must be: what is not known yet does not narrow a choice."""
        return tuple(self.where.values())

    def facts(self) -> tuple[str, ...]:
        """Return the facts that it reads, its choice first."""
        # Not `super()`: of a class with slots there are two, and it would mean the other one.
        return (self.choice, *Outcome.facts(self))

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the choice."""
        return frozenset({("route", self.choice)})

    def effect(self, rule: str, decision: Decision, wording: Phrasing) -> Message:
        """Say what is open of the choice, and whether what was chosen is not."""
        label, definition = wording.fact(self.choice), wording.definition(self.choice)
        done = next((route for route in decision.routes if route.rule == rule), None)
        if done is None or definition is None:
            return label
        shown = joined((wording.show(value, definition.type) for value in done.open), "、", ", ")
        told = Message(f"{label.zh}（{shown.zh or '无'}）", f"{label.en} ({shown.en or 'none'})")
        if any(denial.rule == rule for denial in decision.denials):
            return Message(f"{told.zh}；所选的不在里面", f"{told.en}; what was chosen is not among them")
        return told

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return the choices, each with the values that no rule closes."""
        return {("route", choice): values for choice, values in open_values(decision).items()}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say what is open of a choice."""
        label, definition = wording.fact(key[1]), wording.definition(key[1])
        values = sorted(open_values(decision)[key[1]])
        shown = joined((wording.show(v, definition.type) for v in values if definition is not None), "、", ", ")
        return Message(f"{label.zh}可选：{shown.zh or '无'}", f"{label.en} open: {shown.en or 'none'}")


def open_values(decision: Decision) -> dict[str, frozenset[str]]:
    """Return what each choice is open to: what no rule closes; what only may apply closes nothing."""
    by_choice: dict[str, list[frozenset[str]]] = {}
    for route in decision.routes:
        if not route.conditional:
            by_choice.setdefault(route.choice, []).append(frozenset(route.open))
    return {choice: reduce(frozenset.intersection, found) for choice, found in by_choice.items()}


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
    known = {name: operand_reader(of_type, scope) for name, of_type in vocabulary.attributes.items() if name in fields}
    read = read_each(fields, known)
    if len(read) < len(fields):
        raise Unreadable
    return read
