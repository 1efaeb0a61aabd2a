import httpx
import pytest

from domain.errors import GatewayUnavailable
from domain.message import Message
from gateways.errors import GatewayConfigurationError
from gateways.sms import HttpSms, SandboxSms, SmsGateway
from tests.gateways.provider_server import ProviderServer, Reply

pytestmark = pytest.mark.anyio

TEMPLATE = Message(
    "{purpose}验证码{code}，{minutes}分钟内有效。", "{code} is your code for {purpose}, for {minutes} minutes."
)
PURPOSE = Message("社保卡挂失", "reporting a card lost")


async def send(gateway: SmsGateway) -> None:
    await gateway.send_code("+8613812345678", "402817", PURPOSE, 5, "zh")


async def test_the_text_is_filled_in_and_sent_in_the_language(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    provider.reply_json("/messages", {"status": "accepted"})
    gateway = HttpSms(provider.base_url, "key", TEMPLATE, client)
    await send(gateway)
    await gateway.send_code("+85291234567", "402817", PURPOSE, 5, "en")
    assert [request.json for request in provider.received] == [
        {"to": "+8613812345678", "text": "社保卡挂失验证码402817，5分钟内有效。"},
        {"to": "+85291234567", "text": "402817 is your code for reporting a card lost, for 5 minutes."},
    ]


async def test_a_retried_code_is_sent_once(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply("/messages", Reply(status=502), Reply(b'{"status": "accepted"}'))
    await send(HttpSms(provider.base_url, "key", TEMPLATE, client))
    assert len({request.headers["Idempotency-Key"] for request in provider.received}) == 1


async def test_a_notice_is_sent_as_it_stands_under_its_own_name(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    provider.reply("/messages", Reply(status=502), Reply(b'{"status": "accepted"}'))
    await HttpSms(provider.base_url, "key", TEMPLATE, client).send_notice(
        "+8613812345678", "您的{服务密码}已变更。", "n-1"
    )
    assert [request.json for request in provider.received] == [
        {"to": "+8613812345678", "text": "您的{服务密码}已变更。"}
    ] * 2
    assert {request.headers["Idempotency-Key"] for request in provider.received} == {"n-1"}


@pytest.mark.parametrize("reply", [Reply(b'{"status": "rejected"}'), Reply(b"OK"), Reply(status=500), Reply()])
async def test_a_message_that_is_not_taken_names_the_provider(
    provider: ProviderServer, client: httpx.AsyncClient, reply: Reply
) -> None:
    provider.reply("/messages", reply)
    with pytest.raises(GatewayUnavailable) as caught:
        await send(HttpSms(provider.base_url, "key", TEMPLATE, client))
    told = caught.value.message.zh + caught.value.message.en
    assert "短信服务商" in told
    assert not any(secret in told for secret in ("402817", "13812345678"))


@pytest.mark.parametrize(
    "text", ["{code}", "{code} {purpose}", "{code} {purpose} {minutes} {sign}", "{code", "{} {code}", "{code.x}"]
)
async def test_templates_that_cannot_be_filled_in_are_refused(client: httpx.AsyncClient, text: str) -> None:
    with pytest.raises(GatewayConfigurationError, match=r"template \(en\)"):
        HttpSms("https://sms.example", "key", Message(TEMPLATE.zh, text), client)


async def test_the_sandbox_shows_the_code_and_hides_the_number() -> None:
    shown: list[str] = []
    await send(SandboxSms("development", shown.append))
    assert shown == ["[sandbox SMS] to 138****5678: 402817 (社保卡挂失, 5 min)"]


async def test_the_sandbox_shows_a_notice_apart_from_codes() -> None:
    shown: list[str] = []
    await SandboxSms("development", shown.append).send_notice("+8613812345678", "您的服务密码已变更。", "n-1")
    assert shown == ["[sandbox SMS notice] to 138****5678: 您的服务密码已变更。"]
