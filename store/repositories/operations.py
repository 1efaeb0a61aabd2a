"""Operations, by id, by holder and in pages."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from domain.fee import HOLDER, Due, Fee
from domain.message import Message
from domain.operation import Delivery, Operation, OperationState, Postponed
from store.citations import citation, plain_citation
from store.models import OperationRow
from store.records import Count, LapsedOperation, OperationFilter
from store.repositories.due import Place, lapsed, resumable
from store.repositories.operation_lists import counted, newest
from store.repositories.repository import Repository, grouped

_PLAIN = (
    "service", "region", "province", "holder_id", "actor_id", "relation", "channel", "office", "created_at",
    "updated_at", "policy_digest", "bank", "outlet", "card_id", "replaced_card_id", "reason", "paid_at", "promised_at", "promise_estimated",
)  # fmt: skip
_SEALED = ("details", "declarations", "sighted", "correction_reason", "tracking_number")
MOST_COUNTED = 10_000
"""Nobody reads a list that far; beyond, it is only said that there are more."""


class Operations(Repository[OperationRow, Operation]):
    """Operations on record."""

    row_class = OperationRow
    noun = Message("申请", "operation")

    async def add(self, operation: Operation) -> None:
        """Put an operation on record.

        Raises:
            Conflict: the id is on record already.
        """
        row = OperationRow(id=operation.id, version=operation.version, **self._columns(operation))
        await self._session.insert(row, self._exists_already())
        self._session.remember_province(operation.id, operation.province)

    async def update(self, operation: Operation) -> Operation:
        """Replace the record of an operation, and return it with its new version.

        Raises:
            NotFound: the operation is not on record.
            Conflict: the record has changed since this version was read.
        """
        await self._replace(operation.id, operation.version, self._columns(operation))
        return replace(operation, version=operation.version + 1)

    async def of_holder(self, holder_id: str) -> tuple[Operation, ...]:
        """Return the operations about a person, the newest first."""
        rows = await self._rows(holder_id=holder_id).order_by("-created_at", "-id")
        return tuple(self._value(row) for row in rows)

    async def of_holders(self, holder_ids: Iterable[str]) -> dict[str, tuple[Operation, ...]]:
        """Return the operations about people, by holder, the newest first; who has none is left out."""
        rows = await self._rows(holder_id__in=set(holder_ids)).order_by("-created_at", "-id")
        return grouped(rows, "holder_id", self._value)

    async def resumable(self, after: str, limit: int) -> tuple[str, ...]:
        """Return the ids, in their order, of operations that are paid for and on which a service waits for that.

        Args:
            after: the last one before; limit: how many at most.
        """
        return await resumable(self._session, after, limit)

    async def replacing(self, card_ids: Iterable[str]) -> dict[str, tuple[Operation, ...]]:
        """Return the operations that ask for new cards in place of these, by old card, the oldest first."""
        rows = await self._rows(replaced_card_id__in=set(card_ids)).order_by("created_at", "id")
        return grouped(rows, "replaced_card_id", self._value)

    async def page(
        self, selection: OperationFilter, after: tuple[datetime, str] | None, limit: int
    ) -> tuple[tuple[Operation, ...], bool]:
        """Return one page of operations, the newest first.

        Args:
            selection: which ones.
            after: when the last operation of the page before was created, and its id; None for the first page.
            limit: how many at most.

        Returns:
            The operations, and whether more follow.
        """
        asked = newest(selection, after, limit + 1, on_postgresql=self._session.on_postgresql)
        _, found = await self._session.reader.execute_query(asked.text, asked.values)
        rows = [OperationRow._init_from_db(**dict(row)) for row in found[:limit]]
        return tuple(self._value(row) for row in rows), len(found) > limit

    async def lapsed(self, now: datetime, after: Place | None, limit: int) -> tuple[LapsedOperation, ...]:
        """Name the operations whose recorded state has ended by time alone, the one that ended first first.

        Args:
            after: when the last one of the page before was due, and its id; limit: how many at most.
        """
        found = await lapsed(self._session, "operations", ("state_until",), now, after, limit)
        return tuple(LapsedOperation(*row) for row in found)

    async def count(self, selection: OperationFilter) -> Count:
        """Return how many operations there are, up to `MOST_COUNTED`."""
        asked = counted(selection, MOST_COUNTED + 1, on_postgresql=self._session.on_postgresql)
        _, [[found]] = await self._session.reader.execute_query(asked.text, asked.values)
        return Count(min(found, MOST_COUNTED), found > MOST_COUNTED)

    def _columns(self, operation: Operation) -> dict[str, Any]:
        personal = {name: getattr(operation, name) for name in _SEALED}
        delivery = asdict(operation.delivery) if operation.delivery else None
        postponed = asdict(operation.postponed) if operation.postponed else None
        return {
            **{name: getattr(operation, name) for name in _PLAIN},
            "state": operation.state,
            "resumable": operation.resumable,
            "sealed": self._session.sealer.seal({**personal, "delivery": delivery, "postponed": postponed}),
            "documents": list(operation.documents),
            "fees": [asdict(fee) for fee in operation.fees],
            "archive": list(operation.archive),
            "state_until": operation.state_until,
            "state_then": operation.state_then,
            "state_source": plain_citation(operation.state_source),
        }

    def _value(self, row: OperationRow) -> Operation:
        self._session.remember_province(row.id, row.province)
        personal = self._session.sealer.unseal(row.sealed)
        delivery = personal.pop("delivery")
        postponed = personal.pop("postponed", None)
        return Operation(
            id=row.id,
            version=row.version,
            state=OperationState(row.state),
            documents=tuple(row.documents),
            fees=tuple(_fee(fee, row.paid_at) for fee in row.fees),
            delivery=Delivery(**delivery) if delivery else None,
            postponed=Postponed(**postponed) if postponed else None,
            archive=tuple(row.archive),
            state_until=row.state_until,
            state_then=OperationState(row.state_then) if row.state_then else None,
            state_source=citation(row.state_source),
            **{name: getattr(row, name) for name in _PLAIN},
            **personal,
        )


def _fee(kept: Mapping[str, Any], paid_at: datetime | None) -> Fee:
    """Return a line of a bill.

    Args:
        paid_at: of the operation: lines of versions that knew no more were all due before it went on, and paid together.
    """
    fee = Fee(**{**kept, "label": Message(**kept["label"]), "due": Due(kept.get("due", Due.BEFORE))})
    return fee if "paid_at" in kept or fee.payer != HOLDER else replace(fee, paid_at=paid_at)
