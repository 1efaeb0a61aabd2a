"""Which values of a request do not fit their types: every field by its path, and no value.

graphql-core says what it found ("found: {…}", "Did you mean …"), and answers are logged on the way; what it found may
be a password or an identity number. So its refusal only starts the search here, and its words are not used.

value of a variable (JSON) or of an argument (literal)  →  `wrong_values`  →  path, what is wrong, what would do
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol, TypeVar

from graphql import (
    ArgumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    ListValueNode,
    Node,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValidationRule,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    VisitorAction,
    get_named_type,
    is_input_type,
    is_required_input_field,
    type_from_ast,
    visit,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from domain.errors import DomainError, InvalidInput
from domain.message import Message
from web.core_messages import is_plain

Value = TypeVar("Value")

MOST: Final = 50
"""How many wrong values are told at once."""

_FORM: Final = "填写的内容格式不对，请检查后重新提交"
_MISSING = Message(_FORM + "（`{path}`：必填，应为{wanted_zh}）。", "{path} is missing; give {wanted}.")
_NULL = Message(_FORM + "（`{path}`：不能为空，应为{wanted_zh}）。", "{path} is null; give {wanted}.")
_WRONG = Message(_FORM + "（`{path}`：应为{wanted_zh}）。", "{path} does not fit its type; give {wanted}.")
_UNKNOWN = Message(_FORM + "（`{path}`：没有这一项）。", "{path} is unknown: {type} has no such field; leave it out.")
_UNNAMED = Message(
    _FORM + "（`{path}`：其中有一项的名称不对）。",
    "{path} has a field that is unknown, its name is not repeated here; {type} has no such field, leave it out.",
)
_NOT_ONE = Message(
    _FORM + "（`{path}`：应填写其中一项，并且只填一项）。",
    "{path} needs exactly one of its fields, and not null; give one.",
)
_LACKING = Message(
    _FORM + "（`{path}`：缺少必填的内容）。", "{path} lacks a field that it must have; the schema says which. Give it."
)
_ANY = Message(_FORM + "。", "A value does not fit its type; check the variables.")

_WANTED: Final = {
    "Int": Message("整数", "a whole number"),
    "Float": Message("数字", "a number"),
    "String": Message("文字", "a text"),
    "Boolean": Message("`true` 或 `false`", "true or false"),
    "ID": Message("编号", "an id"),
    "Date": Message("日期，如2026-11-20", "a date such as 2026-11-20"),
    "DateTime": Message("带时区的时间，如 `2026-11-20T08:00:00+08:00`", "a time such as 2026-11-20T08:00:00+08:00"),
    "Answers": Message("各项名称及其内容", "an object of answers by name"),
    "Fen": Message("以分为单位的整数", "a whole number of fen"),
    "": Message("规定格式的内容", "a value of its type"),
    "Upload": Message("随表单上传的文件", "a file, in a request of multipart/form-data"),
}


class WrongValue(InvalidInput):
    """A value does not fit its type.

    Args:
        narrow: what is told to whom no name of the schema is, but those that the request has.
    """

    def __init__(self, message: Message, field: str, narrow: InvalidInput) -> None:
        super().__init__(message, field=field)
        self.narrow = narrow


class _Reading(Protocol[Value]):
    """How values are written."""

    def is_open(self, value: Value) -> bool:
        """Return whether the value is a variable, which is looked at where its own value comes in."""

    def is_null(self, value: Value) -> bool:
        """Return whether the value is null."""

    def items(self, value: Value) -> "Sequence[Value] | None":
        """Return the items of a list; None if it is none."""

    def fields(self, value: Value) -> "Mapping[str, Value] | None":
        """Return the fields of an object; None if it is none."""

    def coerce(self, value: Value, kind: GraphQLScalarType | GraphQLEnumType) -> object:
        """Return what a scalar or enum makes of the value; Undefined or an exception if nothing."""


class _Json:
    """Values as JSON has them, with files put in their places."""

    def is_open(self, value: object) -> bool:
        return False

    def is_null(self, value: object) -> bool:
        return value is None

    def items(self, value: object) -> Sequence[object] | None:
        return value if isinstance(value, list) else None

    def fields(self, value: object) -> Mapping[str, object] | None:
        return value if isinstance(value, dict) else None

    def coerce(self, value: object, kind: GraphQLScalarType | GraphQLEnumType) -> object:
        return kind.coerce_input_value(value)  # type: ignore[arg-type] # an enum takes what is no text too


class _Literals:
    """Values as documents have them."""

    def is_open(self, value: ValueNode) -> bool:
        return isinstance(value, VariableNode)

    def is_null(self, value: ValueNode) -> bool:
        return isinstance(value, NullValueNode)

    def items(self, value: ValueNode) -> Sequence[ValueNode] | None:
        return value.values if isinstance(value, ListValueNode) else None

    def fields(self, value: ValueNode) -> Mapping[str, ValueNode] | None:
        return {f.name.value: f.value for f in value.fields} if isinstance(value, ObjectValueNode) else None

    def coerce(self, value: ValueNode, kind: GraphQLScalarType | GraphQLEnumType) -> object:
        if kind.coerce_input_literal is not None:
            return kind.coerce_input_literal(value)  # type: ignore[arg-type] # constant: a variable is open
        return kind.parse_literal(value, None)


def wrong_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, object]
) -> list[GraphQLError]:
    """Return what is wrong with the variables of a request that graphql-core refuses.

    Args:
        schema: the schema of the operation.
        operation: the operation, found valid.
        variables: the values that the request sends, by name.

    Returns:
        At least one error and at most 50; the path of each begins with the argument that its variable goes into, as the
        errors of mutations name their inputs, or with the name of the variable where it goes into none.
    """
    found = islice(_of_variables(schema, operation, variables), MOST)
    return list(found) or [_error(InvalidInput(_ANY, code="INVALID_VARIABLES"), operation)]


def _of_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, object]
) -> Iterator[GraphQLError]:
    places = _places(operation)
    for definition in operation.variable_definitions or ():
        name, kind = definition.variable.name.value, type_from_ast(schema, definition.type)
        if not is_input_type(kind):
            continue
        if name in variables:
            failures = wrong_values(variables[name], kind, places.get(name, f"${name}"), _Json())
        elif isinstance(kind, GraphQLNonNull) and definition.default_value is None:
            failures = iter([_failure(_MISSING, places.get(name, f"${name}"), kind)])
        else:
            continue
        for failure in failures:
            failure.code = _code(failure, "INVALID_VARIABLES")
            yield _error(failure, definition)


class _Places(Visitor):
    """Notes the path of each variable from the argument that it goes into first."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        for name, path in _variables(node.value, node.name.value):
            self.found.setdefault(name, path)


def _places(operation: OperationDefinitionNode) -> Mapping[str, str]:
    places = _Places()
    visit(operation, places)
    return places.found


def _variables(value: ValueNode, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, VariableNode):
        yield value.name.value, path
    elif isinstance(value, ObjectValueNode):
        for part in value.fields:
            yield from _variables(part.value, f"{path}.{part.name.value}")
    elif isinstance(value, ListValueNode):
        for place, item in enumerate(value.values):
            yield from _variables(item, f"{path}.{place}")


class WrongLiteralsRule(ValidationRule):
    """Refuses literals that do not fit their types, in place of graphql-core's `ValuesOfCorrectTypeRule`."""

    def enter_argument(self, node: ArgumentNode, *_: object) -> VisitorAction:
        """Look at the value of an argument."""
        definition = self.context.get_argument()
        if definition is not None:
            self._report(node.value, definition.type, node.name.value)
        return None

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> VisitorAction:
        """Look at the default of a variable."""
        kind = type_from_ast(self.context.schema, node.type)
        if node.default_value is not None and is_input_type(kind):
            self._report(node.default_value, kind, f"${node.variable.name.value}")
        return None

    def _report(self, value: ValueNode, kind: GraphQLInputType, path: str) -> None:
        for failure in islice(wrong_values(value, kind, path, _Literals()), MOST):
            failure.code = _code(failure, "VALIDATION_FAILED")
            self.report_error(_error(failure, value))


def wrong_values(value: Value, kind: GraphQLInputType, path: str, reading: _Reading[Value]) -> Iterator[DomainError]:
    """Yield what keeps a value from fitting its type, each part of it by its path.

    Args:
        value: the value as it is written.
        kind: its type.
        path: where it is, such as `input`, or `$input` of a variable's default.
        reading: how it is written.

    Yields:
        Failures whose field is the path, such as `input.evidence.details.mobile` or `input.entries.0.amount`.
    """
    if reading.is_open(value):
        return
    if isinstance(kind, GraphQLNonNull):
        if reading.is_null(value):
            yield _failure(_NULL, path, kind)
            return
        kind = kind.of_type
    if reading.is_null(value):
        return
    if isinstance(kind, GraphQLList):
        items = reading.items(value)
        if items is None:  # A value alone counts as a list of one.
            yield from wrong_values(value, kind.of_type, path, reading)
        for place, item in enumerate(items or ()):
            yield from wrong_values(item, kind.of_type, f"{path}.{place}", reading)
    elif isinstance(kind, GraphQLInputObjectType):
        yield from _wrong_object(value, kind, path, reading)
    elif isinstance(kind, GraphQLScalarType | GraphQLEnumType):
        yield from _wrong_leaf(value, kind, path, reading)


def _wrong_object(
    value: Value, kind: GraphQLInputObjectType, path: str, reading: _Reading[Value]
) -> Iterator[DomainError]:
    given = reading.fields(value)
    if given is None:
        yield _failure(_WRONG, path, kind)
        return
    for name, field in kind.fields.items():
        if name in given:
            yield from wrong_values(given[name], field.type, f"{path}.{name}", reading)
        elif is_required_input_field(field):
            yield _failure(_MISSING, f"{path}.{name}", field.type, within=path)
    for name in (name for name in given if name not in kind.fields):
        yield _failure(_UNKNOWN, f"{path}.{name}", kind) if is_plain(name) else _failure(_UNNAMED, path, kind)
    known = [name for name in given if name in kind.fields]
    if _takes_one(kind) and (len(known) != 1 or reading.is_null(given[known[0]])):
        yield _failure(_NOT_ONE, path, kind)


def _takes_one(kind: GraphQLInputObjectType) -> bool:
    """Return whether exactly one field may be given; strawberry says so in a definition of its own."""
    definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return kind.is_one_of or bool(getattr(definition, "is_one_of", False))


def _wrong_leaf(
    value: Value, kind: GraphQLScalarType | GraphQLEnumType, path: str, reading: _Reading[Value]
) -> Iterator[DomainError]:
    try:
        fits = reading.coerce(value, kind) is not Undefined
    except DomainError as failure:  # A scalar of ours, which says no value either.
        failure.field = failure.field or path
        yield failure
        return
    except Exception:  # Scalars of libraries raise almost anything at a value of another kind.
        fits = False
    if not fits:
        yield _failure(_WRONG, path, kind)


def _failure(message: Message, path: str, kind: GraphQLInputType, *, within: str | None = None) -> WrongValue:
    """Return a failure.

    Args:
        within: where the request ends, if the path goes on with a name that it does not have.
    """
    named, wanted = get_named_type(kind), _wanted(kind)
    if within is not None:
        narrow = InvalidInput(_LACKING.format(path=within), field=within)
    else:
        told = _WANTED.get(named.name, _WANTED[""])
        narrow = InvalidInput(message.format(path=path, wanted=told.en, wanted_zh=told.zh, type="…"), field=path)
    full = message.format(path=path, wanted=wanted.en, wanted_zh=wanted.zh, type=named.name)
    return WrongValue(full, path, narrow)


def _wanted(kind: GraphQLInputType) -> Message:
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        names = list(named.values)
        return Message(f"{'、'.join(f'`{name}`' for name in names)}之一", f"one of {', '.join(names)}")
    if isinstance(named, GraphQLInputObjectType):
        return Message("逐项填写的内容", f"an object of type {named.name}")
    return _WANTED.get(named.name, Message("规定格式的内容", f"a value of type {named.name}"))


def _code(failure: DomainError, code: str) -> str:
    """Return the code of a failure: its own if it has a narrower one than its class."""
    return code if failure.code == type(failure).default_code else failure.code


def _error(failure: DomainError, node: Node) -> GraphQLError:
    return GraphQLError(failure.message.en, [node], original_error=failure)
