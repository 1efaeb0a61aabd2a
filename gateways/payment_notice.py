"""The payment provider's signed word that something has been paid, or has failed."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import orjson

from domain.message import Message
from gateways.answers import Answer, MalformedAnswer
from gateways.errors import GatewayConfigurationError, InvalidSignature

TIMESTAMP_HEADER = "X-Payment-Timestamp"
SIGNATURE_HEADER = "X-Payment-Signature"
TOLERANCE = timedelta(minutes=5)
"""How far the provider's clock and ours may be apart; an older notice may be a replay."""

MINIMUM_SECRET_BYTES = 32  # as long as the hash: a shorter key weakens HMAC (RFC 2104)

PaymentStatus = Literal["paid", "failed"]


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """What the provider says about one payment.

    Args:
        provider_reference: the provider's name for the payment; reference: ours.
        amount: in fen.
        status: how it ended.
        paid_at: when it ended so, in UTC.
    """

    provider_reference: str
    reference: str
    amount: int
    status: PaymentStatus
    paid_at: datetime


def check_secret(secret: bytes) -> None:
    """Refuse a signing secret that could be guessed.

    Raises:
        GatewayConfigurationError: it is too short.
    """
    if len(secret) < MINIMUM_SECRET_BYTES:
        raise GatewayConfigurationError(
            f"The payment secret must be at least {MINIMUM_SECRET_BYTES} random bytes, not {len(secret)}."
        )


def sign_notice(secret: bytes, notice: PaymentNotice, now: datetime) -> tuple[dict[str, str], bytes]:
    """Write a notice as the provider does.

    Returns:
        The headers and the body to post.
    """
    body = orjson.dumps(
        {
            "provider_reference": notice.provider_reference,
            "reference": notice.reference,
            "amount": notice.amount,
            "status": notice.status,
            "paid_at": notice.paid_at.isoformat(),
        }
    )
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: _signature(secret, timestamp, body)}, body


def verify_notice(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentNotice:
    """Read a notice, if it is the provider's and fresh.

    Args:
        secret: shared with the provider.
        headers: of the request, in any case.
        body: of the request, byte for byte.
        now: an aware moment.

    Raises:
        InvalidSignature: PAYMENT_NOTICE_INVALID, with what is wrong.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp = lower.get(TIMESTAMP_HEADER.lower(), "")
    signature = lower.get(SIGNATURE_HEADER.lower(), "")
    if not re.fullmatch(r"[0-9]{1,11}", timestamp) or not _is_fresh(int(timestamp), now):
        minutes = TOLERANCE // timedelta(minutes=1)
        raise _invalid("时间戳缺失或过期", f"{TIMESTAMP_HEADER} must be within {minutes} minutes of the time here")
    expected = _signature(secret, timestamp, body)
    if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
        raise _invalid("签名不符", f"{SIGNATURE_HEADER} does not fit the timestamp and the body")
    try:
        return _read(Answer(body))
    except MalformedAnswer as malformed:
        raise _invalid(f"内容不符合约定：`{malformed.field}`", f"{malformed}") from malformed


def _signature(secret: bytes, timestamp: str, body: bytes) -> str:
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _is_fresh(timestamp: int, now: datetime) -> bool:
    return abs(now - datetime.fromtimestamp(timestamp, UTC)) <= TOLERANCE


def _read(body: Answer) -> PaymentNotice:
    return PaymentNotice(
        provider_reference=body.text("provider_reference"),
        reference=body.text("reference"),
        amount=body.whole("amount"),
        status="paid" if body.choice("status", ["paid", "failed"]) == "paid" else "failed",
        paid_at=body.moment("paid_at"),
    )


def _invalid(zh: str, en: str) -> InvalidSignature:
    return InvalidSignature(
        Message(
            f"支付通知没有被接受（{zh}）。请支付服务商核对签名密钥和系统时间，再重新发送。",
            f"The payment notice is not accepted: {en}. The provider should check its secret and clock and send again.",
        ),
        code="PAYMENT_NOTICE_INVALID",
    )
