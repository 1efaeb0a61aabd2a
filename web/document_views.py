"""The addresses where uploaded documents are looked at: streamed, kept by nobody, and of no use to whoever wrote the file."""

from collections.abc import AsyncIterator
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from domain.errors import DomainError, NotFound
from resolvers.dependencies import Dependencies
from resolvers.looking_up.document_views import VIEWS, OpenedDocument, open_document
from web.errors import expected, headers_of, status_of
from web.language import preferred_language

PIECE: Final = 64 * 1024
MEDIA_TYPES: Final = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    # Whatever a file holds, it runs nothing and reaches nothing, should a browser take it for a page.
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
}


def document_views(dependencies: Dependencies) -> Route:
    """Return the address at which documents are looked at: `GET /documents/<what was signed>`."""

    async def show(request: Request) -> Response:
        try:
            opened = await open_document(dependencies, request.path_params["token"])
        except DomainError as error:
            language = preferred_language(request.headers.get("accept-language"))
            body = orjson.dumps({"errors": [expected(error, language)]})
            status = 404 if isinstance(error, NotFound) else status_of(error)
            headers = {"Cache-Control": "no-store", **headers_of(error)}
            return Response(body, status, headers, media_type="application/json")
        return _shown(opened)

    return Route(f"{VIEWS}/{{token}}", show, methods=["GET"])


def _shown(opened: OpenedDocument) -> Response:
    # A picture is shown where it is asked for. A PDF is saved: the viewers of browsers do not work in a sandbox.
    disposition = "attachment" if opened.format == "pdf" else "inline"
    headers = {
        **_HEADERS,
        "Content-Disposition": f'{disposition}; filename="{opened.name}"',
        "Content-Length": str(len(opened.content)),
    }
    return StreamingResponse(_pieces(opened.content), headers=headers, media_type=MEDIA_TYPES[opened.format])


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    view = memoryview(content)
    for start in range(0, len(content), PIECE):
        yield bytes(view[start : start + PIECE])
