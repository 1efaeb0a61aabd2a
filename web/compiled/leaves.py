"""How the leaves of an answer are written: scalars and enums."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from graphql import (
    Executor,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable

# Values of these types are written as they are; bool is no subclass to be asked for, as None is none.
AS_THEY_ARE: Final[dict[GraphQLLeafType, str]] = {
    GraphQLString: "str",
    GraphQLID: "str",
    GraphQLBoolean: "bool",
}

# Types whose values are neither exceptions nor awaitables.
_PLAIN: Final = frozenset({str, int, float, bool, date, datetime, Decimal, UUID, dict, list, tuple})


class Awaited(Exception):
    """A value that has to be awaited where none was expected.

    Args:
        value: what to await; completed: whether what comes of it is written as it is.
    """

    def __init__(self, value: Any, *, completed: bool = False) -> None:
        super().__init__()
        self.value = value
        self.completed = completed


def writer(kind: GraphQLLeafType, *, awaited: bool) -> Callable[[Any], Any]:
    """Return what writes a value of a scalar or enum; null as None.

    Args:
        awaited: whether its values were waited for already.

    What it returns raises whatever the type raises of a value that is none of its own, an exception that a resolver has
    returned, and Awaited.
    """
    members = _members(kind)
    coerce = kind.coerce_output_value

    def write(value: Any) -> Any:
        found = type(value)
        if found not in _PLAIN:
            if found in members:
                return members[found][value]
            if value is None or value is Undefined:
                return None
            if isinstance(value, Exception):
                raise value
            if not awaited and optimized_is_awaitable(value):
                raise Awaited(value)
        written = coerce(value)
        # graphql-core says what is wrong with it.
        return Executor.complete_leaf_value(kind, value) if written is None or written is Undefined else written

    return write


def _members(kind: GraphQLLeafType) -> dict[type, dict[Any, str]]:
    """Return the names of the values of an enum, by its class."""
    wrapped = getattr(kind, "wrapped_cls", None)
    if not isinstance(kind, GraphQLEnumType) or wrapped is None or not issubclass(wrapped, Enum):
        return {}
    return {wrapped: {member: kind.coerce_output_value(member) for member in wrapped}}
