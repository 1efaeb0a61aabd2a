"""Conditions: which facts must pass which tests for a rule to apply.

    when:
      holder.age: {below: {setting: self_apply_from_age}}
      any:
        - card.expires_on: {present: true}
          request.today: {on_or_after: {fact: card.expires_on, minus: 60 natural days}}
        - not: {holder.type: {is: citizen}}

Several lines of one mapping must all hold. A fact that can be absent may only be tested where `present: true` stands
beside it under `all` (or `present: false` beside it under `any`), so that "absent" is always the officer's decision.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.duration import MAX_WORKING_DAYS, UNTIL_A_DAY, Duration, Unit
from domain.message import Message
from domain.services import CHOICE, records_of, services_reading, tells
from policies.language.known_facts import as_known
from policies.language.operators import OPERATORS, Op
from policies.language.values import LATER, ORDERED, Kind, ValueType, read_duration
from policies.language.vocabulary import FactDefinition, Lexicon, did_you_mean
from policies.source.faults import Unreadable, did_you_mean_or, use_one_of
from policies.source.reader import Value

MAX_CONDITION_DEPTH = 8
_DAYS = frozenset({Unit.NATURAL_DAYS, Unit.WORKING_DAYS, Unit.MONTHS, Unit.YEARS})
MOVED_BY: Mapping[Kind, frozenset[Unit]] = {Kind.DATE: _DAYS, Kind.MOMENT: frozenset(Unit) - UNTIL_A_DAY}
"""Units by which what lies in time can be moved; a bare date has no time of day that hours could move."""


@dataclass(frozen=True, slots=True)
class Operand:
    """What a fact is compared with: a literal, a setting or another fact, multiplied first, then moved by an offset.

    Args:
        source: `literal`, `setting` or `fact`.
        value: the literal's value, or the name.
        sign: +1, -1, or 0 for no offset.
        offset: the offset's own operand: a literal duration or whole number, or a setting of one.
        times: by how much it is multiplied, a whole number; None for not at all.
    """

    source: str
    value: Any
    sign: int = 0
    offset: "Operand | None" = None
    times: "Operand | None" = field(default=None, metadata=LATER)


@dataclass(frozen=True, slots=True)
class Test:
    """One fact, one comparison."""

    fact: str
    type: ValueType
    op: Op
    operand: Operand | None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must hold; of none, it holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part must hold; of none, it does not."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: "Condition"


Condition = Test | AllOf | AnyOf | Not

_WORDS = {word: (op, kinds) for op, operator in OPERATORS.items() for word, kinds in operator.words.items()}
_LIST_OF = {Kind.TERM: Kind.TERMS, Kind.REGION: Kind.REGIONS, Kind.TERMS: Kind.TERMS, Kind.REGIONS: Kind.REGIONS}
TEST_WORDS = (*_WORDS, "between", "present")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition may name: words, settings by type, and the facts that its service knows.

    Args:
        service: whose condition it is; None for one of no service, which may name them all.
    """

    words: Lexicon
    settings: Mapping[str, ValueType]
    service: str | None

    def fact(self, value: Value, name: str) -> FactDefinition:
        """Return a fact's definition or record why it cannot be read here."""
        definition = self.words.fact(name)
        if definition is None:
            message = Message(f"没有事实 `{name}`", f"there is no fact `{name}`")
            raise value.fault("UNKNOWN_FACT", message, did_you_mean(name, self.words.facts), *self.words.missed(name))
        if self.service is None:
            return definition
        reached = definition.subject in records_of(self.service)
        if not reached or (definition.subject == CHOICE and not tells(self.service, name)):
            raise self._not_available(value, definition, reached)
        return as_known(definition, self.service)

    def known(self, name: str) -> FactDefinition | None:
        """Return a fact's definition as the service knows it, or None where there is no such fact."""
        definition = self.words.fact(name)
        return definition if definition is None or self.service is None else as_known(definition, self.service)

    def _not_available(self, value: Value, definition: FactDefinition, reached: bool) -> Unreadable:
        record, name = definition.subject, definition.name
        offered = self.words.vocabularies.get("services")
        knowing = services_reading(record, offered.terms if offered else ())
        message = Message(f"本事项没有关于 `{record}` 的事实", f"this service knows nothing of `{record}`")
        if reached:
            knowing = tuple(service for service in knowing if tells(service, name))
            message = Message(
                f"办理本事项时和此前都不选择 `{name}`", f"`{name}` is chosen neither with this service nor before it"
            )
        names = ", ".join(knowing)
        if not knowing:
            remedy = Message("没有事项提供这类事实，请改用其他事实", "no service knows it; use another fact")
        else:
            remedy = Message(f"提供这类事实的事项：{names}", f"services that know it: {names}")
        return value.fault("FACT_NOT_AVAILABLE", message, remedy)

    def setting(self, value: Value, name: str) -> ValueType:
        """Return a setting's type or record that nobody defines it."""
        if name not in self.settings:
            message = Message(f"此处没有参数 `{name}`", f"there is no setting `{name}` here")
            raise value.fault("UNKNOWN_SETTING", message, did_you_mean(name, self.settings), f"setting {name}")
        return self.settings[name]


def read_condition(value: Value, scope: Scope) -> Condition:
    """Read a condition and check that every optional fact in it is guarded.

    Raises:
        Unreadable: something is wrong; every fault found is recorded.
    """
    before = len(value.log.faults)
    condition = _read(value, scope, 0)
    if len(value.log.faults) > before:
        raise Unreadable
    _check_guards(condition, scope, frozenset(), value)
    if len(value.log.faults) > before:
        raise Unreadable
    return condition


def _read(value: Value, scope: Scope, depth: int) -> Condition:
    if depth > MAX_CONDITION_DEPTH:
        message = Message(f"嵌套超过{MAX_CONDITION_DEPTH}层", f"nested deeper than {MAX_CONDITION_DEPTH}")
        raise value.fault("CONDITION_TOO_DEEP", message, Message("拆成几条规则", "split into several rules"))
    parts: list[Condition] = []
    entries = value.entries()
    if not entries:
        message = Message("空的条件没有意义", "an empty condition says nothing")
        remedy = Message("一律适用的，不写 `when:`", "leave `when:` out to mean always")
        value.fault("EMPTY_CONDITION", message, remedy)
    for key, item in entries.items():
        try:
            parts.extend(_read_entry(key, item, scope, depth))
        except Unreadable:
            continue
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _read_entry(key: str, value: Value, scope: Scope, depth: int) -> Iterator[Condition]:
    if key in ("all", "any"):
        items = value.items()
        if not items:
            message = Message(f"`{key}` 之下没有内容", f"`{key}` of nothing")
            raise value.fault("EMPTY_CONDITION", message, Message("至少列出一个条件", "list at least one condition"))
        parts = []
        for item in items:
            try:
                parts.append(_read(item, scope, depth + 1))
            except Unreadable:
                continue
        yield (AllOf if key == "all" else AnyOf)(tuple(parts))
    elif key == "not":
        yield Not(_read(value, scope, depth + 1))
    else:
        yield from _read_tests(key, value, scope)


def _read_tests(name: str, value: Value, scope: Scope) -> Iterator[Condition]:
    definition = scope.fact(value, name)
    entries = value.entries()
    if not entries:
        message = Message(f"没有对 `{name}` 作任何判断", f"`{name}` is not tested for anything")
        remedy = Message("加上一项判断，例如 `is:`", "add a test, such as `is:`")
        raise value.fault("EMPTY_CONDITION", message, remedy)
    # `present` first, so that the guard stands before what it guards.
    for word, operand in sorted(entries.items(), key=lambda entry: entry[0] != "present"):
        try:
            yield _read_test(definition, word, operand, scope)
        except Unreadable:
            continue


def _read_test(definition: FactDefinition, word: str, value: Value, scope: Scope) -> Condition:
    name, of_type = definition.name, definition.type
    if word == "present":
        if not _can_be_absent(definition):
            message = Message(f"`{name}` 一定有值", f"`{name}` is never absent")
            raise value.fault("ALWAYS_PRESENT", message, Message("删去 `present:`", "remove `present:`"))
        return Test(name, of_type, Op.PRESENT if value.boolean() else Op.ABSENT, None)
    if word == "between":
        return _read_between(definition, value, scope)
    if word not in _WORDS:
        message = Message(f"没有 `{word}` 这种判断", f"`{word}` is not a test")
        fitting = _fitting(definition)
        raise value.fault("UNKNOWN_TEST", message, did_you_mean_or(word, fitting, use_one_of(fitting)))
    op, kinds = _WORDS[word]
    if of_type.kind not in kinds:
        message = Message(
            f"`{word}` 不适用于 `{name}`，它的类型是 `{of_type}`", f"`{word}` does not fit `{name}`, which is {of_type}"
        )
        raise value.fault("TEST_DOES_NOT_FIT", message, use_one_of(_fitting(definition)))
    _check_one(word, op, value, of_type)
    if not OPERATORS[op].takes_list:
        return Test(name, of_type, op, read_operand(value, of_type.item, scope))
    return Test(name, of_type, op, _read_list_operand(value, of_type, scope))


def _fitting(definition: FactDefinition) -> tuple[str, ...]:
    """Return the tests that a fact can be given."""
    between = ("between",) if definition.type.kind in ORDERED else ()
    return (*words_for(definition.type), *between, *(("present",) if _can_be_absent(definition) else ()))


def _can_be_absent(definition: FactDefinition) -> bool:
    return definition.optional or definition.origin == "declared"


def _check_one(word: str, op: Op, value: Value, of_type: ValueType) -> None:
    """Record that several values stand where a test takes one and another test takes several."""
    several = {Op.EQ: "in", Op.NE: "not_in"}.get(op)
    if value.is_list and several in words_for(of_type):
        message = Message(f"`{word}` 只比较一个值，此处是列表", f"`{word}` compares with one value, found a list")
        remedy = Message(f"有几个值的，写成 `{several}: […]`", f"for several values, write `{several}: […]`")
        raise value.fault("WRONG_TYPE", message, remedy)


def _read_between(definition: FactDefinition, value: Value, scope: Scope) -> Condition:
    name, of_type = definition.name, definition.type
    bounds = value.items()
    if len(bounds) != 2 or of_type.kind not in ORDERED:
        message = Message(
            f"`between` 只用于数字、金额、日期、时刻或时点，并有上下两个界限；`{name}` 的类型是 `{of_type}`",
            f"`between` needs a number, amount, date, time or moment, and two bounds; `{name}` is {of_type}",
        )
        raise value.fault("WRONG_TYPE", message, Message("写成 `[a, b]`", "use [a, b]"))
    low, high = (read_operand(bound, of_type, scope) for bound in bounds)
    return AllOf((Test(name, of_type, Op.GE, low), Test(name, of_type, Op.LE, high)))


def _read_list_operand(value: Value, of_type: ValueType, scope: Scope) -> Operand:
    if value.is_list:
        item_type = of_type.item
        items = tuple(scope.words.read(item, item_type) for item in value.items())
        if not items:
            message = Message("列表为空", "a list of nothing")
            raise value.fault("EMPTY_CONDITION", message, Message("至少写明一个值", "name at least one value"))
        return Operand("literal", items)
    if of_type.kind not in _LIST_OF:
        message = Message(f"此处应为 `{of_type}` 的列表", f"expected a list of {of_type}")
        raise value.fault("WRONG_TYPE", message, Message("写成 `[a, b]`", "write [a, b]"))
    return read_operand(value, ValueType(_LIST_OF[of_type.kind], of_type.of), scope)


def read_operand(value: Value, of_type: ValueType, scope: Scope) -> Operand:
    """Read what a value is compared with or taken from: a literal, `{setting: …}` or `{fact: …}`, perhaps computed with."""
    if not value.is_mapping:
        return Operand("literal", scope.words.read(value, of_type))
    fields = value.fields((), ("setting", "fact", "times", "plus", "minus"))
    if ("setting" in fields) == ("fact" in fields):
        message = Message("应写 `setting:` 和 `fact:` 之一", "expected one of `setting:` and `fact:`")
        raise value.fault("BAD_OPERAND", message, Message("写成 `{setting: 名称}`", "write {setting: name}"))
    source = "setting" if "setting" in fields else "fact"
    name = fields[source].text()
    found = scope.setting(fields[source], name) if source == "setting" else scope.fact(fields[source], name).type
    if found != of_type:
        message = Message(
            f"`{name}` 的类型是 `{found}`，此处应为 `{of_type}`", f"`{name}` is {found}, but {of_type} is needed here"
        )
        remedy = Message("用同一类型的值比较", "compare values of one type")
        raise fields[source].fault("TYPES_DIFFER", message, remedy)
    if "plus" in fields and "minus" in fields:
        message = Message("同时写了 `plus` 和 `minus`", "`plus` and `minus` together")
        raise value.fault("BAD_OPERAND", message, Message("保留其中一个", "keep one of them"))
    times = _read_times(fields["times"], of_type, scope) if "times" in fields else None
    for word, sign in (("plus", 1), ("minus", -1)):
        if word in fields:
            return Operand(source, name, sign, _read_offset(fields[word], of_type, scope), times)
    return Operand(source, name, times=times)


def _read_times(value: Value, of_type: ValueType, scope: Scope) -> Operand:
    if of_type.kind not in (Kind.INTEGER, Kind.MONEY):
        message = Message(f"`{of_type}` 类型的值不能乘以倍数", f"a {of_type} cannot be multiplied")
        raise value.fault("BAD_OPERAND", message, Message("删去 `times`", "remove `times`"))
    return read_operand(value, ValueType(Kind.INTEGER), scope)


def _read_offset(value: Value, of_type: ValueType, scope: Scope) -> Operand:
    if of_type.kind in MOVED_BY:
        wanted = ValueType(Kind.DURATION)
    elif of_type.kind in (Kind.INTEGER, Kind.MONEY):
        wanted = of_type
    else:
        message = Message(f"`{of_type}` 类型的值不能加减", f"a {of_type} cannot be moved")
        raise value.fault("BAD_OPERAND", message, Message("删去 `plus` 或 `minus`", "remove `plus` or `minus`"))
    if value.is_mapping:
        return read_operand(value, wanted, scope)
    offset = read_duration(value) if wanted.kind is Kind.DURATION else scope.words.read(value, wanted)
    if isinstance(offset, Duration) and (remedy := cannot_move(of_type.kind, offset)) is not None:
        message = Message(f"`{of_type}` 类型的值不能加减 `{offset}`", f"a {of_type} cannot be moved by {offset}")
        raise value.fault("BAD_OPERAND", message, remedy)
    return Operand("literal", offset)


def cannot_move(kind: Kind, length: Duration) -> Message | None:
    """Return what to write instead of a length that nothing of a kind can be moved by; None where it can."""
    if length.unit not in MOVED_BY[kind]:
        *units, last = (unit.replace("_", " ") for unit in Unit if unit in MOVED_BY[kind])
        return Message(f"用 {'、'.join(units)} 或 {last}", f"use {', '.join(units)} or {last}")
    if length.unit is Unit.WORKING_DAYS and length.amount > MAX_WORKING_DAYS:
        return Message(
            f"最多写 `{MAX_WORKING_DAYS} working days`，或改用 `months` 或 `years`",
            f"use at most {MAX_WORKING_DAYS} working days, or months or years",
        )
    return None


def _guard(name: str, *, tested: bool) -> Message:
    """Say how a fact is guarded: between the braces of its own test, for the same key twice would be a fault; else beside it."""
    if tested:
        written = f"`{name}: {{present: true, …}}`"
        return Message(
            f"在同一对花括号里加上 `present: true`，写成 {written}",
            f"add `present: true` to its own test: {written}",
        )
    written = f"`{name}: {{present: true}}`"
    return Message(f"并列加上 {written}", f"add {written} beside it")


def _check_guards(condition: Condition, scope: Scope, known: frozenset[str], value: Value) -> None:
    """Record a fault for every test of an optional fact that can be reached while the fact is absent."""
    if isinstance(condition, Test):
        for name in (condition.fact, *operand_facts(condition.operand)):
            definition = scope.known(name)
            # A term that is there need not have an attribute that its region has added.
            by_parent = definition is not None and not definition.partial and definition.parent in known
            guarded = name in known or by_parent
            if condition.op in (Op.PRESENT, Op.ABSENT) or definition is None or guarded:
                continue
            if definition.optional:
                message = Message(
                    f"`{name}` 可能没有值，此处没有写明无值时如何处理",
                    f"`{name}` can be absent, and nothing here says what then",
                )
                value.fault("UNGUARDED_FACT", message, _guard(name, tested=name == condition.fact))
    elif isinstance(condition, Not):
        _check_guards(condition.part, scope, known, value)
    else:
        guard = Op.PRESENT if isinstance(condition, AllOf) else Op.ABSENT
        guards = frozenset(p.fact for p in condition.parts if isinstance(p, Test) and p.op is guard)
        for part in condition.parts:
            _check_guards(part, scope, known | guards, value)


def operand_facts(operand: Operand | None) -> tuple[str, ...]:
    """Return the facts that an operand reads."""
    if operand is None:
        return ()
    own = (operand.value,) if operand.source == "fact" else ()
    return own + operand_facts(operand.times) + operand_facts(operand.offset)


def operand_settings(operand: Operand | None) -> tuple[str, ...]:
    """Return the settings that an operand reads."""
    if operand is None:
        return ()
    own = (operand.value,) if operand.source == "setting" else ()
    return own + operand_settings(operand.times) + operand_settings(operand.offset)


def tests_of(condition: Condition | None) -> Iterator[Test]:
    """Yield every test in a condition."""
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Not):
        yield from tests_of(condition.part)
    elif condition is not None:
        for part in condition.parts:
            yield from tests_of(part)


def push_negations(condition: Condition, negate: bool = False) -> Condition:
    """Return the same condition without `Not`: negations are pushed into the tests."""
    if isinstance(condition, Test):
        return (
            Test(condition.fact, condition.type, OPERATORS[condition.op].negation, condition.operand)
            if negate
            else condition
        )
    if isinstance(condition, Not):
        return push_negations(condition.part, not negate)
    make: Callable[[tuple[Condition, ...]], Condition] = AllOf if isinstance(condition, AllOf) is not negate else AnyOf
    return make(tuple(push_negations(part, negate) for part in condition.parts))


def words_for(of_type: ValueType) -> dict[str, bool]:
    """Return the tests that fit a type, but for `between` and `present`: whether each wants a list."""
    return {word: OPERATORS[op].takes_list for word, (op, kinds) in _WORDS.items() if of_type.kind in kinds}


def list_type(of_type: ValueType) -> ValueType | None:
    """Return the type of the settings and facts that a test of a list takes; None where it takes literals only."""
    kind = _LIST_OF.get(of_type.kind)
    return ValueType(kind, of_type.of) if kind is not None else None
