"""A table and the values that its rows hold: said once, and made into statements, a reader of rows and a writer of columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date, datetime
from enum import Enum
from functools import cache, cached_property
from operator import attrgetter
from types import UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from tortoise import fields as kinds
from tortoise.models import Model

from store.encoding import Unread, load
from store.row_code import Column, Reader, Writer, made_of, plain, written_changes, written_writer
from store.sealing import Sealer
from store.statement import Dialect, Statement

Value = TypeVar("Value")
Other = TypeVar("Other")
Decode = Callable[[Any], Any]

SEALED = "sealed"
"""The column that holds, encrypted together, what is personal."""


@dataclass(frozen=True, slots=True)
class Structure:
    """An attribute that is kept as a structure of plain values; None is kept as None.

    Args:
        write: makes the structure; read: makes the attribute of it again, and of the columns that it hangs on besides.
        beside: those columns.
    """

    write: Callable[[Any], Any]
    read: Callable[..., Any]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """A column that is only written, because it follows from attributes of the value.

    Args:
        attributes: those that it follows from; make: makes it of the keys and of them.
    """

    attributes: tuple[str, ...]
    make: Callable[..., Any]


class Select(Statement, Generic[Value]):
    """A statement that finds rows of a table, and knows the values that they hold."""

    __slots__ = ("_rest", "table")

    def __init__(self, table: "Table[Value]", rest: str) -> None:
        super().__init__(f'SELECT {_quoted(table.read_columns)} FROM "{table.name}" {rest}')
        self.table, self._rest = table, rest

    def locking(self) -> "Select[Value]":
        """Return the statement that finds the same rows, and locks them in the order in which it finds them."""
        return Select(self.table, f"{self._rest} FOR UPDATE")


class Pairs(Statement, Generic[Value, Other]):
    """A statement that finds rows of a table, each with the row of another that one of its columns names."""

    __slots__ = ("one", "other", "width")

    def __init__(self, one: "Table[Value]", by: str, other: "Table[Other]", rest: str) -> None:
        """Write it.

        Args:
            by: the column of the first that names the id in the other; rest: what follows the names of the tables.
        """
        columns = ", ".join(f'"{table.name}"."{name}"' for table in (one, other) for name in table.read_columns)
        both = f'"{one.name}" JOIN "{other.name}" ON "{other.name}"."id" = "{one.name}"."{by}"'
        super().__init__(f"SELECT {columns} FROM {both} {rest}")
        self.one, self.other, self.width = one, other, len(one.read_columns)


class Table(Generic[Value]):
    """The rows of a model as values. An attribute is kept in the column of its name, unless it is said otherwise here.

    Args:
        model: the table; record: the class of the values, a dataclass.
        personal: attributes that are encrypted together, in the column `sealed`.
        structures: attributes that are kept as structures, by name.
        derived: columns that follow from attributes of other names, by name.
        sealed_as: the names under which personal attributes are encrypted, where they have others there.
        identifier: the attribute that the column `id` holds.
        known_by: the columns by which a row is told from every other when what is personal of it is sealed, for it opens as that
            row's alone; none of them ever changes. The id, but where the database gives it.
        nested: an attribute that is a dataclass whose attributes have columns of their own, and its class.
        computed: columns that the database works out when a row is inserted, with the expression in SQL.
    """

    def __init__(
        self,
        model: type[Model],
        record: type[Value],
        *,
        personal: tuple[str, ...] = (),
        structures: Mapping[str, Structure] | None = None,
        derived: Mapping[str, Derived] | None = None,
        sealed_as: Mapping[str, str] | None = None,
        identifier: str = "id",
        known_by: tuple[str, ...] = ("id",),
        nested: tuple[str, type[Any]] | None = None,
        computed: Mapping[str, str] | None = None,
    ) -> None:
        self.name = model._meta.db_table or ""
        self.record, self.personal, self._nested, self.known_by = record, personal, nested, known_by
        self._structures, self._derived, self._sealed_as = structures or {}, derived or {}, sealed_as or {}
        self._kinds = model._meta.fields_map
        self.attributes = {each.name: each.name for each in fields(record) if each.name not in personal}  # type: ignore[arg-type]
        if identifier != "id":
            del self.attributes[identifier]
            self.attributes["id"] = identifier
        if nested is not None:
            del self.attributes[nested[0]]
            self.attributes |= {each.name: f"{nested[0]}.{each.name}" for each in fields(nested[1])}
        """The attribute that a column holds, by column; one of a nested record goes by a path."""
        self._hints = get_type_hints(record) | (get_type_hints(nested[1]) if nested is not None else {})
        self.read_columns = (*self.attributes, *((SEALED,) if personal else ()))
        self.computed = computed or {}
        self._written = {
            name: self._column(name)
            for name, kind in self._kinds.items()
            if not kind.generated and name not in self.computed
        }
        self.columns = tuple(self._written)
        """The columns that are written, in the order of `append` and `insert`."""
        self._readers: dict[Dialect, Reader[Value]] = {}
        self._writers: dict[tuple[str, ...], Writer] = {}
        self._changes = written_changes(
            self.name, [column for name, column in self._written.items() if name not in ("id", "version")]
        )
        self._updates: dict[tuple[str, ...], Statement] = {}
        self.append = Statement(self.inserting(0, 1))
        self.insert = Statement(f"{self.append.texts['postgresql']} ON CONFLICT DO NOTHING RETURNING 1")
        self.versioned = "version" in self._kinds

    @cached_property
    def plain_kinds(self) -> Mapping[str, str]:
        """Of which kind what a column holds is where databases differ in it: `moment`, `day`, `truth`, `structure` or `plain`."""
        named = (
            (kinds.JSONField, "structure"),
            (kinds.DatetimeField, "moment"),
            (kinds.DateField, "day"),
            (kinds.BooleanField, "truth"),
        )
        return {
            column: next((name for kind, name in named if isinstance(self._kinds[column], kind)), "plain")
            for column in self._written
        }

    @cached_property
    def key(self) -> Callable[[Value], str]:
        """What returns the id of a value."""
        return attrgetter(self.attributes["id"])

    @cached_property
    def by_id(self) -> Select[Value]:
        """What finds the row of an id."""
        return self.select('WHERE "id" = $1')

    @cached_property
    def by_ids(self) -> Select[Value]:
        """What finds the rows of a list of ids."""
        return self.select('WHERE "id" = ANY($1)')

    @cached_property
    def locked(self) -> Select[Value]:
        """What finds the row of an id, and locks it."""
        return self.by_id.locking()

    @cached_property
    def locked_many(self) -> Select[Value]:
        """What finds the rows of a list of ids, and locks them in the order of their ids."""
        return self.select('WHERE "id" = ANY($1) ORDER BY "id" FOR UPDATE')

    @property
    def first_id(self) -> int | str:
        """What comes before every id."""
        return "" if isinstance(self._kinds["id"], kinds.CharField) else 0

    @property
    def indexes(self) -> tuple[str, ...]:
        """The columns that hold keyed hashes of what is sealed."""
        return tuple(name for name in self._derived if name.endswith("_index"))

    @cached_property
    def unique_indexes(self) -> tuple[str, ...]:
        """Those of them of which no two rows may have the same."""
        return tuple(name for name in self.indexes if self._kinds[name].unique)

    @property
    def given(self) -> tuple[str, ...]:
        """The columns of which no attribute says what they hold."""
        return tuple(name for name, column in self._written.items() if not column.attributes)

    def inserting(self, before: int, rows: int) -> str:
        """Return the text that inserts rows.

        Args:
            before: how many parameters the statement has before; rows: how many.
        """
        width = len(self._written)
        starts = range(before + 1, before + rows * width, width)
        more = list(self.computed.values())
        marks = (", ".join([*(f"${place}" for place in range(start, start + width)), *more]) for start in starts)
        names = _quoted((*self._written, *self.computed))
        return f'INSERT INTO "{self.name}" ({names}) VALUES {", ".join(f"({row})" for row in marks)}'

    def select(self, rest: str) -> Select[Value]:
        """Return the statement that finds rows; `rest` is what follows the name of the table."""
        return Select(self, rest)

    def update(self, names: tuple[str, ...]) -> Statement:
        """Return the statement that writes columns of one row, and takes its id after them.

        Where values have versions, it counts the version up, and takes the one that it was after the id.
        """
        if names not in self._updates:
            parts = [f'"{name}" = ${place}' for place, name in enumerate(names, 1)]
            which = f'"id" = ${len(names) + 1}'
            if self.versioned:
                parts.append('"version" = "version" + 1')
                which += f' AND "version" = ${len(names) + 2}'
            self._updates[names] = Statement(f'UPDATE "{self.name}" SET {", ".join(parts)} WHERE {which} RETURNING 1')
        return self._updates[names]

    def changed(self, before: Value | None, after: Value) -> tuple[str, ...]:
        """Return the columns that two values of one row differ in; all of them where it is not known what it was before."""
        if before is None:
            return tuple(name for name in self.columns if name not in ("id", "version"))
        return tuple(self._changes(before, after))

    def write(self, value: Value, names: tuple[str, ...], sealer: Sealer, **given: Any) -> list[Any]:
        """Return what columns hold of a value, as the drivers take it.

        Args:
            given: what columns hold of which no attribute says it, by column.

        Raises:
            ValidationError: a text is too long for its column.
            ValueError: a moment is naive.
        """
        writer = self._writers.get(names)
        if writer is None:
            writer = self._writers[names] = written_writer(self.name, [self._written[name] for name in names])
        return writer(value, sealer, given)

    def other_indexes(self, value: Value, column: str, sealer: Sealer) -> list[str]:
        """Return what a column of a keyed hash of a value holds by each index key but the one in use."""
        attributes, make = self._derived[column].attributes, self._derived[column].make
        return [make(other, *(getattr(value, of) for of in attributes)) for other in sealer.other_indexes]

    def read(self, rows: Iterable[Sequence[Any]], dialect: Dialect, sealer: Sealer) -> list[Value]:
        """Return the values of rows that a `select` found."""
        if dialect not in self._readers:
            self._readers[dialect] = self._reader(dialect)
        return self._readers[dialect](rows, sealer)

    def _column(self, name: str) -> Column:
        """Return how a column is written."""
        if name in self._derived:
            return Column(name, self._kinds[name], self._derived[name].attributes, derived=self._derived[name].make)
        if name == SEALED and self.personal:
            return Column(name, self._kinds[name], self.personal, sealed=self.seal)
        if name not in self.attributes:
            return Column(name, self._kinds[name], ())
        structure = self._structures.get(name)
        return Column(
            name, self._kinds[name], (self.attributes[name],), structure=structure.write if structure else None
        )

    def seal(self, value: Value, sealer: Sealer) -> str | None:
        """Return what the column `sealed` holds of a value."""
        known = {name: getattr(value, name) for name in self.personal}
        if self._kinds[SEALED].null and all(part is None for part in known.values()):
            return None
        for name, structure in self._structures.items():
            if known.get(name) is not None:
                known[name] = structure.write(known[name])
        record = "/".join([self._named, *(plain(of(value)) for of in self._identity)])
        return sealer.seal(record, {self._sealed_as.get(name, name): part for name, part in known.items()})

    @cached_property
    def _named(self) -> str:
        """How the name begins under which what is personal of a row is sealed, and by which an operator finds it."""
        return f"{self.name}/{SEALED}"

    @cached_property
    def _identity(self) -> list[Callable[[Any], Any]]:
        """What returns of a value what its row is known by."""
        return [attrgetter(self.attributes[column]) for column in self.known_by]

    def unseal(self, sealed: str | None, sealer: Sealer, *known_by: Any) -> dict[str, Any]:
        """Return the personal attributes of a row.

        Args:
            known_by: what it holds of the columns by which it is known.

        Raises:
            RecordUnreadable: they do not open as those of this row.
        """
        return {} if sealed is None else self._opened(sealer, "/".join([self._named, *map(plain, known_by)]), sealed)

    def _opened(self, sealer: Sealer, record: str, sealed: str) -> dict[str, Any]:
        known = sealer.unseal(record, sealed)
        for name, other in self._sealed_as.items():
            known[name] = known.pop(other)
        for name, structure in self._structures.items():
            if known.get(name) is not None:
                known[name] = structure.read(known[name])
        return known

    def _reader(self, dialect: Dialect) -> Reader[Value]:
        """Write out the function that makes values of rows."""
        own: Any = self.record
        names: dict[str, Any] = {"record": own, "opened": self._opened, "plain": plain}
        places = {column: f"c{place}" for place, column in enumerate(self.read_columns)}

        def read_of(column: str) -> str:
            place, decode, structure = places[column], self._decoder(column, dialect), self._structures.get(column)
            if decode is None:
                return place
            names[f"read_{place}"] = decode
            if decode is _items:
                return f"None if {place} is None else () if {place} == '[]' else read_{place}({place})"
            beside = [f"({read_of(other)})" for other in structure.beside] if structure else []
            return f"None if {place} is None else read_{place}({', '.join([place, *beside])})"

        made = {attribute: read_of(column) for column, attribute in self.attributes.items()}
        lines = []
        if self.personal:
            known_by = [
                places[column] if self._hints[self.attributes[column]] is str else f"plain({read_of(column)})"
                for column in self.known_by
            ]
            record = " + '/' + ".join([repr(self._named), *known_by])
            names["nothing"] = {}
            lines.append(f"known = nothing if (it := {places[SEALED]}) is None else opened(sealer, {record}, it)")
        made |= {each.name: _kept(each, names) for each in fields(own) if each.name in self.personal}
        if self._nested is not None:
            attribute, names["nested"] = self._nested
            parts = (made[f"{attribute}.{each.name}"] for each in fields(self._nested[1]))
            made[attribute] = f"nested({', '.join(parts)})"
        lines.append(f"values.append(record({', '.join(made[each.name] for each in fields(own))}))")
        each_row = f"for {', '.join(places.values())}, in rows:"
        body = ["values = []", each_row, *(f"    {line}" for line in lines), "return values"]
        reader: Reader[Value] = made_of(f"reader of {self.name}", "read(rows, sealer)", body, names)
        return reader

    def _decoder(self, column: str, dialect: Dialect) -> Decode | None:
        """Return what makes of a column that is not null what its attribute is; None where it is that already."""
        kind, hint = self._kinds[column], _certain(self._hints.get(column))
        if isinstance(kind, kinds.JSONField):
            return _structure_reader(self._structures.get(column), hint)
        if isinstance(hint, type) and issubclass(hint, Enum):
            # Asked as a mapping, for a call of the class takes several times as long.
            return {**hint._value2member_map_}.__getitem__
        if dialect == "postgresql":
            return None
        # SQLite has neither moments nor days nor truth values.
        if isinstance(kind, kinds.DatetimeField):
            return datetime.fromisoformat
        if isinstance(kind, kinds.DateField):
            return date.fromisoformat
        return bool if isinstance(kind, kinds.BooleanField) else None


def _kept(attribute: Field[Any], names: dict[str, Any]) -> str:
    """Return what makes a personal attribute, which has its default where the row knows nothing of it."""
    name = attribute.name
    if attribute.default is attribute.default_factory is MISSING:
        return f"known[{name!r}]"
    if attribute.default is MISSING:
        names[f"default_{name}"] = attribute.default_factory
        return f"known[{name!r}] if {name!r} in known else default_{name}()"
    names[f"default_{name}"] = attribute.default
    return f"known[{name!r}] if {name!r} in known else default_{name}"


@cache
def appending(rows: tuple[tuple[Table[Any], int], ...], first: Statement | None = None) -> str:
    """Return the statement of PostgreSQL that inserts rows of several tables, so many of each, all in one go.

    Args:
        first: a statement that writes one row along with them, and takes its parameters before theirs. It returns 1 where it has;
            so does the whole then.
    """
    parts, before = [], first.parameters if first is not None else 0
    for table, count in rows:
        parts.append(table.inserting(before, count))
        before += count * len(table.columns)
    named = [f"part_{number} AS ({part})" for number, part in enumerate(parts[:-1])]
    if first is not None:
        if not parts:
            return first.texts["postgresql"]
        named.insert(0, f"first AS ({first.texts['postgresql']})")
        parts[-1] += " RETURNING (SELECT count(*) FROM first)"
    return f"WITH {', '.join(named)} {parts[-1]}" if named else parts[-1]


def _structure_reader(structure: Structure | None, hint: Any) -> Decode:
    if structure is not None:
        read = structure.read
        return lambda text, *beside: read(load(text), *beside)
    if get_origin(hint) is tuple:
        return _items
    return Unread if get_origin(hint) is Mapping else load


def _items(text: str) -> tuple[Any, ...]:
    return tuple(load(text))


def _certain(hint: Any) -> Any:
    """Return a type without the None that it may be."""
    if get_origin(hint) in (Union, UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
