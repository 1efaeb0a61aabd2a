import json
import logging
from typing import Any

import httpx
import pytest

from domain.errors import GatewayUnavailable
from gateways.errors import GatewayConfigurationError
from gateways.mobile_register import HttpMobileRegister, MobileRegister, SandboxMobileRegister
from tests.gateways.provider_server import ProviderServer, Reply
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio

NUMBER, MOBILE = "11010519491231002X", "+8613812345678"
PERSON = ("张示例", "resident_identity_card", NUMBER)
PATH = "/mobiles/confirm"
ANSWER: dict[str, Any] = {"identity_number": NUMBER, "mobile": MOBILE, "own": True}


def over_http(server: ProviderServer, client: httpx.AsyncClient) -> HttpMobileRegister:
    return HttpMobileRegister(server.base_url, "key-123", client, timeout_seconds=PATIENCE)


async def failure_of(register: MobileRegister) -> GatewayUnavailable:
    with pytest.raises(GatewayUnavailable) as caught:
        await register.is_own(*PERSON, MOBILE)
    told = caught.value.message.zh + caught.value.message.en
    assert "手机号码实名核验系统" in told
    assert not any(secret in told for secret in (NUMBER, MOBILE, "张示例"))
    return caught.value


@pytest.mark.parametrize("own", [True, False])
async def test_the_register_says_whether_a_number_is_somebody_s_own(
    provider: ProviderServer, client: httpx.AsyncClient, *, own: bool
) -> None:
    provider.reply_json(PATH, ANSWER | {"own": own})
    assert await over_http(provider, client).is_own(*PERSON, MOBILE) is own
    (request,) = provider.received
    assert (request.method, request.path) == ("POST", PATH)  # personal data is in the body only
    assert request.json == {
        "name": "张示例",
        "identity_type": "resident_identity_card",
        "identity_number": NUMBER,
        "mobile": MOBILE,
    }
    assert request.headers["Authorization"] == "Bearer key-123"


@pytest.mark.parametrize(
    "wrong",
    [
        {"identity_number": "110105194912310000"},
        {"mobile": "+8613812345679"},
        {"mobile": None},
        {"own": None},
        {"own": "true"},
        {"own": 1},
    ],
)
async def test_an_answer_that_does_not_fit_is_not_believed(
    provider: ProviderServer, client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    provider.reply_json(PATH, ANSWER | wrong)
    error = await failure_of(over_http(provider, client))
    assert next(iter(wrong)) in error.message.zh
    assert len(provider.received) == 1


@pytest.mark.parametrize(
    ("reply", "tries"),
    [
        (Reply(status=500), 3),
        (Reply(status=401), 1),
        (Reply(status=404), 1),  # also what a wrong address answers for everybody
        (Reply(b"<html>"), 1),
    ],
)
async def test_a_register_that_fails_has_not_said_that_a_number_is_another_s(
    provider: ProviderServer, client: httpx.AsyncClient, reply: Reply, tries: int
) -> None:
    provider.reply(PATH, reply)
    await failure_of(over_http(provider, client))
    assert len(provider.received) == tries


async def test_a_register_that_is_down_for_a_moment_is_asked_again(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    provider.reply(PATH, Reply(status=503), Reply(json.dumps(ANSWER).encode()))
    assert await over_http(provider, client).is_own(*PERSON, MOBILE)


async def test_the_logs_tell_nothing_of_the_person(
    provider: ProviderServer, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.reply_json(PATH, ANSWER | {"own": 1})
    await failure_of(over_http(provider, client))
    assert not any(secret in caplog.text for secret in (NUMBER, MOBILE, "张示例", "key-123"))


async def test_an_address_or_key_that_cannot_work_is_refused_at_the_start(client: httpx.AsyncClient) -> None:
    for address, key in (("http://mobiles.example", "key"), ("https://mobiles.example", "")):
        with pytest.raises(GatewayConfigurationError, match="register of mobile numbers"):
            HttpMobileRegister(address, key, client)


async def test_the_sandbox_knows_the_listed_numbers_and_believes_all_others() -> None:
    registered = {MOBILE: NUMBER}
    register: MobileRegister = SandboxMobileRegister("development", registered)
    registered.clear()  # what it was given may be changed afterwards
    assert await register.is_own(*PERSON, MOBILE)
    assert await register.is_own(*PERSON, "+8613800000000")
    assert not await register.is_own("李示例", "resident_identity_card", "110105194912310000", MOBILE)


@pytest.mark.parametrize("environment", ["production", " PROD "])
def test_the_sandbox_does_not_run_in_production(environment: str) -> None:
    with pytest.raises(GatewayConfigurationError, match=r"SandboxMobileRegister .* configure the real provider"):
        SandboxMobileRegister(environment, {})
