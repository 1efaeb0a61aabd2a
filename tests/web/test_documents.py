"""Each document is parsed and validated once, and only good ones are kept."""

import pytest

from schema.kit.limits import Limits
from tests.web.bookshop import make_schema
from tests.web.conftest import Shop
from web.documents import DocumentCache, DocumentRefused


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


def test_values_that_make_a_cached_document_too_costly_are_refused(shop: Shop) -> None:
    query = "query($n: Int = 2){books(first: $n){title author price}}"
    assert shop.ask(query).status_code == 200
    assert shop.ask(query, variables={"n": 10}).status_code == 200
    refused = shop.ask(query, variables={"n": 1_000})
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert error["message"].startswith("The operation costs 3001 and the limit is 2000")
