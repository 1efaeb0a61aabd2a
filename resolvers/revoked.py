"""Tokens that are revoked, known to all processes within seconds and forgotten once they would have expired anyway."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from domain.revocation import Revocation
from resolvers.dependencies import Dependencies

logger = logging.getLogger(__name__)
OVERLAP: Final = timedelta(minutes=1)
"""How far back is read again: a transaction that was long under way is seen late."""


async def revoke(dependencies: Dependencies, revocation: Revocation) -> None:
    """Revoke tokens: here at once, everywhere else the next time that others are caught up with."""
    async with dependencies.store.transaction() as work:
        await work.revocations.add(revocation, dependencies.clock.now())
    dependencies.revoked.note([revocation])


async def catch_up(dependencies: Dependencies, since: datetime | None) -> datetime:
    """Note what others have revoked since a moment, or ever, and return when this was asked."""
    now = dependencies.clock.now()
    async with dependencies.store.reading() as work:
        found = await work.revocations.recorded(now, None if since is None else since - OVERLAP)
    dependencies.revoked.note(found)
    dependencies.revoked.forget(now)
    return now


async def catch_up_again_and_again(dependencies: Dependencies, since: datetime | None, every: timedelta) -> None:
    """Catch up until cancelled; a time that fails is told in the log and made up for by the next."""
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            since = await catch_up(dependencies, since)
        except Exception:
            logger.exception("the revocations of tokens could not be read; they are read again in %s", every)
