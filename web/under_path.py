"""The application below a path of its host, such as `/api/card`, where a proxy serves others beside it.

Some proxies take the path off before they ask, others do not; both are answered. What leads elsewhere names the whole path: from an address
without a slash at its end, one that is relative would lead out of it.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class UnderPath:
    """Takes the path off where the proxy has left it on.

    Args:
        app: the ASGI application within; path: such as `/api/card`, without a slash at its end.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = scope.get("path", "")
        if asked == self._path:
            scope = {**scope, "root_path": self._path, "path": f"{self._path}/"}
        elif asked.startswith(f"{self._path}/"):
            scope = {**scope, "root_path": self._path}
        await self._app(scope, receive, send)
