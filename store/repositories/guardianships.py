"""Guardianships on record (SC-12)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tortoise.queryset import QuerySet

from domain.holder import Guardianship
from store.models import GuardianshipRow
from store.repositories.repository import grouped
from store.session import Session


def _value(row: GuardianshipRow) -> Guardianship:
    return Guardianship(row.guardian_id, row.ward_id, row.kinship, row.recorded_at, row.ended_at, row.region)


class Guardianships:
    """Who is guardian of whom, ended ones included unless a method says otherwise."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _rows(self, **conditions: str | set[str] | None) -> QuerySet[GuardianshipRow]:
        return self._session.rows(GuardianshipRow).filter(**conditions).order_by("id")

    async def add(self, guardianship: Guardianship) -> None:
        """Put a guardianship on record."""
        await self._session.append(
            GuardianshipRow(
                guardian_id=guardianship.guardian_id,
                ward_id=guardianship.ward_id,
                kinship=guardianship.kinship,
                recorded_at=guardianship.recorded_at,
                ended_at=guardianship.ended_at,
                region=guardianship.region,
            )
        )

    async def of_ward(self, ward_id: str) -> tuple[Guardianship, ...]:
        """Return the guardianships over a person, in the order they were recorded."""
        return tuple(_value(row) for row in await self._rows(ward_id=ward_id))

    async def of_wards(self, ward_ids: Iterable[str]) -> dict[str, tuple[Guardianship, ...]]:
        """Return the guardianships over people, by ward, in the order they were recorded; who has none is left out."""
        return grouped(await self._rows(ward_id__in=set(ward_ids)), "ward_id", _value)

    async def of_guardians(self, guardian_ids: Iterable[str]) -> dict[str, tuple[Guardianship, ...]]:
        """Return the guardianships that people hold, by guardian, in the order they were recorded.

        Who holds none is left out.
        """
        return grouped(await self._rows(guardian_id__in=set(guardian_ids)), "guardian_id", _value)

    async def between(self, guardian_id: str, ward_id: str) -> Guardianship | None:
        """Return the guardianship of one person over another that has not ended, if there is one."""
        row = await self._rows(guardian_id=guardian_id, ward_id=ward_id, ended_at=None).first()
        return None if row is None else _value(row)

    async def end(self, guardian_id: str, ward_id: str, at: datetime) -> Guardianship | None:
        """End the guardianship of one person over another, and return it; None where there is none to end."""
        found = await self.between(guardian_id, ward_id)
        if found is None:
            return None
        rows = self._session.writable_rows(GuardianshipRow)
        await rows.filter(guardian_id=guardian_id, ward_id=ward_id, ended_at=None).update(ended_at=at)
        return replace(found, ended_at=at)
