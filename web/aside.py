"""Work that would hold the loop: it is done in a thread beside it, one piece at a time, and handed back.

The interpreter runs one thread at a time and has them take turns. Beside the loop they take turns every half millisecond, so that an
answer waits no longer than that for the next step of its own; what is in C and gives no way is bounded by its size (docs/security.md).
"""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import thread_time
from typing import Final, ParamSpec, TypeVar

from web.turns import Turn, turn_under_way

P = ParamSpec("P")
T = TypeVar("T")

HANDOVER_SECONDS: Final = 0.0005


class Aside:
    """One thread beside the loop, made when it is first needed."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")

    async def do(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Do some work beside the loop, after what was asked for before; its time counts as the caller's."""
        sys.setswitchinterval(HANDOVER_SECONDS)
        done: list[T] = []  # Futures are left to a search for garbage, with what comes of them.
        measured = partial(_measured, turn_under_way(), partial(work, *args, **named), done)
        await asyncio.get_running_loop().run_in_executor(self._thread, measured)
        return done.pop()


def _measured(turn: Turn | None, work: Callable[[], T], done: list[T]) -> None:
    began = thread_time()
    try:
        done.append(work())
    finally:
        if turn is not None:
            turn.note_aside(thread_time() - began)
