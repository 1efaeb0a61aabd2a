"""Refunds, by id, by operation, and those that the provider has not answered yet."""

from collections.abc import Iterable

from domain.message import Message
from store.money_models import RefundRow
from store.records import Refund, RefundStatus
from store.repositories.repository import Repository, grouped
from store.table import Table

_REFUNDS = Table(RefundRow, Refund)
_IN_STATUS = _REFUNDS.select('WHERE "status" = $1 AND "id" > $2 ORDER BY "id" LIMIT $3')
_OF_OPERATIONS = _REFUNDS.select('WHERE "operation_id" = ANY($1) ORDER BY "asked_at", "id"')


class Refunds(Repository[Refund]):
    """Refunds on record."""

    table = _REFUNDS
    noun = Message("退费记录", "refund")

    async def add(self, refund: Refund) -> None:
        """Put a refund on record.

        Raises:
            Conflict: the id is on record already.
        """
        await self._insert(refund)

    async def update(self, refund: Refund) -> None:
        """Replace the record of a refund; lock it first.

        Raises:
            NotFound: the refund is not on record.
        """
        await self._overwrite(refund)

    async def pending(self, after: str, limit: int) -> tuple[Refund, ...]:
        """Return refunds that the provider has not answered yet, in the order of their ids.

        Args:
            after: the id of the last one before; limit: how many at most.
        """
        return await self._all(_IN_STATUS, RefundStatus.PENDING, after, limit)

    async def of_operations(self, operation_ids: Iterable[str]) -> dict[str, tuple[Refund, ...]]:
        """Return the refunds of operations, by operation, the oldest first; an operation without is left out."""
        return grouped(await self._all(_OF_OPERATIONS, list(operation_ids)), "operation_id")
