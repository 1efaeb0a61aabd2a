import httpx
import pytest

from schema.kit.limits import Limits
from tests.http_server import serve
from tests.patience import PATIENCE
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import healthy
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_a_request_beyond_the_time_limit_is_cancelled_and_answered_with_503(accept: str) -> None:
    contexts = Contexts()
    endpoint = GraphQLEndpoint(make_schema(), contexts, limits=Limits(timeout_seconds=0.2))
    app = create_app(endpoint=endpoint, health=healthy)
    with serve(app) as address, httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as client:
        query = "{a: slow(seconds: 2000) b: slow(seconds: 3000)}"
        response = client.post("/graphql", json={"query": query}, headers={"Accept": accept, "Accept-Language": "en"})
        assert response.status_code == 503
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "REQUEST_TIMEOUT"}
        assert "more than 0.2 seconds" in error["message"]
        assert sorted(contexts.cancelled) == [2000, 3000]
        fast = client.post("/graphql", json={"query": "{slow(seconds: 0)}"})
        assert fast.json() == {"data": {"slow": "done"}}
