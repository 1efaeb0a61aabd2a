"""The address to which identity providers post that a session is over (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import DomainError, ServiceUnavailable
from gateways.errors import InvalidSignature
from gateways.logout_tokens import read_logout_token
from gateways.tokens import TokenVerifier
from resolvers.dependencies import Dependencies
from resolvers.revoked import revoke
from schema.kit.operators import tell_operators
from web.errors import headers_of, status_of
from web.language import preferred_language

LOGOUT_CALLBACK: Final = "/callbacks/logout"
MAX_BODY_BYTES: Final = 16 * 1024


def logout_callback(dependencies: Dependencies, tokens: TokenVerifier) -> Route:
    """Return the address of the identity providers: `POST logout_token=…`, as a form; 200 once it is revoked, else 400."""

    async def take(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return _answer({"error": "invalid_request"}, 413)
        try:
            given = parse_qs(body.decode(), max_num_fields=16).get("logout_token", [])
        except ValueError:
            given = []
        if len(given) != 1:
            return _answer({"error": "invalid_request", "error_description": "Post one logout_token as a form."}, 400)
        try:
            revocation = await read_logout_token(given[0], tokens.issuers, dependencies.clock.now())
            await revoke(dependencies, revocation)
        except DomainError as error:
            tell_operators(error)
            language = preferred_language(request.headers.get("accept-language"))
            told: dict[str, object] = {
                "error": "invalid_request",
                "error_description": error.message.text(language),
                "code": error.code,
            }
            if isinstance(error, ServiceUnavailable):
                told["error"] = "temporarily_unavailable"
            return _answer(told, 400 if isinstance(error, InvalidSignature) else status_of(error), headers_of(error))
        return _answer({}, 200)

    return Route(LOGOUT_CALLBACK, take, methods=["POST"])


def _answer(content: dict[str, object], status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")
