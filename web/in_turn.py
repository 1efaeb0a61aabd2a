"""What is asked at other addresses than the graph's: it takes turns with what is asked there, and ends at the same limit of time."""

import asyncio

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.arriving import Arriving
from web.errors import expected
from web.language import preferred_language
from web.refusal import too_late
from web.turns import Measured, Turn, Turns


class InTurn:
    """Answers in the caller's turn. What is left of an answer that has begun is sent outside of it, however slowly it is read.

    Args:
        app: answers; turns: of the process.
        seconds: after which a request is ended whose answer has not begun, from when its body is there.
    """

    def __init__(self, app: ASGIApp, turns: Turns, seconds: float) -> None:
        self._app, self._turns, self._seconds = app, turns, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        turn: Turn | None = None
        arriving = Arriving(receive)

        async def begun(message: Message) -> None:
            nonlocal turn
            if turn is not None:
                self._turns.end(turn)
                turn = None
                arriving.limit = None
                deadline.reschedule(None)
            await send(message)

        async def answered() -> None:
            await self._app(scope, arriving.receive, begun)

        try:
            async with asyncio.timeout(self._seconds) as deadline:
                arriving.limit = deadline
                turn = await self._turns.take(self._turns.caller_of(scope))
                await Measured(answered(), turn)
        except TimeoutError:
            if not deadline.expired():
                raise
            language = preferred_language(Headers(scope=scope).get("accept-language"))
            late = too_late(self._seconds)
            body = orjson.dumps({"errors": [expected(late, language)]})
            headers = {"Cache-Control": "no-store"}
            await Response(body, late.status, headers, "application/json")(scope, receive, send)
        finally:
            if turn is not None:
                self._turns.end(turn)
