"""Payments, by id and by the provider's reference."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from domain.message import Message
from store.models import PaymentRow
from store.records import Payment, PaymentStatus
from store.repositories.repository import Repository, grouped

_PLAIN = tuple(field.name for field in fields(Payment) if field.name not in ("id", "status"))


def _columns(payment: Payment) -> dict[str, Any]:
    return {"status": payment.status, **{name: getattr(payment, name) for name in _PLAIN}}


class Payments(Repository[PaymentRow, Payment]):
    """Payments on record."""

    row_class = PaymentRow
    noun = Message("缴费记录", "payment")

    async def add(self, payment: Payment) -> None:
        """Put a payment on record.

        Raises:
            Conflict: the id or the provider's reference is on record already.
        """
        await self._session.insert(PaymentRow(id=payment.id, **_columns(payment)), self._exists_already())

    async def find_by_reference(self, provider_reference: str) -> Payment | None:
        """Return the payment that the provider calls so, if there is one."""
        row = await self._rows(provider_reference=provider_reference).first()
        return None if row is None else self._value(row)

    async def lock_by_reference(self, provider_reference: str) -> Payment | None:
        """Return the payment that the provider calls so, if there is one, and lock it until the commit."""
        row = await self._locked_rows(provider_reference=provider_reference).first()
        return None if row is None else self._value(row)

    async def update(self, payment: Payment) -> None:
        """Replace the record of a payment; lock it first.

        Raises:
            NotFound: the payment is not on record.
        """
        await self._overwrite(payment.id, _columns(payment))

    async def of_operations(self, operation_ids: Iterable[str]) -> dict[str, tuple[Payment, ...]]:
        """Return the payments for operations, by operation, the oldest first; an operation without is left out."""
        rows = await self._rows(operation_id__in=set(operation_ids)).order_by("created_at", "id")
        return grouped(rows, "operation_id", self._value)

    def _value(self, row: PaymentRow) -> Payment:
        return Payment(id=row.id, status=PaymentStatus(row.status), **{name: getattr(row, name) for name in _PLAIN})
