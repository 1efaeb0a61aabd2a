"""The id of each request: the caller's own where it is one, else a new one. It is answered, and logs and the audit record have it."""

import re
from secrets import token_hex
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.cause import caused_by

REQUEST_ID: Final = b"x-request-id"
_TRACE: Final = b"traceparent"
_SANE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
"""What a caller may call a request: nothing that looks like something else in a log, and long enough to be told from others."""
_NUMBER: Final = re.compile(rb"[A-Za-z]{0,3}[0-9]+[Xx]?|[0-9._-]+[Xx]?")
"""What may be the number of somebody: of a document, card, telephone or account, also in groups. Logs and the record have none."""
_WITHIN: Final = re.compile(
    rb"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
    rb"|(?<![0-9A-Za-z])(?:86)?1[3-9][0-9]{9}(?![0-9A-Za-z])"
)
"""The number of an identity card, or of a mobile telephone that stands by itself, in what is called by more than that."""
_TRACED: Final = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class RequestIds:
    """Gives each request its id.

    Args:
        app: answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request on account of its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = _given(scope) or token_hex(16).encode()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (REQUEST_ID, identifier)]
            await send(message)

        with caused_by(identifier.decode()):
            await self._app(scope, receive, named)


def _given(scope: Scope) -> bytes | None:
    """Return the id that a caller gave a request; None where there is none, or none that is sane and nobody's number."""
    found = None
    for name, value in scope["headers"]:
        if name == REQUEST_ID and _SANE.fullmatch(value) and not _may_be_a_number(value):
            return bytes(value)
        if name == _TRACE and (traced := _TRACED.fullmatch(value)) and not _may_be_a_number(traced[1]):
            found = traced[1]
    return found


def _may_be_a_number(value: bytes) -> bool:
    return _NUMBER.fullmatch(value) is not None or _WITHIN.search(value) is not None
