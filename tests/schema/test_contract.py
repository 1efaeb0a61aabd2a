"""The committed contract: no drift, nothing breaks for front-ends, everything is described and well named."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
)

from schema import build
from schema.kit.limits import Limits
from schema.kit.weights import is_list
from web.documents import DocumentCache

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "schema" / "schema.graphql"
RELEASED = sorted((Path(__file__).parent / "released").glob("*.graphql"))
"""What each release promised: `make schema` writes the committed one anew, and must not be able to break these."""
NULLABLE_ROOTS = dict.fromkeys(
    re.findall(
        r"\w+",
        "accountEntries card cardFunctions cardUsable checkEligibility comingChanges explain findCard findHolder heldInsurance "
        "holder operation operations policies policy policyDraft region requirements vocabulary",
    ),
    "0.7.0",
)
"""Fields of the query that may be null since a version, so that one that fails leaves the others; releases before promised that they
are not. What else a release promised stands."""
EXAMPLES = sorted((ROOT / "web" / "graphiql" / "examples").glob("*.graphql"))
CAMEL, PASCAL, CAPITALS = (
    re.compile(r"[a-z][a-zA-Z0-9]*"),
    re.compile(r"[A-Z][a-zA-Z0-9]*"),
    re.compile(r"[A-Z][A-Z0-9_]*"),
)


def _graph() -> GraphQLSchema:
    return build_schema(build.build_schema().as_str())


def _types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    return (kind for name, kind in schema.type_map.items() if not name.startswith("__"))


def _undescribed(schema: GraphQLSchema) -> Iterator[str]:
    """Yield what has no description, by its path."""
    standard = {"String", "Int", "Float", "Boolean", "ID"}
    for kind in _types(schema):
        if not kind.description and kind.name not in standard:
            yield kind.name
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                if not field.description:
                    yield f"{kind.name}.{name}"
                yield from (f"{kind.name}.{name}({key})" for key, given in field.args.items() if not given.description)
        if isinstance(kind, GraphQLInputObjectType):
            yield from (f"{kind.name}.{name}" for name, field in kind.fields.items() if not field.description)
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description)


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    served = build.build_schema().as_str().strip()
    assert COMMITTED.read_text(encoding="utf-8").strip() == served, "run `make schema` and look at what changed"


def _breaking(relied_on: GraphQLSchema, served: GraphQLSchema, released: str) -> list[str]:
    """Return what breaks for who relies on a contract, but for what a later version has stated."""
    found = [change.description for change in find_breaking_changes(relied_on, served)]
    stated = {name for name, since in NULLABLE_ROOTS.items() if released < since}
    widened = re.compile(r"Field Query\.(\w+) changed type from (.+)! to \2\.")
    return [change for change in found if not ((same := widened.fullmatch(change)) and same[1] in stated)]


@pytest.mark.parametrize("contract", [*RELEASED, COMMITTED], ids=lambda contract: contract.stem)
def test_nothing_breaks_for_who_relies_on_a_contract(contract: Path) -> None:
    relied_on = build_schema(contract.read_text(encoding="utf-8"))
    broken = _breaking(relied_on, _graph(), contract.stem)
    assert broken == [], "keep what front-ends use, and deprecate it first"


def test_a_root_field_that_may_fail_may_be_null() -> None:
    query = _graph().query_type
    assert query is not None
    nullable = {name for name, field in query.fields.items() if not isinstance(field.type, GraphQLNonNull)}
    assert set(query.fields) - nullable == {"regions"}, "one that fails would take the others with it"
    assert set(NULLABLE_ROOTS) <= nullable


@pytest.mark.parametrize(
    ("field", "released", "breaks"), [("card", "0.6.0", False), ("card", "0.7.0", True), ("regions", "0.6.0", True)]
)
def test_only_what_was_stated_is_let_pass(field: str, released: str, breaks: bool) -> None:
    before = build_schema(f"type Query {{ {field}: Int! }}")
    assert bool(_breaking(before, build_schema(f"type Query {{ {field}: Int }}"), released)) is breaks
    gone = build_schema("type Query { other: Int }")
    assert _breaking(before, gone, released) == [f"Field Query.{field} was removed."]


def test_the_first_release_is_among_the_contracts() -> None:
    assert "0.1.0" in [contract.stem for contract in RELEASED]


BREAKING = {
    "a field that is gone": (r'  """Issuing bank: a term of the banks vocabulary."""\n  bank: String!\n', ""),
    "a field that may be null now": (r"totalCount: Int!", "totalCount: Int"),
    "an enum value that is gone": (r'  """Locked by wrong passwords."""\n  LOCKED\n', ""),
    "an input field that became required": (r"  outlet: String = null\n", "  outlet: String!\n"),
    "an argument of another type": (r"policyDigest: String = null", "policyDigest: Int = null"),
    "a type that is gone": (r"\bPageInfo\b", "PagePlace"),
}


@pytest.mark.parametrize("change", BREAKING)
def test_a_breaking_change_is_noticed(change: str) -> None:
    text = COMMITTED.read_text(encoding="utf-8")
    pattern, replacement = BREAKING[change]
    changed = re.sub(pattern, replacement, text, flags=re.DOTALL if "gone" in change else 0)
    assert changed != text, f"the mutation {pattern} found nothing to change"
    assert find_breaking_changes(build_schema(text), build_schema(changed))


def test_an_addition_breaks_nothing() -> None:
    text = COMMITTED.read_text(encoding="utf-8")
    added = text.replace("type Query {", 'type Query {\n  """New."""\n  brandNew: String\n')
    assert added != text
    assert find_breaking_changes(build_schema(text), build_schema(added)) == []


def test_everything_is_described() -> None:
    assert list(_undescribed(_graph())) == []


def test_what_is_not_described_is_noticed() -> None:
    bare = build_schema("type Query { a(b: Int): C } enum C { D } input E { f: Int }")
    assert list(_undescribed(bare)) == ["Query", "Query.a", "Query.a(b)", "C", "C.D", "E", "E.f"]


WORD = re.compile(r"\bterms? of the ([a-z ]+) vocabulary")
STATES = {"CardState", "OperationState", "AccountState", "LapsingState"}
OFFICERS = re.compile(r"Policy.*|Policies|Impact.*|Explain.*|Changed.*|Coming.*|.*Opening|.*Test|.*Verdict")
"""Types of what policy officers write: they read the words of files, and each has a sentence beside it."""


def _words_without_label(schema: GraphQLSchema) -> Iterator[str]:
    """Yield fields with a word of a vocabulary, or a state, beside which nothing says what people call it."""
    for kind in _types(schema):
        if not isinstance(kind, GraphQLObjectType) or OFFICERS.fullmatch(kind.name) or "label" in kind.fields:
            continue
        for name, field in kind.fields.items():
            told = get_named_type(field.type).name
            worded = told == "String" and WORD.search(field.description or "")
            if field.deprecation_reason is None and (worded or told in STATES) and kind.name != "Term":
                one = name.removesuffix("s") if is_list(field.type) else name
                beside = kind.fields.get(f"{one}Terms" if is_list(field.type) else f"{one}Term")
                if beside is None or get_named_type(beside.type).name != "Term":
                    yield f"{kind.name}.{name}"


def test_every_word_of_a_vocabulary_has_its_label_beside_it() -> None:
    schema = _graph()
    assert list(_words_without_label(schema)) == []
    beside = [name for kind in _types(schema) for name in getattr(kind, "fields", {}) if re.search("Terms?$", name)]
    assert len(beside) > 40


def test_a_word_without_its_label_is_noticed() -> None:
    bare = build_schema(
        'type Query { "A term of the banks vocabulary." bank: String state: CardState } enum CardState { LOST }'
    )
    assert list(_words_without_label(bare)) == ["Query.bank", "Query.state"]


def test_names_follow_the_conventions() -> None:
    for kind in _types(_graph()):
        assert PASCAL.fullmatch(kind.name)
        for name in getattr(kind, "fields", {}):
            assert CAMEL.fullmatch(name), f"{kind.name}.{name}"
        for name in getattr(kind, "values", {}):
            assert CAPITALS.fullmatch(name), f"{kind.name}.{name}"


def test_each_mutation_takes_one_input_of_its_own_and_returns_a_payload_with_errors() -> None:
    mutations = _graph().mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        title = name[0].upper() + name[1:]
        assert list(field.args) == ["input"]
        given = field.args["input"].type
        assert isinstance(given, GraphQLNonNull)
        assert get_named_type(given).name == f"{title}Input"
        payload = get_named_type(field.type)
        assert payload.name == f"{title}Payload"
        assert isinstance(payload, GraphQLObjectType)
        assert str(payload.fields["errors"].type) == "[UserError!]!"


def test_connections_and_nodes_are_relays() -> None:
    schema = _graph()
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    for kind in _types(schema):
        if kind.name.endswith("Connection"):
            assert isinstance(kind, GraphQLObjectType)
            assert {"edges", "pageInfo"} <= set(kind.fields)
        if isinstance(kind, GraphQLObjectType) and node in kind.interfaces:
            assert str(kind.fields["id"].type) == "ID!"
    page = schema.type_map["PageInfo"]
    assert isinstance(page, GraphQLObjectType)
    assert set(page.fields) == {"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"}
    assert get_nullable_type(page.fields["hasNextPage"].type).name == "Boolean"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"descriptions": True, "specified_by_url": True, "directive_is_repeatable": True},
        {
            "descriptions": True,
            "schema_description": True,
            "input_value_deprecation": True,
            "one_of": True,
        },
    ],
)
def test_the_introspection_of_graphiql_and_tools_is_within_the_limits(options: dict[str, bool]) -> None:
    DocumentCache(build.build_schema(), Limits()).get(get_introspection_query(**options))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_the_examples_of_graphiql_are_valid_and_within_the_limits(example: Path) -> None:
    DocumentCache(build.build_schema(), Limits()).get(example.read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_the_examples_of_graphiql_say_what_they_do_in_both_languages(example: Path) -> None:
    chinese, english, *_ = example.read_text(encoding="utf-8").splitlines()
    assert re.match("# .*[一-鿿].*[。？]", chinese)
    assert re.match(r"# [ -~…]+$", english)
