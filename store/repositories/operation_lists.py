"""The statements behind lists of operations: which are the newest of those that a filter selects, and how many there are.

An index has the rows of each state of a place in order (`OperationRow`). So each statement goes through the states, and the
regions, that are asked for, and takes of each only as many rows as can be shown or counted: what it costs hangs on the page, and
not on how many operations there are. Were all of them asked for at once, the database would read and sort them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from json import dumps
from typing import Any

from domain.operation import OPERATION_LAPSES, OperationState
from domain.region import lies_within
from store.records import OperationFilter

_NEWEST_FIRST = "ORDER BY created_at DESC, id DESC"
_OLDEST_FIRST = "ORDER BY created_at, id"
_BECOMING = frozenset(state for lapse in OPERATION_LAPSES for state in lapse)
"""The states that operations leave or enter by time alone."""
PROMISED = "promised_at IS NOT NULL AND state IN ('submitted', 'paid', 'accepted', 'correction_requested')"
"""What is promised and not made yet; an index of their own has these rows."""
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_]{1,64}")
"""What needs no quoting in a statement, as all words of the vocabularies."""


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and the values of its parameters."""

    text: str
    values: list[Any]


def newest(
    selection: OperationFilter,
    after: tuple[datetime, str] | None,
    limit: int,
    columns: Iterable[str],
    *,
    on_postgresql: bool,
    before: tuple[datetime, str] | None = None,
    last: bool = False,
) -> Query:
    """Return the statement that finds the newest operations, the newest first, or the oldest, the oldest first.

    Args:
        selection: which ones; after: when the last one before was created, and its id; limit: how many at most.
        columns: what is read of them.
        before: when the first one after was created, and its id; last: whether the oldest are asked for.
    """
    write = Writer(selection, on_postgresql)
    order = _OLDEST_FIRST if last else _NEWEST_FIRST
    beyond = [f"(created_at, id) < ({write.put(after[0])}, {write.put(after[1])})"] if after else []
    beyond += [f"(created_at, id) > ({write.put(before[0])}, {write.put(before[1])})"] if before else []
    most = write.put(limit)
    if selection.holder_ids is not None:
        where = all_of([*write.conditions(), *write.in_states(), *beyond])
        ids = f"WITH {write.of_people()} SELECT id FROM theirs{where}"
    elif selection.late:
        ids = f"WITH {write.late()} SELECT id FROM late{all_of([*write.in_states(), *beyond])}"
    elif write.as_recorded:
        ids = f"SELECT id FROM ({write.each(beyond, most, order)}) AS found"
    else:
        lasting = f"(state_until IS NULL OR state_until > {write.now()})"
        where = all_of([f"state_then {write.among(write.states)}", *write.conditions(), *beyond])
        ids = (
            f"WITH {write.lapsed()} SELECT id FROM ({write.each([lasting, *beyond], most, order)} "
            f"UNION ALL SELECT created_at, id FROM lapsed{where}) AS found"
        )
    return Query(
        f"SELECT {', '.join(columns)} FROM operations WHERE id {write.found_by(f'{ids} {order} LIMIT {most}')} {order}",
        write.values,
    )


def counted(selection: OperationFilter, most: int, *, on_postgresql: bool) -> Query:
    """Return the statement that counts operations, up to a number: that many stands for as many or more."""
    write = Writer(selection, on_postgresql)
    bound = write.put(most)
    if selection.holder_ids is not None:
        where = all_of([*write.conditions(), *write.in_states()])
        return Query(
            f"WITH {write.of_people()} SELECT count(*) FROM (SELECT 1 FROM theirs{where} LIMIT {bound}) AS found",
            write.values,
        )
    if selection.late:
        found = f"SELECT 1 FROM late{all_of(write.in_states())} LIMIT {bound}"
        return Query(f"WITH {write.late()} SELECT count(*) FROM ({found}) AS found", write.values)
    if write.as_recorded:
        return Query(f"SELECT count(*) FROM ({write.any(bound)}) AS found", write.values)
    # The few that have lapsed are put from one state to another; so many more must be counted before they are taken off.
    where, among = all_of(write.conditions()), write.among(write.states)
    return Query(
        f"WITH {write.lapsed()}, moved AS (SELECT count(CASE WHEN state {among} THEN 1 END) AS gone, "
        f"count(CASE WHEN state_then {among} THEN 1 END) AS come FROM lapsed{where}) "
        f"SELECT (SELECT count(*) FROM ({write.any(f'{bound} + (SELECT gone FROM moved)')}) AS found) - gone + come FROM moved",
        write.values,
    )


def all_of(conditions: Iterable[str]) -> str:
    """Return the clause by which all of some conditions hold; nothing where there is none."""
    found = " AND ".join(conditions)
    return f" WHERE {found}" if found else ""


class Writer:
    """Writes the parts of a statement in the words of one database, and keeps the values of its parameters."""

    def __init__(self, selection: OperationFilter, on_postgresql: bool) -> None:
        self._selection, self._on_postgresql = selection, on_postgresql
        self.values: list[Any] = []
        self._places: dict[Any, str] = {}
        self.states = tuple(sorted(OperationState if selection.states is None else selection.states))
        self._regions, province = selection.regions, selection.province
        self._named = {"service": selection.service, "bank": selection.bank}
        if self._regions is None:
            self._named["province"] = province
        elif province is not None:
            # Regions say all; PostgreSQL might look through the province for them.
            self._regions = frozenset(region for region in self._regions if lies_within(region, province))

    @property
    def as_recorded(self) -> bool:
        """Whether it does not matter what time has done: to none of these states, or from one of them to another."""
        all_states = len(self.states) == len(OperationState)
        return self._selection.now is None or all_states or _BECOMING.isdisjoint(self.states)

    def put(self, value: Any) -> str:
        """Return the parameter that stands for a value; equal values share one."""
        if isinstance(value, datetime):
            # SQLite compares moments as texts.
            value = value.astimezone(UTC)
        elif isinstance(value, tuple) and not self._on_postgresql:
            value = dumps(value)
        if value not in self._places:
            self.values.append(list(value) if isinstance(value, tuple) else value)
            self._places[value] = f"{'$' if self._on_postgresql else '?'}{len(self.values)}"
        return self._places[value]

    def now(self) -> str:
        """Return the moment of which it is asked what has lapsed."""
        return self.put(self._selection.now)

    def among(self, values: tuple[str, ...]) -> str:
        """Return the comparison with some values."""
        parameter = self.put(values)
        return (
            f"= ANY({parameter}::text[])" if self._on_postgresql else f"IN (SELECT value FROM json_each({parameter}))"
        )

    def found_by(self, query: str) -> str:
        """Return the comparison with the few ids that a query finds, which PostgreSQL would else take for a tenth of the table."""
        return f"= ANY(ARRAY({query}))" if self._on_postgresql else f"IN ({query})"

    def conditions(self) -> list[str]:
        """Return what the filter says of rows, but for holders and states."""
        found = [f"{name} = {said}" for name, said in self._said()]
        if self._regions is not None:
            found.append(f"region {self.among(tuple(sorted(self._regions)))}")
        return [*found, *self.is_late()]

    def is_late(self) -> list[str]:
        """Return what holds of rows whose promise is over, where those alone are asked for; an index has no others in it."""
        if not self._selection.late:
            return []
        waits = f"(state_until IS NULL OR state_until > {self.now()})"
        return [PROMISED, f"promised_at <= {self.now()}", waits]

    def in_states(self) -> list[str]:
        """Return what the filter says of the states of rows: of those that they are in by now."""
        if self._selection.states is None:
            return []
        state = "state"
        if self._selection.now is not None:
            state = f"CASE WHEN state_until <= {self.now()} THEN state_then ELSE state END"
        return [f"{state} {self.among(self.states)}"]

    def of_people(self) -> str:
        """Return `theirs`: all rows of some people. They are few, and looked through one by one."""
        people = f"SELECT value FROM {self._list(tuple(sorted(self._selection.holder_ids or ())), 'listed')}"
        if (guardian := self._selection.wards_of) is not None:
            people += (
                f" UNION SELECT ward_id FROM guardianships WHERE guardian_id = {self.put(guardian)} AND {self._holds()}"
            )
        columns = "created_at, id, state, state_then, state_until, promised_at, region, province, service, bank"
        return f"theirs AS MATERIALIZED (SELECT {columns} FROM operations WHERE holder_id IN ({people}))"

    def _holds(self) -> str:
        """Return what makes a guardianship hold, as `Guardianship.holds` has it."""
        now = self.now()
        lasts = " AND ".join(f"({ends} IS NULL OR {ends} > {now})" for ends in ("ended_at", "grown_at"))
        return f"(operation_id IS NULL OR in_force_at <= {now}) AND {lasts}"

    def lapsed(self) -> str:
        """Return `lapsed`: all rows whose recorded state has ended by time alone, few where a sweep runs."""
        columns = "created_at, id, state, state_then, region, province, service, bank"
        # The lower bound leaves nothing out. Without it, PostgreSQL takes a third of all rows to be meant where it plans for any
        # moment, and would read the table.
        lapsed = f"state_until > '-infinity' AND state_until <= {self.now()}"
        return f"lapsed AS MATERIALIZED (SELECT {columns} FROM operations WHERE {lapsed})"

    def late(self) -> str:
        """Return `late`: all rows of the filter whose promise is over, few where offices keep them."""
        columns = "created_at, id, state, state_then, state_until"
        return f"late AS MATERIALIZED (SELECT {columns} FROM operations{all_of(self.conditions())})"

    def each(self, conditions: list[str], most: str, order: str) -> str:
        """Return the query of the newest rows, or the oldest, of each state in each region."""
        inner = f"SELECT created_at, id FROM operations{self._in_each(conditions)} {order} LIMIT {most}"
        if self._just_one:
            return f"SELECT created_at, id FROM ({inner}) AS found"
        if self._on_postgresql:
            return f"SELECT found.created_at, found.id FROM {self._both()} CROSS JOIN LATERAL ({inner}) AS found"
        # SQLite knows no LATERAL, but takes the argument of a function from the tables before it.
        packed = f"json_each((SELECT json_group_array(json_array(created_at, id)) FROM ({inner})))"
        columns = "json_extract(found.value, '$[0]') AS created_at, json_extract(found.value, '$[1]') AS id"
        return f"SELECT {columns} FROM {self._both()} CROSS JOIN {packed} AS found"

    def any(self, most: str) -> str:
        """Return the query of rows, no matter which, of each state in each region."""
        if self._just_one:
            return f"SELECT 1 FROM operations{self._in_each([])} LIMIT {most}"
        if self._on_postgresql:
            inner = f"SELECT FROM operations{self._in_each([])} LIMIT {most}"
            return f"SELECT FROM {self._both()} CROSS JOIN LATERAL ({inner}) AS found LIMIT {most}"
        return f"SELECT 1 FROM {self._both()} CROSS JOIN operations{self._in_each([])} LIMIT {most}"

    @property
    def _just_one(self) -> bool:
        """Whether there is one state, and one region at most: then nothing has to be put together."""
        return len(self.states) == 1 and (self._regions is None or len(self._regions) == 1)

    def _both(self) -> str:
        """Return the states, and with each the regions, if they are asked for."""
        states = self._list(self.states, "its")
        if self._regions is None:
            return states
        return f"{states} CROSS JOIN {self._list(tuple(sorted(self._regions)), 'place')}"

    def _list(self, values: tuple[str, ...], name: str) -> str:
        """Return values as the table `name`, whose column is `value`."""
        parameter = self.put(values)
        return (
            f"unnest({parameter}::text[]) AS {name}(value)"
            if self._on_postgresql
            else f"json_each({parameter}) AS {name}"
        )

    def _in_each(self, conditions: list[str]) -> str:
        """Return what holds of the rows of one state in one region."""
        one = self._just_one
        placed = [f"state = {self.put(self.states[0]) if one else 'its.value'}"]
        if self._regions is not None:
            placed.append(f"region = {self.put(next(iter(self._regions))) if one else 'place.value'}")
        # SQLite does not count what tables hold: it would rather read all rows of a service than the few of a region. The plus
        # keeps it from knowing an index of them.
        kept = "+" if self._regions is not None and not self._on_postgresql else ""
        named = [f"{kept}{name} = {said}" for name, said in self._said()]
        return all_of([*placed, *named, *conditions])

    def _said(self) -> Iterator[tuple[str, str]]:
        """Yield what the filter says of single columns.

        PostgreSQL is told the words themselves: with a parameter it may keep one plan for all of them, and then reads everything
        that a region has to find the little that there is of a service.
        """
        for name, value in self._named.items():
            if value is not None:
                plain = self._on_postgresql and _PLAIN_WORD.fullmatch(value)
                yield name, f"'{value}'" if plain else self.put(value)
