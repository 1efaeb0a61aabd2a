"""How HTTP is spoken: by uvicorn, on llhttp and libuv where they are installed, else in Python.

h11 gives up on what stands before a body once that has 16 KiB and no end; llhttp takes any amount of it, so that one caller
could fill the memory. Here it gives up as h11 does (`web/bounded_http.py`).

A request may be answered before all of its body has come, such as one that is too long. The rest is taken and dropped, for a
connection that is closed on unread bytes is reset, and the caller's system throws the answer away.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from web.bounds import Bounds, can_be_kept
from web.turns import measuring_tasks


def server_config(app: ASGIApp, bounds: Bounds | None = None, **more: Any) -> uvicorn.Config:
    """Return how uvicorn is to serve an application.

    Args:
        bounds: what callers may take of the process.
        more: what uvicorn's configuration takes besides.
    """
    bounds = bounds or Bounds()
    config = uvicorn.Config(
        app,
        http="h11",
        # No other protocol is spoken, which would know none of the bounds.
        ws="none",
        h11_max_incomplete_event_size=16_384,
        timeout_keep_alive=bounds.idle_seconds,
        # Its loggers write to whatever the process logs to; its own set-up would write past that.
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        **more,
    )
    if can_be_kept():
        from web.bounded_http import BoundedHttp, Callers

        trusting = ProxyHeadersMiddleware(app, config.forwarded_allow_ips)  # type: ignore[arg-type] # declared otherwise
        callers = Callers(bounds, trusting.trusted_hosts.__contains__)
        config.http = partial(BoundedHttp, callers=callers)  # type: ignore[assignment] # it is only called
    return config


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the event loop to serve in: uvloop's where it is installed, as uvicorn would; its tasks are measured."""
    make = auto_loop_factory()

    def measured() -> asyncio.AbstractEventLoop:
        loop = make()
        loop.set_task_factory(measuring_tasks)
        return loop

    return measured
