import json
import logging
from typing import Any

import httpx
import pytest

from demo.running import free_port
from domain.errors import GatewayUnavailable
from gateways.errors import GatewayConfigurationError
from gateways.insurance import HttpInsuranceRegister, InsuranceRegister, SandboxInsuranceRegister
from tests.gateways.provider_server import ProviderServer, Reply
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio

NUMBER, CITY = "11010519491231002X", "510100"
PATH = "/insurance/kinds"
ANSWER: dict[str, Any] = {
    "social_security_number": NUMBER,
    "region": CITY,
    "kinds": ["pension", "medical", "work_injury"],
}
HELD = frozenset({"pension", "medical", "work_injury"})


def over_http(server: ProviderServer, client: httpx.AsyncClient, timeout: float = PATIENCE) -> HttpInsuranceRegister:
    return HttpInsuranceRegister(server.base_url, "key-123", client, timeout_seconds=timeout)


async def failure_of(register: InsuranceRegister) -> GatewayUnavailable:
    with pytest.raises(GatewayUnavailable) as caught:
        await register.kinds(NUMBER, CITY)
    told = caught.value.message.zh + caught.value.message.en
    assert "社会保险参保登记系统" in told
    assert "insurance register" in told
    assert NUMBER not in told
    return caught.value


async def test_the_register_names_what_a_person_holds_in_the_city(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    provider.reply_json(PATH, ANSWER)
    assert await over_http(provider, client).kinds(NUMBER, CITY) == HELD
    (request,) = provider.received
    assert (request.method, request.path) == ("POST", PATH)  # personal data is in the body only
    assert request.json == {"social_security_number": NUMBER, "region": CITY}
    assert request.headers["Authorization"] == "Bearer key-123"


async def test_who_holds_nothing_there_has_an_empty_list(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json(PATH, ANSWER | {"kinds": []})
    assert await over_http(provider, client).kinds(NUMBER, CITY) == frozenset()


async def test_a_register_that_is_down_for_a_moment_is_asked_again(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    provider.reply(PATH, Reply(status=503), Reply(json.dumps(ANSWER).encode()))
    assert await over_http(provider, client).kinds(NUMBER, CITY) == HELD
    assert len(provider.received) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"social_security_number": "110105194912310000"},
        {"social_security_number": None},
        {"region": "370200"},
        {"region": 510100},
        {"kinds": None},
        {"kinds": "pension"},
        {"kinds": {"pension": True}},
        {"kinds": ["pension", 2]},
        {"kinds": ["pension", None]},
        {"kinds": ["pension", ""]},
        {"kinds": ["Pension"]},
        {"kinds": ["work injury"]},
        {"kinds": ["pension\n"]},
        {"kinds": ["养老"]},
        {"kinds": ["p" * 65]},
    ],
)
async def test_an_answer_that_does_not_fit_is_not_believed(
    provider: ProviderServer, client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    provider.reply_json(PATH, ANSWER | wrong)
    error = await failure_of(over_http(provider, client))
    assert next(iter(wrong)) in error.message.zh
    assert len(provider.received) == 1


@pytest.mark.parametrize("field", ANSWER)
async def test_an_answer_that_lacks_something_is_not_believed(
    provider: ProviderServer, client: httpx.AsyncClient, field: str
) -> None:
    provider.reply_json(PATH, {name: value for name, value in ANSWER.items() if name != field})
    assert field in (await failure_of(over_http(provider, client))).message.en


@pytest.mark.parametrize(
    ("reply", "tries"),
    [
        (Reply(status=500), 3),
        (Reply(status=401), 1),
        (Reply(status=404), 1),  # also what a wrong address answers for everybody
        (Reply(b"<html>"), 1),
        (Reply(b"[]"), 1),
    ],
)
async def test_a_register_that_fails_has_not_said_that_somebody_holds_nothing(
    provider: ProviderServer, client: httpx.AsyncClient, reply: Reply, tries: int
) -> None:
    provider.reply(PATH, reply)
    await failure_of(over_http(provider, client))
    assert len(provider.received) == tries


async def test_a_slow_register_is_given_up(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply(PATH, Reply(pause=0.5))
    error = await failure_of(over_http(provider, client, timeout=0.1))
    assert "0.1秒内没有答复" in error.message.zh


async def test_nobody_listens(client: httpx.AsyncClient) -> None:
    error = await failure_of(HttpInsuranceRegister(f"http://127.0.0.1:{free_port()}", "key", client))
    assert "连接" in error.message.zh


async def test_the_logs_tell_nothing_of_the_person(
    provider: ProviderServer, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.reply_json(PATH, ANSWER)
    assert await over_http(provider, client).kinds(NUMBER, CITY) == HELD
    provider.reply_json(PATH, ANSWER | {"region": "370200"})
    await failure_of(over_http(provider, client))
    assert "insurance register cannot be used" in caplog.text
    assert not any(secret in caplog.text for secret in (NUMBER, "pension", "key-123"))


async def test_an_address_or_key_that_cannot_work_is_refused_at_the_start(client: httpx.AsyncClient) -> None:
    for address, key in (("http://insurance.example", "key"), ("https://insurance.example", "")):
        with pytest.raises(GatewayConfigurationError, match="insurance register"):
            HttpInsuranceRegister(address, key, client)


async def test_the_sandbox_knows_the_listed_insurance_only() -> None:
    held = {(NUMBER, CITY): HELD}
    register: InsuranceRegister = SandboxInsuranceRegister("development", held)
    held.clear()  # what it was given may be changed afterwards
    assert await register.kinds(NUMBER, CITY) == HELD
    assert await register.kinds(NUMBER, "370200") == frozenset()
    assert await register.kinds("110105194912310000", CITY) == frozenset()


@pytest.mark.parametrize("environment", ["production", "Production", " PROD ", "production-2"])
def test_the_sandbox_does_not_run_in_production(environment: str) -> None:
    with pytest.raises(GatewayConfigurationError, match=r"SandboxInsuranceRegister .* configure the real provider"):
        SandboxInsuranceRegister(environment, {})
