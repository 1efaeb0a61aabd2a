"""What introspections weigh: graphql-core's own types have no table, and the schema itself says how long their lists are."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    introspection_types,
    is_abstract_type,
)

INTROSPECTIONS: Final[Mapping[str, GraphQLField]] = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}

# GraphiQL's own introspection query is 15 levels deep, since it unwraps types nine times.
INTROSPECTION_DEPTH: Final = 20

# An introspection walks the whole schema, so a handful of them in one document is as dear as the dearest query.
INTROSPECTION_COST: Final = 1_500

# No resolver of ours is called: three to five microseconds for a field.
INTROSPECTED_A_POINT: Final = 3


@lru_cache(maxsize=8)
def introspected_items(schema: GraphQLSchema) -> Mapping[int, Fraction]:
    """Return how many items the lists of an introspection have on average, by the id of the field."""
    kinds = list(schema.type_map.values())
    objects = [kind for kind in kinds if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    arguments = [len(field.args) for kind in objects for field in kind.fields.values()]
    inputs = [kind for kind in kinds if isinstance(kind, GraphQLInputObjectType)]
    directives = len(schema.directives)
    totals: dict[str, tuple[int, dict[str, int]]] = {
        "__Schema": (1, {"types": len(kinds), "directives": directives}),
        "__Type": (
            len(kinds),
            {
                "fields": sum(len(kind.fields) for kind in objects),
                "interfaces": sum(len(kind.interfaces) for kind in objects),
                "possibleTypes": sum(len(schema.get_possible_types(kind)) for kind in kinds if is_abstract_type(kind)),
                "enumValues": sum(len(kind.values) for kind in kinds if isinstance(kind, GraphQLEnumType)),
                "inputFields": sum(len(kind.fields) for kind in inputs),
                # About every second type is the element of a list or of one that is never null.
                "ofType": len(kinds) // 2,
            },
        ),
        "__Field": (len(arguments), {"args": sum(arguments)}),
        "__Directive": (directives, {"args": sum(len(directive.args) for directive in schema.directives)}),
    }
    found: dict[int, Fraction] = {}
    for name, (among, fields) in totals.items():
        kind = introspection_types[name]
        assert isinstance(kind, GraphQLObjectType)  # noqa: S101 - as the specification has it
        found |= {id(kind.fields[field]): Fraction(items, max(1, among)) for field, items in fields.items()}
    return found
