"""All of the service below `/api/card/` of a host that has others beside it, behind a reverse proxy that speaks HTTP to it."""

from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from store import Keys
from tests.browser import visiting
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import delivered_to, submitted
from tests.graph.service import GraphService, serve_graph
from tests.graph.test_pay import notice
from tests.http_server import serve
from tests.patience import PATIENCE
from tests.web.conftest import graphiql
from tests.web.test_graphiql import open_graphiql, run

__all__ = ["graphiql"]

PREFIX = "/api/card"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "host"}


class Proxy:
    """Passes on what lies below the path, with the path or without; everything else on the host is another's.

    Args:
        strips: whether it takes the path off.
    """

    def __init__(self, strips: bool) -> None:
        self.strips = strips
        self.behind = ""
        self.strays: list[str] = []

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> Any:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as self.client:
            yield

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            self.strays.append(path)
            return PlainTextResponse("another's", 404)
        if self.strips:
            path = path.removeprefix(PREFIX) or "/"
        address = f"{self.behind}{path}" + (f"?{request.url.query}" if request.url.query else "")
        sent = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
        found = await self.client.request(request.method, address, headers=sent, content=await request.body())
        kept = {name: value for name, value in found.headers.items() if name not in HOP_BY_HOP}
        return Response(found.content, found.status_code, kept)


@dataclass
class Site:
    """A host with the service below a path.

    Args:
        address: of the host; service: what answers below the path; proxy: what stands between.
    """

    address: str
    service: GraphService
    proxy: Proxy

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.address, trust_env=False, timeout=PATIENCE) as client:
            yield client


@pytest.fixture(scope="module", params=[True, False], ids=["taken off", "left on"])
def site(
    request: pytest.FixtureRequest, graphiql: Path, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[Site]:
    """The service behind a proxy that takes the path off, or leaves it on."""
    proxy, folder = Proxy(request.param), tmp_path_factory.mktemp("behind")
    app = Starlette(routes=[Route("/{path:path}", proxy.answer, methods=["GET", "POST"])], lifespan=proxy.lifespan)
    with serve(app) as address, fresh_database("sqlite", request, folder) as url:
        variables = {**key_variables(keys), "PUBLIC_URL": f"{address}{PREFIX}/"}
        with serve_graph(folder, url, variables=variables) as running:
            proxy.behind = str(running.http.base_url)
            yield Site(address, running, proxy)


@pytest.mark.parametrize("path", [PREFIX, f"{PREFIX}/", f"{PREFIX}/graphql", f"{PREFIX}/graphql/"])
def test_graphiql_comes_with_all_its_files_and_asks_the_graph(browser: Browser, site: Site, path: str) -> None:
    with visiting(browser, site.address) as visit:
        open_graphiql(visit.page, path)
        assert visit.page.url == f"{site.address}{PREFIX}/graphql"
        run(visit.page)
        expect(visit.page.locator(".result-window")).to_contain_text("queryType")
        visit.assert_clean()
    assert site.proxy.strays == []


def test_people_pay_and_the_provider_tells_below_the_path(site: Site) -> None:
    service = site.service
    citizen = service.citizen(service.person())
    for tells in (False, True):
        operation = delivered_to(citizen, submitted(citizen))
        payment = citizen.changed("payOperation", operationId=operation["id"])["payment"]
        assert payment["payUrl"].startswith(f"{site.address}{PREFIX}/sandbox/payments/")
        with site.client() as client:
            if tells:
                headers, body = notice(service, payment["reference"])
                taken = client.post(
                    urlsplit(service.running.dependencies.callback_url).path, content=body, headers=headers
                )
                assert taken.json() == {"status": "paid"}
            else:
                assert client.post(payment["payUrl"]).text == "paid\n"
        assert citizen.operation(operation["id"])["state"] == "PAID"
        citizen = service.citizen(service.person())


def test_what_is_not_there_is_told_with_the_address_of_the_graph(site: Site) -> None:
    with site.client() as client:
        missing = client.get(f"{PREFIX}/nothing", headers={"Accept-Language": "en"})
        assert missing.status_code == 404
        assert missing.json()["errors"][0]["message"].endswith(f"GraphQL is at {PREFIX}/graphql")
        assert client.get(f"{PREFIX}/health").json()["status"] == "ok"
        assert client.get("/api/cards/graphql").text == "another's"
    site.proxy.strays.clear()
