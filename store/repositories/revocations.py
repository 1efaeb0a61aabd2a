"""Tokens that were revoked, until the last of them would have expired."""

from datetime import datetime

from domain.revocation import Revocation
from store.session import Session
from store.statement import Statement
from store.table import Table
from store.token_models import RevocationRow

_REVOCATIONS = Table(RevocationRow, Revocation)
_LASTING = _REVOCATIONS.select('WHERE "until" >= $1')
_RECORDED = _REVOCATIONS.select('WHERE "until" >= $1 AND "recorded_at" >= $2')
_LONGER = Statement(
    'UPDATE "revocations" SET "revoked_at" = CASE WHEN "revoked_at" < $4 THEN $4 ELSE "revoked_at" END, "until" = $5, "recorded_at" = $6 '
    'WHERE "issuer" = $1 AND "revokes" = $2 AND "value" = $3 AND "until" < $5'
)
_FORGET = Statement('DELETE FROM "revocations" WHERE "until" < $1 RETURNING 1')


class Revocations:
    """What is revoked, by issuer, claim and value."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, revocation: Revocation, now: datetime) -> None:
        """Put a revocation on record; the same again counts up to the later moment, for as long as the last asks for."""
        if not await self._session.insert_if_new(_REVOCATIONS, revocation, recorded_at=now):
            each = revocation
            await self._session.run(
                _LONGER, each.issuer, each.revokes.value, each.value, each.revoked_at, each.until, now
            )

    async def recorded(self, now: datetime, since: datetime | None) -> tuple[Revocation, ...]:
        """Return what is still to be known and was put on record since a moment, or ever."""
        if since is None:
            return tuple(await self._session.find(_LASTING, now))
        return tuple(await self._session.find(_RECORDED, now, since))

    async def forget(self, before: datetime) -> int:
        """Delete those that nobody needs to know any more, and return how many there were."""
        return len(await self._session.run(_FORGET, before))
