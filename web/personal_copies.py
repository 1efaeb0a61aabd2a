"""The addresses where people take a copy of their data: made while it is sent, so that nothing of it lies anywhere."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from domain.errors import DomainError
from resolvers.dependencies import Dependencies
from resolvers.looking_up.personal_copy import COPIES, Page, open_copy
from web.document_views import not_opened

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": 'attachment; filename="personal-data.json"',
}


def personal_copies(dependencies: Dependencies) -> Route:
    """Return the address at which a copy is taken: `GET /personal-data/<what was signed>`."""

    async def take(request: Request) -> Response:
        try:
            pages = await open_copy(dependencies, request.path_params["token"])
        except DomainError as error:
            return not_opened(request.scope, error)
        return StreamingResponse(_written(pages), headers=_HEADERS, media_type="application/json")

    return Route(f"{COPIES}/{{token}}", take, methods=["GET"])


async def _written(pages: AsyncIterator[Page]) -> AsyncIterator[bytes]:
    """Yield a JSON object of lists of rows by table, a page at a time."""
    last = None
    async for table, rows in pages:
        before = ",\n" if table == last else f"{'{' if last is None else '],'}\n{json.dumps(table)}: [\n"
        last = table
        yield _bytes(before + ",\n".join(map(_text, rows)))
    yield _bytes("{}" if last is None else "]\n}")


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=str)


def _bytes(text: str) -> bytes:
    # Half a character, which no text of UTF-8 has, is replaced.
    return text.encode(errors="replace")
