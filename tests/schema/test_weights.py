"""Every list weighs and is bounded: the served schema is walked, so that a new field cannot do without."""

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from domain.errors import InvalidInput
from schema import build
from schema.kit.limits import Limits
from schema.kit.weights import BOUND, INPUT_LISTS, ITEMS, POINTS, Bound, is_list, state_weights
from web.documents import DocumentCache, DocumentRefused

SERVED = build.build_schema()
FEDERATED = build.build_schema(federated=True)
"""With all that there can be of it."""
GRAPH: GraphQLSchema = FEDERATED._schema
Place = GraphQLArgument | GraphQLInputField


def outputs(schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLField]]:
    """Yield every field that answers, by its place."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not kind.name.startswith("__"):
            yield from ((f"{kind.name}.{name}", field) for name, field in kind.fields.items())


def inputs(schema: GraphQLSchema) -> Iterator[tuple[str, Place]]:
    """Yield everything that can be given, by its place."""
    for place, field in outputs(schema):
        yield from ((f"{place}({name}:)", argument) for name, argument in field.args.items())
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{kind.name}.{name}", field) for name, field in kind.fields.items())


def test_every_list_of_an_input_has_a_bound_and_says_so() -> None:
    lists = {place: given for place, given in inputs(GRAPH) if is_list(given.type)}
    assert len(lists) >= 15
    assert [place for place, given in lists.items() if not isinstance(given.extensions.get(BOUND), Bound)] == []
    for given in lists.values():
        assert f"At most {given.extensions[BOUND].most}." in (given.description or "")


def test_every_list_of_an_answer_weighs() -> None:
    lists = {place: field for place, field in outputs(GRAPH) if is_list(field.type)}
    assert len(lists) >= 75
    assert [place for place, field in lists.items() if not field.extensions.get(ITEMS)] == []


def test_every_field_with_something_to_work_out_weighs() -> None:
    roots = {kind.name for kind in (GRAPH.query_type, GRAPH.mutation_type) if kind is not None}
    worked_out = {
        place: field for place, field in outputs(GRAPH) if place.split(".")[0] in roots or field.args or _waits(field)
    }
    assert len(worked_out) >= 70
    assert [place for place, field in worked_out.items() if not field.extensions.get(POINTS)] == []


def _waits(field: GraphQLField) -> bool:
    """Return whether a field has a resolver of its own that waits for something, such as the store."""
    resolver = field.extensions["strawberry-definition"].base_resolver
    return resolver is not None and bool(resolver.is_async)


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ("extend type Holder { friends: [Holder] }", "Holder.friends"),
        ("extend type Holder { friends: [String!]! }", "Holder.friends"),
        ("extend input EvidenceInput { more: [String] }", "EvidenceInput.more"),
        ("extend type Holder { friend(names: [ID!]): Holder }", r"Holder.friend\(names:\)"),
    ],
)
def test_a_new_list_without_an_entry_is_noticed(added: str, named: str) -> None:
    with pytest.raises(ValueError, match=rf"lacks \['{named}'\]"):
        state_weights(build_schema(SERVED.as_str() + added))


def test_an_entry_whose_field_is_gone_is_noticed() -> None:
    with pytest.raises(ValueError, match=r"Holder\.wards"):
        state_weights(build_schema(SERVED.as_str().replace("  wards:", "  charges:")))


def ways_to(place: str) -> Iterator[tuple[str, str]]:
    """Yield a document for each field of the graph through which a list can be given, as $list, with the way to it."""
    for root, keyword in ((GRAPH.query_type, "query"), (GRAPH.mutation_type, "mutation")):
        assert root is not None
        for name, field in root.fields.items():
            for argument, given in field.args.items():
                found = _way(given, f"{root.name}.{name}({argument}:)", place, argument)
                for text, path, kind in found:
                    others = [
                        f"{key}: {_any(other)}"
                        for key, other in field.args.items()
                        if key != argument and is_required_argument(other)
                    ]
                    below = "" if is_leaf_type(get_named_type(field.type)) else "{__typename}"
                    yield (
                        f"{keyword}($list: {kind}){{{name}({', '.join([f'{argument}: {text}', *others])}){below}}}",
                        path,
                    )


def _way(given: Place, here: str, place: str, path: str) -> Iterator[tuple[str, str, str]]:
    kind = get_named_type(given.type)
    if here == place:
        yield "$list", path, str(given.type)
    elif isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items():
            for text, way, wanted in _way(field, f"{kind.name}.{name}", place, f"{path}.{name}"):
                others = [
                    f"{key}: {_any(other)}"
                    for key, other in kind.fields.items()
                    if key != name and is_required_input_field(other)
                ]
                inner = "{" + ", ".join([f"{name}: {text}", *others]) + "}"
                yield f"[{inner}]" if is_list(given.type) else inner, way, wanted


def _any(given: Place) -> str:
    """Return some value that can be given."""
    kind = get_named_type(given.type)
    if is_list(given.type):
        return "[]"
    if isinstance(kind, GraphQLInputObjectType):
        return (
            "{"
            + ", ".join(
                f"{name}: {_any(field)}" for name, field in kind.fields.items() if is_required_input_field(field)
            )
            + "}"
        )
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    return {"Int": "1", "Fen": "1", "Date": '"2026-11-20"', "DateTime": '"2026-11-20T00:00:00Z"'}.get(kind.name, '"x"')


@pytest.mark.parametrize("place", INPUT_LISTS)
def test_every_list_of_every_input_is_refused_when_it_is_too_long(place: str) -> None:
    documents = DocumentCache(FEDERATED, Limits())
    ways = list(ways_to(place))
    assert ways
    for text, path in ways:
        document = documents.get(text)

        operation, most = document.operation(None), INPUT_LISTS[place].most
        documents.ensure_affordable(document, operation, {"list": [{}] * most})
        with pytest.raises(DocumentRefused) as refused:
            documents.ensure_affordable(document, operation, {"list": [{}] * (most + 1)})
        cause = refused.value.errors[0].original_error
        assert isinstance(cause, InvalidInput)
        assert (cause.code, cause.field) == ("INVALID_INPUT", path)
        assert f"上限为{most}项" in cause.message.zh
