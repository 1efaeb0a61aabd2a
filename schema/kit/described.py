"""Fields, arguments and enum values with a description, which everything in the graph must have."""

from collections.abc import Callable, Mapping
from enum import Enum
from operator import attrgetter
from typing import Any, Final

import strawberry

from domain.access import Standing
from domain.message import Message
from schema.kit.access import Rule, guarded, guarded_at_once, written
from schema.kit.loading import made_loading


def field(
    description: str,
    *,
    default: Any = ...,
    factory: Callable[[], Any] | None = None,
    instead: str | None = None,
    sees: Rule | None = None,
) -> Any:
    """Return a strawberry field with its description, and a default if one is given.

    Args:
        sees: who is told it, where its type does not say so for all of its fields.
        instead: what to use in its place, where it is kept only for those who use it already.
    """
    said: dict[str, Any] = {"description": description, "deprecation_reason": instead, "metadata": written(sees)}
    if factory is not None:
        return strawberry.field(**said, default_factory=factory)
    return strawberry.field(**said) if default is ... else strawberry.field(**said, default=default)


READS: Final = "reads"
"""Attribute of the resolver of a shown field: the attribute of its object that it is, with dots."""


def shown(
    description: str,
    read: str | Callable[[Any], Any],
    *,
    instead: str | None = None,
    sees: Rule | None = None,
    otherwise: Callable[[Any], Any] | None = None,
) -> Any:
    """Return a field that is worked out of its object when it is asked for; most of a record never is.

    Args:
        read: the attribute of the object, such as `record.bank`, or what makes the value of the object.
        instead: what to use in its place, where it is kept only for those who use it already.
        sees: who of those that are shown the object is told it; otherwise: makes of the object what others are told, null if None.
    """
    make = attrgetter(read) if isinstance(read, str) else read

    def resolve(self: Any) -> Any:
        return make(self)

    async def told(self: Any, info: strawberry.Info) -> Any:
        return make(self)

    said: dict[str, Any] = {"description": description, "deprecation_reason": instead, "metadata": written(sees)}
    if isinstance(sees, Standing):
        return strawberry.field(resolver=made_loading(guarded(told, sees, otherwise)), **said)
    if isinstance(read, str):
        setattr(resolve, READS, read)
    return strawberry.field(resolver=resolve, **said)


def worked_out(description: str, sees: Rule | None = None, refusal: Message | None = None) -> Callable[[Any], Any]:
    """Return the decorator of a field that its method works out.

    Args:
        sees: as for `shown`; of a field of the query, who may ask; refusal: why others may not.
    """

    def decorate(resolver: Callable[..., Any]) -> Any:
        asked = guarded_at_once(resolver, sees, refusal)
        return strawberry.field(asked, description=description, metadata=written(sees))

    return decorate


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
