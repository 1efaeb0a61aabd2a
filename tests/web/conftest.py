"""The bookshop served over real HTTP."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from schema.kit.limits import Limits
from tests.browser import browser
from tests.http_server import serve
from tests.node import node, npm_ci
from tests.patience import PATIENCE
from tests.web.bookshop import Contexts, make_schema
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint

__all__ = ["browser"]

GRAPHIQL = Path(__file__).parents[2] / "web" / "graphiql"

LIMITS = Limits(
    max_body_bytes=20_000,
    max_upload_bytes=50_000,
    max_uploads=2,
    max_depth=6,
    max_aliases=5,
    max_cost=2_000,
    max_tokens=1_000,
    timeout_seconds=PATIENCE,
)


@dataclass
class Shop:
    """A running bookshop.

    Args:
        client: speaks to it.
        endpoint: the endpoint under test.
        contexts: what makes its contexts.
        unexpected: the masked failures.
    """

    client: httpx.Client
    endpoint: GraphQLEndpoint
    contexts: Contexts
    unexpected: list[tuple[str, BaseException]] = field(default_factory=list)

    def ask(self, query: str, *, accept: str = "application/graphql-response+json", **rest: Any) -> httpx.Response:
        headers = {"Accept": accept, "Accept-Language": "en", **rest.pop("headers", {})}
        return self.client.post("/graphql", json={"query": query, **rest}, headers=headers)


async def healthy() -> dict[str, object]:
    return {"status": "ok"}


@pytest.fixture(scope="session")
def running() -> Iterator[Shop]:
    contexts = Contexts()
    unexpected: list[tuple[str, BaseException]] = []
    on_unexpected: Callable[[str, BaseException], None] = lambda key, error: unexpected.append((key, error))  # noqa: E731
    endpoint = GraphQLEndpoint(make_schema(), contexts, limits=LIMITS, on_unexpected=on_unexpected, compiled_from=1)
    with (
        serve(create_app(endpoint=endpoint, health=healthy)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as client,
    ):
        yield Shop(client, endpoint, contexts, unexpected)


@pytest.fixture
def shop(running: Shop) -> Shop:
    running.unexpected.clear()
    running.contexts.cancelled.clear()
    running.contexts.uploads.clear()
    return running


@pytest.fixture(scope="session")
def graphiql() -> Path:
    """The built GraphiQL; built here if its sources are newer."""
    npm_ci(GRAPHIQL)
    page = GRAPHIQL / "dist" / "index.html"
    sources = [GRAPHIQL / "build.mjs", *GRAPHIQL.glob("source/*"), *GRAPHIQL.glob("examples/*")]
    if not page.is_file() or page.stat().st_mtime < max(source.stat().st_mtime for source in sources):
        subprocess.run([node(), "build.mjs"], cwd=GRAPHIQL, check=True, timeout=PATIENCE)
    return page.parent
