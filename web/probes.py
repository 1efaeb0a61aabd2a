"""Two questions of whoever runs the processes: does this one live (else start it again), and should requests come to it (else wait).

They differ in the database. A process cannot heal it by being started again, so that who lives says nothing of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import OperatorError
from web.shared_look import SharedLook

LIVE: Final = "/health/live"
READY: Final = "/health/ready"
WITHIN_SECONDS: Final = 5.0
"""How long to wait for what a process needs, before it is not ready."""
logger = logging.getLogger(__name__)


class Readiness:
    """Whether requests should come to this process.

    Args:
        look: raises where something that requests need is not there; clock: seconds that only go forward.
    """

    def __init__(self, look: Callable[[], Awaitable[None]], clock: Callable[[], float] = monotonic) -> None:
        self._look = look
        self._was = "ok"
        self._shared = SharedLook(self._seen, clock)
        self.draining = False

    async def status(self) -> str:
        """Return `ok`, `draining` while the process is to end, or `failed`; the log has why, each time that it becomes so."""
        return "draining" if self.draining else await self._shared()

    async def _seen(self) -> str:
        why: Exception | None = None
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                await self._look()
            status = "ok"
        except Exception as error:
            status, why = "failed", error
        if status != self._was:
            self._was = status
            if why is None:
                logger.warning("this process is ready again")
            else:
                # What was written for operators says all that there is to say.
                logger.error("this process is not ready: %s", why, exc_info=_trace(why))
        return status

    def routes(self) -> list[Route]:
        """Return the two addresses; both answer everybody, with nothing but the status."""

        async def live(_: Request) -> Response:
            return _page("ok")

        async def ready(_: Request) -> Response:
            return _page(await self.status())

        return [Route(LIVE, live, methods=["GET"]), Route(READY, ready, methods=["GET"])]


def _trace(error: Exception) -> Exception | None:
    return None if isinstance(error, OperatorError) else error


def _page(status: str) -> Response:
    code = 200 if status == "ok" else 503
    return Response(orjson.dumps({"status": status}), code, {"Cache-Control": "no-store"}, "application/json")
