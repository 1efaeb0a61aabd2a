"""Fields, arguments and enum values with a description, which everything in the graph must have."""

from collections.abc import Callable, Mapping
from enum import Enum
from operator import attrgetter
from typing import Any, Final

import strawberry


def field(
    description: str,
    *,
    default: Any = ...,
    factory: Callable[[], Any] | None = None,
    instead: str | None = None,
) -> Any:
    """Return a strawberry field with its description, and a default if one is given.

    Args:
        instead: what to use in its place, where it is kept only for those who use it already.
    """
    if factory is not None:
        return strawberry.field(description=description, default_factory=factory, deprecation_reason=instead)
    return (
        strawberry.field(description=description, deprecation_reason=instead)
        if default is ...
        else strawberry.field(description=description, default=default, deprecation_reason=instead)
    )


READS: Final = "reads"
"""Attribute of the resolver of a shown field: the attribute of its object that it is, with dots."""


def shown(description: str, read: str | Callable[[Any], Any], *, instead: str | None = None) -> Any:
    """Return a field that is worked out of its object when it is asked for; most of a record never is.

    Args:
        read: the attribute of the object, such as `record.bank`, or what makes the value of the object.
        instead: what to use in its place, where it is kept only for those who use it already.
    """
    make = attrgetter(read) if isinstance(read, str) else read

    def resolve(self: Any) -> Any:
        return make(self)

    if isinstance(read, str):
        setattr(resolve, READS, read)
    return strawberry.field(resolver=resolve, description=description, deprecation_reason=instead)


def argument(description: str) -> Any:
    """Return what gives an argument its description, inside of `Annotated`."""
    return strawberry.argument(description=description)


INPUT = argument("What is asked for.")
"""The description of a mutation's one argument; its type says more."""


def enum(values: type[Enum], description: str, meanings: Mapping[Any, str], name: str | None = None) -> None:
    """Make an enum of the domain one of the graph.

    Args:
        meanings: the description of each value; name: in the graph, that of the class if None.

    Raises:
        KeyError: a value has none.
    """
    strawberry.enum(values, name=name or values.__name__, description=description)
    definition: Any = values.__strawberry_definition__  # type: ignore[attr-defined] # put there by strawberry
    for value in definition.values:
        value.description = meanings[values[value.name]]
