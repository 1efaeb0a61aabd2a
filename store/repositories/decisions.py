"""Decisions as they were made."""

from collections.abc import Iterable
from dataclasses import fields

from store.models import DecisionRow
from store.records import DecisionRecord
from store.repositories.repository import grouped
from store.session import Session

_COLUMNS = tuple(field.name for field in fields(DecisionRecord))


def _value(row: DecisionRow) -> DecisionRecord:
    return DecisionRecord(**{name: getattr(row, name) for name in _COLUMNS})


class Decisions:
    """Decisions on record; they are only ever added."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, decision: DecisionRecord) -> None:
        """Put a decision on record."""
        await self._session.append(DecisionRow(**{name: getattr(decision, name) for name in _COLUMNS}))

    async def of_operations(self, operation_ids: Iterable[str]) -> dict[str, tuple[DecisionRecord, ...]]:
        """Return the decisions about operations, by operation, the oldest first; an operation without is left out."""
        rows = self._session.rows(DecisionRow).filter(operation_id__in=set(operation_ids))
        return grouped(await rows.order_by("at", "id"), "operation_id", _value)
