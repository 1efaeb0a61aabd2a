"""The service under test, once for each kind of database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from composition.openness import INTROSPECTION, METRICS, SUGGESTIONS, Openness
from store import Keys
from tests.databases import ENGINES, TestServer
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph
from web.bounds import Bounds


@contextmanager
def fresh_database(engine: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Yield the URL of a migrated, empty database."""
    if engine == "sqlite":
        file = folder / "store.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    server: TestServer = request.getfixturevalue("postgresql")
    name = server.create(request.getfixturevalue("postgresql_template"))
    try:
        yield server.url(name)
    finally:
        server.drop(name)


def key_variables(keys: Keys) -> dict[str, str]:
    """Return the keys of the test databases as environment variables."""
    encryption, index = keys.render()
    return {"ENCRYPTION_KEYS": encryption, "INDEX_KEY": index}


@pytest.fixture(scope="package", params=ENGINES)
def one_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph for all tests of this folder, which keep apart by the people they put on record."""
    folder = tmp_path_factory.mktemp("service")
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, REGIONS, key_variables(keys)) as running,
    ):
        yield running


METRICS_KEY = "0123456789abcdef" * 3
OPENED = {part: frozenset({"policy_officer"}) for part in (INTROSPECTION, SUGGESTIONS)} | {
    METRICS: frozenset({"auditor"})
}


@pytest.fixture(scope="package")
def closed_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph as a production is, but for its sandboxes, with little time for callers."""
    folder = tmp_path_factory.mktemp("closed")
    variables = {**key_variables(keys), "METRICS_KEY": METRICS_KEY, "PUBLIC_URL": "https://cards.example.cn"}
    how = {"openness": Openness(OPENED), "federated": True, "bounds": Bounds(head_seconds=1, body_seconds=1)}
    with (
        fresh_database("sqlite", request, folder) as url,
        serve_graph(folder, url, REGIONS, variables, **how) as running,
    ):
        yield running


@pytest.fixture
def service(one_service: GraphService) -> GraphService:
    """Return the running service with its clock where every test begins."""
    one_service.clock.set(NOW)
    return one_service
