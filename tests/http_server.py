"""A real HTTP server for tests: uvicorn in a thread of this process, on a port that is free."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tests.patience import PATIENCE
from web.bounds import Bounds
from web.http_server import loop_factory, server_config


def free_port() -> socket.socket:
    """Return a socket at a port that is free."""
    # asyncio switches Nagle's delay (40 ms an answer) off only for sockets that say they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address of what is served at a socket."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def serve(app: ASGIApp, at: socket.socket | None = None, bounds: Bounds | None = None, **more: Any) -> Iterator[str]:
    """Serve an ASGI application over HTTP until the context is left.

    Args:
        app: the application, its lifespan included.
        at: where, if the application has to know it.
        bounds: what callers may take; more: what uvicorn's configuration takes besides.

    Yields:
        The address, such as `http://127.0.0.1:40123`.

    Raises:
        RuntimeError: the application did not start.
    """
    listener = at or free_port()
    server = uvicorn.Server(server_config(app, bounds, **more))

    def run() -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(server.serve(sockets=[listener]))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join(timeout=PATIENCE)
        listener.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the application did not start; its log says why")
        time.sleep(0.01)
