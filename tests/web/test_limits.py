"""Depth, aliases and cost; each fragment is weighed once, which is shown by counting and not by the clock."""

import pytest
from graphql import GraphQLSchema, build_schema, get_introspection_query, parse, validate

from domain.errors import DomainError
from schema.kit.limits import DocumentScale, Limits, Weight, limit_rule, operations_of

SCHEMA = build_schema("""
    interface Node { id: ID! }
    type Query { node: Node, cards(first: Int, last: Int, after: String): Cards, few(first: Int = 3): Cards, me: Card }
    type Mutation { issue: Card }
    type Cards { edges: [Edge] }
    type Edge { node: Card }
    type Card implements Node { id: ID!, owner: Card, cards(first: Int): Cards }
""")


def weigh(text: str, schema: GraphQLSchema = SCHEMA, **variables: object) -> Weight:
    document = parse(text)
    scale = DocumentScale(schema, document, variables=variables, largest_page=100)
    return scale.weigh(next(operations_of(document)))


def codes(text: str, limits: Limits) -> list[str]:
    errors = validate(SCHEMA, parse(text), [limit_rule(limits)])
    causes = [error.original_error for error in errors]
    return [cause.code for cause in causes if isinstance(cause, DomainError)]


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("{me{id}}", Weight(depth=2, cost=2)),
        ("mutation {issue{id}}", Weight(depth=2, cost=2)),
        ("{me{owner{owner{id}}}}", Weight(depth=4, cost=4)),
        ("{a:me{b:id} c:me{id}}", Weight(depth=2, aliases=3, cost=4)),
        ("{me{...on Node{id} ...{id}}}", Weight(depth=2, cost=3)),
        ("{me{...F} node{...F}} fragment F on Node{id}", Weight(depth=2, cost=4)),
        ("{a:me{...F} me{...F}} fragment F on Card{b:id}", Weight(depth=2, aliases=3, cost=4)),
        ("{cards(first:5){edges{node{id}}}}", Weight(depth=4, cost=1 + 5 * 3)),
        ("{cards(first:5, last: 7){edges{node{id}}}}", Weight(depth=4, cost=1 + 7 * 3)),
        ("{cards{edges{node{id}}}}", Weight(depth=4, cost=1 + 100 * 3)),
        ("{cards(first: null){edges{node{id}}}}", Weight(depth=4, cost=1 + 100 * 3)),
        ("{cards(first: 0){edges{node{id}}}}", Weight(depth=4, cost=1 + 1 * 3)),
        ("{cards(first: -9){edges{node{id}}}}", Weight(depth=4, cost=1 + 1 * 3)),
        ("{few{edges{node{id}}}}", Weight(depth=4, cost=1 + 3 * 3)),
        ("{few(first: 4){edges{node{id}}}}", Weight(depth=4, cost=1 + 4 * 3)),
        (
            "{cards(first: 5){edges{node{cards(first: 6){edges{node{id}}}}}}}",
            Weight(depth=7, cost=1 + 5 * (2 + (1 + 6 * 3))),
        ),
        ("query($n: Int = 9){cards(first: $n){edges{node{id}}}}", Weight(depth=4, cost=1 + 9 * 3)),
        ("query($n: Int){cards(first: $n){edges{node{id}}}}", Weight(depth=4, cost=1 + 100 * 3)),
        ("{cards(first: $nowhere){edges{node{id}}}}", Weight(depth=4, cost=1 + 100 * 3)),
        ('{cards(first: "x"){edges{node{id}}}}', Weight(depth=4, cost=1 + 100 * 3)),
        ("{nothing{nowhere{at}}}", Weight(depth=3, cost=3)),
        ("{...Nobody}", Weight()),
    ],
)
def test_the_weight_of_an_operation(text: str, weight: Weight) -> None:
    assert weigh(text) == weight


@pytest.mark.parametrize(
    ("value", "page"), [(3, 3), (40.0, 40), (None, 100), ("x", 100), (True, 100), (0, 1), (10**18, 10**18)]
)
def test_the_value_of_a_variable_counts_when_it_is_known(value: object, page: int) -> None:
    text = "query($n: Int = 9){cards(first: $n){edges{node{id}}}}"
    assert weigh(text, n=value).cost == 1 + page * 3


def test_a_default_that_differs_by_operation_counts_as_the_largest() -> None:
    text = """query a($n: Int = 2){...F} query b($n: Int = 8){...F}
        fragment F on Query{cards(first: $n){edges{node{id}}}}"""
    assert weigh(text).cost == 1 + 8 * 3


def test_each_limit_has_its_code_and_a_message_in_both_languages() -> None:
    assert codes("{me{owner{id}}}", Limits(max_depth=2)) == ["QUERY_TOO_DEEP"]
    assert codes("{a:me{id} b:me{id}}", Limits(max_aliases=1)) == ["TOO_MANY_ALIASES"]
    assert codes("{cards(first:10){edges{node{id}}}}", Limits(max_cost=30)) == ["QUERY_TOO_COSTLY"]
    assert codes("{cards(first:10){edges{node{id}}}}", Limits(max_cost=31)) == []
    assert codes("{a:me{b:owner{id}}}", Limits(max_depth=1, max_aliases=1, max_cost=1)) == [
        "QUERY_TOO_DEEP",
        "TOO_MANY_ALIASES",
        "QUERY_TOO_COSTLY",
    ]
    (error,) = validate(SCHEMA, parse("{me{owner{id}}}"), [limit_rule(Limits(max_depth=2))])
    assert isinstance(error.original_error, DomainError)
    assert "嵌套3层，上限为2层" in error.original_error.message.zh
    assert "3 levels deep and the limit is 2" in error.message


def doubling(count: int) -> str:
    """Return a document of fragments each of which spreads the next one twice."""
    links = [f"fragment F{i} on Card {{owner{{...F{i + 1}}} ...F{i + 1}}}" for i in range(count)]
    return "\n".join(["{me{...F0}}", *links, f"fragment F{count} on Card {{id}}"])


def test_fragments_that_spread_each_other_twice_are_visited_in_linear_number() -> None:
    def visits(count: int) -> int:
        document = parse(doubling(count))
        scale = DocumentScale(SCHEMA, document)
        scale.weigh(next(operations_of(document)))
        return scale.visits

    # A field, two spreads: three visits a fragment, however many times it is spread.
    assert [visits(count) for count in (20, 40, 80)] == [3 * count + 3 for count in (20, 40, 80)]


def test_the_weight_of_such_fragments_is_exact_and_its_message_short() -> None:
    assert weigh(doubling(20)).cost == 1 + 2**20 + sum(2**i for i in range(20))
    errors = validate(SCHEMA, parse(doubling(60)), [limit_rule(Limits())])
    assert [error.original_error.code for error in errors if isinstance(error.original_error, DomainError)] == [
        "QUERY_TOO_DEEP",
        "QUERY_TOO_COSTLY",
    ]
    assert max(len(error.message) for error in errors) < 200


@pytest.mark.parametrize(
    "text",
    [
        "{me{...A}} fragment A on Card{owner{...A}}",
        "{me{...A}} fragment A on Card{...B} fragment B on Card{...C} fragment C on Card{...A ...B}",
    ],
)
def test_cycles_of_fragments_come_to_an_end(text: str) -> None:
    assert weigh(text).depth <= 3


def test_a_chain_of_fragments_too_long_for_the_interpreter_is_refused() -> None:
    links = [f"fragment F{i} on Card {{owner{{...F{i + 1}}}}}" for i in range(1_500)]
    document = parse("\n".join(["{me{...F0}}", *links, "fragment F1500 on Card {id}"]))
    assert validate(SCHEMA, document, [limit_rule(Limits())])


def test_the_introspection_of_graphiql_passes_and_repeating_it_does_not() -> None:
    full = get_introspection_query(
        descriptions=True, specified_by_url=True, directive_is_repeatable=True, schema_description=True,
        input_value_deprecation=True,
    )  # fmt: skip
    assert validate(SCHEMA, parse(full), [limit_rule(Limits())]) == []
    repeated = "{" + " ".join(f"a{i}: __schema{{queryType{{name}}}}" for i in range(12)) + "}"
    assert codes(repeated, Limits()) == ["QUERY_TOO_COSTLY"]
    nested = "{__schema{types" + "{ofType" * 25 + "{name}" + "}" * 25 + "}}"
    assert codes(nested, Limits()) == ["QUERY_TOO_DEEP"]


@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_is_positive(value: int) -> None:
    with pytest.raises(ValueError, match="max_depth must be greater than zero"):
        Limits(max_depth=value)
