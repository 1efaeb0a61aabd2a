"""Decisions as they were made."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from tortoise.expressions import Q
from tortoise.functions import Coalesce
from tortoise.queryset import QuerySet

from domain.region import codes_within, province_of
from store.models import DecisionRow
from store.records import DecisionFilter, DecisionRecord, KeptDecision
from store.repositories.repository import grouped
from store.session import Session
from store.table import Table

DECISIONS = Table(DecisionRow, DecisionRecord)
_OF_OPERATIONS = DECISIONS.select('WHERE "operation_id" = ANY($1) ORDER BY "at", "id"')
_KEPT = tuple(field.name for field in fields(KeptDecision))
_EVERYWHERE = "000000"


def _kept(row: Mapping[str, Any]) -> KeptDecision:
    # SQLite has neither days nor moments nor truth values.
    def day(value: Any) -> date:
        return date.fromisoformat(value) if isinstance(value, str) else value

    at = row["at"]
    return KeptDecision(
        id=row["id"],
        service=row["service"],
        region=row["region"],
        at=datetime.fromisoformat(at) if isinstance(at, str) else at,
        on=day(row["on"]),
        known=day(row["known"]),
        digest=row["digest"],
        allowed=bool(row["allowed"]),
        facts=row["facts"],
        outcome=row["outcome"],
    )


class Decisions:
    """Decisions on record; they are only ever added."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, decision: DecisionRecord) -> None:
        """Put a decision on record."""
        await self._session.append_for_good(DECISIONS, decision, decision.id)

    async def of_operations(self, operation_ids: Iterable[str]) -> dict[str, tuple[DecisionRecord, ...]]:
        """Return the decisions about operations, by operation, the oldest first; an operation without is left out."""
        return grouped(await self._session.find(_OF_OPERATIONS, list(operation_ids)), "operation_id")

    async def count(self, selection: DecisionFilter) -> int:
        """Return how many decisions there are."""
        return await self._selected(selection).count()

    async def page(
        self, selection: DecisionFilter, after: tuple[datetime, str] | None, limit: int
    ) -> tuple[KeptDecision, ...]:
        """Return one page of decisions, the newest first.

        Args:
            selection: which ones.
            after: when the last decision of the page before was made, and its id; None for the first page.
            limit: how many at most; fewer are the last.
        """
        rows = self._selected(selection)
        if after is not None:
            at, identifier = after
            # The first condition follows from the second; it is what lets an index find where to begin.
            rows = rows.filter(Q(at__lte=at), Q(at__lt=at) | Q(id__lt=identifier))
        # As the database answers: rows of tortoise's own read every structure, which takes longer than all the rest.
        query = rows.order_by("-at", "-id").limit(limit).only(*_KEPT)
        query._make_query()
        _, found = await self._session.reader.execute_query(*query.query.get_parameterized_sql())
        return tuple(map(_kept, found))

    def _selected(self, selection: DecisionFilter) -> QuerySet[DecisionRow]:
        rows = self._session.rows(DecisionRow)
        if selection.region is not None and selection.region != _EVERYWHERE:
            # A range, and not a beginning: an index can find where it starts whatever the database's alphabet is.
            first, last = codes_within(selection.region)
            if first == last:
                return self._in_time(self._about_in_one(selection), selection)
            rows = rows.filter(province=province_of(selection.region))
            if selection.region != province_of(selection.region):
                rows = rows.filter(region__gte=first, region__lte=last)
        if selection.service is not None:
            rows = rows.filter(service=selection.service)
        return self._in_time(rows, selection)

    def _about_in_one(self, selection: DecisionFilter) -> QuerySet[DecisionRow]:
        """Return the rows of one region that has none within: few, which an index has in order."""
        rows = self._session.rows(DecisionRow).filter(region=selection.region)
        if selection.service is None:
            return rows
        if self._session.on_postgresql:
            return rows.filter(service=selection.service)
        # SQLite does not count what tables hold: it would rather read all decisions about the service.
        return rows.annotate(its_service=Coalesce("service", "")).filter(its_service=selection.service)

    def _in_time(self, rows: QuerySet[DecisionRow], selection: DecisionFilter) -> QuerySet[DecisionRow]:
        if selection.since is not None:
            rows = rows.filter(at__gte=selection.since)
        if selection.before is not None:
            rows = rows.filter(at__lt=selection.before)
        return rows
