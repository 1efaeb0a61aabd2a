"""Tokens that are revoked, known to all processes within seconds and forgotten once they would have expired anyway."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from domain.operation import SYSTEM
from domain.revocation import Revocation
from resolvers.audit import told_of
from resolvers.dependencies import Dependencies
from store.audit.entries import AuditEntry, AuditKind

REVOKED: Final = "tokens_revoked"
"""What the audit record calls it."""
OVERLAP: Final = timedelta(minutes=1)
"""How far back is read again: a transaction that was long under way is seen late."""


def told_of_revocation(revocation: Revocation, now: datetime, role: str) -> AuditEntry:
    """Return what the audit record is told; whom the tokens name only as a hash."""
    digest = sha256(revocation.value.encode()).hexdigest()
    about = {"reference": revocation.issuer, "record_id": revocation.revokes.value, "digest": digest}
    return told_of(None, now, AuditKind.SIGN_IN, REVOKED, role=role, **about)


async def revoke(dependencies: Dependencies, revocation: Revocation) -> None:
    """Revoke tokens: here at once, everywhere else the next time that others are caught up with."""
    async with dependencies.store.transaction() as work:
        now = dependencies.clock.now()
        await work.revocations.add(revocation, now)
        work.audit.tell(told_of_revocation(revocation, now, SYSTEM))
    dependencies.revoked.note([revocation])


async def catch_up(dependencies: Dependencies, since: datetime | None) -> datetime:
    """Note what others have revoked since a moment, or ever, and return when this was asked."""
    now = dependencies.clock.now()
    async with dependencies.store.reading() as work:
        found = await work.revocations.recorded(now, None if since is None else since - OVERLAP)
    dependencies.revoked.note(found)
    dependencies.revoked.forget(now)
    return now
