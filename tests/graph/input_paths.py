"""Where the paths lead that forms and errors have: into the input of a mutation."""

from functools import cache
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
)

from schema import build


@cache
def _graph() -> GraphQLSchema:
    return build_schema(build.build_schema().as_str())


def leads_somewhere(field: str, path: str) -> bool:
    """Say whether the input of a mutation or query has a field of a path, or a scalar of answers that has names of its own.

    Args:
        path: such as `input.delivery.method`; what follows `#` is a word, and no field.
    """
    graph = _graph()
    roots = [each for each in (graph.mutation_type, graph.query_type) if each is not None and field in each.fields]
    kind: Any = roots[0].fields[field].args["input"].type
    first, *names = path.partition("#")[0].split(".")
    if first != "input":
        return False
    for name in names:
        named = get_named_type(kind)
        if name.isdigit() and get_nullable_type(kind) is not named:
            kind = named
            continue
        if isinstance(named, GraphQLScalarType):
            return named.name == "Answers"
        if not isinstance(named, GraphQLInputObjectType) or name not in named.fields:
            return False
        kind = named.fields[name].type
    return True
