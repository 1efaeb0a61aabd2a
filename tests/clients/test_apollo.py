"""Apollo's client and its uploads as they come, on a page of another origin in Chromium and in Node."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from domain.holder import Actor
from tests.browser import Visit, visiting
from tests.clients.conftest import run_node
from tests.graph.journey import two_inches
from tests.graph.service import GraphService
from tests.http_server import serve

HTML = (
    "<!doctype html><meta charset=utf-8><title>Portal</title><link rel=icon href=data:,><script src=page.js></script>"
)
UPLOAD = "mutation Upload($input: UploadDocumentInput!){uploadDocument(input: $input){document{widthPx} errors{code}}}"
PHOTO = b64encode(two_inches()).decode()


@pytest.fixture(scope="module")
def portal(browser: Browser, service: GraphService, page_script: bytes) -> Iterator[Visit]:
    """A front-end's page, from another origin than the graph."""

    async def script(request: Request) -> Response:
        return Response(page_script, media_type="text/javascript")

    async def page(request: Request) -> Response:
        return HTMLResponse(HTML)

    with serve(Starlette(routes=[Route("/", page), Route("/page.js", script)])) as address:
        elsewhere = address.replace("127.0.0.1", "localhost")
        with visiting(browser, elsewhere, beside=str(service.http.base_url)) as visit:
            visit.page.goto("/")
            yield visit


def call(visit: Visit, service: GraphService, what: str, **given: Any) -> Any:
    """Call a function of the page, and return what it makes of the answer."""
    return visit.page.evaluate(f"given => {what}(given)", {"uri": f"{service.http.base_url}/graphql", **given})


def test_a_page_of_another_origin_uploads_with_its_token_and_nothing_else(portal: Visit, service: GraphService) -> None:
    token = service.token(Actor(service.person().id, "citizen", "national_mini_program"))
    given = {"mutation": UPLOAD, "input": {"type": "photo", "regionCode": "510100"}, "content": PHOTO}
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
