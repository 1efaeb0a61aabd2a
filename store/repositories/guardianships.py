"""Guardianships on record, and those that are asked for (SC-12)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from domain.holder import Guardianship
from store.models import GuardianshipRow
from store.repositories.repository import grouped
from store.session import Session
from store.statement import Statement
from store.table import Table

_GUARDIANSHIPS = Table(GuardianshipRow, Guardianship)
_OF_WARDS = _GUARDIANSHIPS.select('WHERE "ward_id" = ANY($1) ORDER BY "id"')
_OF_GUARDIANS = _GUARDIANSHIPS.select('WHERE "guardian_id" = ANY($1) ORDER BY "id"')
_THESE = '"guardian_id" = $1 AND "ward_id" = $2'
_NOT_OVER = '("ended_at" IS NULL OR "ended_at" > $3) AND ("grown_at" IS NULL OR "grown_at" > $3)'
# As `Guardianship.holds` has it.
_BETWEEN = _GUARDIANSHIPS.select(
    f'WHERE {_THESE} AND ("operation_id" IS NULL OR "in_force_at" <= $3) AND {_NOT_OVER} ORDER BY "id" LIMIT 1'
)
_OPEN = _GUARDIANSHIPS.select(f'WHERE {_THESE} AND {_NOT_OVER} ORDER BY "id" LIMIT 1')
_BY_OPERATION = _GUARDIANSHIPS.select('WHERE "operation_id" = ANY($1)')
_ENDED_BY_OPERATION = _GUARDIANSHIPS.select('WHERE "end_operation_id" = ANY($1)')
_UNKNOWN = _GUARDIANSHIPS.select('WHERE "grown_at" IS NULL AND "ended_at" IS NULL ORDER BY "id" LIMIT $1')
_CHANGING = (
    "ended_at", "confirmed_by", "in_force_at", "grown_at", "end_operation_id", "ended_by", "end_office", "end_papers",
    "end_confirmed_by",
)  # fmt: skip
"""What changes of a guardianship on record."""
_SET = ", ".join(f'"{name}" = ${place}' for place, name in enumerate(_CHANGING, 4))
_UPDATE = Statement(f'UPDATE "guardianships" SET {_SET} WHERE {_THESE} AND "recorded_at" = $3')


class Guardianships:
    """Who is guardian of whom, ended ones and those that are asked for included unless a method says otherwise."""

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

    async def of_operations(self, operation_ids: Iterable[str]) -> dict[str, Guardianship]:
        """Return the guardianships that operations ask for, or to end, by operation."""
        wanted = list(operation_ids)
        found = {g.operation_id or "": g for g in await self._session.find(_BY_OPERATION, wanted)}
        return found | {g.end_operation_id or "": g for g in await self._session.find(_ENDED_BY_OPERATION, wanted)}

    async def between(self, guardian_id: str, ward_id: str, now: datetime) -> Guardianship | None:
        """Return the guardianship of one person over another that holds now, if there is one."""
        return await self._session.first(_BETWEEN, guardian_id, ward_id, now.astimezone(UTC))

    async def open_between(self, guardian_id: str, ward_id: str, now: datetime) -> Guardianship | None:
        """Return the guardianship of one person over another that holds now, or is asked for, if there is one."""
        return await self._session.first(_OPEN, guardian_id, ward_id, now.astimezone(UTC))

    async def of_unknown_age(self, limit: int) -> tuple[Guardianship, ...]:
        """Return some of those of which it was not worked out yet when the ward comes of age."""
        return tuple(await self._session.find(_UNKNOWN, limit))

    async def update(self, guardianship: Guardianship) -> None:
        """Write a guardianship anew whose ward is locked."""
        columns = _GUARDIANSHIPS.write(guardianship, _CHANGING, self._session.sealer)
        pair = guardianship.guardian_id, guardianship.ward_id, guardianship.recorded_at.astimezone(UTC)
        await self._session.run(_UPDATE, *pair, *columns)

    async def end(self, guardian_id: str, ward_id: str, at: datetime) -> None:
        """End the guardianship of one person over another, or what is asked for, where there is one."""
        found = await self.open_between(guardian_id, ward_id, at)
        if found is not None:
            await self.update(replace(found, ended_at=at))
