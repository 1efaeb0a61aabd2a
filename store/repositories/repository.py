"""What repositories have in common: getting values by id, locking one, and replacing it when nobody was faster."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from tortoise.exceptions import ValidationError

from domain.errors import Conflict, NotFound
from domain.frozen import replace
from domain.message import Message
from store.session import Session
from store.table import Select, Table

Value = TypeVar("Value")
Item = TypeVar("Item")

LONGEST_ID = 64
"""How many characters the column of an id takes."""


class Repository(Generic[Value]):
    """Values of one kind, kept in one table under their ids.

    Args:
        session: the unit of work.
    """

    table: ClassVar[Table[Any]]
    noun: ClassVar[Message]

    def __init__(self, session: Session) -> None:
        self._session = session
        # The values as they were read or written here: what has not changed since need not be written again.
        self._known: dict[str, Value] = {}
        # The ids of those that are locked here: nobody else can change them.
        self._locked: set[str] = set()

    async def get(self, identifier: str) -> Value:
        """Return the value with this id.

        Raises:
            NotFound: there is none.
        """
        return self._existing(await self._first(self.table.by_id, storable(identifier)))

    async def get_many(self, identifiers: Iterable[str]) -> dict[str, Value]:
        """Return the values that exist, by id; ids of nothing are left out."""
        wanted = [storable(identifier) for identifier in identifiers]
        return {self.table.key(value): value for value in await self._all(self.table.by_ids, wanted)}

    async def lock(self, identifier: str) -> Value:
        """Return the value with this id as it is now, and keep everybody else from changing it until the commit.

        Raises:
            NotFound: there is none.
        """
        return self._existing(await self._first(self.table.locked, storable(identifier)))

    async def lock_many(self, identifiers: Iterable[str]) -> tuple[Value, ...]:
        """Return values as they are now, in the order of their ids, and keep everybody else from changing them until the commit.

        Ids of nothing are left out.
        """
        return await self._all(self.table.locked_many, list(identifiers))

    def _existing(self, value: Value | None) -> Value:
        if value is None:
            raise self._not_found()
        return value

    async def _all(self, select: Select[Value], *values: Any) -> tuple[Value, ...]:
        found = self._kept(await self._session.find(select, *values))
        if select.writes:
            self._locked.update(map(self.table.key, found))
        return found

    def _kept(self, found: Sequence[Value]) -> tuple[Value, ...]:
        """Return what was found, and keep it in mind."""
        for value in found:
            self._known[self.table.key(value)] = value
        return tuple(found)

    async def _first(self, select: Select[Value], *values: Any) -> Value | None:
        found = await self._all(select, *values)
        return found[0] if found else None

    async def _insert(self, value: Value, taken: Conflict | None = None) -> None:
        await self._session.insert(self.table, value, taken or self._exists_already())
        self._known[self.table.key(value)] = value

    async def _replace(self, value: Value) -> Value:
        """Write what has changed and count the version up, if the version is still the one that was read.

        Where that is certain, for the value was locked when it was read, it is written together with what is written next.
        """
        after: Any = value
        known: Any = self._known.get(after.id)
        before = known if known is not None and known.version == after.version else None
        names = self.table.changed(before, value)
        if not set(names).isdisjoint(self.table.unique_indexes) and await self._session.is_taken(self.table, [value]):
            raise self._overtaken()
        if before is not None and after.id in self._locked:
            columns = self.table.write(value, names, self._session.sealer)
            await self._session.put_off(
                self.table.update(names), (*columns, after.id, after.version), self._overtaken()
            )
        elif not await self._written(value, names, after.id, after.version):
            if not await self._session.run(self.table.by_id, after.id):
                raise self._not_found()
            raise self._overtaken()
        written: Value = replace(after, version=after.version + 1)
        self._known[after.id] = written
        return written

    async def _overwrite(self, value: Value) -> None:
        """Write what has changed of a value that has no version."""
        identifier = self.table.key(value)
        names = self.table.changed(self._known.get(identifier), value) or self.table.changed(None, value)
        if not await self._written(value, names, identifier):
            raise self._not_found()
        self._known[identifier] = value

    async def _written(self, value: Value, names: tuple[str, ...], *which: Any) -> bool:
        columns = self.table.write(value, names, self._session.sealer)
        return bool(await self._session.run(self.table.update(names), *columns, *which))

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


def storable(identifier: str) -> str:
    """Return an id that some row may have.

    Raises:
        ValidationError: it is longer than any.
    """
    if len(identifier) > LONGEST_ID:
        raise ValidationError(f"an id has {LONGEST_ID} characters at most, got {len(identifier)}")
    return identifier


def grouped(values: Iterable[Item], by: str) -> dict[str, tuple[Item, ...]]:
    """Return values in their order, by the id that an attribute names."""
    groups: dict[str, list[Item]] = {}
    for value in values:
        groups.setdefault(getattr(value, by), []).append(value)
    return {key: tuple(items) for key, items in groups.items()}
