"""The time of a request counts from when its body is there: until then the server holds its caller to the bounds of a body."""

import asyncio

from starlette.types import Message, Receive


class Arriving:
    """Receives a request, and has its limit of time stand still while it waits for the body.

    Args:
        receive: of the server.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_there = False
        self._waits_since: float | None = None
        self._until: float | None = None
        self.limit: asyncio.Timeout | None = None
        """Of the request, once it has one and until its answer begins."""

    async def receive(self) -> Message:
        """Return what the server has received next."""
        if self._is_there or self.limit is None:
            return await self._receive()
        loop = asyncio.get_running_loop()
        # Called where the next piece is not there yet; mostly it is.
        waits = loop.call_soon(self._stand_still, loop)
        try:
            message = await self._receive()
        finally:
            waits.cancel()
            self._go_on(loop)
        self._is_there = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    def _stand_still(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.limit is not None and not self.limit.expired():
            self._until, self._waits_since = self.limit.when(), loop.time()
            self.limit.reschedule(None)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        since, self._waits_since = self._waits_since, None
        if since is not None and self._until is not None and self.limit is not None:
            self.limit.reschedule(self._until + loop.time() - since)
