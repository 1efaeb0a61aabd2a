"""The front-end of examples/web, which the service shows in development under `/apply`."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from web.security_headers import content_security_policy
from web.static_files import PAGE, hashed_assets

_HEADERS: Final = {
    "Cache-Control": "no-cache",
    # Its forms are checked by ajv, which makes a function of each JSON Schema that the graph gives.
    "Content-Security-Policy": content_security_policy(scripts="'self' 'unsafe-eval'"),
}


def front_end(folder: Path) -> list[BaseRoute]:
    """Return the addresses of the built front-end: its page `/apply`, and its assets below."""

    async def page(_: Request) -> Response:
        return FileResponse(folder / PAGE, headers=_HEADERS)

    async def lead(_: Request) -> Response:
        return RedirectResponse("../apply")

    return [
        Route("/apply", page, methods=["GET"]),
        Route("/apply/", lead, methods=["GET"]),
        hashed_assets("/apply/assets", folder),
    ]
