"""How HTTP is spoken: by uvicorn, on llhttp and libuv where they are installed, else in Python.

h11 gives up on what stands before a body once that has 16 KiB and no end; llhttp takes any amount of it, so that one caller
could fill the memory. Here it gives up as h11 does.

A request may be answered before all of its body has come, such as one that is too long. The rest is taken and dropped, for a
connection that is closed on unread bytes is reset, and the caller's system throws the answer away.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory

HEAD_BYTES: Final = 16_384
"""What may stand before a body, or behind it, without coming to an end."""
DROPPED_BYTES: Final = 256 * 1024 * 1024
"""What may follow of a body that has been answered already."""
_Http = type[Any] | str

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:
    PROTOCOL: _Http = "h11"
else:

    class BoundedHttp(HttpToolsProtocol):
        """Reads requests by llhttp, and counts the bytes that have come to nothing yet: neither a head nor a piece of a body."""

        _unfinished = 0
        _dropped = 0

        def data_received(self, data: bytes) -> None:
            """Take bytes of the caller; too many of them without an end are refused with 400."""
            self._unfinished += len(data)
            super().data_received(data)
            if self._unfinished > HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too long.")

        def on_headers_complete(self) -> None:
            """Begin a request, whose head has come to its end."""
            self._unfinished = self._dropped = 0
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            """Take a piece of a body."""
            self._unfinished = 0
            if self.cycle.response_complete:
                self._dropped += len(body)
                if self._dropped > DROPPED_BYTES:
                    self.transport.close()
            super().on_body(body)

        def on_message_complete(self) -> None:
            """End a request."""
            self._unfinished = 0
            super().on_message_complete()

    PROTOCOL = BoundedHttp


def server_config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    """Return how uvicorn is to serve an application.

    Args:
        more: what uvicorn's configuration takes besides.
    """
    return uvicorn.Config(
        app,
        http=PROTOCOL,
        h11_max_incomplete_event_size=HEAD_BYTES,
        # Its loggers write to whatever the process logs to; its own set-up would write past that.
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        **more,
    )


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the event loop to serve in: uvloop's where it is installed, as uvicorn would."""
    return auto_loop_factory()
