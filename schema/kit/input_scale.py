"""Weighs what a request puts into the arguments of a field, and finds lists and texts that are too long, before anything reads them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_nullable_type,
)

from domain.errors import InvalidInput
from domain.message import Message
from schema.kit.weights import BOUND, CHARACTERS, CHARACTERS_A_POINT, MOST_CHARACTERS, Bound

_TOO_MANY_ITEMS = Message(
    "`{field}` 有{found}项，上限为{limit}项，请减少项数，或者分几次提交。",
    "{field} has {found} items and the limit is {limit}; give fewer, or send several requests",
)
_TOO_LONG = Message(
    "`{field}` 有{found}个字符，上限为{limit}个，请缩短。",
    "{field} has {found} characters and the limit is {limit}; shorten it",
)
_UNBOUND: Final = Bound(100)
"""Of a list whose schema states no bound."""
MOST_REMEMBERED: Final = 250
"""How long a noted shape is at most: the largest forms have some 100 fields and items."""
_Place = GraphQLArgument | GraphQLInputField | GraphQLInputType
"""Where a value stands: an argument, an input field, or an item of a list, which is known by its type."""


class InputScale:
    """Weighs the arguments of one document's fields, each value once for each place where it stands.

    A list or text that is too long is noted and not looked into, so the work is bounded by the bounds. A variable that has
    no value weighs as the heaviest of its defaults, and nothing without one; it counts wherever it stands, within a list that
    the document writes out too. What does not fit its type weighs nothing, since it is refused anyway.

    Args:
        document: the parsed document; its defaults count.
        variables: the values that the request sends.
    """

    def __init__(self, document: DocumentNode, variables: Mapping[str, object]) -> None:
        self.faults: list[InvalidInput] = []
        self._variables = variables
        self._defaults: dict[str, list[ValueNode]] = {}
        for node in document.definitions:
            for definition in (node.variable_definitions or ()) if isinstance(node, OperationDefinitionNode) else ():
                if definition.default_value is not None:
                    self._defaults.setdefault(definition.variable.name.value, []).append(definition.default_value)
        self._weighed: dict[tuple[int, int], int] = {}

    def weigh(self, node: FieldNode, definition: GraphQLField) -> int:
        """Return the points of a field's arguments."""
        points = 0
        for argument in node.arguments or ():
            name = argument.name.value
            if name in definition.args:
                points += self._given(argument.value, definition.args[name], name)
        return points

    def _given(self, value: object, place: _Place, path: str) -> int:
        """Return the points of what is given at a place."""
        if not isinstance(value, VariableNode):
            return self._known(value, place, path)
        name = value.name.value
        if name in self._variables:
            return self._known(self._variables[name], place, path)
        return max((self._known(default, place, path) for default in self._defaults.get(name, ())), default=0)

    def _known(self, value: object, place: _Place, path: str) -> int:
        key = (
            id(value),
            id(place),
        )  # Both outlive this object: they belong to the document, the request or the schema.
        if key not in self._weighed:
            self._weighed[key] = self._value(value, place, path)
        return self._weighed[key]

    def _value(self, value: object, place: _Place, path: str) -> int:
        stated, wanted = (
            (place.extensions, place.type) if isinstance(place, GraphQLArgument | GraphQLInputField) else ({}, place)
        )
        kind: object = get_nullable_type(wanted)
        if isinstance(kind, GraphQLList):
            return self._list(value, kind, stated.get(BOUND, _UNBOUND), path)
        if isinstance(kind, GraphQLInputObjectType):
            return sum(
                self._given(part, kind.fields[name], f"{path}.{name}")
                for name, part in _parts(value)
                if name in kind.fields
            )
        return self._text(value, stated.get(CHARACTERS, MOST_CHARACTERS), path)

    def _list(self, value: object, kind: GraphQLList[GraphQLInputType], bound: Bound, path: str) -> int:
        items = _items(value)
        points = len(items) * bound.each
        if len(items) > bound.most:
            self._refuse(_TOO_MANY_ITEMS, path, len(items), bound.most)
            return points
        return points + sum(self._given(item, kind.of_type, path) for item in items)

    def _text(self, value: object, most: int, path: str) -> int:
        text = value.value if isinstance(value, StringValueNode | IntValueNode) else value
        if not isinstance(text, str):
            return 0
        if len(text) > most:
            self._refuse(_TOO_LONG, path, len(text), most)
        return len(text) // CHARACTERS_A_POINT

    def _refuse(self, message: Message, path: str, found: int, most: int) -> None:
        self.faults.append(InvalidInput(message.format(field=path, found=found, limit=most), field=path))


def shape(value: object) -> tuple[object, ...] | None:
    """Return all that the weight of a variable's value hangs on, so that values of one shape weigh the same in one document.

    That is which fields its objects have and how long its lists are: texts are weighed by the thousand characters.

    Returns:
        None for a value with a text that weighs something, and for one that is larger than forms are: each is weighed anew.
    """
    found: list[object] = []
    return tuple(found) if _traced(value, found) else None


def _traced(value: object, found: list[object]) -> bool:
    """Note the shape of a value after others, and say whether it is one to be remembered."""
    if len(found) > MOST_REMEMBERED:
        return False
    if isinstance(value, dict):
        # What is an object or a list says how much of what follows is its own: no two values are noted alike.
        found += (dict, len(value))
        for name, part in value.items():
            found.append(name)
            if not _traced(part, found):
                return False
    elif isinstance(value, list):
        found += (list, len(value))
        return all(_traced(item, found) for item in value)
    elif isinstance(value, str) and len(value) >= CHARACTERS_A_POINT:
        return False
    else:
        found.append(None)
    return True


def _items(value: object) -> Sequence[object]:
    """Return the items of a list; a single value stands for a list of one."""
    if isinstance(value, ListValueNode):
        return value.values
    return value if isinstance(value, list) else [value]


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """Yield the fields of an input object by their names."""
    if isinstance(value, ObjectValueNode):
        yield from ((field.name.value, field.value) for field in value.fields)
    elif isinstance(value, dict):
        yield from value.items()
