"""Functions that read and write the rows of one table, written out for it: a loop over columns takes twice as long for each row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from tortoise import fields as kinds
from tortoise.exceptions import ValidationError

from store.encoding import dump
from store.sealing import Sealer

Value = TypeVar("Value")
Reader = Callable[[Iterable[Sequence[Any]], Sealer], list[Value]]
"""Makes values of rows."""
Writer = Callable[[Any, Sealer, Mapping[str, Any]], list[Any]]
"""Makes columns of a value, and of what is given besides, by column."""


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is written.

    Args:
        name, kind: its own.
        attributes: the paths of what it follows from; none where no attribute of the value says what it holds.
        structure: makes a structure of the attribute; derived: makes it of the keys and of the attributes; sealed: of the value and
            of the keys.
    """

    name: str
    kind: Any
    attributes: tuple[str, ...]
    structure: Callable[[Any], Any] | None = None
    derived: Callable[..., Any] | None = None
    sealed: Callable[[Any, Sealer], Any] | None = None

    def held(self, names: dict[str, Any]) -> str:
        """Return the expression of what it holds, of `value`, `sealer` and `given`.

        Args:
            names: is told what the expression names.
        """
        parts = [f"value.{path}" for path in self.attributes]
        if made := self.sealed or self.derived or self.structure:
            names[f"make_{self.name}"] = made
        if self.sealed is not None:
            return f"make_{self.name}(value, sealer)"
        if self.derived is not None:
            return f"make_{self.name}({', '.join(['sealer', *parts])})"
        if self.structure is not None:
            return f"None if {parts[0]} is None else make_{self.name}({parts[0]})"
        return parts[0] if parts else f"given[{self.name!r}]"

    def encoded(self, place: str, names: dict[str, Any]) -> Iterator[str]:
        """Yield the line, if it takes one, that makes of what it holds what the drivers take."""
        if isinstance(self.kind, kinds.JSONField):
            names["dumped"] = _dumped
            yield f"if {place} is not None: {place} = dumped({place})"
        elif isinstance(self.kind, kinds.DatetimeField):
            names["in_utc"] = _in_utc
            yield f"if {place} is not None: {place} = in_utc({self.name!r}, {place})"
        elif isinstance(self.kind, kinds.CharField):
            names["refuse"] = _refuse_length
            longest = self.kind.max_length
            # SQLite bounds no text itself.
            yield f"if {place} is not None and len({place}) > {longest}: refuse({self.name!r}, {place}, {longest})"


def written_writer(table: str, columns: Sequence[Column]) -> Writer:
    """Write out the function that makes columns of a value, in their order."""
    names: dict[str, Any] = {}
    lines = []
    for number, column in enumerate(columns):
        lines += [f"c{number} = {column.held(names)}", *column.encoded(f"c{number}", names)]
    held = ", ".join(f"c{number}" for number in range(len(columns)))
    write: Writer = made_of(f"writer of {table}", "write(value, sealer, given)", [*lines, f"return [{held}]"], names)
    return write


def written_changes(table: str, columns: Sequence[Column]) -> Callable[[Any, Any], list[str]]:
    """Write out the function that names the columns which follow from other attributes in one value than in another."""
    lines = ["names = []"]
    for column in columns:
        differ = (f"(one.{path} is not other.{path} and one.{path} != other.{path})" for path in column.attributes)
        if column.attributes:
            lines.append(f"if {' or '.join(differ)}: names.append({column.name!r})")
    found: Callable[[Any, Any], list[str]] = made_of(
        f"changes of {table}", "changes(one, other)", [*lines, "return names"], {}
    )
    return found


def made_of(what: str, head: str, lines: Iterable[str], names: dict[str, Any]) -> Any:
    """Return a function.

    Args:
        what: how errors call it; head: its name and parameters; lines: what it does; names: what they name.
    """
    text = "\n".join([f"def {head}:", *(f"    {line}" for line in lines), ""])
    exec(compile(text, f"<{what}>", "exec"), names)  # noqa: S102 - made of names of columns and attributes
    return names[head.partition("(")[0]]


def plain(known_by: Any) -> str:
    """Return what a row is known by as text, the same whichever database it comes from."""
    if isinstance(known_by, str):
        return known_by
    return known_by.astimezone(UTC).isoformat() if isinstance(known_by, datetime) else str(known_by)


def _dumped(value: Any) -> str:
    return dump(list(value) if isinstance(value, tuple) else value)


def _in_utc(name: str, moment: datetime) -> datetime:
    # SQLite compares moments as text, which is only right when all of them are in one zone.
    if moment.tzinfo is None:
        raise ValueError(f"{name} needs an aware datetime, got {moment.isoformat()}")
    return moment.astimezone(UTC)


def _refuse_length(name: str, text: str, longest: int) -> None:
    raise ValidationError(f"{name} takes {longest} characters, got {len(text)}")
