"""Payments, by id and by the provider's reference."""

from collections.abc import Iterable

from domain.message import Message
from store.money_models import PaymentRow
from store.records import Payment
from store.repositories.repository import Repository, grouped
from store.table import Table

_PAYMENTS = Table(PaymentRow, Payment)
_BY_REFERENCE = _PAYMENTS.select('WHERE "provider_reference" = $1')
_LOCK_BY_REFERENCE = _PAYMENTS.select('WHERE "provider_reference" = $1 FOR UPDATE')
_OF_OPERATIONS = _PAYMENTS.select('WHERE "operation_id" = ANY($1) ORDER BY "created_at", "id"')


class Payments(Repository[Payment]):
    """Payments on record."""

    table = _PAYMENTS
    noun = Message("缴费记录", "payment")

    async def add(self, payment: Payment) -> None:
        """Put a payment on record.

        Raises:
            Conflict: the id or the provider's reference is on record already.
        """
        await self._insert(payment)

    async def find_by_reference(self, provider_reference: str) -> Payment | None:
        """Return the payment that the provider calls so, if there is one."""
        return await self._first(_BY_REFERENCE, provider_reference)

    async def lock_by_reference(self, provider_reference: str) -> Payment | None:
        """Return the payment that the provider calls so, if there is one, and lock it until the commit."""
        return await self._first(_LOCK_BY_REFERENCE, provider_reference)

    async def update(self, payment: Payment) -> None:
        """Replace the record of a payment; lock it first.

        Raises:
            NotFound: the payment is not on record.
        """
        await self._overwrite(payment)

    async def of_operations(self, operation_ids: Iterable[str]) -> dict[str, tuple[Payment, ...]]:
        """Return the payments for operations, by operation, the oldest first; an operation without is left out."""
        return grouped(await self._all(_OF_OPERATIONS, list(operation_ids)), "operation_id")
