"""Headers that keep browsers from being used against their users."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_security_policy(scripts: str = "'self'") -> str:
    """Return what a page may load and do.

    Args:
        scripts: from where it may run them.
    """
    # Monaco, the editor in GraphiQL, writes its style sheets into the page and starts its workers from files of our own.
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
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


_RAW: Final = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class SecurityHeaders:
    """Adds the headers to every answer of an application, but for those that it has already.

    Args:
        app: the ASGI application within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                named = {name.lower() for name, _ in own}
                message["headers"] = own + [header for header in _RAW if header[0] not in named]
            await send(message)

        await self._app(scope, receive, send_with_headers)
