"""Operations in the order in which their changes were committed, so that who looks again misses none and is told none twice.

Every change of an operation adds a line to its timeline, in its transaction. Neither the clock nor the ids of the lines tell in which order
transactions end: one that took its moment and its id earlier may be committed later, when somebody has read beyond. So a line keeps
the number of its transaction, and lines are handed out only below the oldest transaction that is still open. There none can come any
more. SQLite has one writer at a time, so that its ids are in order; the number is 0 there, as in lines of earlier versions.

An operation stands at its last line. Where that is not handed out yet, the operation is not either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from store.records import OperationFilter
from store.repositories.operation_lists import Query, Writer, all_of

Change = tuple[int, int]
"""Where a change stands: the number of its transaction, and the id of its line."""
CHANGED_IN = {"changed_in": "pg_current_xact_id()::text::bigint"}
"""The column of a line that keeps the number of its transaction, and what the database works it out by."""
OPEN = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
"""The oldest transaction that is still open."""
FUTURE = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
"""The first transaction that has not begun."""
RENUMBER = "; ".join(
    f"UPDATE {table} SET changed_in = 0 WHERE changed_in >= {FUTURE}" for table in ("timeline", "card_states")
)
"""What makes old lines of a database that was loaded into another server, whose transactions are numbered anew."""


@dataclass(frozen=True, slots=True)
class ChangesAsked:
    """Which changes are asked for.

    Args:
        after: the last one that was told, None for the beginning; since: when the first one happened, without one before.
        size: how many operations at most.
    """

    after: Change | None
    since: datetime | None
    size: int


def changed(selection: OperationFilter, asked: ChangesAsked, columns: Iterable[str], *, on_postgresql: bool) -> Query:
    """Return the statement that finds operations by their last change, the first change first, and where each stands."""
    write = Writer(selection, on_postgresql)
    people, found = _found(write, selection, asked, on_postgresql)
    page = f"SELECT operation_id, changed_in, id AS line {found} ORDER BY {_place('told', on_postgresql)} LIMIT {write.put(asked.size)}"
    return Query(
        f"{people}SELECT {', '.join(columns)}, found.changed_in, found.line FROM ({page}) AS found "
        "JOIN operations ON operations.id = found.operation_id ORDER BY found.changed_in, found.line",
        write.values,
    )


def changes_counted(selection: OperationFilter, asked: ChangesAsked, most: int, *, on_postgresql: bool) -> Query:
    """Return the statement that counts operations that have changed, up to a number: that many stands for as many or more."""
    write = Writer(selection, on_postgresql)
    people, found = _found(write, selection, asked, on_postgresql)
    return Query(f"{people}SELECT count(*) FROM (SELECT 1 {found} LIMIT {write.put(most)}) AS found", write.values)


def _found(write: Writer, selection: OperationFilter, asked: ChangesAsked, on_postgresql: bool) -> tuple[str, str]:
    """Return what stands before the statement, and the lines that are told: the last of each operation."""
    conditions = [*write.conditions(), *write.in_states()]
    if selection.holder_ids is not None:
        people = f"WITH {write.of_people()} "
        theirs = f"told.operation_id IN (SELECT id FROM theirs{all_of(conditions)})"
    else:
        people = ""
        # Looked up line by line, as few as there are: PostgreSQL would else read the table where it expects that few match.
        theirs = f"(SELECT 1 FROM operations{all_of(['id = told.operation_id', *conditions])}) IS NOT NULL"
    last = ", ".join(f"{name} DESC" for name in _place("own", on_postgresql).split(", "))
    told = [
        *_beyond(write, asked, on_postgresql),
        *([f"told.changed_in < {OPEN}"] if on_postgresql else []),
        f"told.id = (SELECT own.id FROM timeline AS own WHERE own.operation_id = told.operation_id ORDER BY {last} LIMIT 1)",
        theirs,
    ]
    return people, f"FROM timeline AS told{all_of(told)}"


def _place(table: str, on_postgresql: bool) -> str:
    """Return the columns that lines are in order of."""
    return f"{table}.changed_in, {table}.id" if on_postgresql else f"{table}.id"


def _tuple(table: str, on_postgresql: bool) -> str:
    return f"({_place(table, on_postgresql)})"


def _beyond(write: Writer, asked: ChangesAsked, on_postgresql: bool) -> Iterable[str]:
    place = _tuple("told", on_postgresql)
    if asked.after is not None:
        number, line = asked.after
        if on_postgresql:
            # A number of another server's transactions: all of that server's lines are old ones by now.
            given = f"{write.put(number)}::bigint"
            yield f"{place} > (CASE WHEN {given} >= {FUTURE} THEN 0 ELSE {given} END, {write.put(line)})"
        else:
            yield f"{place} > ({write.put(line)})"
    elif asked.since is not None:
        since = f"FROM timeline WHERE at >= {write.put(asked.since.astimezone(UTC))}"
        first = f"(SELECT min(id) {since})"
        yield f"{place} >= ({f'(SELECT min(changed_in) {since}), {first}' if on_postgresql else first})"
