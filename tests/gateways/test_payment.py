import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import GatewayUnavailable, InvalidInput, NotFound
from domain.message import Message
from gateways.errors import GatewayConfigurationError, InvalidSignature
from gateways.payment import (
    MAXIMUM_PROVIDER_REFERENCE,
    HttpPayment,
    PaymentGateway,
    PaymentIntent,
    RefundAnswer,
    SandboxPayment,
)
from gateways.payment_notice import PaymentNotice
from gateways.sandbox import Show
from tests.gateways.provider_server import ProviderServer, Reply

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SECRET = b"0123456789abcdef0123456789abcdef"
POSTAGE = Message("邮寄费", "postage")
CALLBACK = "https://card.example/callbacks/payment"
NOTICE = {
    "provider_reference": "P-1",
    "reference": "r-1",
    "amount": 1200,
    "status": "paid",
    "paid_at": "2026-11-20T11:59:30+08:00",
}


def signed(body: bytes, at: datetime = NOW, secret: bytes = SECRET) -> dict[str, str]:
    """Sign as the provider's documentation says, not as our code does."""
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Payment-Timestamp": timestamp, "X-Payment-Signature": signature}


def over_http(server: ProviderServer, client: httpx.AsyncClient) -> HttpPayment:
    return HttpPayment(server.base_url, "key", SECRET, client)


def sandbox(show: Show = str) -> SandboxPayment:
    return SandboxPayment("development", show, SECRET, "http://127.0.0.1:8000/")


async def test_an_intent_is_asked_for_under_its_reference(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    url = f"{provider.base_url}/pay/P-1"
    provider.reply_json("/intents", {"reference": "r-1", "provider_reference": "P-1", "amount": 1200, "pay_url": url})
    intent = await over_http(provider, client).create_intent("r-1", 1200, POSTAGE, CALLBACK)
    assert intent == PaymentIntent("r-1", "P-1", url)
    (request,) = provider.received
    assert request.headers["Idempotency-Key"] == "r-1"
    assert request.json == {
        "reference": "r-1",
        "amount": 1200,
        "currency": "CNY",
        "description": {"zh": "邮寄费", "en": "postage"},
        "callback_url": CALLBACK,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": "r-2"},
        {"amount": 1},
        {"amount": "1200"},
        {"amount": None},
        {"provider_reference": ""},
        {"provider_reference": "P" * 129},
        {"pay_url": "https://attacker.example/pay"},
        {"pay_url": "javascript:alert(1)"},
    ],
)
async def test_an_answer_about_something_else_is_not_believed(
    provider: ProviderServer, client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    right = {"reference": "r-1", "provider_reference": "P-1", "amount": 1200, "pay_url": f"{provider.base_url}/pay"}
    provider.reply_json("/intents", right | wrong)
    with pytest.raises(GatewayUnavailable, match="payment provider"):
        await over_http(provider, client).create_intent("r-1", 1200, POSTAGE, CALLBACK)


async def test_a_provider_that_fails_is_named(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply("/intents", Reply(status=500))
    with pytest.raises(GatewayUnavailable) as caught:
        await over_http(provider, client).create_intent("r-1", 1200, POSTAGE, CALLBACK)
    assert "支付服务商" in caught.value.message.zh


@pytest.mark.parametrize(("reference", "amount"), [("", 1), ("a b", 1), ("a/b", 1), ("r\n", 1), ("r", 0), ("r", -1)])
async def test_payments_that_cannot_be_right_are_not_asked_for(
    provider: ProviderServer, client: httpx.AsyncClient, reference: str, amount: int
) -> None:
    gateways: list[PaymentGateway] = [over_http(provider, client), sandbox()]
    for gateway in gateways:
        with pytest.raises(InvalidInput) as caught:
            await gateway.create_intent(reference, amount, POSTAGE, CALLBACK)
        assert caught.value.code == "PAYMENT_INVALID"
        with pytest.raises(InvalidInput) as caught:
            await gateway.refund(reference, "P-1", amount)
        assert caught.value.code == "PAYMENT_INVALID"
    assert provider.received == []


async def test_a_refund_is_asked_for_under_its_reference(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json("/refunds", {"reference": "b-1", "amount": 300, "status": "done"})
    assert await over_http(provider, client).refund("b-1", "P-1", 300) is RefundAnswer.DONE
    (request,) = provider.received
    assert request.headers["Idempotency-Key"] == "b-1"
    assert request.json == {"reference": "b-1", "provider_reference": "P-1", "amount": 300, "currency": "CNY"}


@pytest.mark.parametrize("wrong", [{"reference": "b-2"}, {"amount": 1}, {"status": "lost"}, {"status": None}])
async def test_an_answer_about_another_refund_is_not_believed(
    provider: ProviderServer, client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    provider.reply_json("/refunds", {"reference": "b-1", "amount": 300, "status": "done"} | wrong)
    with pytest.raises(GatewayUnavailable, match="payment provider"):
        await over_http(provider, client).refund("b-1", "P-1", 300)


async def test_the_sandbox_gives_back_its_own_payments_only_and_never_more_than_was_paid() -> None:
    shown: list[str] = []
    payments = sandbox(shown.append)
    made = (await payments.create_intent("r-1", 1200, POSTAGE, CALLBACK)).provider_reference
    assert await payments.refund("b-1", made, 1200) is RefundAnswer.DONE
    assert shown[1:] == [f"[sandbox payment] 12.00 yuan given back of {made}"]
    assert await payments.refund("b-2", made, 1201) is RefundAnswer.REFUSED
    with pytest.raises(NotFound):
        await payments.refund("b-3", made.replace("1200", "9999"), 300)


async def test_a_signed_notice_is_read(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    body = json.dumps(NOTICE, indent=1).encode()
    headers = {name.lower(): value for name, value in signed(body).items()}
    notice = over_http(provider, client).verify_callback(headers, body, NOW)
    assert notice == PaymentNotice("P-1", "r-1", 1200, "paid", datetime(2026, 11, 20, 3, 59, 30, tzinfo=UTC))


@pytest.mark.parametrize("late", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_notice_within_the_tolerance_is_read(late: timedelta) -> None:
    body = json.dumps(NOTICE).encode()
    assert sandbox().verify_callback(signed(body), body, NOW + late).amount == 1200


def refused(headers: dict[str, str], body: bytes, now: datetime = NOW) -> InvalidSignature:
    with pytest.raises(InvalidSignature) as caught:
        sandbox().verify_callback(headers, body, now)
    assert caught.value.code == "PAYMENT_NOTICE_INVALID"
    return caught.value


@pytest.mark.parametrize(
    "late", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1), timedelta(days=9)]
)
def test_an_old_or_early_notice_is_refused(late: timedelta) -> None:
    body = json.dumps(NOTICE).encode()
    assert "时间戳" in refused(signed(body), body, NOW + late).message.zh


def test_a_notice_of_another_is_refused() -> None:
    body = json.dumps(NOTICE).encode()
    for headers in (
        signed(body, secret=b"x" * 32),
        signed(body + b" "),
        signed(body) | {"X-Payment-Signature": ""},
        signed(body) | {"X-Payment-Signature": "签名"},
        signed(body) | {"X-Payment-Signature": signed(body)["X-Payment-Signature"].upper()},
        signed(body) | {"X-Payment-Timestamp": str(int(NOW.timestamp()) + 1)},
    ):
        assert "签名" in refused(headers, body).message.zh


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "９９９", "9" * 400, "\udc80"])
def test_a_timestamp_that_is_none_is_refused(timestamp: str) -> None:
    body = json.dumps(NOTICE).encode()
    assert "时间戳" in refused(signed(body) | {"X-Payment-Timestamp": timestamp}, body).message.zh
    assert "时间戳" in refused({}, body).message.zh


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "1200"},
        {"amount": 1200.0},
        {"amount": True},
        {"amount": None},
        {"status": "PAID"},
        {"status": 1},
        {"paid_at": "2026-11-20T12:00:00"},
        {"paid_at": 1},
        {"reference": None},
        {"provider_reference": 1},
    ],
)
def test_a_signed_notice_with_wrong_types_is_refused(wrong: dict[str, Any]) -> None:
    body = json.dumps(NOTICE | wrong).encode()
    assert next(iter(wrong)) in refused(signed(body), body).message.zh


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 9999])
def test_a_signed_body_that_is_no_notice_is_refused(body: bytes) -> None:
    assert "body" in refused(signed(body), body).message.en


@given(st.dictionaries(st.sampled_from(["X-Payment-Timestamp", "X-Payment-Signature", "Host"]), st.text()), st.binary())
def test_nobody_without_the_secret_is_believed(headers: dict[str, str], body: bytes) -> None:
    refused(headers, body)


async def test_the_sandbox_pays_through_the_same_code_path_after_a_restart() -> None:
    shown: list[str] = []
    intent = await sandbox(shown.append).create_intent("8f14e45f-ceea-467f-9575-2d7b6f1a4c3e", 1200, POSTAGE, CALLBACK)
    assert intent.pay_url == f"http://127.0.0.1:8000/sandbox/payments/{intent.provider_reference}"
    assert shown == [f"[sandbox payment] 12.00 yuan, postage: {intent.pay_url}"]

    restarted = sandbox()
    headers, body = restarted.sign_payment(intent.provider_reference, NOW)
    notice = restarted.verify_callback(headers, body, NOW)
    assert notice == PaymentNotice(intent.provider_reference, intent.reference, 1200, "paid", NOW)
    headers, body = restarted.sign_payment(intent.provider_reference, NOW, "failed")
    assert restarted.verify_callback(headers, body, NOW).status == "failed"


async def test_the_sandbox_gives_the_same_intent_for_the_same_reference() -> None:
    first = await sandbox().create_intent("r.1", 1200, POSTAGE, CALLBACK)
    assert await sandbox().create_intent("r.1", 1200, POSTAGE, CALLBACK) == first
    assert sandbox().sign_payment(first.provider_reference, NOW)


async def test_the_longest_reference_fits_the_records() -> None:
    intent = await sandbox().create_intent("r" * 64, 99_999_999, POSTAGE, CALLBACK)
    assert len(intent.provider_reference) <= MAXIMUM_PROVIDER_REFERENCE
    assert sandbox().sign_payment(intent.provider_reference, NOW)


async def test_the_sandbox_signs_only_its_own_intents() -> None:
    made = (await sandbox().create_intent("r-1", 1200, POSTAGE, CALLBACK)).provider_reference
    other_secret = SandboxPayment("development", print, b"x" * 32, "http://127.0.0.1:8000")
    for forged in (
        "",
        "r-1",
        "...",
        made.replace("1200", "1"),
        made.replace("r-1", "r-2"),
        made[:-1],
        f"x{made}",
        "签" * 9,
    ):
        with pytest.raises(NotFound, match="no such payment"):
            sandbox().sign_payment(forged, NOW)
    with pytest.raises(NotFound):
        other_secret.sign_payment(made, NOW)


async def test_a_secret_that_could_be_guessed_is_refused(client: httpx.AsyncClient) -> None:
    with pytest.raises(GatewayConfigurationError, match="32 random bytes"):
        HttpPayment("https://pay.example", "key", b"secret", client)
    with pytest.raises(GatewayConfigurationError, match="32 random bytes"):
        SandboxPayment("development", print, b"secret", "http://127.0.0.1:8000")
