"""The addresses where uploaded documents are looked at: streamed, kept by nobody, and of no use to whoever wrote the file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final
from weakref import WeakValueDictionary

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from domain.errors import DomainError, NotFound, ServiceBusy
from resolvers.dependencies import Dependencies
from resolvers.looking_up.document_views import VIEWS, OpenedDocument, asker_of, open_document
from web.errors import expected, headers_of, status_of
from web.language import preferred_language

PIECE: Final = 64 * 1024
MEDIA_TYPES: Final = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    # Whatever a file holds, it runs nothing and reaches nothing, should a browser take it for a page.
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
}


AT_ONCE: Final = 12
"""Documents that a process has in memory at a time, each of 10 MiB at most."""
OF_ONE: Final = 2
"""How many of them are shown to one person."""
WAIT_SECONDS: Final = 5.0
"""How long somebody waits for one that they have asked for to be taken, or for others, before they are told to come again."""
BYTES_A_SECOND: Final = 16 * 1024
TAKEN_WITHIN_SECONDS: Final = 10.0
"""For taking a document, and a second more for each `BYTES_A_SECOND` of it."""


def document_views(dependencies: Dependencies) -> Route:
    """Return the address at which documents are looked at: `GET /documents/<what was signed>`."""
    return Route(f"{VIEWS}/{{token}}", _Views(dependencies), methods=["GET"])


class _Views:
    """Shows documents. Each is in memory as a whole until it is taken, so that there are few at a time, and fewer for one person."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._places = asyncio.Semaphore(AT_ONCE)
        self._own_places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        token = scope["path_params"]["token"]
        try:
            async with self._place(asker_of(self._dependencies, token)):
                opened = await open_document(self._dependencies, token)
                # Who takes nothing for a while is hung up on below; this is for who takes a little each time.
                within = TAKEN_WITHIN_SECONDS + len(opened.content) / BYTES_A_SECOND
                with suppress(TimeoutError):
                    async with asyncio.timeout(within):
                        await _shown(opened)(scope, receive, send)
        except DomainError as error:
            await not_opened(scope, error)(scope, receive, send)

    @asynccontextmanager
    async def _place(self, person_id: str) -> AsyncIterator[None]:
        """Have a place among the documents that are shown.

        Raises:
            ServiceBusy: none was free in time.
        """
        own = self._own_places.setdefault(person_id, asyncio.Semaphore(OF_ONE))
        async with AsyncExitStack() as places:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    for each in (own, self._places):
                        await places.enter_async_context(each)
            except TimeoutError:
                raise ServiceBusy() from None
            yield


def not_opened(scope: Scope, error: DomainError) -> Response:
    """Return the answer where an address does not open what it names."""
    language = preferred_language(Headers(scope=scope).get("accept-language"))
    body = orjson.dumps({"errors": [expected(error, language)]})
    status = 404 if isinstance(error, NotFound) else status_of(error)
    headers = {"Cache-Control": "no-store", **headers_of(error)}
    return Response(body, status, headers, media_type="application/json")


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
