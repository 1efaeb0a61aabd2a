"""Operations, by id, by holder and in pages."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from pypika_tortoise.terms import Parameterizer
from tortoise.expressions import Case, F, Q, When
from tortoise.functions import Coalesce
from tortoise.queryset import QuerySet

from domain.fee import HOLDER, Due, Fee
from domain.message import Message
from domain.operation import OPERATION_LAPSES, Delivery, Operation, OperationState, Postponed
from store.citations import citation, plain_citation
from store.models import GuardianshipRow, HolderRow, OperationRow
from store.records import LapsedOperation, OperationFilter
from store.repositories.repository import Repository, Union, grouped

_PLAIN = (
    "service", "region", "province", "holder_id", "actor_id", "relation", "channel", "office", "created_at",
    "updated_at", "policy_digest", "bank", "outlet", "card_id", "replaced_card_id", "reason", "paid_at", "promised_at", "promise_estimated",
)  # fmt: skip
_SEALED = ("details", "declarations", "sighted", "correction_reason", "tracking_number")

MAX_PARTS = 300
"""How many queries are put together into one: SQLite takes 500. Beyond, the regions of a state are read and sorted."""


_ENDING = frozenset(state.value for state, _ in OPERATION_LAPSES)
_ENDED = frozenset(then.value for _, then in OPERATION_LAPSES)
_TOUCHED = _ENDING | _ENDED


def _states(selection: OperationFilter) -> list[str]:
    """Return the states that a filter asks for, all of them where it leaves them out."""
    return sorted(OperationState if selection.states is None else selection.states)


def _has_lapsed(selection: OperationFilter) -> Q:
    """Return what holds of the rows whose recorded state has ended by time alone."""
    return Q(state_until__lte=selection.now)


def _as_recorded(selection: OperationFilter) -> bool:
    """Say whether what has lapsed need not be told from the rest: of all states, it does not matter which one it is in."""
    return selection.now is None or len(_states(selection)) == len(OperationState)


def _in_each_state(selection: OperationFilter) -> list[Q]:
    """Return, for each state that a filter asks for, what holds of the rows that are recorded in it and have not lapsed."""
    lasts = Q(state_until__isnull=True) | Q(state_until__gt=selection.now)
    told = frozenset[str]() if _as_recorded(selection) else _ENDING
    return [Q(Q(state=state), lasts) if state in told else Q(state=state) for state in _states(selection)]


def _lapsed_into(selection: OperationFilter) -> list[str]:
    """Return the states that a filter asks for which rows are in by time alone, whatever is recorded."""
    return [] if _as_recorded(selection) else [state for state in _states(selection) if state in _ENDED]


def _exact(selection: OperationFilter) -> dict[str, str]:
    """Return what a filter says of single columns, by column."""
    named = {name: getattr(selection, name) for name in ("province", "service", "bank")}
    found = {name: value for name, value in named.items() if value is not None}
    if selection.regions is not None and len(selection.regions) == 1:
        found["region"] = next(iter(selection.regions))
    return found


def _parts(selection: OperationFilter) -> list[Q]:
    """Return the conditions that each select rows which an index has in order, and together those of a filter."""
    states, regions = _in_each_state(selection), _regions(selection)
    if regions is None:
        return states
    if len(states) * len(regions) > MAX_PARTS:
        return [Q(state, region__in=regions) for state in states]
    return [Q(state, region=region) for state in states for region in regions]


def _regions(selection: OperationFilter) -> list[str] | None:
    """Return the regions that a filter asks for, where they are not just one; None where it leaves them out."""
    return None if selection.regions is None or len(selection.regions) == 1 else sorted(selection.regions)


def _compared(rows: QuerySet[OperationRow], values: Mapping[str, str]) -> QuerySet[OperationRow]:
    """Return the rows with these values, by column, compared as expressions, which no index knows.

    SQLite does not count what tables hold: it would rather read all rows of a value than the few that are meant.
    """
    for name, value in values.items():
        rows = rows.annotate(**{f"its_{name}": Coalesce(name, "")}).filter(**{f"its_{name}": value})
    return rows


def _as_said(rows: QuerySet[OperationRow], selection: OperationFilter) -> QuerySet[OperationRow]:
    """Return those of a few rows that are as a filter says, but for holders and states."""
    rows = _compared(rows, _exact(selection))
    if (regions := _regions(selection)) is not None:
        rows = rows.annotate(its_region=Coalesce("region", "")).filter(its_region__in=regions)
    return rows


def _beyond(rows: QuerySet[OperationRow], after: tuple[datetime, str] | None) -> QuerySet[OperationRow]:
    """Return the rows that come after one, the newest first."""
    if after is None:
        return rows
    created_at, identifier = after
    # The first condition follows from the second; it is what lets an index find where to begin.
    return rows.filter(Q(created_at__lte=created_at), Q(created_at__lt=created_at) | Q(id__lt=identifier))


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
        rows = self._rows(resumable=True, id__gt=after).order_by("id").limit(limit).only("id")
        return tuple([row.id async for row in rows])

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
        if selection.holder_ids is None:
            newest = await self._newest(selection, after, limit + 1)
            if not newest:
                return (), False
            rows = self._rows(id__in=newest)
        else:
            rows = _beyond(self._of_people(selection), after)
        found = await rows.order_by("-created_at", "-id").limit(limit + 1)
        return tuple(self._value(row) for row in found[:limit]), len(found) > limit

    async def lapsed(self, now: datetime, after: str, limit: int) -> tuple[LapsedOperation, ...]:
        """Name the operations whose recorded state has ended by time alone, in the order of their ids.

        Args:
            after: only ids above this one, to go on where the page before ended; limit: how many at most.
        """
        rows = self._rows(state_until__lte=now, id__gt=after).order_by("id").limit(limit)
        return tuple(LapsedOperation(row.id, row.holder_id) for row in await rows.only("id", "holder_id"))

    async def _newest(self, selection: OperationFilter, after: tuple[datetime, str] | None, limit: int) -> list[str]:
        """Return the ids of the newest rows of whomever that a filter selects, in one statement.

        An index has the rows of each state in order, in each region. The newest of each are put together; were all asked
        for at once, the database would read all rows and sort them, or read those of every other state too. Another index
        has the few that are in a state by time alone.
        """
        found = [self._in_any_state(selection).filter(part) for part in _parts(selection)]
        if into := _lapsed_into(selection):
            found.append(self._lapsed(selection).filter(state_then__in=into))
        parameters, parts = Parameterizer(), []
        for rows in found:
            query = _beyond(rows, after).order_by("-created_at", "-id").limit(limit).only("id", "created_at")
            query._make_query()
            kind = query.query.QUERY_CLS
            # SQLite takes a limit in a part of a union only where it stands in a query of its own.
            selected = kind.from_(query.query).select("id", "created_at")
            parts.append(selected.get_sql(kind.SQL_CONTEXT.copy(parameterizer=parameters)))
        if not parts:
            return []
        together = f"{' UNION ALL '.join(parts)} ORDER BY created_at DESC, id DESC LIMIT {limit}"
        _, answers = await self._session.reader.execute_query(together, parameters.values)
        return [answer["id"] for answer in answers]

    async def count(self, selection: OperationFilter) -> int:
        """Return how many operations there are."""
        if selection.holder_ids is not None:
            return await self._of_people(selection).count()
        rows, regions = self._in_any_state(selection), _regions(selection)
        if regions is not None:
            rows = rows.filter(region__in=regions)
        if len(_states(selection)) == len(OperationState):
            return await rows.count()
        states = _states(selection)
        count = await rows.filter(state__in=states).count()
        if selection.now is None or _TOUCHED.isdisjoint(states):
            return count
        # The few that have lapsed are put from one state to another.
        lapsed = self._lapsed(selection)
        return (
            count - await lapsed.filter(state__in=states).count() + await lapsed.filter(state_then__in=states).count()
        )

    def _in_any_state(self, selection: OperationFilter) -> QuerySet[OperationRow]:
        """Return the rows of whomever that a filter selects but for its states."""
        exact = _exact(selection)
        if selection.regions is None or self._session.on_postgresql:
            return self._rows(**exact)
        # An index has each of them in front; the rows of a region are the fewest.
        behind = {name: value for name, value in exact.items() if name in ("service", "bank")}
        return _compared(self._rows(**{name: exact[name] for name in exact.keys() - behind.keys()}), behind)

    def _lapsed(self, selection: OperationFilter) -> QuerySet[OperationRow]:
        """Return the rows that a filter selects but for its states, whose recorded state has ended by time alone."""
        return _as_said(self._rows().filter(_has_lapsed(selection)), selection)

    def _of_people(self, selection: OperationFilter) -> QuerySet[OperationRow]:
        """Return the rows of some people that a filter selects."""
        people: frozenset[str] | Union = selection.holder_ids or frozenset()
        if selection.wards_of is not None:
            themselves = self._session.rows(HolderRow).filter(id__in=selection.holder_ids).values("id")
            guarded = self._session.rows(GuardianshipRow).filter(guardian_id=selection.wards_of, ended_at=None)
            people = Union([themselves, guarded.values("ward_id")])
        rows = self._rows(holder_id__in=people)
        # A person has few rows.
        rows = _as_said(rows, selection)
        if selection.states is not None:
            now = (
                Case(When(_has_lapsed(selection), then=F("state_then")), default=F("state"))
                if selection.now
                else Coalesce("state", "")
            )
            rows = rows.annotate(its_state=now).filter(its_state__in=_states(selection))
        return rows

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
