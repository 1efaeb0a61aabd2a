"""Records of people that are to be one, or are."""

from collections.abc import Iterable
from datetime import datetime

from domain.holder import Holder, Merge
from domain.message import Message
from domain.region import province_of
from store.handing_over import hand_over, with_what_both_have
from store.models import MergeRow
from store.repositories.holders import Holders
from store.repositories.repository import Repository, grouped
from store.statement import Statement
from store.table import Derived, Table

_MERGES = Table(MergeRow, Merge, derived={"province": Derived(("region",), lambda sealer, region: province_of(region))})
_OPEN = '"confirmed_at" IS NULL'
_BETWEEN = _MERGES.select(f'WHERE "kept_id" = $1 AND "gone_id" = $2 AND {_OPEN} ORDER BY "proposed_at", "id"')
_PROPOSED = _MERGES.select(f'WHERE "kept_id" = ANY($1) AND {_OPEN} ORDER BY "proposed_at", "id"')
_PROPOSED_WITH = _MERGES.select(f'WHERE ("kept_id" = ANY($1) OR "gone_id" = ANY($1)) AND {_OPEN}')
_DONE = _MERGES.select('WHERE "gone_id" = ANY($1) AND "confirmed_at" IS NOT NULL ORDER BY "confirmed_at", "id"')
_SINCE = _MERGES.select('WHERE "confirmed_at" >= $1 ORDER BY "confirmed_at", "id"')
_ALL_DONE = _MERGES.select('WHERE "confirmed_at" IS NOT NULL ORDER BY "confirmed_at", "id"')
_LEAD_ON = Statement('UPDATE "merges" SET "kept_id" = $2 WHERE "kept_id" = $1')
_TAKE_SLOTS = Statement(
    'UPDATE "slots" SET "operation_id" = (SELECT "operation_id" FROM "slots" AS "other" '
    'WHERE "other"."holder_id" = $1 AND "other"."province" = "slots"."province") '
    'WHERE "holder_id" = $2 AND "province" = ANY($3) '
    'AND "province" IN (SELECT "province" FROM "slots" WHERE "holder_id" = $1)'
)
_GONE = Statement('SELECT "gone_id" FROM "merges" WHERE "kept_id" = $1 AND "confirmed_at" IS NOT NULL')
_DROP_SLOTS = Statement(
    'DELETE FROM "slots" WHERE "holder_id" = $1 AND "province" IN (SELECT "province" FROM "slots" WHERE "holder_id" = $2)'
)
_MOVE_SLOTS = Statement('UPDATE "slots" SET "holder_id" = $2 WHERE "holder_id" = $1')


class Merges(Repository[Merge]):
    """Merges, proposed and done."""

    table = _MERGES
    noun = Message("记录合并", "merge")

    async def between(self, kept_id: str, gone_id: str) -> Merge | None:
        """Return the oldest proposal to make one record of two, if there is one."""
        return await self._first(_BETWEEN, kept_id, gone_id)

    async def proposed(self, kept_ids: Iterable[str]) -> dict[str, tuple[Merge, ...]]:
        """Return what is proposed to become part of people's records, by the record that would be kept."""
        return grouped(await self._all(_PROPOSED, list(kept_ids)), "kept_id")

    async def proposed_with(self, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return the ids of the records that are proposed to be one with people's, whichever is kept, by theirs."""
        wanted = set(ids)
        found: dict[str, set[str]] = {}
        for merge in await self._all(_PROPOSED_WITH, list(wanted)):
            for one, other in ((merge.kept_id, merge.gone_id), (merge.gone_id, merge.kept_id)):
                if one in wanted:
                    found.setdefault(one, set()).add(other)
        return {one: frozenset(others) for one, others in found.items()}

    async def kept_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the ids of the records that others have become part of, by the id of each that is gone."""
        return {merge.gone_id: merge.kept_id for merge in await self._all(_DONE, list(ids))}

    async def gone_of(self, kept_id: str) -> tuple[str, ...]:
        """Return the ids of the records that have become part of one."""
        return tuple(gone for (gone,) in await self._session.run(_GONE, kept_id))

    async def done(self, since: datetime | None) -> tuple[Merge, ...]:
        """Return the merges that were done since a moment, or ever, in their order."""
        return await (self._all(_ALL_DONE) if since is None else self._all(_SINCE, since))

    async def propose(self, merge: Merge) -> None:
        """Put a proposal on record."""
        await self._insert(merge)

    async def carry_out(self, merge: Merge, kept: Holder, gone: Holder, live_in: Iterable[str]) -> Holder:
        """Make one record of two locked ones, and return it.

        Args:
            merge: with who confirmed it; live_in: provinces in which the one that is gone has a card, or an application for
                one, so that its right to a card there counts.
        """
        session = self._session
        await self._overwrite(merge)
        # One person has one slot in a province.
        await session.run(_TAKE_SLOTS, gone.id, kept.id, list(live_in))
        await session.run(_DROP_SLOTS, gone.id, kept.id)
        await session.run(_MOVE_SLOTS, gone.id, kept.id)
        await hand_over(session, gone.id, kept.id)
        # What had become part of it before leads on.
        await session.run(_LEAD_ON, gone.id, kept.id)
        return await Holders(session).update(with_what_both_have(kept, gone))
