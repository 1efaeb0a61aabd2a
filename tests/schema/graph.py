"""The graph over ASGI in the test's own event loop: real endpoint, schema, policies and store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.holder import Actor
from gateways.token_issuers import Issuer, held
from gateways.tokens import AUDIENCE, ISSUER, TokenSigner, TokenVerifier
from schema.build import build_schema
from schema.kit.context import context_factory
from tests.resolvers.world import World
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint
from web.language import preferred_language


@dataclass(frozen=True, slots=True)
class Graph:
    """Asks the graph.

    Args:
        country: what it runs on; client: asks it; signer: makes tokens.
    """

    country: World
    client: httpx.AsyncClient
    signer: TokenSigner

    async def ask(self, actor: Actor | None, query: str, **variables: Any) -> dict[str, Any]:
        """Ask, and return the whole answer."""
        headers = {"Accept-Language": "en"}
        if actor is not None:
            token = self.signer.sign(actor, self.country.clock.now(), timedelta(hours=1))
            headers["Authorization"] = f"Bearer {token}"
        answer = await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        found: dict[str, Any] = answer.json()
        return found

    async def data(self, actor: Actor | None, query: str, **variables: Any) -> dict[str, Any]:
        """Ask, and return the data of an answer without errors."""
        answer = await self.ask(actor, query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data


async def _healthy() -> dict[str, object]:
    return {"status": "ok"}


@asynccontextmanager
async def graph_on(country: World) -> AsyncIterator[Graph]:
    """Serve the graph on some use cases."""
    signer = TokenSigner(Ed25519PrivateKey.generate())
    verifier = TokenVerifier([Issuer(ISSUER, AUDIENCE, held(signer.key))])
    endpoint = GraphQLEndpoint(build_schema(), context_factory(country.dependencies, verifier, preferred_language))
    transport = httpx.ASGITransport(create_app(endpoint=endpoint, health=_healthy))
    async with httpx.AsyncClient(transport=transport, base_url="http://graph") as client:
        yield Graph(country, client, signer)
    await country.close()
