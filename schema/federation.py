"""The graph as one part of a supergraph (Apollo Federation 2): people, cards and operations are entities by their global id.

All of it is strawberry's; only what a router asks for by reference is fetched as `node` fetches it, so that nobody is shown by way of a
router what the graph would not show them. It is built where an operator wants it, and the graph is the same without it.
"""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import strawberry
from strawberry.federation import Schema
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import Key
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info as AnyInfo
from strawberry.types import get_object_definition

from domain.errors import InvalidInput
from domain.message import Message
from schema.kit.described import field
from schema.kit.loading import by_itself
from schema.kit.relay import NamedBy, local_id
from schema.mutation import Mutation
from schema.query import FETCHERS, Query
from schema.types.nodes import Card, Holder
from schema.types.operation_nodes import Operation

ENTITIES: Final = {"Holder": Holder, "Card": Card, "Operation": Operation}
_BAD_REFERENCE = Message(
    "`representations` 的每一项应为 `__typename`（`Holder`、`Card` 或 `Operation`）和 `id`。",
    "Each of the representations must be a __typename (Holder, Card or Operation) and an id",
)


@strawberry.type(name="_Service", description="What a router is told of this graph.")
class _Service:
    sdl: str = field("The schema.")


@strawberry.type(name="Query", description=Query.__strawberry_definition__.description)  # type: ignore[attr-defined] # put there
class _Query(Query):
    @strawberry.field(name="_service", description="What a router is told of this graph.")
    def service(self, info: AnyInfo) -> _Service:
        """Tell it; strawberry's own field would write the schema anew, without the keys."""
        return _Service(sdl=info.schema.as_str())


def federated_schema(types: list[type], config: StrawberryConfig) -> strawberry.Schema:
    """Return the schema with `_service` and `_entities`."""
    with _keyed():
        schema = _Federated(query=_Query, mutation=Mutation, types=types, config=config, federation_version="2.3")
        schema.sdl = schema.as_str()
    return schema


class _Federated(Schema):
    """strawberry's, but for how references are resolved, and that the SDL is written once."""

    sdl = ""

    def entities_resolver(self, info: AnyInfo, representations: list[FederationAny]) -> list[FederationAny]:
        """Return what fetches each entity."""
        found: list[Any] = [_entity(info, each, place) for place, each in enumerate(representations)]
        return found

    def as_str(self) -> str:
        """Return the SDL."""
        return self.sdl or super().as_str()

    __str__ = as_str


def _entity(info: Any, representation: Any, place: int) -> Awaitable[Any]:
    named = representation if isinstance(representation, dict) else {}
    name, given = named.get("__typename"), named.get("id")
    if not isinstance(name, str) or name not in ENTITIES or not isinstance(given, str):
        raise InvalidInput(_BAD_REFERENCE, field=f"representations.{place}")
    return by_itself(_fetched(info, name, given, f"representations.{place}.id"))


async def _fetched(info: Any, name: str, given: str, argument: str) -> Any:
    with NamedBy(argument):
        return await FETCHERS[name](info, local_id(given, name, argument))


@contextmanager
def _keyed() -> Iterator[None]:
    """Have the entities their key while the schema is built and written: one without federation must not have it."""
    definitions = [get_object_definition(kind, strict=True) for kind in ENTITIES.values()]
    for definition in definitions:
        definition.directives = [Key(fields="id")]  # type: ignore[arg-type] # a set of fields is written as text
    try:
        yield
    finally:
        for definition in definitions:
            definition.directives = []
