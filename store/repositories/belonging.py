"""Where people belong, by what is on record of them, and whether somebody was just shown who they are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from store.records import DisclosureKind
from store.session import Session
from store.statement import Statement

_OF_PEOPLE = Statement(
    'SELECT "holder_id", "region" FROM "cards" WHERE "holder_id" = ANY($1) '
    'UNION SELECT "holder_id", "region" FROM "operations" WHERE "holder_id" = ANY($1) '
    'UNION SELECT "ward_id", "region" FROM "guardianships" WHERE "ward_id" = ANY($1) AND "region" IS NOT NULL AND "ended_at" IS NULL '
    'UNION SELECT "holder_id", NULL FROM "disclosures" WHERE "holder_id" = ANY($1) '
    f'AND "at" >= $2 AND "kind" = \'{DisclosureKind.PRESENT}\' AND "actor_id" = $3 AND "office" = $4'
)


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where somebody belongs.

    Args:
        regions: GB/T 2260 codes of their cards and operations, and of where their guardians came on record.
        shown: whether who asks has been shown their card or document.
    """

    regions: frozenset[str] = frozenset()
    shown: bool = False


class Belongings:
    """What says whose business people are."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of_people(
        self, ids: Collection[str], actor_id: str, office: str, since: datetime
    ) -> Mapping[str, Belonging]:
        """Return where people belong, by their ids; whoever belongs nowhere is left out.

        Args:
            actor_id, office: who asks; since: from when on it counts that they were shown somebody.
        """
        rows = await self._session.run(_OF_PEOPLE, list(ids), since.astimezone(UTC), actor_id, office)
        found: dict[str, list[str | None]] = {}
        for holder_id, region in rows:
            found.setdefault(holder_id, []).append(region)
        return {
            holder_id: Belonging(frozenset(region for region in regions if region is not None), None in regions)
            for holder_id, regions in found.items()
        }
