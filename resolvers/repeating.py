"""What a process does again and again beside its requests, and how it tells that some of it cannot be done: once, not each time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NoReturn

from domain.errors import OperatorError
from store import StoreUnreachable

logger = logging.getLogger(__name__)


class Repeating:
    """The loops of a process.

    A cause that several fail by, such as a database that is gone, is told by the first of them, and by the last one that works again.
    """

    def __init__(self) -> None:
        self._failing: dict[str, set[str]] = {}

    async def each(
        self, every: timedelta, what: str, work: Callable[[], Awaitable[object]], *, at_once: bool = True
    ) -> NoReturn:
        """Do something until cancelled; a time that fails is made up for by the next.

        Args:
            what: is done, as the log has it: `reading the merges of records`.
            at_once: whether it is done before the first wait.
        """
        if not at_once:
            await asyncio.sleep(every.total_seconds())
        while True:
            await self.once(what, work, every)
            await asyncio.sleep(every.total_seconds())

    async def once(self, what: str, work: Callable[[], Awaitable[object]], every: timedelta) -> None:
        """Do something now, which is tried again after a while."""
        try:
            await work()
        except Exception as error:
            self._fails(what, error, every)
        else:
            self._works(what, but="")

    def _fails(self, what: str, error: Exception, every: timedelta) -> None:
        # What was written for operators says all that there is to say.
        written = isinstance(error, OperatorError)
        gone = isinstance(error, StoreUnreachable)
        cause = "the database" if gone else f"{what}: {type(error).__qualname__} {error if written else ''}"
        self._works(what, but=cause)
        others = self._failing.setdefault(cause, set())
        if not others:
            why = f": {error}" if written else ""
            logger.error(
                "%s failed%s (it is tried again every %s, and told here once it works)", what, why, every,
                exc_info=None if written else error,
            )  # fmt: skip
        others.add(what)

    def _works(self, what: str, *, but: str) -> None:
        """Note that something fails by no cause any more, but one."""
        for cause in [cause for cause, loops in self._failing.items() if what in loops and cause != but]:
            self._failing[cause].remove(what)
            if not self._failing[cause]:
                del self._failing[cause]
                if not but:
                    logger.warning("%s works again, and so does what failed with it", what)
