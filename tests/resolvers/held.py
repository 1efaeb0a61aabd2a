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
LOCK, COMMIT = "FOR UPDATE", "COMMIT"
SECONDS_TO_REACH_A_LOCK = 0.3
"""Who has not come to it by then comes after, which is decided likewise."""


class Gate:
    """Stops whoever comes to it for the first time, until it is opened.

    Args:
        before: a word of the statement that it stands before.
    """

    def __init__(self, before: str) -> None:
        self.before = before
        self.reached, self._open = asyncio.Event(), asyncio.Event()

    async def pass_through(self) -> None:
        """Wait until the gate is opened."""
        self.reached.set()
        await self._open.wait()

    def open(self) -> None:
        """Let everybody through."""
        self._open.set()


_gate: ContextVar[Gate | None] = ContextVar("gate", default=None)


async def _stop(statement: str) -> None:
    gate = _gate.get()
    if gate is not None and gate.before in statement and not gate.reached.is_set():
        await gate.pass_through()


@contextmanager
def _stopping() -> Iterator[None]:
    """Stop tasks at their gates; on SQLite, the lock is that of the whole transaction."""
    execute, plain, turn = getattr(asyncpg.Connection, _EXECUTE), asyncpg.Connection.execute, FileClient._take_turn

    async def execute_when_let_through(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        await _stop(query)
        return await execute(self, query, *arguments, **options)

    async def execute_plainly(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        if not arguments:
            await _stop(query)
        return await plain(self, query, *arguments, **options)

    async def begin_when_let_through(self: FileClient) -> None:
        await _stop(LOCK)
        await turn(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, _EXECUTE, execute_when_let_through)
        patch.setattr(asyncpg.Connection, "execute", execute_plainly)
        patch.setattr(FileClient, "_take_turn", begin_when_let_through)
        yield


async def _through(gate: Gate, action: Awaitable[Any]) -> Any:
    _gate.set(gate)
    return await action


async def kept_waiting(change: Awaitable[Any], by: Awaitable[Any]) -> Any:
    """Begin a change that must wait for what another has locked, which commits then; return what comes of it."""
    gate = Gate(COMMIT)
    with _stopping():
        async with asyncio.timeout(PATIENCE):
            other = asyncio.create_task(_through(gate, by))
            await gate.reached.wait()
            task = asyncio.create_task(_through(Gate("nothing"), change))
            await asyncio.wait({task}, timeout=SECONDS_TO_REACH_A_LOCK)
            gate.open()
            await other
            return (await asyncio.gather(task, return_exceptions=True))[0]


async def overtaken(change: Awaitable[Any], by: Awaitable[Any]) -> Any:
    """Begin a change, hold it where it first locks something until another is made, and return what comes of it.

    Args:
        by: the other change; it must succeed.

    Returns:
        What the change answers, or the exception that it ends with.
    """
    gate = Gate(LOCK)
    with _stopping():
        async with asyncio.timeout(PATIENCE):
            task = asyncio.create_task(_through(gate, change))
            reaching = asyncio.create_task(gate.reached.wait())
            await asyncio.wait({task, reaching}, return_when=asyncio.FIRST_COMPLETED)
            try:
                assert gate.reached.is_set(), "the change ended before it locked anything"
                await by
            finally:
                reaching.cancel()
                gate.open()
            return (await asyncio.gather(task, return_exceptions=True))[0]
