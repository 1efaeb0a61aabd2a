"""Looks, and whatever else changes nothing and is told to the record: written soon after, so that no answer waits for it.

An entry has its number in the chain of the process before the answer is given. What a process could not write any more, because it was
killed, is missed by its number, or, of the last quarter of a second, by the end of the chain, which says that it ended and how.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from store.audit.chain import Chain
from store.audit.entries import AuditEntry, AuditKind

logger = logging.getLogger(__name__)
WITHIN: Final = 0.25
"""Seconds after which what waits is written."""
AGAIN: Final = 5.0
"""Seconds after which it is tried again where the database took nothing."""
MOST: Final = 100_000
"""How many may wait; what comes beyond is lost, and its number is missing for good."""
AT_ONCE: Final = 500
Numbered = tuple[int, AuditEntry]
Write = Callable[[Sequence[Numbered]], Awaitable[None]]
"""Writes entries whose numbers were taken; if it fails, the numbers are given back."""


class Looks:
    """What waits to be written of one process.

    Args:
        chain: numbers them; write: writes them.
    """

    def __init__(self, chain: Chain, write: Write) -> None:
        self._chain = chain
        self._write = write
        self._waiting: list[Numbered] = []
        self._writing: asyncio.Task[None] | None = None

    def note(self, entries: Sequence[AuditEntry]) -> None:
        """Have entries written soon, in the loop of the caller."""
        for entry in entries:
            number = self._chain.take()
            if len(self._waiting) >= MOST:
                logger.error(
                    "the audit record loses number %s of the chain %s: too many wait", number, self._chain.name
                )
                continue
            self._waiting.append((number, entry))
        if self._waiting and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        wait = WITHIN
        while self._waiting:
            await asyncio.sleep(wait)
            try:
                await self.write()
                wait = WITHIN
            except Exception:
                logger.exception("the audit record could not be written; it is tried again in %s seconds", AGAIN)
                wait = AGAIN

    async def write(self) -> None:
        """Write what waits."""
        while self._waiting:
            part, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                await self._write(part)
            except BaseException:
                # Their numbers are free again, or nobody knows of them.
                self._waiting = [(self._chain.take(), entry) for _, entry in part] + self._waiting
                raise

    async def finish(self) -> None:
        """Write what waits, and that the process ends; where the database takes nothing more, the log says so."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
            self._writing = None
        if self._chain.begun:
            ended = AuditEntry(datetime.now(UTC), AuditKind.PROCESS, "ended")
            self._waiting.append((self._chain.take(), ended))
        try:
            await self.write()
        except Exception:
            logger.exception("%s entries of the audit record could not be written", len(self._waiting))
        self._waiting = []
