"""A change that is held where it first locks something, while another is made from beginning to end."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import asyncpg
import pytest

from store.sqlite_backend import FileClient
from tests.patience import PATIENCE

_EXECUTE = "_Connection__execute"


class Gate:
    """Stops whoever comes to it for the first time, until it is opened."""

    def __init__(self) -> None:
        self.reached, self._open = asyncio.Event(), asyncio.Event()

    async def pass_through(self) -> None:
        """Wait until the gate is opened."""
        self.reached.set()
        await self._open.wait()

    def open(self) -> None:
        """Let everybody through."""
        self._open.set()


_gate: ContextVar[Gate | None] = ContextVar("gate", default=None)


async def _stop() -> None:
    gate = _gate.get()
    if gate is not None and not gate.reached.is_set():
        await gate.pass_through()


@contextmanager
def _stopping() -> Iterator[None]:
    """Stop tasks with a gate: on PostgreSQL before their first lock, on SQLite before their transaction, which locks all."""
    execute, unit = getattr(asyncpg.Connection, _EXECUTE), FileClient._take_turn

    async def execute_when_let_through(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        if "FOR UPDATE" in query:
            await _stop()
        return await execute(self, query, *arguments, **options)

    async def begin_when_let_through(self: FileClient) -> None:
        await _stop()
        await unit(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, _EXECUTE, execute_when_let_through)
        patch.setattr(FileClient, "_take_turn", begin_when_let_through)
        yield


async def overtaken(change: Awaitable[Any], by: Awaitable[Any]) -> Any:
    """Begin a change, hold it where it first locks something until another is made, and return what comes of it.

    Args:
        by: the other change; it must succeed.

    Returns:
        What the change answers, or the exception that it ends with.
    """
    gate = Gate()

    async def held() -> Any:
        _gate.set(gate)
        return await change

    with _stopping():
        async with asyncio.timeout(PATIENCE):
            task = asyncio.create_task(held())
            reaching = asyncio.create_task(gate.reached.wait())
            await asyncio.wait({task, reaching}, return_when=asyncio.FIRST_COMPLETED)
            try:
                assert gate.reached.is_set(), "the change ended before it locked anything"
                await by
            finally:
                reaching.cancel()
                gate.open()
            return (await asyncio.gather(task, return_exceptions=True))[0]
