"""Documents that requests name: told once with their hash, or known from the start."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.http_server import serve
from tests.patience import PATIENCE
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import LIMITS, healthy
from web import persisted_documents
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint

HELLO = "query Hello($name: String!) { hello(name: $name) }"
RENAME = 'mutation { rename(title: "x") }'
ACCEPTS = ["application/graphql-response+json", "application/json", "*/*"]


class Shelf:
    """A shelf in memory that counts how often it is asked."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.asked = 0

    async def find(self, digest: str) -> str | None:
        self.asked += 1
        return self.kept.get(digest)

    async def keep(self, digest: str, text: str) -> None:
        self.kept[digest] = text


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def automatic(text: str) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}}


@contextmanager
def shop(**how: Any) -> Iterator[httpx.Client]:
    endpoint = GraphQLEndpoint(make_schema(), Contexts(), limits=LIMITS, compiled_from=1, **how)
    headers = {"Accept-Language": "en"}
    with (
        serve(create_app(endpoint=endpoint, health=healthy)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE, headers=headers) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="module")
def persisting(shelf: Shelf) -> Iterator[httpx.Client]:
    with shop(shelf=shelf) as client:
        yield client


def code(answer: httpx.Response) -> str:
    [error] = answer.json()["errors"]
    found: str = error["extensions"]["code"]
    return found


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("by", ["GET", "POST"])
def test_a_hash_that_nobody_told_is_answered_so_that_apollo_sends_the_text(
    persisting: httpx.Client, accept: str, by: str
) -> None:
    asked = {"variables": {}, **automatic(f"{{hello}} # {accept} {by}")}
    if by == "GET":
        given = {name: json.dumps(value) for name, value in asked.items()}
        answer = persisting.get("/graphql", params=given, headers={"Accept": accept})
    else:
        answer = persisting.post("/graphql", json=asked, headers={"Accept": accept})
    refusal = {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
    assert (answer.status_code, answer.json()) == (200, {"errors": [refusal]})


def test_a_hash_is_known_once_it_came_with_its_text(persisting: httpx.Client, shelf: Shelf) -> None:
    told = persisting.post("/graphql", json={"query": HELLO, "variables": {"name": "first"}, **automatic(HELLO)})
    assert told.json() == {"data": {"hello": "hello first"}}
    assert shelf.kept[digest(HELLO)] == HELLO
    variables = {"variables": {"name": "again"}}
    again = {"data": {"hello": "hello again"}}
    assert persisting.post("/graphql", json=variables | automatic(HELLO)).json() == again
    assert persisting.post("/graphql", json={"documentId": f"sha256:{digest(HELLO)}", **variables}).json() == again
    by_address = {name: json.dumps(value) for name, value in (variables | automatic(HELLO)).items()}
    assert persisting.get("/graphql", params=by_address).json() == again
    by_id = {"documentId": f"sha256:{digest(HELLO)}", "variables": json.dumps(variables["variables"])}
    assert persisting.get("/graphql", params=by_id).json() == again


def test_another_process_finds_it_on_the_shelf_and_asks_for_it_once_an_hour(
    persisting: httpx.Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "{ hello books { title } }"
    persisting.post("/graphql", json={"query": text, **automatic(text)})
    with shop(shelf=shelf) as another:
        asked = shelf.asked
        for _ in range(3):
            assert another.post("/graphql", json=automatic(text)).json()["data"]["hello"] == "hello world"
        assert shelf.asked == asked + 1
        monkeypatch.setattr(persisted_documents, "SURE_FOR", -1.0)
        other = "{ hello books { price } }"
        shelf.kept[digest(other)] = other
        for _ in range(3):
            another.post("/graphql", json=automatic(other))
        assert shelf.asked == asked + 4


@pytest.mark.parametrize(
    "text", ["{", "{ nothing }", "{ a: hello " + "b: hello " * 9 + "}", "query A{hello} query B{hello}"]
)
def test_what_is_not_executed_is_not_kept(persisting: httpx.Client, shelf: Shelf, text: str) -> None:
    assert "errors" in persisting.post("/graphql", json={"query": text, **automatic(text)}).json()
    assert digest(text) not in shelf.kept


@pytest.mark.parametrize("name", ["extensions", "documentId"])
def test_a_hash_that_is_not_that_of_the_text_is_refused(persisting: httpx.Client, shelf: Shelf, name: str) -> None:
    given = automatic("{ hello }") if name == "extensions" else {"documentId": f"sha256:{digest('{ hello }')}"}
    assert code(persisting.post("/graphql", json={"query": RENAME, **given})) == "PERSISTED_QUERY_HASH_WRONG"
    assert RENAME not in shelf.kept.values()


def test_a_mutation_by_its_hash_needs_post(persisting: httpx.Client) -> None:
    assert persisting.post("/graphql", json={"query": RENAME, **automatic(RENAME)}).json() == {"data": {"rename": "x"}}
    assert persisting.get("/graphql", params={"documentId": f"sha256:{digest(RENAME)}"}).status_code == 405
    assert persisting.post("/graphql", json=automatic(RENAME)).json() == {"data": {"rename": "x"}}


@pytest.mark.parametrize(
    "given",
    [
        {"extensions": {"persistedQuery": 1}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "ab" * 32}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a" * 300}}},
        {"documentId": "sha256:" + "AB" * 32},
        {"documentId": "sha256:1234"},
        {"documentId": "x" * 300},
        {"documentId": 7},
        {"documentId": ""},
        {"documentId": None},
    ],
)
def test_what_names_no_document_is_refused(persisting: httpx.Client, given: dict[str, Any]) -> None:
    answer = persisting.post("/graphql", json=given)
    assert (answer.status_code, code(answer)) == (400, "INVALID_REQUEST")


def test_an_id_that_nobody_knows_is_refused_with_a_reason(persisting: httpx.Client) -> None:
    for identifier in ("unknown", "x-own:1", f"sha256:{'ab' * 32}"):
        answer = persisting.post("/graphql", json={"documentId": identifier})
        assert (answer.status_code, code(answer)) == (400, "PERSISTED_QUERY_NOT_FOUND")


@pytest.fixture(scope="module")
def trusting() -> Iterator[httpx.Client]:
    """A shop that executes trusted documents only, but for its owner."""
    trusted = {"hello-1": HELLO, "x-own:rename": RENAME}
    with shop(shelf=Shelf(), trusted=trusted, trusts_only=lambda context: not context["is_owner"]) as client:
        yield client


@pytest.mark.parametrize(
    "named",
    [
        {"documentId": "hello-1"},
        {"documentId": f"sha256:{digest(HELLO)}"},
        {"documentId": digest(HELLO)},
        automatic(HELLO),
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "hello-1"}}},
        {"query": HELLO},
        {"query": HELLO, "documentId": "hello-1"},
    ],
)
def test_a_trusted_document_is_executed_however_it_is_named(trusting: httpx.Client, named: dict[str, Any]) -> None:
    answer = trusting.post("/graphql", json={"variables": {"name": "you"}, **named})
    assert answer.json() == {"data": {"hello": "hello you"}}
    assert trusting.post("/graphql", json={"documentId": "x-own:rename"}).json() == {"data": {"rename": "x"}}


def test_others_are_refused_but_for_those_who_may_send_any(trusting: httpx.Client) -> None:
    text = "{ hello }"
    for named in ({"query": text}, {"query": text, **automatic(text)}):
        answer = trusting.post("/graphql", json=named)
        assert (answer.status_code, code(answer)) == (403, "DOCUMENT_NOT_TRUSTED")
    assert code(trusting.post("/graphql", json=automatic(text))) == "PERSISTED_QUERY_NOT_FOUND"
    owner = {"Authorization": "owner"}
    assert trusting.post("/graphql", json={"query": text}, headers=owner).json() == {"data": {"hello": "hello world"}}
    assert (
        code(trusting.post("/graphql", json={"query": text, "documentId": "hello-1"})) == "PERSISTED_QUERY_HASH_WRONG"
    )


def test_a_trusted_document_that_is_not_valid_is_told_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"the trusted document old: Cannot query field"):
        GraphQLEndpoint(make_schema(), Contexts(), trusted={"old": "{ gone }"})
