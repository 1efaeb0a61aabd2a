"""Apollo's client and its uploads as they come, on a page of another origin in Chromium and in Node."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Request as Sent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from composition.settings import LOCAL_ORIGINS
from domain.holder import Actor
from store import Keys
from tests.browser import Visit, visiting
from tests.clients.conftest import run_node
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import CHENGDU, two_inches
from tests.graph.service import GraphService, serve_graph
from tests.http_server import serve

HTML = (
    "<!doctype html><meta charset=utf-8><title>Portal</title><link rel=icon href=data:,><script src=page.js></script>"
)
UPLOAD = "mutation Upload($input: UploadDocumentInput!){uploadDocument(input: $input){document{widthPx} errors{code}}}"
PHOTO = b64encode(two_inches()).decode()


@contextmanager
def portal_beside(browser: Browser, script: bytes, *services: GraphService) -> Iterator[Visit]:
    """Open a front-end's page, of another origin than the graphs that it speaks to."""

    async def shown(request: Request) -> Response:
        return Response(script, media_type="text/javascript")

    async def page(request: Request) -> Response:
        return HTMLResponse(HTML)

    with serve(Starlette(routes=[Route("/", page), Route("/page.js", shown)])) as address:
        elsewhere = address.replace("127.0.0.1", "localhost")
        with visiting(browser, elsewhere, *(str(service.http.base_url) for service in services)) as visit:
            visit.page.goto("/")
            yield visit


@pytest.fixture(scope="module")
def portal(browser: Browser, service: GraphService, page_script: bytes) -> Iterator[Visit]:
    """A front-end's page."""
    with portal_beside(browser, page_script, service) as visit:
        yield visit


def call(visit: Visit, service: GraphService, what: str, **given: Any) -> Any:
    """Call a function of the page, and return what it makes of the answer."""
    return visit.page.evaluate(f"given => {what}(given)", {"uri": f"{service.http.base_url}/graphql", **given})


def test_a_page_of_another_origin_uploads_with_its_token_and_nothing_else(portal: Visit, service: GraphService) -> None:
    token = service.token(Actor(service.person().id, "citizen", "national_mini_program"))
    given = {"mutation": UPLOAD, "input": {"type": "photo", "regionCode": CHENGDU}, "content": PHOTO}
    uploaded = call(portal, service, "upload", token=token, **given)
    assert uploaded["data"]["uploadDocument"]["document"] == {"widthPx": 413, "__typename": "Document"}
    portal.assert_clean()
    assert call(portal, service, "upload", **given)["codes"] == ["PREFLIGHT_REQUIRED"]


def test_what_is_too_large_is_told_to_the_page(portal: Visit, service: GraphService) -> None:
    query = "query Large($code: String!){region(code: $code){code}}"
    large = {"code": "x" * 3_000_000}
    assert call(portal, service, "ask", query=query, variables=large) == {"codes": ["BODY_TOO_LARGE"]}


def test_what_is_too_large_is_told_to_nodes_fetch(clients: Path, service: GraphService) -> None:
    seen = json.loads(run_node(clients, "too_large.mjs", f"{service.http.base_url}/graphql", "30000000"))
    assert [answer["status"] for answer in seen] == [413, 415, 200, 415]
    assert seen[0]["code"] == "BODY_TOO_LARGE"


def test_apollos_automatic_persisted_queries_are_told_once_and_known_to_every_process(
    browser: Browser, page_script: bytes, request: pytest.FixtureRequest, tmp_path: Path, keys: Keys
) -> None:
    query = "query Named($code: String!){region(code: $code){name{en}}}"
    how: dict[str, Any] = {"variables": key_variables(keys), "allowed_origins": LOCAL_ORIGINS}
    sent: list[tuple[str, bool]] = []

    def note(asked: Sent) -> None:
        if asked.method in ("GET", "POST"):
            sent.append((asked.method, "region(code" in (asked.post_data or "")))

    with (
        fresh_database("sqlite", request, tmp_path) as url,
        serve_graph(tmp_path, url, **how) as one,
        serve_graph(tmp_path, url, **how) as another,
        portal_beside(browser, page_script, one, another) as visit,
    ):
        visit.page.on("request", note)
        for service in (one, one, another):
            answer = call(visit, service, "ask", query=query, variables={"code": CHENGDU}, persisted=True)
            assert answer["data"]["region"]["name"]["en"] == "Chengdu"
        visit.assert_clean()
    assert sent == [("GET", False), ("POST", True), ("GET", False), ("GET", False)]
