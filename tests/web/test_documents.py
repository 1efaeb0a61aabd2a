"""Each document is parsed and validated once, and only good ones are kept."""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock
from weakref import ref

import pytest
from graphql import DocumentNode, GraphQLError, Node, TokenKind, visit
from graphql.language import Visitor
from hypothesis import given
from hypothesis import strategies as some

from schema.kit.input_scale import MOST_REMEMBERED, shape
from schema.kit.limits import DocumentScale, Limits
from tests.web.bookshop import make_schema
from tests.web.conftest import Shop
from web.documents import DocumentCache, DocumentRefused
from web.execution import SchemaExecutor
from web.request_parameters import RequestParameters


def test_a_document_is_checked_once_for_each_text(shop: Shop) -> None:
    documents = shop.endpoint.documents
    before = documents.misses
    for name in ("a", "b", "c"):
        query = "query cached($name: String!){hello(name: $name)}"
        assert shop.ask(query, variables={"name": name}).json() == {"data": {"hello": f"hello {name}"}}
    assert documents.misses == before + 1
    shop.ask("query cached($name: String!){hello(name: $name) }", variables={"name": "d"})
    assert documents.misses == before + 2


def test_what_is_wrong_is_not_kept() -> None:
    documents = DocumentCache(make_schema(), Limits())
    documents.get("{hello}")
    for text in ("{", "{nothing}", "{nothing}"):
        with pytest.raises(DocumentRefused):
            documents.get(text)
    assert (len(documents), documents.misses) == (1, 4)


def test_the_document_not_used_for_longest_is_forgotten_first() -> None:
    first, second, third = ("{a:hello}", "{b:hello}", "{c:hello}")
    documents = DocumentCache(make_schema(), Limits(), max_characters=2 * len(first))
    for text in (first, second, first, third):
        documents.get(text)
    assert (len(documents), documents.misses) == (2, 3)
    documents.get(first)
    assert documents.misses == 3
    documents.get(second)
    assert documents.misses == 4


def test_a_document_longer_than_the_whole_cache_is_answered_and_not_kept() -> None:
    documents = DocumentCache(make_schema(), Limits(), max_characters=5)
    assert documents.get("{hello}").operation(None).name is None
    assert len(documents) == 0


@pytest.fixture
def no_search() -> Iterator[None]:
    """Have nothing freed by a search for garbage."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Seen(Visitor):
    """Notes the nodes of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Node] = []

    def enter(self, node: Node, *_: object) -> None:
        self.nodes.append(node)


def nodes_of(document: DocumentNode) -> list[Node]:
    seen = Seen()
    visit(document, seen)
    return seen.nodes


LARGE = (
    "query($n: Int = 2) {books(first: $n) {title ...F related(first: 3) {...F}}} fragment F on Book {price published}"
)


def test_no_search_for_garbage_looks_at_a_document_that_is_kept_and_none_is_needed_to_free_it(no_search: None) -> None:
    documents = DocumentCache(make_schema(), Limits(), max_characters=len(LARGE))
    document = documents.get(LARGE)
    nodes = nodes_of(document.node)
    assert len(nodes) > 20
    assert not any(gc.is_tracked(each) or gc.is_tracked(each.loc) for each in nodes)
    assert {token.kind for each in nodes if each.loc for token in (each.loc.start_token, each.loc.end_token)} == {
        TokenKind.SOF
    }
    kept = ref(document.node)
    del document, nodes
    gc.collect()  # what is left of checking it refers to it
    documents.get("{hello}")
    assert kept() is None


def test_none_is_needed_to_free_what_was_compiled(no_search: None) -> None:
    schema = make_schema()
    documents, executor = DocumentCache(schema, Limits()), SchemaExecutor(schema, 1)
    document = documents.get(LARGE)
    result, _ = asyncio.run(executor.run(document, RequestParameters(LARGE, None, {}), {}))
    assert result.errors is None
    [operation] = executor._compiled._operations[document].values()
    [code] = operation.code.values()
    assert code is not None
    function = ref(code.writes[0])
    operation.code.clear()
    del code
    assert function() is None


def test_errors_say_where_in_a_document_that_is_kept_something_failed() -> None:
    documents = DocumentCache(make_schema(), Limits())
    [operation] = documents.get("{\n  hello\n}").node.definitions
    [field] = operation.selection_set.selections  # type: ignore[attr-defined]
    assert GraphQLError("broken", [field]).locations == [(2, 3)]


def test_values_that_make_a_cached_document_too_costly_are_refused(shop: Shop) -> None:
    query = "query($n: Int = 2){books(first: $n){title author price}}"
    assert shop.ask(query).status_code == 200
    assert shop.ask(query, variables={"n": 10}).status_code == 200
    refused = shop.ask(query, variables={"n": 1_000})
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert error["message"].startswith("The operation costs 3001 and the limit is 2000")


VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(0, 2) | some.sampled_from(("", "text")),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from("ab"), inner, max_size=2),
    max_leaves=8,
)


def _outline(value: Any) -> Any:
    """Return a value with nothing left of what stands in its lists and objects but lists and objects."""
    if isinstance(value, dict):
        return {name: _outline(part) for name, part in value.items()}
    return [_outline(item) for item in value] if isinstance(value, list) else None


def test_lists_of_one_shape_are_weighed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = DocumentCache(make_schema(), Limits())
    document, weighing = documents.get("query($name: String!){hello(name: $name)}"), Mock(side_effect=DocumentScale)
    monkeypatch.setattr("web.documents.DocumentScale", weighing)

    def weighed(*values: Any) -> int:
        for value in values:
            documents.ensure_affordable(document, document.operation(None), {"name": value})
        return weighing.call_count

    assert weighed("a", "b") == 0
    assert weighed(["a"], ["b"], [3]) == 1
    # A longer list, and a list in another, are another shape; texts that weigh, and very much, are weighed each time.
    assert weighed(["a", "b"], [["a"]], {"of": ["a"]}) == 4
    assert weighed("a" * 1_000, "b" * 1_000, [1] * MOST_REMEMBERED, [2] * MOST_REMEMBERED) == 8


@given(VALUES, VALUES)
def test_what_differs_by_more_than_its_texts_and_numbers_has_another_shape(one: Any, other: Any) -> None:
    same = repr(_outline(one)) == repr(_outline(other))
    assert (shape(one) == shape(other)) == same
