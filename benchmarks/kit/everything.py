"""Documents that ask for all that there is below a field, as far as the limits let them: the largest work that one request can make."""

from collections.abc import Iterator
from typing import Final

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
)

from schema.kit.limits import DocumentScale, Limits, operations_of

GIVEN: Final = {"region": '"510100"', "code": '"510100"', "service": '"apply"'}
PAGES: Final = (100, 50, 20, 10, 5, 2, 1)
DEEPEST: Final = 8


def everything(schema: GraphQLSchema, name: str, limits: Limits) -> str:
    """Return the costliest document that asks for a field of the query, under several names if there is room.

    Raises:
        KeyError: it takes an argument that is not known here.
        ValueError: no document about it is within the limits.
    """
    assert schema.query_type is not None
    field, found, most = schema.query_type.fields[name], "", 0
    for text in _texts(name, field):
        cost = _cost(schema, f"{{{text}}}", limits)
        if most < cost <= limits.max_cost:
            most, found = cost, text
    if not found:
        raise ValueError(f"nothing that asks for {name} is within the limits")
    for count in range(min(limits.max_aliases, limits.max_cost // most), 1, -1):
        several = "{" + " ".join(f"a{number}: {found}" for number in range(count)) + "}"
        if 0 < _cost(schema, several, limits) <= limits.max_cost:
            return several
    return f"{{{found}}}"


def _texts(name: str, field: GraphQLField) -> Iterator[str]:
    for depth in range(DEEPEST):
        for page in PAGES if "first" in field.args else PAGES[:1]:
            yield f"{name}{_arguments(field, page)}{_selected(field, depth, ())}"


def _arguments(field: GraphQLField, page: int) -> str:
    given = {name: GIVEN[name] for name, argument in field.args.items() if is_required_argument(argument)}
    if "first" in field.args:
        given["first"] = str(page)
    return "(" + ", ".join(f"{name}: {value}" for name, value in given.items()) + ")" if given else ""


def _selected(field: GraphQLField, depth: int, above: tuple[GraphQLNamedType, ...]) -> str:
    """Return the selections of a field: all that needs no argument which is not known here."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    if not isinstance(kind, GraphQLObjectType) or depth == 0 or kind in above:
        return " {__typename}"
    parts = [
        f"{name}{_arguments(each, 20)}{_selected(each, depth - 1, (*above, kind))}"
        for name, each in kind.fields.items()
        if all(argument in GIVEN for argument, known in each.args.items() if is_required_argument(known))
    ]
    return " {" + " ".join(parts) + "}"


def _cost(schema: GraphQLSchema, text: str, limits: Limits) -> int:
    """Return what a document costs; nothing if it has too many tokens or is too deep."""
    if len(text) > limits.max_tokens * 6:
        return 0
    document = parse(text)
    [operation] = operations_of(document)
    weight = DocumentScale(schema, document).weigh(operation)
    tokens = text.replace("{", " { ").replace("}", " } ").replace("(", " ( ").replace(")", " ) ").replace(":", " : ")
    return weight.cost if weight.depth <= limits.max_depth and len(tokens.split()) < limits.max_tokens else 0
