"""What is known of a field when its document is compiled, and how its resolver is called."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import strawberry
from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_argument
from strawberry.types.field import StrawberryField

from schema.kit.described import READS
from schema.kit.loading import LOADS
from web.compiled.arguments import Converters, Left, converted

BACKREF: Final = GraphQLCoreConverter.DEFINITION_BACKREF


Place = tuple[Any, str | int, str | None, Any, bool]
"""Where a value goes in the answer, by these indices: the place of the object or list that it is in (None for the answer
itself), its name or index there, the object type that it is a field of (None for an item), the dict or list that it is put
into, and whether null may stand there."""
UP: Final = 0
KEY: Final = 1
TYPE: Final = 2
HOLDER: Final = 3
NULLABLE: Final = 4


def path_of(place: Place) -> Path:
    """Return a place as graphql-core writes it."""
    return Path(path_of(place[UP]) if place[UP] else None, place[KEY], place[TYPE])


class Running(Protocol):
    """The request that a field is resolved for.

    Args:
        context: what resolvers find as `info.context`; variables: what the request says, coerced.
    """

    context: Any
    variables: VariableValues

    def raw_info(self, field: "Field", place: Place) -> GraphQLResolveInfo[Any]:
        """Return the `info` of a resolver as graphql-core has it."""


@dataclass(frozen=True, eq=False)
class Field:
    """A field of a document.

    Args:
        parent: the object type that it is selected on.
        details: its nodes, as graphql-core collects them.
        definition: it in the schema.
        schema: the schema.
    """

    parent: GraphQLObjectType
    details: FieldDetailsList
    definition: GraphQLField
    schema: strawberry.Schema

    @cached_property
    def nodes(self) -> list[FieldNode]:
        """Where errors point to."""
        return [each.node for each in self.details]

    @cached_property
    def strawberry(self) -> StrawberryField:
        """The field as strawberry knows it."""
        found: StrawberryField = self.definition.extensions[BACKREF]
        return found

    @cached_property
    def attribute(self) -> str | None:
        """The attribute of its object that it is, with dots if of one below; None if a function works it out."""
        if self.strawberry.is_basic_field and self.strawberry.default_resolver is getattr:
            return self.strawberry.python_name
        resolver = self.strawberry.base_resolver
        return getattr(resolver.wrapped_func, READS, None) if resolver and self.is_direct else None

    @cached_property
    def is_direct(self) -> bool:
        """Whether its function can be called as it is: no extension or permission stands before it."""
        resolver = self.strawberry.base_resolver
        return (
            resolver is not None
            and not self.strawberry.extensions
            and not self.schema.schema_converter.exception_handlers
        )

    @cached_property
    def function(self) -> Callable[..., Any]:
        """What resolves it; of a loading field, the coroutine function that asks loaders."""
        resolver = self.strawberry.base_resolver
        assert resolver is not None  # noqa: S101 - only asked for where it is direct
        function: Any = resolver.wrapped_func
        return getattr(function, LOADS, function)  # type: ignore[no-any-return]

    @cached_property
    def is_loading(self) -> bool:
        """Whether it awaits nothing but loaders."""
        resolver = self.strawberry.base_resolver
        return resolver is not None and hasattr(resolver.wrapped_func, LOADS)

    def applied(self, run: Running, source: Any, place: Place) -> Any:
        """Call the function with the arguments that the document and the request give."""
        given = get_argument_values(self.definition, self.nodes[0], run.variables)
        info = ResolverInfo(run, self, place)
        named = {
            python_name: convert(given[name], info) for name, python_name, convert in self._arguments if name in given
        }
        resolver = self.strawberry.base_resolver
        assert resolver is not None  # noqa: S101 - only asked for where it is direct
        for each in (resolver.parent_parameter, resolver.root_parameter):
            if each is not None:
                named[each.name] = source
        if resolver.info_parameter is not None:
            named[resolver.info_parameter.name] = info
        return self.function(source, **named) if resolver.self_parameter else self.function(**named)

    @cached_property
    def _arguments(self) -> list[tuple[str, str, Callable[[Any, "ResolverInfo"], Any]]]:
        """The arguments by their names in the graph and in Python, with what converts them."""
        names = self.schema.config.name_converter
        named = ((names.from_argument(argument), argument) for argument in self.strawberry.arguments)
        return [(name, argument.python_name, self._converter(name, argument.type)) for name, argument in named]

    def _converter(self, name: str, kind: Any) -> Callable[[Any, "ResolverInfo"], Any]:
        config, scalars = self.schema.config, self.schema.schema_converter.scalar_registry
        try:
            convert = Converters(self.schema).of(kind)
        except Left:
            return lambda value, info: convert_argument(value, kind, scalars, config, info, path=(name,))
        return lambda value, info: converted(value, convert)

    def resolved(self, run: Running, source: Any, place: Place) -> Any:
        """Call what strawberry made of the field, with its extensions and permissions, as graphql-core does."""
        given = get_argument_values(self.definition, self.nodes[0], run.variables)
        assert self.definition.resolve is not None  # noqa: S101 - strawberry gives every field one
        return self.definition.resolve(source, run.raw_info(self, place), **given)

    def null(self) -> TypeError:
        """Return the failure of a field that may not be null."""
        return TypeError(f"Cannot return null for non-nullable field {self.parent}.{self.nodes[0].name.value}.")


class ResolverInfo(strawberry.Info[Any, Any]):
    """The `info` of one call of a resolver, worked out as far as it is looked at."""

    context: Any = None

    def __init__(self, run: Running, field: Field, place: Place) -> None:
        self.context = run.context
        self._run = run
        self._of = field
        self._place = place

    @property
    def _field(self) -> StrawberryField:  # type: ignore[override] # read-only here
        return self._of.strawberry

    @cached_property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:  # type: ignore[override]
        return self._run.raw_info(self._of, self._place)
