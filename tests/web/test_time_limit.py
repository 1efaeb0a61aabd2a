"""Whatever of a request is slow, it is stopped in time, and others are answered meanwhile.

A layer is held until the test lets it go, so nothing here depends on how fast a machine is: were the loop held, nobody else would
ever be answered.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from graphql import Node, SchemaMetaFieldDef, parse, validate
from starlette.requests import Request

import web.compiled.documents
import web.compiled.run
import web.documents
import web.graphql_endpoint
from schema.kit.limits import Limits
from tests.http_server import serve
from tests.patience import PATIENCE
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import healthy
from web.app import create_app
from web.compiled.source import Source
from web.documents import DocumentCache
from web.execution import SchemaExecutor
from web.graphql_endpoint import GraphQLEndpoint
from web.json_body import SMALL_BYTES, parse_json
from web.request_parameters import RequestParameters

HELD = "held"
"""A token that nobody comes to an end with."""
LIMIT = 0.2
LAYERS: dict[str, dict[str, Any]] = {
    "reading the body": {"json": {"query": "{hello}", "variables": {"read held": "x" * SMALL_BYTES}}},
    "parsing the document": {"json": {"query": "{hello} # parse held"}},
    "checking the document": {"json": {"query": "query held {hello}"}},
    "compiling the document": {"json": {"query": "query compile_held {books(first: 50) {related(first: 50) {title}}}"}},
    "telling what the schema is": {"json": {"query": "{hello __schema {types {name fields {name}}}}"}},
    "finding out who asks": {"json": {"query": "{hello}"}, "headers": {"Authorization": HELD}},
    "finding a document that is named": {
        "json": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "5" * 64}}}
    },
    "a resolver": {"json": {"query": "{slow(seconds: 3000)}"}},
    "resolvers beside each other": {"json": {"query": "{a: slow(seconds: 3000) b: slow(seconds: 3000)}"}},
    "a mutation, after others": {"json": {"query": 'mutation {a: rename(title: "b") wait(seconds: 3000)}'}},
}


class Layers(Contexts):
    """What is held, and what says that it is."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def holding(self, work: Callable[..., Any], word: str) -> Callable[..., Any]:
        """Return some work that is held first where a word is in what it is given."""

        def held(*given: Any, **named: Any) -> Any:
            if any(word in _said(each) for each in given):
                self.reached.set()
                assert self.let_go.wait(PATIENCE)
            return work(*given, **named)

        return held

    async def forever(self) -> None:
        self.reached.set()
        await asyncio.sleep(10 * PATIENCE)

    async def __call__(self, request: Request) -> dict[str, object]:
        if request.headers.get("authorization") == HELD:
            await self.forever()
        return {**await super().__call__(request), "reached": self.reached}

    async def find(self, digest: str) -> str | None:
        """Find no document that is named, ever."""
        await self.forever()
        return None

    async def keep(self, digest: str, text: str) -> None:
        """Keep nothing."""


def _said(given: Any) -> str:
    node = getattr(given, "operation", given)
    return str(node.to_dict() if isinstance(node, Node) else node)


@pytest.fixture(scope="module")
def layers() -> Iterator[tuple[Layers, str]]:
    layers, resolve = Layers(), SchemaMetaFieldDef.resolve
    assert resolve is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(web.graphql_endpoint, "parse_json", layers.holding(parse_json, "read held"))
        patched.setattr(web.documents, "parse", layers.holding(parse, "parse held"))
        patched.setattr(web.documents, "validate", layers.holding(validate, "'held'"))
        patched.setattr(web.compiled.documents, "Source", layers.holding(Source, "'compile_held'"))
        patched.setattr(SchemaMetaFieldDef, "resolve", layers.holding(resolve, ""))
        endpoint = GraphQLEndpoint(make_schema(), layers, limits=Limits(timeout_seconds=LIMIT), shelf=layers)
        with serve(create_app(endpoint=endpoint, health=healthy)) as address:
            yield layers, address


def _answered(client: httpx.Client, asked: dict[str, str]) -> httpx.Response:
    """Ask until the machine is fast enough to answer within the limit."""
    while (answer := client.post("/graphql", json=asked)).status_code == 503:
        pass
    return answer


@pytest.mark.parametrize("layer", LAYERS)
def test_whatever_is_slow_is_answered_with_503_and_others_are_answered_meanwhile(
    layers: tuple[Layers, str], layer: str
) -> None:
    held, address = layers
    held.reached.clear()
    held.let_go.clear()
    known = {"query": "{hello}"}
    with (
        httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as client,
        httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as other,
        ThreadPoolExecutor(1) as asking,
    ):
        _answered(other, known)
        try:
            # On a slow machine the time may be over before it comes so far.
            waiting = asking.submit(client.post, "/graphql", **LAYERS[layer])
            while not held.reached.wait(0.01):
                if waiting.done():
                    waiting = asking.submit(client.post, "/graphql", **LAYERS[layer])
            assert _answered(other, known).json() == {"data": {"hello": "hello world"}}
            late = waiting.result(PATIENCE)
        finally:
            held.let_go.set()
    assert late.status_code == 503
    assert late.json()["errors"][0]["extensions"] == {"code": "REQUEST_TIMEOUT"}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_a_request_beyond_the_time_limit_is_cancelled_and_answered_with_503(
    layers: tuple[Layers, str], accept: str
) -> None:
    contexts, address = layers
    contexts.cancelled.clear()
    headers = {"Accept": accept, "Accept-Language": "en"}
    with httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as client:
        query = "{a: slow(seconds: 2000) b: slow(seconds: 3000)}"
        while not contexts.cancelled:  # on a slow machine the time may be over before they begin
            response = client.post("/graphql", json={"query": query}, headers=headers)
            assert response.status_code == 503
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "REQUEST_TIMEOUT"}
        assert "more than 0.2 seconds" in error["message"]
        assert sorted(contexts.cancelled) == [2000, 3000]
        fast = _answered(client, {"query": "{slow(seconds: 0)}"})
        assert fast.json() == {"data": {"slow": "done"}}


def test_between_two_of_many_fields_others_go_on_and_the_time_limit_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.compiled.run, "PIECE_SECONDS", 0.0)
    schema, limits = make_schema(), Limits()
    many = "{" + " ".join(f"a{number}: hello" for number in range(20)) + "}"
    document = DocumentCache(schema, limits).get(many)
    executor, asked = SchemaExecutor(schema, 1), RequestParameters(many, None, {})

    async def turns_of_others() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        await executor.run(document, asked, {})
        beside = asyncio.create_task(other())
        await executor.run(document, asked, {})
        beside.cancel()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await executor.run(document, asked, {})
        return turns

    assert asyncio.run(turns_of_others()) >= 20
