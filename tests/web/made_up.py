"""Every field of a schema resolved out of the air, so that documents over the whole of it have something to answer."""

import asyncio
import datetime
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry
from graphql import GraphQLEnumType, GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType, is_abstract_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from domain.errors import NotFound
from domain.message import Message
from schema.kit.loading import LOADS, Loader, loading

_LEAVES: dict[str, Any] = {
    "String": "text",
    "ID": "id",
    "Boolean": True,
    "Int": 3,
    "Float": 1.5,
    "Date": datetime.date(2026, 11, 20),
    "DateTime": datetime.datetime(2026, 11, 20, 8, tzinfo=datetime.UTC),
    "Decimal": Decimal("9.90"),
    "Fen": 5,
    "JSON": {"a": [1, None]},
}
FAULTS = ("fails", "refuses", "null", "wrong", "awaited", "other", "unread")
"""What can be out of the ordinary about a field: see `World.value` and `World.item`."""


class _Later:
    """Something to await that is no coroutine."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "later"

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


@dataclass
class World:
    """What resolvers find.

    Args:
        faults: by type and field, such as `Card.bank`.
        calls: what resolvers were called with.
    """

    schema: strawberry.Schema
    faults: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _objects: dict[str, Any] = field(default_factory=dict)
    _loaders: dict[str, Loader[str, str]] = field(default_factory=dict)

    def loader(self, place: str) -> Loader[str, str]:
        """Return the loader of a field; one of its own, for what cannot be read fails for all that was asked for at once."""
        return self._loaders.setdefault(place, Loader(self._read, "absent"))

    async def _read(self, _: None, keys: list[str]) -> dict[str, str]:
        await asyncio.sleep(0)
        if any(self.faults.get(key) == "unread" for key in keys):
            raise RuntimeError(f"unread: {min(keys)}")
        return {key: key for key in keys}

    def value(self, place: str, kind: Any) -> Any:
        """Return the value of a field, or the exception that it stands for."""
        fault = self.faults.get(place)
        if fault == "fails":
            return RuntimeError(f"password=hunter2 {place}")
        if fault == "refuses":
            return NotFound(Message("没有", f"There is none: {place}"), field=place)
        if fault == "null":
            return None
        if fault == "wrong":
            return object() if "JSON" not in str(kind) else RuntimeError(place)
        usual = self.item(kind, fault or "")
        return _Later(usual) if fault == "awaited" else usual

    def item(self, kind: Any, fault: str) -> Any:
        """Return a value of a type; `fault` may ask for one that is right and yet not the usual one."""
        if isinstance(kind, GraphQLNonNull):
            return self.item(kind.of_type, fault)
        if isinstance(kind, GraphQLList):
            items = [self.item(kind.of_type, "") for _ in range(2)]
            if fault == "awaited":
                return [_Later(items[0]), items[1], _Later(RuntimeError("later")), None]
            return (each for each in items) if fault == "other" else items
        if kind.name in _LEAVES:
            return _LEAVES[kind.name]
        if isinstance(kind, GraphQLEnumType):
            wrapped: type[Enum] = kind.wrapped_cls  # type: ignore[attr-defined] # strawberry's
            return next(iter(wrapped))
        if is_abstract_type(kind):
            kind = self.schema._schema.get_possible_types(kind)[0]
        return self._object(kind, fault)

    def _object(self, kind: GraphQLObjectType, fault: str) -> Any:
        name = kind.name + fault
        if name not in self._objects:
            origin = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].origin
            made = self._objects[name] = object.__new__(type("Sub", (origin,), {}) if fault == "other" else origin)
            for graph_name, each in kind.fields.items():
                own = each.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
                if own.base_resolver is None:
                    setattr(made, own.python_name, self.value(f"{kind.name}.{graph_name}", each.type))
        return self._objects[name]


class Resolvers:
    """Stands in for the resolvers of a schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.world = World(schema)

    @contextmanager
    def standing_in(self) -> Iterator[None]:
        """Replace the resolvers until the context is left."""
        before: list[tuple[Any, Any]] = []
        for kind in self.world.schema._schema.type_map.values():
            if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
                for name, each in kind.fields.items():
                    resolver = each.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].base_resolver
                    if resolver is not None and not any(resolver is known for known, _ in before):
                        before.append((resolver, resolver.wrapped_func))
                        resolver.wrapped_func = self._resolver(resolver, f"{kind.name}.{name}", each)
        try:
            yield
        finally:
            for resolver, function in before:
                resolver.wrapped_func = function

    def _resolver(self, resolver: Any, place: str, each: GraphQLField) -> Callable[..., Any]:
        def found(*args: Any, **given: Any) -> Any:
            info = given.pop("info", None)
            told = (info.path.as_list(), info.field_name, info.python_name) if info else ()
            sources = sorted(type(a).__name__ for a in (*args, *(given.pop(key, None) for key in ("parent", "root"))))
            self.world.calls.append(f"{place} {told} {sources} {sorted(given.items())}")
            value = self.world.value(place, each.type)
            # An exception that a resolver returns counts as one that it raises; half of them do.
            if isinstance(value, Exception) and len(place) % 2:
                raise value
            return value

        async def later(*args: Any, **given: Any) -> Any:
            await asyncio.sleep(0)
            return found(*args, **given)

        async def asking(*args: Any, **given: Any) -> Any:
            loader = self.world.loader(place)
            assert await loader.load(place) == place
            assert await loader.load_many([place, place[:3]]) == [place, place[:3]]
            return found(*args, **given)

        if hasattr(resolver.wrapped_func, LOADS):
            function: Callable[..., Any] = loading("")(asking).base_resolver.wrapped_func
            return function
        return later if resolver.is_async else found
