"""Sealing the audit record every minute while the service runs, and telling the hash of each seal to whoever keeps it elsewhere."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from domain.errors import Conflict
from resolvers.changing.retention import audit_months_past
from resolvers.dependencies import Dependencies
from store import StoreError
from web.metrics import show_audit_months_past

logger = logging.getLogger("audit.roots")
"""Where the hash of each seal is told: kept on another machine, it tells of a record that was made anew with the keys."""
EVERY = timedelta(minutes=1)


async def seal_once(dependencies: Dependencies) -> None:
    """Seal what is committed by now, make the tables of the months to come, and show how many past ones may go."""
    now = dependencies.clock.now()
    with suppress(Conflict):
        await dependencies.store.make_audit_months(now)
    for seal in await dependencies.store.seal_audit(now):
        logger.warning("audit seal %s %s %s", seal.number, seal.hash, seal.at.isoformat())
    show_audit_months_past(await audit_months_past(dependencies, now))


@asynccontextmanager
async def sealing(dependencies: Dependencies, every: timedelta = EVERY) -> AsyncIterator[None]:
    """Seal again and again until the context is left, and once more then."""

    async def again_and_again() -> None:
        while True:
            await asyncio.sleep(every.total_seconds())
            await _try(dependencies)

    running = asyncio.create_task(again_and_again())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await _try(dependencies)


async def _try(dependencies: Dependencies) -> None:
    try:
        await seal_once(dependencies)
    except StoreError as bent:
        logger.critical("%s", bent)
    except Exception:
        logger.exception("the audit record could not be sealed; it is tried again in %s", EVERY)
