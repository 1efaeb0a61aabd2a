"""How what strawberry's resolvers are given is made of the values of a request: settled once, when a document is compiled.

It is `strawberry.types.arguments.convert_argument` with all that it asks of types answered beforehand.
"""

from collections.abc import Callable
from dataclasses import MISSING
from typing import Any

import strawberry
from strawberry.relay import GlobalID
from strawberry.relay.types import GlobalIDValueError, InvalidGlobalIDError
from strawberry.scalars import is_scalar
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

Convert = Callable[[Any], Any]
"""Makes what a resolver is given of a value that is neither null nor left out; None where it is given the value itself."""


class Left(Exception):
    """A type whose values say more than what they are, or are made by itself: strawberry's own function converts them."""


class Converters:
    """What converts the values of a schema's types.

    Args:
        schema: whose names and scalars count.
    """

    def __init__(self, schema: strawberry.Schema) -> None:
        self._names = schema.config.name_converter
        self._scalars = schema.schema_converter.scalar_registry
        # By class: an input may hold inputs of its own type.
        self._inputs: dict[type, _Input] = {}

    def of(self, kind: Any) -> Convert | None:
        """Return what converts values of a type.

        Raises:
            Left: strawberry's own function has to do it.
        """
        if isinstance(kind, StrawberryMaybe):
            raise Left
        if isinstance(kind, StrawberryOptional):
            return self.of(kind.of_type)
        if isinstance(kind, StrawberryList):
            return _listed(self.of(kind.of_type))
        if isinstance(kind, LazyType):
            return self.of(kind.resolve_type())
        if kind is GlobalID:
            return _global_id
        if is_scalar(kind, self._scalars) or isinstance(kind, StrawberryEnumDefinition) or has_enum_definition(kind):
            return None
        definition = kind.__strawberry_definition__ if has_object_definition(kind) else None
        if definition is None or not definition.is_input or definition.from_input is not None:
            raise Left
        return self._input(kind, definition)

    def _input(self, made: type, definition: StrawberryObjectDefinition) -> Convert:
        found = self._inputs.get(made)
        if found is None:
            found = self._inputs[made] = _Input(made)
            for field in definition.fields:
                if field.default_value is MISSING and field.default_factory is MISSING:
                    found.absent[field.python_name] = None
                kind = field.resolve_type(type_definition=definition)
                found.fields.append((self._names.from_field(field), field.python_name, self.of(kind)))
        return found


class _Input:
    """Makes an input of the values of its fields.

    Args:
        made: its class.
    """

    __slots__ = ("absent", "fields", "made")

    def __init__(self, made: type) -> None:
        self.made = made
        self.absent = dict[str, None]()
        """The fields that are None where they are left out, by their names in Python."""
        self.fields: list[tuple[str, str, Convert | None]] = []
        """By their names in the graph and in Python."""

    def __call__(self, value: dict[str, Any]) -> Any:
        given: dict[str, Any] = {**self.absent}
        for name, python_name, convert in self.fields:
            if name in value:
                given[python_name] = converted(value[name], convert)
        return self.made(**given)


def converted(value: Any, convert: Convert | None) -> Any:
    """Return what a resolver is given of a value, also of null and of what is left out."""
    return value if convert is None or value is None or value is UNSET else convert(value)


def _listed(convert: Convert | None) -> Convert:
    if convert is None:
        # A copy: all requests that leave it out have the same default.
        return list
    return lambda values: [converted(value, convert) for value in values]


def _global_id(value: Any) -> GlobalID:
    try:
        return GlobalID.from_id(value)
    except GlobalIDValueError as error:
        raise InvalidGlobalIDError(f'Value cannot represent a GlobalID: "{value}".') from error
