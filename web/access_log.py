"""A line of the log for each request: what was asked for, by whom in kind, and what came of it; never a value that was sent.

Addresses are told as the routes that they match, operations by their names once their document is known, and nothing of who asks but
role and channel.
"""

import logging
import re
import time
from collections.abc import Sequence
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.cause import noting_refusals
from web.metrics import OBSERVED, Observation

LOG: Final = logging.getLogger("access")
_NAME: Final = re.compile("[A-Za-z_]{1,64}[0-9]{0,3}")
"""A name that holds no number of anybody."""


class AccessLog:
    """Logs each request once it is answered.

    Args:
        app: answers; routes it by `scope["route"]`, as starlette does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        LOG.setLevel(logging.INFO)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, sent = time.perf_counter(), 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        with noting_refusals() as refused:
            try:
                await self._app(scope, receive, counted)
            finally:
                fields = {
                    "method": method_of(scope),
                    "route": route_of(scope),
                    "status": status,
                    "ms": round((time.perf_counter() - begun) * 1000, 1),
                    "bytes": sent,
                    **of_operation(scope.get(OBSERVED), refused),
                }
                LOG.info("request", extra={"fields": fields})


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})


def method_of(scope: Scope) -> str:
    """Return the method of a request; one that HTTP does not know could be anything, and is `other`."""
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def route_of(scope: Scope) -> str:
    """Return the route that a request has matched, such as `/documents/{token}`; a dash where it has matched none."""
    return getattr(scope.get("route"), "path", "-")


def of_operation(observed: Observation | None, refused: Sequence[str]) -> dict[str, Any]:
    """Return what is known of the operation that a request asked for; nothing where it asked for none.

    Args:
        refused: the codes of what was refused to it, as data of its answer.
    """
    if observed is None:
        return {}
    told = {
        "operation": safe_name(observed.name),
        "kind": observed.operation,
        "outcome": observed.outcome,
        "codes": [*observed.codes, *refused],
        "role": getattr(observed.actor, "role", None),
        "channel": getattr(observed.actor, "channel", None),
    }
    return {name: value for name, value in told.items() if value}


def safe_name(name: str | None) -> str | None:
    """Return the name of an operation unless it could hold somebody's number."""
    return name if name is not None and _NAME.fullmatch(name) else None
