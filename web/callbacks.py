"""Addresses that providers call, and the pretended pay page of the sandbox."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from domain.errors import DomainError
from gateways.payment import SandboxPayment
from gateways.payment_notice import PaymentStatus
from resolvers.dependencies import Dependencies
from resolvers.services.pay import take_payment_notice
from schema.kit.operators import tell_operators
from web.errors import headers_of, status_of
from web.language import preferred_language

PAYMENT_CALLBACK = "/callbacks/payment"
MAX_NOTICE_BYTES = 64 * 1024
_PAGE = Path(__file__).with_name("sandbox_payment.html")
_PAGE_POLICY = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def payment_callback(dependencies: Dependencies) -> Route:
    """Return the address to which the payment provider posts its signed notices."""

    async def take(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_NOTICE_BYTES:
                return _answer({"error": "BODY_TOO_LARGE"}, 413)
        return await _told(request, lambda: _take(dependencies, dict(request.headers), bytes(body)))

    return Route(PAYMENT_CALLBACK, take, methods=["POST"])


async def _take(dependencies: Dependencies, headers: dict[str, str], body: bytes) -> Response:
    status = await take_payment_notice(dependencies, headers, body)
    return _answer({"status": status.value}, 200)


def sandbox_pay_page(dependencies: Dependencies, sandbox: SandboxPayment) -> Route:
    """Return the pretended pay page: posting to it pays, and sends the notice that a real provider would send.

    With `?status=failed`, the payment fails. Opened in a browser, the page has a button for each and changes nothing.
    """

    async def pay(request: Request) -> Response:
        if request.method != "POST":
            return HTMLResponse(_PAGE.read_bytes(), headers={"Content-Security-Policy": _PAGE_POLICY})

        async def paid() -> Response:
            reference = request.path_params["reference"]
            fails = request.query_params.get("status") == "failed"
            ends: PaymentStatus = "failed" if fails else "paid"
            headers, body = sandbox.sign_payment(reference, dependencies.clock.now(), ends)
            status = await take_payment_notice(dependencies, headers, body)
            return PlainTextResponse(f"{status.value}\n")

        return await _told(request, paid)

    return Route("/sandbox/payments/{reference}", pay, methods=["GET", "POST"])


async def _told(request: Request, action: Callable[[], Awaitable[Response]]) -> Response:
    try:
        return await action()
    except DomainError as error:
        tell_operators(error)
        language = preferred_language(request.headers.get("accept-language"))
        told = {"error": error.code, "message": error.message.text(language)}
        return _answer(told, status_of(error), headers_of(error))


def _answer(content: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, media_type="application/json")
