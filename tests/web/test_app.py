"""What surrounds the endpoint: pages, health, metrics, headers, and who may call from another site."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.http_server import serve
from tests.patience import PATIENCE
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import LIMITS, Shop, healthy
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint
from web.security_headers import SecurityHeaders

PAGE = "<!doctype html><title>GraphiQL</title>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets" / "page-AB12.js").write_text("export default 1;" * 100)
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


@contextmanager
def running(graphiql: Path | None = None, **options: Any) -> Iterator[httpx.Client]:
    endpoint = GraphQLEndpoint(make_schema(), Contexts(), limits=LIMITS, graphiql=graphiql)
    app = create_app(endpoint=endpoint, graphiql_folder=graphiql, **({"health": healthy} | options))
    with serve(app) as address, httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as client:
        yield client


def test_a_browser_gets_graphiql_and_programs_get_json(folder: Path) -> None:
    with running(folder) as client:
        page = client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
        assert (page.text, page.headers["content-type"]) == (PAGE, "text/html; charset=utf-8")
        assert client.get("/graphql", params={"query": "{hello}"}).json() == {"data": {"hello": "hello world"}}
        asset = client.get("/assets/page-AB12.js")
        assert asset.headers["content-encoding"] == "gzip"
        assert "immutable" in asset.headers["cache-control"]
        for path in ("/assets/nothing.js", "/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/assets/%00"):
            missing = client.get(path)
            assert missing.status_code == 404
            assert missing.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_what_a_code_means_is_shown_and_nothing_else_of_the_documentation(folder: Path) -> None:
    with running(folder) as client:
        page = client.get("/errors/NOT_FOUND")
        assert (page.headers["content-type"], "What to do" in page.text) == ("text/plain; charset=utf-8", True)
        for code in ("NOTHING", "README", "not_found", "..%2F..%2FREADME", "NOT_FOUND.md", "%00"):
            assert client.get(f"/errors/{code}").status_code == 404
        assert client.get("/roles").json() == []


def test_graphiql_that_is_not_built_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"run make web/graphiql/dist/index\.html"):
        GraphQLEndpoint(make_schema(), Contexts(), limits=LIMITS, graphiql=tmp_path)


def test_the_root_leads_to_the_graph_and_other_addresses_to_a_json_404(shop: Shop) -> None:
    for path in ("/", "/graphql/"):
        led = shop.client.get(path)
        assert (led.status_code, urljoin(path, led.headers["location"])) == (307, "/graphql")
        # As seen from the browser, a proxy may have put a path before ours.
        assert urljoin(f"/api/card{path}", led.headers["location"]) == "/api/card/graphql"
    missing = shop.client.get("/nothing", headers={"Accept-Language": "en"})
    assert missing.status_code == 404
    assert missing.json()["errors"] == [
        {"message": "There is nothing at /nothing; GraphQL is at /graphql", "extensions": {"code": "NOT_FOUND"}}
    ]
    assert shop.client.post("/health").json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("path", ["/", "/graphql", "/health", "/metrics", "/nothing"])
def test_every_answer_carries_the_security_headers(shop: Shop, path: str) -> None:
    headers = shop.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(("by_tls", "told"), [(True, "max-age=31536000"), (False, None)])
def test_browsers_are_told_to_come_by_tls_alone_where_the_service_is_reached_so(by_tls: bool, told: str | None) -> None:
    client = TestClient(SecurityHeaders(PlainTextResponse("here"), by_tls=by_tls))
    assert client.get("/").headers.get("strict-transport-security") == told


def test_health_is_200_when_it_is_ok_and_503_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    async def degraded() -> dict[str, object]:
        return {"status": "degraded", "policies": "the last edit is bad"}

    async def broken() -> dict[str, object]:
        raise RuntimeError("password=hunter2")

    with running() as client:
        assert (client.get("/health").status_code, client.get("/health").json()) == (200, {"status": "ok"})
    with running(health=degraded) as client:
        assert client.get("/health").status_code == 503
        assert client.get("/health").json()["policies"] == "the last edit is bad"
    with running(health=broken) as client:
        answer = client.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "failed")
        assert "hunter2" not in answer.text
        [error] = answer.json()["errors"]
        assert "failed with RuntimeError" in error["message"]
        assert {"code": "NOT_HEALTHY", "part": "service"}.items() <= error["extensions"].items()
        assert error["extensions"]["id"] in caplog.text
        assert "hunter2" in caplog.text


def value_of(client: httpx.Client, sample: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next((line.split(" ")[-1] for line in lines if line.startswith(sample + " ")), 0))


@pytest.mark.parametrize(
    ("query", "sample"),
    [
        ("{hello}", 'graphql_requests_total{operation="query",outcome="ok"}'),
        ('mutation {rename(title: "x")}', 'graphql_requests_total{operation="mutation",outcome="ok"}'),
        ("{hello broken}", 'graphql_requests_total{operation="query",outcome="partial"}'),
        ("{hello broken}", 'graphql_errors_total{code="INTERNAL_ERROR"}'),
        ("{", 'graphql_requests_total{operation="none",outcome="refused"}'),
        ("{", 'graphql_errors_total{code="SYNTAX_ERROR"}'),
        ("{hello}", 'graphql_request_seconds_count{operation="query",outcome="ok"}'),
    ],
)
def test_metrics_count_requests_errors_and_latency(shop: Shop, query: str, sample: str) -> None:
    before = value_of(shop.client, sample)
    shop.ask(query)
    assert value_of(shop.client, sample) == before + 1


def test_metrics_hold_the_default_registry_too_but_no_version(shop: Shop) -> None:
    shown = shop.client.get("/metrics").text
    assert "process_cpu_seconds_total" in shown
    assert "python_info" not in shown


def test_further_routes_are_served_and_their_failures_masked() -> None:
    async def fail(request: Request) -> Response:
        raise RuntimeError("password=hunter2")

    with running(routes=[Route("/extra", fail)]) as client:
        answer = client.get("/extra", headers={"Accept-Language": "en"})
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        assert answer.json()["errors"][0]["message"].startswith("Internal error; quote id ")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
