"""Guardianships on record (SC-12)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.holder import Guardianship
from store.models import GuardianshipRow
from store.repositories.repository import grouped
from store.session import Session
from store.statement import Statement
from store.table import Table

_GUARDIANSHIPS = Table(GuardianshipRow, Guardianship)
_OF_WARDS = _GUARDIANSHIPS.select('WHERE "ward_id" = ANY($1) ORDER BY "id"')
_OF_GUARDIANS = _GUARDIANSHIPS.select('WHERE "guardian_id" = ANY($1) ORDER BY "id"')
_THESE = '"guardian_id" = $1 AND "ward_id" = $2 AND "ended_at" IS NULL'
_BETWEEN = _GUARDIANSHIPS.select(f'WHERE {_THESE} ORDER BY "id" LIMIT 1')
_END = Statement(f'UPDATE "guardianships" SET "ended_at" = $3 WHERE {_THESE}')


class Guardianships:
    """Who is guardian of whom, ended ones included unless a method says otherwise."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, guardianship: Guardianship) -> None:
        """Put a guardianship on record."""
        await self._session.append(_GUARDIANSHIPS, guardianship)

    async def of_ward(self, ward_id: str) -> tuple[Guardianship, ...]:
        """Return the guardianships over a person, in the order they were recorded."""
        return (await self.of_wards([ward_id])).get(ward_id, ())

    async def of_wards(self, ward_ids: Iterable[str]) -> dict[str, tuple[Guardianship, ...]]:
        """Return the guardianships over people, by ward, in the order they were recorded; who has none is left out."""
        return grouped(await self._session.find(_OF_WARDS, list(ward_ids)), "ward_id")

    async def of_guardians(self, guardian_ids: Iterable[str]) -> dict[str, tuple[Guardianship, ...]]:
        """Return the guardianships that people hold, by guardian, in the order they were recorded.

        Who holds none is left out.
        """
        return grouped(await self._session.find(_OF_GUARDIANS, list(guardian_ids)), "guardian_id")

    async def between(self, guardian_id: str, ward_id: str) -> Guardianship | None:
        """Return the guardianship of one person over another that has not ended, if there is one."""
        return await self._session.first(_BETWEEN, guardian_id, ward_id)

    async def end(self, guardian_id: str, ward_id: str, at: datetime) -> Guardianship | None:
        """End the guardianship of one person over another, and return it; None where there is none to end."""
        found = await self.between(guardian_id, ward_id)
        if found is None:
            return None
        await self._session.run(_END, guardian_id, ward_id, at)
        return replace(found, ended_at=at)
