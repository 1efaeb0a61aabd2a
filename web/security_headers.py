"""Headers that keep browsers from being used against their users."""

from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_security_policy(scripts: str = "'self'", connect: Sequence[str] = ()) -> str:
    """Return what a page may load and do.

    Args:
        scripts: from where it may run them; connect: what else than its own host it may fetch from.
    """
    # Monaco, the editor in GraphiQL, writes its style sheets into the page and starts its workers from files of our own.
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            " ".join(("connect-src 'self'", *connect)),
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


SECURITY_HEADERS: Final = {
    "Content-Security-Policy": content_security_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


ONLY_BY_TLS: Final = {"Strict-Transport-Security": "max-age=31536000"}
"""For a service that is reached by https; what else is on its domain is for its proxy to say."""


class SecurityHeaders:
    """Adds the headers to every answer of an application, but for those that it has already.

    Args:
        app: the ASGI application within; connect: what else than their own host its pages may fetch from.
        by_tls: whether browsers are to reach its host by https alone from now on.
    """

    def __init__(self, app: ASGIApp, connect: Sequence[str] = (), by_tls: bool = False) -> None:
        self._app = app
        headers = SECURITY_HEADERS | {"Content-Security-Policy": content_security_policy(connect=connect)}
        headers |= ONLY_BY_TLS if by_tls else {}
        self._raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                named = {name.lower() for name, _ in own}
                message["headers"] = own + [header for header in self._raw if header[0] not in named]
            await send(message)

        await self._app(scope, receive, send_with_headers)
