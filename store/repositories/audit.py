"""The audit record as a unit of work writes and reads it; entries are only ever added."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from store.audit.dropping import LOCK, Drop, drop_entries, last_drop
from store.audit.entries import AuditEntry, AuditKind, KeptEntry
from store.audit.exporting import exported
from store.audit.keys import AuditKeys
from store.audit.months import make_months
from store.audit.rows import entries_of, finding, moment_of
from store.audit.sealing import LAST, LATE, SEALS, seal
from store.audit.seals import KeptSeal, Seal
from store.audit.verifying import Verifier
from store.session import Session
from store.sqlite_backend import in_sql
from store.statement import Statement

_NEWEST = 2**63 - 1
_NEWEST_ID = Statement('SELECT "id" FROM "audit_entries" ORDER BY "id" DESC LIMIT 1')
_OLDEST = Statement('SELECT "at", "id" FROM "audit_entries" ORDER BY "id" LIMIT 1')
_FIRST_SEAL = SEALS.select('ORDER BY "id" LIMIT 1')
_LAST_BEFORE = SEALS.select('WHERE "at" < $1 ORDER BY "id" DESC LIMIT 1')
_AFTER = SEALS.select('WHERE "id" > $1 ORDER BY "id" LIMIT $2')
_LOOKS = f'"holder_id" = $1 AND "kind" = \'{AuditKind.LOOK.value}\''
_LOOKS_COUNT = Statement(f'SELECT count(*) FROM "audit_entries" WHERE {_LOOKS}')
_BETWEEN = f'WHERE {_LOOKS} AND "id" < $2 AND "id" > $3 ORDER BY "id"'
_NEWEST_LOOKS, _OLDEST_LOOKS = finding(f"{_BETWEEN} DESC LIMIT $4"), finding(f"{_BETWEEN} LIMIT $4")
"""One person each: the index by person has them in order. With several at once, all of theirs would be read and put in order."""
_CONDITIONS = {
    "holder_ids": '"holder_id" = ANY({})',
    "subject": '"subject" = {}',
    "kinds": '"kind" = ANY({})',
    "since": '"at" >= {}',
    "before": '"at" < {}',
}
"""How each attribute of a selection narrows it."""


@dataclass(frozen=True, slots=True)
class AuditSelection:
    """Which entries; what is None does not narrow.

    Args:
        holder_ids: about one of these people; subject: of whoever has this id; kinds: of one of these.
        since, before: from this moment on, and before that one.
    """

    holder_ids: Collection[str] | None = None
    subject: str | None = None
    kinds: Collection[AuditKind] | None = None
    since: datetime | None = None
    before: datetime | None = None


class Audit:
    """Who did or saw what."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tell(self, entry: AuditEntry) -> None:
        """Put an entry into the transaction, with the digests of decisions and lines of timelines that were added since the last."""
        self._session.tell(entry)

    def tell_numbered(self, entries: Sequence[tuple[int, AuditEntry]]) -> None:
        """Put entries into the transaction whose numbers were taken of the chain before."""
        for number, entry in entries:
            self._session.tell(entry, number)

    async def seal(self, keys: AuditKeys, now: datetime) -> KeptSeal | None:
        """Seal what is committed and not sealed yet; None where there is nothing."""
        return await seal(self._session, keys, now)

    async def last_seal(self) -> KeptSeal | None:
        """Return the last seal; None where there is none yet."""
        return await self._session.first(LAST)

    async def seals(self, after: int, limit: int) -> list[KeptSeal]:
        """Return seals in their order, from the one after a number on."""
        return await self._session.find(_AFTER, after, limit)

    async def make_months(self, now: datetime) -> list[str]:
        """Make the tables of this month and the next ones where they are not there, and return their names."""
        return await make_months(self._session, now)

    async def newest(self) -> int:
        """Return the largest id of an entry; 0 where there is none."""
        found = await self._session.run(_NEWEST_ID)
        return int(found[0][0]) if found else 0

    async def oldest(self) -> datetime | None:
        """Return when the first entry was written that is there; None where there is none."""
        found = await self._session.run(_OLDEST)
        return moment_of(found[0][0]) if found else None

    async def complete_since(self) -> datetime | None:
        """Return from when on all entries are there; None where there is none yet.

        Once earlier ones have gone for their age, what was written in the last hour before may be there in part (`dropping.py`).
        """
        found, first = await self._session.run(_OLDEST), await self._session.first(_FIRST_SEAL)
        if not found:
            return None
        at, identifier = moment_of(found[0][0]), int(found[0][1])
        gone = first is not None and Seal.parse(first.body).top < identifier
        return at + LATE if gone else at

    async def looks_at(
        self, holder_id: str, after: int | None, before: int | None, limit: int, *, oldest: bool
    ) -> list[KeptEntry]:
        """Return looks at a person, the newest first.

        Args:
            after, before: ids; only those that are older than the one, and newer than the other.
            limit: how many at most; oldest: whether of the oldest, in place of the newest.
        """
        select = _OLDEST_LOOKS if oldest else _NEWEST_LOOKS
        bounds = _NEWEST if after is None else after, 0 if before is None else before
        rows = await self._session.run(select, holder_id, *bounds, limit)
        return entries_of(rows)[:: -1 if oldest else 1]

    async def count_looks(self, holder_id: str) -> int:
        """Return how many looks at a person there are."""
        return int((await self._session.run(_LOOKS_COUNT, holder_id))[0][0])

    async def last_drop(self, keys: AuditKeys) -> Drop | None:
        """Return what has gone for its age; None where nothing has."""
        return await last_drop(self._session, keys)

    async def last_seal_before(self, moment: datetime) -> KeptSeal | None:
        """Return the last seal that was made before a moment; None where there is none."""
        return await self._session.first(_LAST_BEFORE, moment)

    async def drop(self, drop: Drop, before: Drop | None, mark: AuditEntry) -> bool:
        """Take the entries of one more month away, and tell it.

        Args:
            drop: what has gone then; before: what had gone when the record was verified; mark: the entry that says it.

        Returns:
            Whether they went; nothing has changed where they did not: the record is not as it was verified.

        Raises:
            Conflict: somebody reads the record for long; it is to be tried again later.
        """
        await self._session.lock_names(LOCK)
        # Where somebody else was faster, fewer are there.
        count = drop.count - (before.count if before is not None else 0)
        if not await drop_entries(self._session, drop, count):
            return False
        self.tell(mark)
        return True

    def exported(
        self, keys: AuditKeys, after: int, since: datetime | None, before: datetime | None
    ) -> AsyncIterator[dict[str, Any]]:
        """Return the seals after a number and within a time, each followed by its entries."""
        return exported(self._session, keys, after, since, before)

    def verifying(
        self,
        keys: AuditKeys,
        now: datetime,
        published: Mapping[int, str],
        told: Callable[[int, str], None],
        stops: Collection[int] = (),
    ) -> Verifier:
        """Return what reads the whole record anew.

        Args:
            published: hashes of seals that were kept elsewhere, by number; told: is told how far it is.
            stops: numbers of seals up to which entries may have to go.
        """
        return Verifier(keys, self._session, now, published, told, stops)

    async def page(self, selection: AuditSelection, after: int | None, limit: int) -> list[KeptEntry]:
        """Return one page of entries, the newest first.

        Args:
            after: the id of the last one of the page before; None for the first page; limit: how many at most.
        """
        narrowing = [name for name in _CONDITIONS if getattr(selection, name) is not None]
        select = _page(tuple(narrowing))
        values = [getattr(selection, name) for name in narrowing]
        given = [
            list(value) if isinstance(value, Collection) and not isinstance(value, str) else value for value in values
        ]
        asked = [_NEWEST if after is None else after, limit, *given]
        if self._session.on_postgresql:
            rows = await self._session.search(select.texts["postgresql"], asked)
        else:
            rows = await self._session.search(select.texts["sqlite"], in_sql(asked))
        return entries_of(rows)


@cache
def _page(narrowing: tuple[str, ...]) -> Statement:
    parts = [_CONDITIONS[name].format(f"${place}") for place, name in enumerate(narrowing, 3)]
    conditions = " AND ".join(['"id" < $1', *parts])
    return finding(f'WHERE {conditions} ORDER BY "id" DESC LIMIT $2')
