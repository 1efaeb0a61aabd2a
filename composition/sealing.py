"""Sealing the audit record every minute while the service runs, and telling the hash of each seal to whoever keeps it elsewhere."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from domain.errors import Conflict
from resolvers.changing.retention import audit_months_past
from resolvers.dependencies import Dependencies
from resolvers.repeating import Repeating
from store import RecordBent
from web.metrics import show_audit_months_past

logger = logging.getLogger("audit.roots")
"""Where the hash of each seal is told: kept on another machine, it tells of a record that was made anew with the keys."""
EVERY = timedelta(minutes=1)
SEALING = "sealing the audit record"


async def seal_once(dependencies: Dependencies) -> None:
    """Seal what is committed by now, make the tables of the months to come, and show how many past ones may go."""
    now = dependencies.clock.now()
    with suppress(Conflict):
        await dependencies.store.make_audit_months(now)
    for seal in await dependencies.store.seal_audit(now):
        logger.info("audit seal %s %s %s", seal.number, seal.hash, seal.at.isoformat())
    show_audit_months_past(await audit_months_past(dependencies, now))


@asynccontextmanager
async def sealing(dependencies: Dependencies, again: Repeating) -> AsyncIterator[None]:
    """Seal again and again until the context is left, and once more then."""

    async def seal() -> None:
        try:
            await seal_once(dependencies)
        except RecordBent as bent:
            logger.critical("%s", bent)

    running = asyncio.create_task(again.each(EVERY, SEALING, seal, at_once=False))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await again.once(SEALING, seal, EVERY)
