"""Medical personal accounts (QD-7): batches that settlement systems post, each once, and the entries in them."""

from collections.abc import Sequence
from typing import Any

from tortoise.expressions import Q
from tortoise.functions import Sum
from tortoise.queryset import QuerySet

from domain.account import AccountEntry, AccountTotals, EntryKind
from domain.errors import Conflict, NotFound
from domain.message import Message
from domain.region import around, codes_within
from store.money_models import AccountBatchRow, AccountEntryRow
from store.records import AccountBatch, AccountFilter, Place
from store.repositories.repository import storable
from store.session import AT_ONCE, Session
from store.table import Table

ENTRIES = Table(AccountEntryRow, AccountEntry, personal=("description",))
_BATCHES = Table(AccountBatchRow, AccountBatch)
_FIND_BATCH = _BATCHES.select('WHERE "region" = $1 AND "reference" = $2')
_PLAIN = ("id", "holder_id", "region", "province", "reference", "amount", "occurred_at", "posted_at")


class AccountEntries:
    """Entries and the batches they came in."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find_batch(self, region: str, reference: str) -> AccountBatch | None:
        """Return the batch that a region's settlement system posted under a reference, if it did."""
        return await self._session.first(_FIND_BATCH, region, reference)

    async def take_turn(self, region: str, reference: str) -> None:
        """Keep everybody else who posts this batch waiting until the commit."""
        await self._session.lock_names(f"account batch {region} {reference}")

    async def add(self, batch: AccountBatch, entries: Sequence[AccountEntry]) -> None:
        """Put a batch and its entries on record: all of them or none.

        Raises:
            Conflict: the batch, or one of its entries, is on record already (`ENTRY_EXISTS`).
        """
        await self._session.insert(_BATCHES, batch, _exists(batch.reference))
        # In one order, so that two batches with the same entries never wait for each other.
        rows = [self._row(entry) for entry in sorted(entries, key=lambda entry: entry.reference)]
        if not await self._session.insert_all(AccountEntryRow, rows):
            known = await self._known(batch.region, [entry.reference for entry in entries])
            raise _exists(known or batch.reference)

    async def _known(self, region: str, references: list[str]) -> str | None:
        """Return a reference that is on record already, if one is."""
        rows = self._session.writable_rows(AccountEntryRow)
        for start in range(0, len(references), AT_ONCE):
            found = await rows.filter(region=region, reference__in=references[start : start + AT_ONCE]).first()
            if found is not None:
                return str(found.reference)
        return None

    async def get(self, identifier: str) -> AccountEntry:
        """Return an entry.

        Raises:
            NotFound: there is none.
        """
        row = await self._session.rows(AccountEntryRow).get_or_none(id=storable(identifier))
        if row is None:
            raise NotFound(
                Message(
                    "没有找到这条个人账户明细，请核对编号。", "There is no account entry with that id; check the id."
                )
            )
        return self._value(row)

    async def page(
        self,
        selection: AccountFilter,
        after: Place | None,
        limit: int,
        *,
        before: Place | None = None,
        last: bool = False,
    ) -> tuple[tuple[AccountEntry, ...], bool]:
        """Return one page of entries, the newest first.

        Args:
            after: when the last entry of the page before occurred, and its id; None for the first page.
            limit: how many at most.
            before: when the first entry of the page after occurred, and its id.
            last: whether those next to that page are meant, or the oldest, in place of those at the beginning.

        Returns:
            The entries, and whether there are more in that direction.
        """
        rows = self._selected(selection)
        if after is not None:
            occurred_at, identifier = after
            rows = rows.filter(Q(occurred_at__lte=occurred_at), Q(occurred_at__lt=occurred_at) | Q(id__lt=identifier))
        if before is not None:
            occurred_at, identifier = before
            rows = rows.filter(Q(occurred_at__gte=occurred_at), Q(occurred_at__gt=occurred_at) | Q(id__gt=identifier))
        order = ("occurred_at", "id") if last else ("-occurred_at", "-id")
        found = await rows.order_by(*order).limit(limit + 1)
        shown = found[:limit]
        return tuple(self._value(row) for row in (shown[::-1] if last else shown)), len(found) > limit

    async def totals(self, selection: AccountFilter) -> AccountTotals:
        """Return the sums of the entries, in fen."""
        sums = await self._selected(selection).annotate(total=Sum("amount")).group_by("kind").values("kind", "total")
        found = {row["kind"]: int(row["total"]) for row in sums}
        return AccountTotals(found.get(EntryKind.CREDIT, 0), found.get(EntryKind.SPENDING, 0))

    async def count(self, selection: AccountFilter) -> int:
        """Return how many entries there are."""
        return await self._selected(selection).count()

    def _selected(self, selection: AccountFilter) -> QuerySet[AccountEntryRow]:
        conditions: dict[str, Any] = {"holder_id": selection.holder_id}
        if selection.kind is not None:
            conditions["kind"] = selection.kind
        if selection.since is not None:
            conditions["occurred_at__gte"] = selection.since
        if selection.before is not None:
            conditions["occurred_at__lt"] = selection.before
        # A city runs the accounts of its districts, or a district its own: what lies in a place is shown with what lies around.
        first, last = codes_within(selection.region)
        there = Q(region__in=around(selection.region)) | Q(region__gte=first, region__lte=last)
        return self._session.rows(AccountEntryRow).filter(there, **conditions)

    def _row(self, entry: AccountEntry) -> AccountEntryRow:
        sealed = ENTRIES.seal(entry, self._session.sealer)
        plain = {name: getattr(entry, name) for name in _PLAIN}
        return AccountEntryRow(kind=entry.kind, sealed=sealed, **plain)

    def _value(self, row: AccountEntryRow) -> AccountEntry:
        personal = ENTRIES.unseal(row.sealed, self._session.sealer, row.id)
        plain = {name: getattr(row, name) for name in _PLAIN}
        return AccountEntry(kind=EntryKind(row.kind), **plain, **personal)


def _exists(reference: str) -> Conflict:
    return Conflict(
        Message(
            f"编号为“{reference}”的批次或明细已经入账，这一批没有入账，请核对编号。",
            f"A batch or entry with the reference {reference} is posted already, so nothing of this batch was; "
            "check the references.",
        ),
        code="ENTRY_EXISTS",
    )
