"""Payments: an intent to be paid on the provider's page, its signed notice afterwards, and what is given back."""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import httpx

from domain.errors import InvalidInput, NotFound
from domain.message import Message
from gateways.answers import Answer, MalformedAnswer
from gateways.payment_notice import PaymentNotice, PaymentStatus, check_secret, sign_notice, verify_notice
from gateways.provider import Provider
from gateways.sandbox import Show, refuse_production

PAYMENT_PROVIDER = Message("支付服务商", "payment provider")

MAXIMUM_PROVIDER_REFERENCE = 128  # what the records have room for

# It is sent in a header and stands in an address.
_REFERENCE = re.compile(r"[A-Za-z0-9._~-]{1,64}")


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """A payment that waits to be made.

    Args:
        reference: our name for it; provider_reference: the provider's.
        pay_url: the page to send the person to.
    """

    reference: str
    provider_reference: str
    pay_url: str


class RefundAnswer(StrEnum):
    """What the provider says about money that it is asked to give back."""

    DONE = "done"
    PROCESSING = "processing"
    REFUSED = "refused"


class PaymentGateway(Protocol):
    """Takes payments, and gives them back."""

    async def create_intent(
        self, reference: str, amount: int, description: Message, callback_url: str
    ) -> PaymentIntent:
        """Ask for a payment; asking again with the same reference gives the same intent.

        Args:
            reference: our name for the payment: up to 64 letters, digits and `. _ ~ -`.
            amount: in fen, more than zero.
            description: what the person reads on the provider's page; no personal data.
            callback_url: where the provider posts its notice.

        Raises:
            GatewayUnavailable: the provider has not made an intent.
            InvalidInput: PAYMENT_INVALID, the reference or the amount cannot be right.
        """
        ...

    async def refund(self, reference: str, provider_reference: str, amount: int) -> RefundAnswer:
        """Give back a payment, or a part of one; asking again with the same reference gives nothing back twice.

        Args:
            reference: our name for the refund: up to 64 letters, digits and `. _ ~ -`.
            provider_reference: the provider's name for the payment.
            amount: in fen, more than zero.

        Returns:
            How far it is: done, still at work (ask again later), or refused for good.

        Raises:
            GatewayUnavailable: the provider did not answer; whether it gave anything back is not known, so ask again.
            InvalidInput: PAYMENT_INVALID, the reference or the amount cannot be right.
        """
        ...

    def verify_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentNotice:
        """Read the provider's notice.

        Args:
            headers, body: of the request as it came in.
            now: an aware moment.

        Raises:
            InvalidSignature: PAYMENT_NOTICE_INVALID, it is not the provider's, or old, or malformed.
        """
        ...


class HttpPayment:
    """Takes payments through a provider: POST `/intents` and `/refunds`, idempotent by their `Idempotency-Key`.

    Args:
        base_url, api_key: the provider's address and our key there.
        secret: shared with the provider, for its notices.
        client: the connection pool.
        page_hosts: hosts besides the provider's own where its payment pages may be.
        timeout_seconds, attempts: for each try; how many tries.

    Raises:
        GatewayConfigurationError: the address, the key or the secret cannot work.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        secret: bytes,
        client: httpx.AsyncClient,
        *,
        page_hosts: Collection[str] = (),
        timeout_seconds: float = 5.0,
        attempts: int = 3,
    ) -> None:
        check_secret(secret)
        self._secret = secret
        self._provider = Provider(PAYMENT_PROVIDER, base_url, api_key, client, timeout_seconds, attempts, page_hosts)

    async def create_intent(
        self, reference: str, amount: int, description: Message, callback_url: str
    ) -> PaymentIntent:
        """Ask for a payment; see `PaymentGateway.create_intent`."""
        _check_payment(reference, amount)
        body = {
            "reference": reference,
            "amount": amount,
            "currency": "CNY",
            "description": {"zh": description.zh, "en": description.en},
            "callback_url": callback_url,
        }
        answer = await self._provider.ask("POST", "/intents", body, idempotency_key=reference)
        with self._provider.reading():
            return self._intent(answer, reference, amount)

    async def refund(self, reference: str, provider_reference: str, amount: int) -> RefundAnswer:
        """Give back a payment, or a part of one; see `PaymentGateway.refund`."""
        _check_payment(reference, amount)
        body = {
            "reference": reference,
            "provider_reference": provider_reference,
            "amount": amount,
            "currency": "CNY",
        }
        answer = await self._provider.ask("POST", "/refunds", body, idempotency_key=reference)
        with self._provider.reading():
            if answer.text("reference") != reference:
                raise MalformedAnswer("reference", "the one that was sent")
            if answer.whole("amount") != amount:
                raise MalformedAnswer("amount", "the one that was sent")
            return RefundAnswer(answer.choice("status", [each.value for each in RefundAnswer]))

    def verify_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentNotice:
        """Read the provider's notice; see `PaymentGateway.verify_callback`."""
        return verify_notice(self._secret, headers, body, now)

    def _intent(self, answer: Answer, reference: str, amount: int) -> PaymentIntent:
        # An answer about another payment must never be taken for this one's.
        if answer.text("reference") != reference:
            raise MalformedAnswer("reference", "the one that was sent")
        if answer.whole("amount") != amount:
            raise MalformedAnswer("amount", "the one that was sent")
        if len(provider_reference := answer.text("provider_reference")) > MAXIMUM_PROVIDER_REFERENCE:
            raise MalformedAnswer("provider_reference", f"{MAXIMUM_PROVIDER_REFERENCE} characters at most")
        return PaymentIntent(reference, provider_reference, self._provider.page(answer, "pay_url"))


class SandboxPayment:
    """Pretends to take payments, and keeps nothing: the provider's reference itself carries what was asked, sealed.

    Args:
        environment: what the installation calls itself.
        show: shows one line to the developer.
        secret: seals references and signs notices.
        base_url: where this service is reached, for the address of the sandbox's payment page.

    Raises:
        GatewayConfigurationError: this is production, or the secret is too short.
    """

    def __init__(self, environment: str, show: Show, secret: bytes, base_url: str) -> None:
        refuse_production(environment, "SandboxPayment")
        check_secret(secret)
        self._show = show
        self._secret = secret
        self._base_url = base_url.rstrip("/")

    async def create_intent(
        self, reference: str, amount: int, description: Message, callback_url: str
    ) -> PaymentIntent:
        """Show the page to pay on; see `PaymentGateway.create_intent`."""
        _check_payment(reference, amount)
        provider_reference = f"sandbox.{amount}.{self._seal(reference, str(amount))}.{reference}"
        pay_url = f"{self._base_url}/sandbox/payments/{provider_reference}"
        self._show(f"[sandbox payment] {amount / 100:.2f} yuan, {description.en}: {pay_url}")
        return PaymentIntent(reference, provider_reference, pay_url)

    async def refund(self, reference: str, provider_reference: str, amount: int) -> RefundAnswer:
        """Show what is given back, at once; see `PaymentGateway.refund`."""
        _check_payment(reference, amount)
        paid, _ = self._opened(provider_reference)
        if amount > paid:
            return RefundAnswer.REFUSED
        self._show(f"[sandbox payment] {amount / 100:.2f} yuan given back of {provider_reference}")
        return RefundAnswer.DONE

    def verify_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentNotice:
        """Read a notice that `sign_payment` has written; see `PaymentGateway.verify_callback`."""
        return verify_notice(self._secret, headers, body, now)

    def sign_payment(
        self, provider_reference: str, now: datetime, status: PaymentStatus = "paid"
    ) -> tuple[dict[str, str], bytes]:
        """Write the notice that a provider would post for an intent of this sandbox.

        Args:
            provider_reference: from the intent, whichever process made it.
            now: when it is paid.
            status: how the payment ends.

        Returns:
            The headers and the body to post.

        Raises:
            NotFound: PAYMENT_NOT_FOUND, this sandbox made no such intent.
        """
        amount, reference = self._opened(provider_reference)
        notice = PaymentNotice(provider_reference, reference, amount, status, now)
        return sign_notice(self._secret, notice, now)

    def _opened(self, provider_reference: str) -> tuple[int, str]:
        """Return the amount and our name of an intent of this sandbox."""
        kind, amount, seal, reference = (*provider_reference.split(".", 3), "", "", "", "")[:4]
        expected = self._seal(reference, amount)
        if kind != "sandbox" or not hmac.compare_digest(seal.encode(), expected.encode()):
            raise _not_found()
        return int(amount), reference

    def _seal(self, reference: str, amount: str) -> str:
        # The prefix keeps a seal from ever being a notice's signature, which the same secret makes.
        sealed = f"sandbox intent\n{amount}\n{reference}".encode()
        return hmac.new(self._secret, sealed, hashlib.sha256).hexdigest()[:24]


def _check_payment(reference: str, amount: int) -> None:
    if not _REFERENCE.fullmatch(reference) or amount <= 0:
        raise InvalidInput(
            Message(
                f"不能发起支付：金额{amount}分或者编号不对。金额应大于零，"
                "编号应为1至64位字母、数字或 `.`、`_`、`~`、`-`，请改正。",
                f"No payment can be asked for with reference {reference!r} and {amount} fen: the amount must be more "
                "than zero and the reference 1 to 64 letters, digits or any of . _ ~ -",
            ),
            code="PAYMENT_INVALID",
        )


def _not_found() -> NotFound:
    return NotFound(
        Message(
            "沙箱里没有这笔支付，请使用发起支付时返回的地址。",
            "The sandbox has no such payment. Use the address that was returned when the payment was asked for.",
        ),
        code="PAYMENT_NOT_FOUND",
    )
