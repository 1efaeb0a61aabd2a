import gzip
import logging

import httpx
import pytest

from demo.running import free_port
from domain.errors import GatewayUnavailable
from domain.message import Message
from gateways import provider as module
from gateways.answers import MalformedAnswer
from gateways.errors import GatewayConfigurationError
from gateways.provider import MAXIMUM_ANSWER_BYTES, Provider
from tests.gateways.provider_server import ProviderServer, Reply
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio

NAME = Message("测试服务商", "test provider")


def reached(server: ProviderServer, client: httpx.AsyncClient, timeout: float = PATIENCE) -> Provider:
    return Provider(NAME, server.base_url, "key-123", client, timeout_seconds=timeout)


async def failure_of(gateway: Provider) -> GatewayUnavailable:
    with pytest.raises(GatewayUnavailable) as caught:
        await gateway.ask("POST", "/things", {"name": "张三"})
    error = caught.value
    assert error.code == "GATEWAY_UNAVAILABLE"
    assert "测试服务商" in error.message.zh
    assert "运维人员" in error.message.zh
    assert "test provider" in error.message.en
    assert "ask the operators" in error.message.en
    return error


async def test_what_is_sent_and_what_comes_back(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json("/things", {"id": "7"})
    answer = await reached(provider, client).ask("POST", "/things", {"name": "张三"}, idempotency_key="thing-7")
    assert answer.text("id") == "7"
    (request,) = provider.received
    assert request.json == {"name": "张三"}
    assert request.headers["Authorization"] == "Bearer key-123"
    assert request.headers["Idempotency-Key"] == "thing-7"


async def test_passing_failures_are_tried_again_under_the_same_idempotency_key(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    provider.reply("/things", Reply(status=500), Reply(status=429), Reply(b'{"id": "7"}'))
    assert (await reached(provider, client).ask("POST", "/things", {})).text("id") == "7"
    keys = {request.headers["Idempotency-Key"] for request in provider.received}
    assert len(provider.received) == 3
    assert len(keys) == 1


async def test_each_call_has_its_own_idempotency_key(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply("/things", Reply())
    for _ in range(2):
        await reached(provider, client).ask("POST", "/things", {})
    assert len({request.headers["Idempotency-Key"] for request in provider.received}) == 2


@pytest.mark.parametrize(("status", "tries"), [(500, 3), (503, 3), (400, 1), (401, 1), (403, 1), (404, 1), (409, 1)])
async def test_statuses_that_say_no(
    provider: ProviderServer, client: httpx.AsyncClient, status: int, tries: int
) -> None:
    provider.reply("/things", Reply(status=status))
    assert f"状态码{status}" in (await failure_of(reached(provider, client))).message.zh
    assert len(provider.received) == tries


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(provider: ProviderServer, client: httpx.AsyncClient, status: int) -> None:
    provider.reply("/things", Reply(status=status, headers={"Location": f"{provider.base_url}/elsewhere"}))
    client.follow_redirects = True  # even where the client would
    assert f"HTTP {status}" in (await failure_of(reached(provider, client))).message.en
    assert [request.path for request in provider.received] == ["/things"]


async def test_a_slow_provider_is_given_up(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply("/things", Reply(pause=0.5))
    error = await failure_of(reached(provider, client, timeout=0.1))
    assert "0.1秒内没有答复" in error.message.zh
    assert len(provider.received) == 3


async def test_an_answer_that_trickles_is_given_up(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    # Each piece comes in time; the whole does not.
    provider.reply("/things", Reply(b'{"id": "0123456789"}', pause=0.1, pieces=20))
    assert "did not answer within 0.3 seconds" in (await failure_of(reached(provider, client, timeout=0.3))).message.en


async def test_nobody_listens(client: httpx.AsyncClient) -> None:
    error = await failure_of(Provider(NAME, f"http://127.0.0.1:{free_port()}", "key", client))
    assert "连接" in error.message.zh


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"id": "\\ud800"}',
        # The moment of packing would stand in the test's name, and each worker must find the same names.
        gzip.compress(b"{}", mtime=0),
        b'{"id": "' + b"9" * MAXIMUM_ANSWER_BYTES + b'"}',
    ],
)
async def test_garbage_is_not_an_answer(provider: ProviderServer, client: httpx.AsyncClient, body: bytes) -> None:
    provider.reply("/things", Reply(body))
    assert "答复的内容不符合约定" in (await failure_of(reached(provider, client))).message.zh
    assert len(provider.received) == 1


async def test_a_missing_field_is_named(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json("/things", {"id": 7})
    gateway = reached(provider, client)
    answer = await gateway.ask("POST", "/things", {})
    with pytest.raises(GatewayUnavailable, match="'id' must be a text"), gateway.reading():
        answer.text("id")


async def test_find_tells_no_such_thing_from_a_failure(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    assert await reached(provider, client).find("POST", "/nothing", {}) is None


async def test_no_body_or_key_reaches_the_logs(
    provider: ProviderServer, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.reply("/things", Reply(b'{"id": "secret-answer"', status=200), Reply(status=500))
    await failure_of(reached(provider, client))
    logged = [record for record in caplog.records if record.name == module.__name__]
    assert len(logged) == 1
    assert not any(word in caplog.text for word in ("张三", "secret-answer"))


async def test_the_key_is_not_in_the_representation(client: httpx.AsyncClient) -> None:
    assert "key-123" not in repr(Provider(NAME, "https://provider.example", "key-123", client))


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "provider.example",
        "ftp://provider.example",
        "http://provider.example",
        "https://",
        "https://user:secret@provider.example",
        "https://provider.example:port",
        "https://provider.example/?key=1",
        "https://provider.example/ path",
    ],
)
async def test_addresses_that_cannot_be_trusted_are_refused(client: httpx.AsyncClient, base_url: str) -> None:
    with pytest.raises(GatewayConfigurationError, match="test provider"):
        Provider(NAME, base_url, "key", client)


@pytest.mark.parametrize("api_key", ["", " ", "line\nbreak", "密钥"])
async def test_keys_that_cannot_be_sent_are_refused(client: httpx.AsyncClient, api_key: str) -> None:
    with pytest.raises(GatewayConfigurationError, match="API key"):
        Provider(NAME, "https://provider.example", api_key, client)


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://provider.example/pay/1?x=2#y", True),
        ("https://pages.example/pay/1", True),
        ("http://provider.example/pay/1", False),
        ("https://attacker.example/pay/1", False),
        ("https://provider.example@attacker.example/", False),
        ("https://provider.example.attacker.example/", False),
        ("https:\\\\attacker.example\\provider.example", False),
        ("https://attacker.example\\@provider.example/", False),
        ("javascript:alert(1)", False),
        ("//attacker.example", False),
        ("/pay/1", False),
        (" https://provider.example/", False),
        ("https://provider.example/\n", False),
    ],
)
async def test_people_are_only_sent_to_pages_of_the_provider(
    provider: ProviderServer, client: httpx.AsyncClient, url: str, trusted: bool
) -> None:
    provider.reply_json("/things", {"url": url})
    answer = await reached(provider, client).ask("GET", "/things")
    gateway = Provider(NAME, "https://provider.example/api", "key", client, page_hosts=["pages.example"])
    if trusted:
        assert gateway.page(answer, "url") == url
    else:
        with pytest.raises(MalformedAnswer, match="url"):
            gateway.page(answer, "url")
