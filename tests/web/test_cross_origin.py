"""Pages of other sites that call the graph from a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from schema.kit.limits import Limits
from tests.browser import Visit, visiting
from tests.http_server import serve
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import LIMITS, healthy
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint

PORTAL = "https://portal.example.cn"


async def _broken(request: Request) -> Response:
    raise RuntimeError("password=hunter2")


@contextmanager
def shop_for(*origins: str, limits: Limits = LIMITS) -> Iterator[str]:
    """Serve the bookshop to the pages of some sites."""
    endpoint = GraphQLEndpoint(make_schema(), Contexts(), limits=limits)
    routes = [Route("/broken", _broken)]
    with serve(create_app(endpoint=endpoint, health=healthy, routes=routes, allowed_origins=origins)) as address:
        yield address


@pytest.fixture(scope="module")
def portal() -> Iterator[httpx.Client]:
    with (
        shop_for(PORTAL, "http://localhost:*") as address,
        httpx.Client(base_url=address, trust_env=False, headers={"Origin": PORTAL}) as client,
    ):
        yield client


@pytest.mark.parametrize(
    "header",
    [
        "authorization",
        "content-type",
        "accept-language",
        "graphql-preflight",
        "x-requested-with",
        "apollo-require-preflight",
        "x-apollo-operation-name",
        "apollographql-client-name",
        "apollographql-client-version",
    ],
)
@pytest.mark.parametrize("origin", [PORTAL, "http://localhost", "http://localhost:5173"])
def test_what_clients_send_is_allowed_beforehand(portal: httpx.Client, origin: str, header: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": header}
    answer = portal.options("/graphql", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://portal.example.cn",
        "https://portal.example.cn.evil.example",
        "https://portalxexample.cn",
        "https://portal.example.cn:8443",
        "http://localhost.evil.example",
        "http://localhost:5173.evil.example",
        "https://localhost:5173",
        "null",
    ],
)
def test_nobody_else_is_let_in(portal: httpx.Client, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in portal.options("/graphql", headers=asked).headers
    answer = portal.post("/graphql", json={"query": "{hello}"}, headers={"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


def test_without_a_list_no_site_is_let_in() -> None:
    with shop_for() as address:
        asked = {"Origin": PORTAL, "Access-Control-Request-Method": "POST"}
        answer = httpx.options(f"{address}/graphql", headers=asked, trust_env=False)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (200, {"json": {"query": "{hello}"}}),
        (400, {"json": {"query": "{"}}),
        (401, {"json": {"query": "{hello}"}, "headers": {"Authorization": "wrong"}}),
        (404, {"url": "/nothing"}),
        (405, {"method": "PUT"}),
        (413, {"content": b" " * 30_000, "headers": {"Content-Type": "application/json"}}),
        (415, {"content": b"x"}),
        (500, {"json": {"query": "{hello}"}, "headers": {"Authorization": "broken"}}),
        (500, {"method": "GET", "url": "/broken"}),
        (503, {"json": {"query": "{slow(seconds: 60)}"}}),
    ],
)
def test_every_answer_can_be_read_by_the_page_whatever_went_wrong(status: int, request_: dict[str, Any]) -> None:
    with shop_for(PORTAL, limits=Limits(max_body_bytes=20_000, timeout_seconds=1)) as address:
        accept = {"Accept": "application/graphql-response+json", "Origin": PORTAL}
        wanted = {"method": "POST", "url": "/graphql"} | request_
        with httpx.Client(base_url=address, trust_env=False, headers=accept, timeout=60) as client:
            answer = client.request(**wanted)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == PORTAL
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "hunter2" not in answer.text


ASK = """
async ([url, query, headers]) => {
  const body = JSON.stringify({ query });
  try {
    const answer = await fetch(url, {
      method: "POST", headers: { "Content-Type": "application/json", ...headers }, body });
    return { status: answer.status, ...(await answer.json()) };
  } catch (failure) { return { failure: failure.name }; }
}
"""
UPLOAD = """
async ([url, headers]) => {
  const form = new FormData();
  const query = "mutation($files: [Upload!]!) { send(files: $files) }";
  form.append("operations", JSON.stringify({ query, variables: { files: [null] } }));
  form.append("map", JSON.stringify({ 0: ["variables.files.0"] }));
  form.append("0", new File(["12345"], "photo.jpg", { type: "image/jpeg" }));
  const answer = await fetch(url, { method: "POST", headers, body: form });
  return answer.json();
}
"""


@contextmanager
def page_elsewhere(browser: Browser, shop: str) -> Iterator[Visit]:
    """Open an empty page of another origin that may speak to the shop as far as the browser lets it."""
    with serve(HTMLResponse("<!doctype html><title>Portal</title><link rel=icon href=data:,>")) as address:
        elsewhere = address.replace("127.0.0.1", "localhost")
        with visiting(browser, elsewhere, shop) as visit:
            visit.page.goto("/")
            yield visit


def ask(visit: Visit, shop: str, query: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return what a page reads of an answer, or the name of its failure."""
    found: dict[str, Any] = visit.page.evaluate(ASK, [f"{shop}/graphql", query, headers])
    return found


def test_a_page_of_an_allowed_site_asks_changes_and_uploads(browser: Browser) -> None:
    apollo = {"x-apollo-operation-name": "Till", "apollographql-client-name": "portal", "Accept-Language": "en"}
    with shop_for("http://localhost:*") as shop, page_elsewhere(browser, shop) as visit:
        assert ask(visit, shop, "{hello}", {}) == {"status": 200, "data": {"hello": "hello world"}}
        owner = {"Authorization": "owner", **apollo}
        assert ask(visit, shop, "query Till {till}", owner)["data"] == {"till": 42}
        assert ask(visit, shop, 'mutation {rename(title: "x")}', owner)["data"] == {"rename": "x"}
        for name in ("apollo-require-preflight", "GraphQL-Preflight"):
            uploaded = visit.page.evaluate(UPLOAD, [f"{shop}/graphql", {name: "true", **owner}])
            assert uploaded == {"data": {"send": ["photo.jpg:5"]}}
        visit.assert_clean()
        refused = ask(visit, shop, "{hello}", {"Authorization": "wrong", "Accept-Language": "en"})
        assert (refused["status"], refused["errors"][0]["message"]) == (401, "The token is not valid")


def test_a_page_of_another_site_reads_nothing(browser: Browser) -> None:
    with shop_for(PORTAL) as shop, page_elsewhere(browser, shop) as visit:
        tried: list[dict[str, str]] = [{}, {"Authorization": "owner"}]
        for headers in tried:
            assert ask(visit, shop, "{hello}", headers) == {"failure": "TypeError"}
        assert "CORS policy" in " ".join(visit.complaints)
