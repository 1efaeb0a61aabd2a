"""What the gateway tests share: a provider on this machine, a client, and retries without their pauses."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import stamina

from tests.gateways.provider_server import ProviderServer, running_provider


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def provider() -> Iterator[ProviderServer]:
    with running_provider() as server:
        yield server


@pytest.fixture
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_pauses_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=10, cap=True):
        yield
