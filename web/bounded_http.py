"""HTTP as uvicorn speaks it by llhttp, with a bound to all that a caller could draw out.

uvicorn waits for a head, and for a body, as long as bytes come now and then or none do: its `timeout_keep_alive` is over with the first
byte, and `limit_concurrency` looks at requests whose head has come. So connections are counted here when they come, and what has
begun is looked at once its time is over.

    connection → head (head_seconds) → body (body_seconds, and more for what has come) → answer (read_seconds to take some of it)
               ↖ idle (idle_seconds, by uvicorn) ↙

A request that comes in one piece, as most do, starts no timer and ends none.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from math import inf
from typing import Any, Final, Literal

import orjson
from httptools import HttpParserError, HttpParserUpgrade
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from domain.message import Message
from schema.kit.addresses import counted_address
from web.bounds import Bounds
from web.language import preferred_language
from web.metrics import count_ended
from web.security_headers import SECURITY_HEADERS

HEAD_BYTES: Final = 16_384
"""What may stand before a body, or behind it, without coming to an end."""
DROPPED_BYTES: Final = 256 * 1024 * 1024
"""What may follow of a body that has been answered already."""
AGAIN_SECONDS: Final = 5
"""After which somebody who is turned away may try again."""

READING_SECONDS: Final = 0.01

_TOO_LONG = Message("请求头太长，请缩短后重新发送。", "The head of the request is too long; send a shorter one")
_NO_HTTP = Message("这不是HTTP请求，请改正后重新发送。", "This is no HTTP request; correct it and send it again")
_LATE_HEAD = Message(
    "请求头没有在{limit}秒内发完，请重新发送。",
    "The head of the request did not come to its end within {limit} seconds; send it again",
)
_LATE_BODY = Message(
    "请求内容发送得太慢，没有收完，请重新发送。",
    "The body of the request came too slowly and was given up on; send it again",
)
_UPGRADE = Message(
    "这里只使用HTTP/1.1，不能切换协议；请去掉请求头 `Upgrade` 后重新发送。",
    "HTTP/1.1 alone is spoken here; send the request again without the header Upgrade",
)
_TOO_MANY = Message(
    "现在的连接太多，请{seconds}秒后再试。",
    "There are too many connections, in all or from your address; try again in {seconds} seconds",
)

_Awaited = Literal["head", "body"] | None


class Callers:
    """Who is connected to a server.

    Args:
        bounds: what they may take; is_proxy: says of an address whether there are many callers behind it, so that it is not counted.
    """

    def __init__(self, bounds: Bounds, is_proxy: Callable[[str | None], bool]) -> None:
        self.bounds = bounds
        self._is_proxy = is_proxy
        self._there: set[BoundedHttp] = set()
        self._turned_away: set[BoundedHttp] = set()
        self._by_address: Counter[str] = Counter()

    def admit(self, caller: "BoundedHttp") -> bool:
        """Count somebody who has come, and say whether they may ask; else they are told, or are closed where many are told already.

        Where there are too many, who waits between two requests gives way.
        """
        self._there.add(caller)
        address = caller.client[0] if caller.client is not None else None
        if address is not None and not self._is_proxy(address):
            caller.address = counted_address(address)
            self._by_address[caller.address] += 1
            if self._by_address[caller.address] > self.bounds.by_address:
                return self._turn_away(caller)
        if len(self._there) <= self.bounds.connections or self._hang_up_on_idle():
            return True
        return self._turn_away(caller)

    def forget(self, caller: "BoundedHttp") -> None:
        """Count somebody no more who has gone."""
        self._there.discard(caller)
        self._turned_away.discard(caller)
        if caller.address is not None:
            self._by_address[caller.address] -= 1
            if not self._by_address[caller.address]:
                del self._by_address[caller.address]

    def _turn_away(self, caller: "BoundedHttp") -> Literal[False]:
        count_ended("full")
        if len(self._turned_away) >= self.bounds.turned_away:
            caller.transport.abort()
        self._turned_away.add(caller)
        return False

    def _hang_up_on_idle(self) -> bool:
        """Hang up on somebody who waits between two requests, and say whether there is one."""
        idle = next((each for each in self._there if each.is_idle), None)
        if idle is not None:
            idle.transport.close()
        return idle is not None

    async def turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as an ASGI application, that there are too many."""
        language = preferred_language(_value(scope["headers"], b"accept-language"))
        body = _errors("TOO_MANY_CONNECTIONS", _TOO_MANY.format(seconds=AGAIN_SECONDS).text(language))
        headers = [*_headers(body), (b"retry-after", b"%d" % AGAIN_SECONDS)]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class BoundedHttp(HttpToolsProtocol):
    """Reads requests by llhttp, and ends connections that keep it waiting.

    Args:
        callers: who is connected to the server.
    """

    def __init__(self, *, callers: Callers, **given: Any) -> None:
        super().__init__(**given)
        self._callers, self._bounds = callers, callers.bounds
        self.address: str | None = None
        # What has begun, since when it is waited for (None until the bytes at hand are read), how much of it has come.
        self._awaited: _Awaited = "head"
        self._since: float | None = self.loop.time()
        self._received = 0
        self._is_late = False
        self._looking: asyncio.TimerHandle | None = None
        self._looks_at = inf
        self._ending: asyncio.TimerHandle | None = None
        # Bytes that have come to nothing yet, neither a head nor a piece of a body; and those of a body that is answered already.
        self._unfinished = self._dropped = 0

    @property
    def is_idle(self) -> bool:
        """Whether a request was answered and no other has begun."""
        return self.timeout_keep_alive_task is not None and self._awaited is None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with somebody who has connected."""
        super().connection_made(transport)  # type: ignore[arg-type] # uvicorn declares the kind that it gets
        self._look_at(self._due())
        if not self._callers.admit(self):
            self.app = self._callers.turn_away

    def connection_lost(self, exc: Exception | None) -> None:
        """End with somebody who has gone, or was hung up on."""
        super().connection_lost(exc)
        self._callers.forget(self)
        for timer in (self._looking, self._ending):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Take bytes of the caller; too many of them without an end are refused with 400."""
        self._unfinished += len(data)
        self._read(data)
        if self.transport.is_closing():
            return
        if self._unfinished > HEAD_BYTES:
            self._refuse(400, "INVALID_REQUEST", _TOO_LONG)
        elif self._unfinished and self._awaited is None:  # line breaks, which begin nothing
            self._awaited, self._since = "head", None
        if self._awaited is not None and self._due() < self._looks_at:
            self._look_at(self._due())

    def _read(self, data: bytes) -> None:
        """Have llhttp read, as uvicorn does, which would write a line of the log for each who speaks no HTTP."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserError:
            count_ended("no_http")
            self.send_400_response("")
        except HttpParserUpgrade:
            pass  # Nothing is changed, and what came with it is left unread.

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self._unfinished = self._unfinished or 1  # the bytes may have come with the end of another request
        if self._awaited is None:
            self._awaited, self._since = "head", None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of a head; what stands behind a body is none (RFC 9110, 6.5), and a proxy has not looked at it."""
        if self._awaited != "body":
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin a request, whose head has come to its end."""
        self._unfinished = self._dropped = self._received = 0
        self._awaited, self._since = "body", None
        changes = self.parser.should_upgrade()
        if changes:
            self._require_no_body()
        super().on_headers_complete()
        if changes:
            self.cycle.keep_alive = False
        if len(self.pipeline) > self._bounds.pipelined:
            count_ended("pipelined")
            self.transport.abort()
            raise OverflowError  # llhttp stops, as if it were no HTTP

    def _require_no_body(self) -> None:
        """Refuse the body of a request that would change the protocol, which is not done.

        llhttp leaves it where it is, and what follows on the connection is taken for the next request: one that a proxy in front has
        not seen, and that would be believed for whom it asks. Without a body, the request is answered as the last of its connection.

        Raises:
            OverflowError: it has one; llhttp stops.
        """
        if any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
            for name, value in self.headers
        ):
            self._refuse(400, "INVALID_REQUEST", _UPGRADE)
            raise OverflowError

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._unfinished = 0
        self._received += len(body)
        if self.cycle.response_complete:
            self._dropped += len(body)
            if self._dropped > DROPPED_BYTES:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._unfinished, self._awaited = 0, None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request, or give the caller time to read the answer before the connection ends."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._end_soon()

    def shutdown(self) -> None:
        """End what is not asking, as the process does; nobody keeps it by not reading."""
        super().shutdown()
        if self.transport.is_closing():
            self._end_soon()

    def timeout_keep_alive_handler(self) -> None:
        """Hang up on somebody who asks nothing more, or does not even read what was answered."""
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def pause_writing(self) -> None:
        """Wait, for a time, for a caller who does not read."""
        super().pause_writing()
        self._end_soon()

    def resume_writing(self) -> None:
        """Go on with a caller who has read something."""
        super().resume_writing()
        if self._ending is not None and not self.transport.is_closing():
            self._ending.cancel()
            self._ending = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(400, "INVALID_REQUEST", _NO_HTTP)

    def _due(self) -> float:
        """Return when what is awaited must have come."""
        if self._since is None:
            self._since, self._is_late = self.loop.time(), False
        if self._awaited == "head":
            return self._since + self._bounds.head_seconds
        return self._since + self._bounds.body_seconds + self._received / self._bounds.bytes_a_second

    def _look_at(self, moment: float) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._looking, self._looks_at = self.loop.call_at(moment, self._look), moment

    def _look(self) -> None:
        """Look at what has begun: if its time is over, end it; else look again then."""
        self._looking, self._looks_at = None, inf
        if self._awaited is None or self.transport.is_closing():
            return
        if self._waits_for_us(self._awaited):
            self._since = None
        if self._due() > self.loop.time():
            self._is_late = False
            self._look_at(self._due())
        elif not self._is_late:
            # If it was the loop that had no time, what has come meanwhile is read before the next look.
            self._is_late = True
            self._look_at(self.loop.time() + READING_SECONDS)
        else:
            self._give_up(self._awaited)

    def _waits_for_us(self, awaited: Literal["head", "body"]) -> bool:
        """Say whether it is the caller who waits: until we read on, ask for the body, or have answered what came before."""
        if self.cycle is None or self.flow.read_paused:
            return self.flow.read_paused
        return self.cycle.waiting_for_100_continue if awaited == "body" else not self.cycle.response_complete

    def _give_up(self, awaited: Literal["head", "body"]) -> None:
        count_ended(awaited)
        if awaited == "head" and self._unfinished:
            self._refuse(408, "REQUEST_INCOMPLETE", _LATE_HEAD.format(limit=f"{self._bounds.head_seconds:g}"))
        elif awaited == "body" and not self.cycle.response_started:
            self.cycle.disconnected = True  # what is answered from now on goes nowhere
            self._refuse(408, "REQUEST_INCOMPLETE", _LATE_BODY)
        else:
            self.transport.close()
            self._end_soon()

    def _refuse(self, status: int, code: str, message: Message) -> None:
        """Answer without having asked the application, and hang up."""
        if self.transport.is_closing():
            return
        body = _errors(code, message.text(preferred_language(_value(self.headers or (), b"accept-language"))))
        headers = [*self.server_state.default_headers, *_headers(body)]
        lines = [b"%b: %b\r\n" % header for header in headers]
        self.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", body)))
        self.transport.close()
        self._end_soon()

    def _end_soon(self) -> None:
        """Hang up, whatever is left to be written, if the caller takes none of it."""
        if self._ending is None:
            self._ending = self.loop.call_later(self._bounds.read_seconds, self.transport.abort)


def _errors(code: str, message: str) -> bytes:
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})


def _headers(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer after which the connection ends."""
    own = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
    }
    return [(name.lower().encode(), value.encode()) for name, value in (own | SECURITY_HEADERS).items()]


def _value(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    return next((value.decode("latin-1") for each, value in headers if each == name), None)
