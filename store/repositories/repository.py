"""What repositories have in common: getting values by id, locking one, and replacing it when nobody was faster."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

from pypika_tortoise.context import SqlContext
from pypika_tortoise.terms import ValueWrapper
from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from domain.errors import Conflict, NotFound
from domain.message import Message
from store.session import Row, Session

Value = TypeVar("Value")
Item = TypeVar("Item")


class OneOf(Subquery):
    """Some values, and those that queries find, each at most one: `filter(id__in=OneOf(values, queries))`.

    Each query is asked once, before the rows are looked for. So rows that had to be waited for to be locked are still found
    when they were changed meanwhile; PostgreSQL may lose them where a query of many rows is joined with them.
    """

    def __init__(self, values: Iterable[str], queries: Sequence[Any]) -> None:
        super().__init__(cast(Any, None))
        self._values, self._queries = sorted(values), queries

    def get_sql(self, ctx: SqlContext) -> str:
        """Return the list, its parameters added to those of the whole."""
        inner = ctx.copy(subquery=False)
        found = [f"({Subquery(query).get_sql(inner)})" for query in self._queries]
        given = [ValueWrapper(value).get_sql(inner) for value in self._values]
        return f"({', '.join((*found, *given))})"


class Repository(ABC, Generic[Row, Value]):
    """Values of one kind, kept in one table under their ids.

    Args:
        session: the unit of work.
    """

    row_class: type[Row]
    noun: ClassVar[Message]

    def __init__(self, session: Session) -> None:
        self._session = session

    @abstractmethod
    def _value(self, row: Row) -> Value:
        """Return the value that a row holds."""

    def _rows(self, **conditions: Any) -> QuerySet[Row]:
        return self._session.rows(self.row_class).filter(**conditions)

    def _locked_rows(self, **conditions: Any) -> QuerySet[Row]:
        # SQLite has no row locks and needs none: a transaction holds the only write lock there is.
        return self._session.writable_rows(self.row_class).filter(**conditions).select_for_update()

    async def get(self, identifier: str) -> Value:
        """Return the value with this id.

        Raises:
            NotFound: there is none.
        """
        return self._value(await self._existing(self._rows(pk=identifier), identifier))

    async def get_many(self, identifiers: Iterable[str]) -> dict[str, Value]:
        """Return the values that exist, by id; ids of nothing are left out."""
        rows = await self._rows(pk__in=set(identifiers))
        return {row.pk: self._value(row) for row in rows}

    async def lock(self, identifier: str) -> Value:
        """Return the value with this id as it is now, and keep everybody else from changing it until the commit.

        Raises:
            NotFound: there is none.
        """
        return self._value(await self._existing(self._locked_rows(pk=identifier), identifier))

    async def lock_many(self, identifiers: Iterable[str]) -> tuple[Value, ...]:
        """Return values as they are now, in the order of their ids, and keep everybody else from changing them until the commit.

        Ids of nothing are left out.
        """
        rows = await self._locked_rows(pk__in=set(identifiers)).order_by("id")
        return tuple(self._value(row) for row in rows)

    async def _existing(self, rows: QuerySet[Row], identifier: str) -> Row:
        row = await rows.first()
        if row is None:
            raise self._not_found()
        return row

    async def _replace(self, identifier: str, version: int, columns: dict[str, Any]) -> None:
        """Write the columns and count the version up, if the version is still the one that was read."""
        rows = self._session.writable_rows(self.row_class).filter(pk=identifier, version=version)
        if await rows.update(**columns, version=version + 1):
            return
        if not await self._rows(pk=identifier).exists():
            raise self._not_found()
        raise self._overtaken()

    async def _overwrite(self, identifier: str, columns: dict[str, Any]) -> None:
        """Write the columns of a value that has no version."""
        if not await self._session.writable_rows(self.row_class).filter(pk=identifier).update(**columns):
            raise self._not_found()

    def _not_found(self) -> NotFound:
        return NotFound(
            Message(
                f"没有找到这个编号的{self.noun.zh}，请核对编号。",
                f"There is no {self.noun.en} with that id; check the id.",
            )
        )

    def _overtaken(self) -> Conflict:
        return Conflict(
            Message(
                f"{self.noun.zh}刚刚有变化，这次没有保存，请刷新后再试。",
                f"The {self.noun.en} was changed by somebody else just now; load it again and repeat.",
            )
        )

    def _exists_already(self) -> Conflict:
        return Conflict(
            Message(
                f"这个编号的{self.noun.zh}已经有了，请不要重复提交。",
                f"A {self.noun.en} with that id exists already; do not add it twice.",
            )
        )


def grouped(rows: Sequence[Row], by: str, value: Callable[[Row], Item]) -> dict[str, tuple[Item, ...]]:
    """Return the rows as values, in their order, under the id that a column names."""
    groups: dict[str, list[Item]] = {}
    for row in rows:
        groups.setdefault(getattr(row, by), []).append(value(row))
    return {key: tuple(items) for key, items in groups.items()}
