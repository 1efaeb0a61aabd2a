"""Refunds, by id, by operation, and those that the provider has not answered yet."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from domain.message import Message
from store.models import RefundRow
from store.records import Refund, RefundStatus
from store.repositories.repository import Repository, grouped

_PLAIN = tuple(field.name for field in fields(Refund) if field.name not in ("id", "status"))


def _columns(refund: Refund) -> dict[str, Any]:
    return {"status": refund.status, **{name: getattr(refund, name) for name in _PLAIN}}


class Refunds(Repository[RefundRow, Refund]):
    """Refunds on record."""

    row_class = RefundRow
    noun = Message("退费记录", "refund")

    async def add(self, refund: Refund) -> None:
        """Put a refund on record.

        Raises:
            Conflict: the id is on record already.
        """
        await self._session.insert(RefundRow(id=refund.id, **_columns(refund)), self._exists_already())

    async def update(self, refund: Refund) -> None:
        """Replace the record of a refund; lock it first.

        Raises:
            NotFound: the refund is not on record.
        """
        await self._overwrite(refund.id, _columns(refund))

    async def pending(self, after: str, limit: int) -> tuple[Refund, ...]:
        """Return refunds that the provider has not answered yet, in the order of their ids.

        Args:
            after: the id of the last one before; limit: how many at most.
        """
        rows = await self._rows(status=RefundStatus.PENDING, id__gt=after).order_by("id").limit(limit)
        return tuple(self._value(row) for row in rows)

    async def of_operations(self, operation_ids: Iterable[str]) -> dict[str, tuple[Refund, ...]]:
        """Return the refunds of operations, by operation, the oldest first; an operation without is left out."""
        rows = await self._rows(operation_id__in=set(operation_ids)).order_by("asked_at", "id")
        return grouped(rows, "operation_id", self._value)

    def _value(self, row: RefundRow) -> Refund:
        return Refund(id=row.id, status=RefundStatus(row.status), **{name: getattr(row, name) for name in _PLAIN})
