"""Looks at the service that whoever asks may share, so that many who ask cost no more than one."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, Generic, TypeVar

T = TypeVar("T")

GOOD_SECONDS: Final = 1.0
"""For how long what was seen is told again."""


class SharedLook(Generic[T]):
    """One look for all who ask while it is taken, and for a second after it.

    Args:
        look: takes it, and raises nothing; clock: seconds that only go forward.
    """

    def __init__(self, look: Callable[[], Awaitable[T]], clock: Callable[[], float] = monotonic) -> None:
        self._look = look
        self._clock = clock
        self._task: asyncio.Task[T] | None = None
        self._good_until = float("-inf")

    async def __call__(self) -> T:
        """Return what was seen."""
        if self._task is None or (self._task.done() and self._clock() >= self._good_until):
            self._task = asyncio.ensure_future(self._taken())
        # Who gives up takes nobody else's look away.
        return await asyncio.shield(self._task)

    async def _taken(self) -> T:
        seen = await self._look()
        self._good_until = self._clock() + GOOD_SECONDS
        return seen
