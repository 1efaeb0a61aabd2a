"""Operations, by id, by holder and in pages."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.fee import HOLDER, Bill, Due, Fee
from domain.holder import Holder
from domain.message import Message
from domain.operation import Delivery, Operation, Postponed
from store.citations import CITATION
from store.encoding import parts
from store.models import OperationRow
from store.records import Count, LapsedOperation, OperationFilter, Place
from store.repositories.due import OPERATIONS, lapsed, resumable
from store.repositories.holders import Holders
from store.repositories.operation_changes import Change, ChangesAsked, changed, changes_counted
from store.repositories.operation_lists import counted, newest
from store.repositories.repository import Repository, grouped, storable
from store.table import Derived, Pairs, Structure, Table

MOST_COUNTED = 10_000
"""Nobody reads a list that far; beyond, it is only said that there are more."""


def _plain_bill(bill: Bill) -> list[dict[str, Any]]:
    return [parts(fee) for fee in bill]


def _bill(lines: Sequence[dict[str, Any]], paid_at: datetime | None) -> Bill:
    """Make lines of a bill of what is kept of them.

    Those of versions that knew no more were all due before the operation went on, and paid together with it.
    """
    return tuple(_line(kept, paid_at) for kept in lines)


def _line(kept: dict[str, Any], paid_at: datetime | None) -> Fee:
    fee = Fee(**{**kept, "label": Message(**kept["label"]), "due": Due(kept.get("due", Due.BEFORE))})
    return fee if "paid_at" in kept or fee.payer != HOLDER else replace(fee, paid_at=paid_at)


_OPERATIONS = Table(
    OperationRow,
    Operation,
    personal=("details", "declarations", "sighted", "correction_reason", "tracking_number", "delivery", "postponed"),
    structures={
        "delivery": Structure(parts, lambda kept: Delivery(**kept)),
        "postponed": Structure(parts, lambda kept: Postponed(**kept)),
        "fees": Structure(_plain_bill, _bill, beside=("paid_at",)),
        "state_source": CITATION,
    },
    derived={"resumable": Derived(("resumable",), lambda sealer, resumable: resumable)},
)
_OF_HOLDERS = _OPERATIONS.select('WHERE "holder_id" = ANY($1) ORDER BY "created_at" DESC, "id" DESC')
_WITH_HOLDER: Pairs[Operation, Holder] = Pairs(_OPERATIONS, "holder_id", Holders.table, 'WHERE "operations"."id" = $1')
_REPLACING = _OPERATIONS.select('WHERE "replaced_card_id" = ANY($1) ORDER BY "created_at", "id"')


class Operations(Repository[Operation]):
    """Operations on record."""

    table = _OPERATIONS
    noun = Message("申请", "operation")

    def _kept(self, found: Sequence[Operation]) -> tuple[Operation, ...]:
        for operation in found:
            self._session.remember_province(operation.id, operation.province)
        return super()._kept(found)

    async def add(self, operation: Operation) -> None:
        """Put an operation on record.

        Raises:
            Conflict: the id is on record already.
        """
        await self._insert(operation)
        self._session.remember_province(operation.id, operation.province)

    async def begin(self, operation: Operation) -> None:
        """Put an operation on record whose id was made just now, so that none can have it: together with what is appended next."""
        await self._session.append(self.table, operation)
        self._kept((operation,))

    async def update(self, operation: Operation) -> Operation:
        """Replace the record of an operation, and return it with its new version.

        Raises:
            NotFound: the operation is not on record.
            Conflict: the record has changed since this version was read.
        """
        return await self._replace(operation)

    async def with_holder(self, identifier: str) -> tuple[Operation, Holder]:
        """Return the operation with this id, and whom it is about.

        Raises:
            NotFound: there is none.
        """
        found = await self._session.find_pairs(_WITH_HOLDER, storable(identifier))
        if not found:
            raise self._not_found()
        [(operation, holder)] = found
        self._kept([operation])
        return operation, holder

    async def of_holder(self, holder_id: str) -> tuple[Operation, ...]:
        """Return the operations about a person, the newest first."""
        return await self._all(_OF_HOLDERS, [holder_id])

    async def of_holders(self, holder_ids: Iterable[str]) -> dict[str, tuple[Operation, ...]]:
        """Return the operations about people, by holder, the newest first; who has none is left out."""
        return grouped(await self._all(_OF_HOLDERS, list(holder_ids)), "holder_id")

    async def resumable(self, after: str, limit: int) -> tuple[str, ...]:
        """Return the ids, in their order, of operations that are paid for and on which a service waits for that.

        Args:
            after: the last one before; limit: how many at most.
        """
        return await resumable(self._session, after, limit)

    async def replacing(self, card_ids: Iterable[str]) -> dict[str, tuple[Operation, ...]]:
        """Return the operations that ask for new cards in place of these, by old card, the oldest first."""
        return grouped(await self._all(_REPLACING, list(card_ids)), "replaced_card_id")

    async def page(
        self,
        selection: OperationFilter,
        after: Place | None,
        limit: int,
        *,
        before: Place | None = None,
        last: bool = False,
    ) -> tuple[tuple[Operation, ...], bool]:
        """Return one page of operations, the newest first.

        Args:
            selection: which ones.
            after: when the last operation of the page before was created, and its id; None for the first page.
            limit: how many at most.
            before: when the first operation of the page after was created, and its id.
            last: whether those next to that page are meant, or the oldest, in place of those at the beginning.

        Returns:
            The operations, and whether there are more in that direction.
        """
        columns, on_postgresql = self.table.read_columns, self._session.on_postgresql
        asked = newest(selection, after, limit + 1, columns, on_postgresql=on_postgresql, before=before, last=last)
        # Those of people are few; looking for others may take long, so it is not done where everybody waits for it.
        search = self._session.search if selection.holder_ids is None else self._session.look_up
        found = await search(asked.text, asked.values)
        shown = found[:limit]
        return self._kept(self._session.read(self.table, shown[::-1] if last else shown)), len(found) > limit

    async def changed(
        self, selection: OperationFilter, asked: ChangesAsked
    ) -> tuple[tuple[tuple[Operation, Change], ...], bool]:
        """Return operations by their last change, in the order in which the changes were committed, each with its place.

        Returns:
            The operations with their places, and whether more follow.
        """
        columns, on_postgresql = self.table.read_columns, self._session.on_postgresql
        more = replace(asked, size=asked.size + 1)
        query = changed(selection, more, columns, on_postgresql=on_postgresql)
        rows = await self._session.search(query.text, query.values)
        shown = [tuple(row) for row in rows[: asked.size]]
        found = self._kept(self._session.read(self.table, [row[:-2] for row in shown]))
        return tuple(zip(found, ((row[-2], row[-1]) for row in shown), strict=True)), len(rows) > asked.size

    async def count_changed(self, selection: OperationFilter, asked: ChangesAsked) -> Count:
        """Return how many operations have changed, up to `MOST_COUNTED`."""
        query = changes_counted(selection, asked, MOST_COUNTED + 1, on_postgresql=self._session.on_postgresql)
        [[found]] = await self._session.search(query.text, query.values)
        return Count(min(found, MOST_COUNTED), found > MOST_COUNTED)

    async def lapsed(self, now: datetime, after: Place | None, limit: int) -> tuple[LapsedOperation, ...]:
        """Name the operations whose recorded state has ended by time alone, the one that ended first first.

        Args:
            after: when the last one of the page before was due, and its id; limit: how many at most.
        """
        found = await lapsed(self._session, OPERATIONS, now, after, limit)
        return tuple(LapsedOperation(*row) for row in found)

    async def count(self, selection: OperationFilter) -> Count:
        """Return how many operations there are, up to `MOST_COUNTED`."""
        asked = counted(selection, MOST_COUNTED + 1, on_postgresql=self._session.on_postgresql)
        [[found]] = await self._session.search(asked.text, asked.values)
        return Count(min(found, MOST_COUNTED), found > MOST_COUNTED)
