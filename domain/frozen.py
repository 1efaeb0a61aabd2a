"""Frozen values that are made quickly.

The `__init__` that `dataclass` writes for a frozen class calls `object.__setattr__` for each attribute, and a record has 20 to 35 of
them. Reading rows and deciding makes so many records that this was a tenth of a change.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, TypeVar

Value = TypeVar("Value")

_CHANGED: dict[type, Callable[[Any, Mapping[str, Any]], Any]] = {}
"""What makes a value of a class anew with other attributes, by class."""


def quickly_made(kind: type[Value]) -> type[Value]:
    """Have a frozen dataclass with slots be made as fast as one that is not frozen, and change nothing else.

    While its attributes are set, a value is of a class that takes them; it has the same slots. Nobody else can see the value before
    it is frozen.

    Raises:
        TypeError: the class is of a kind that this does not know how to make.
    """
    known = fields(kind)  # type: ignore[arg-type]
    if (
        kind.__bases__ != (object,)
        or hasattr(kind, "__post_init__")
        or not all(f.init and not f.kw_only for f in known)
    ):
        raise TypeError(f"{kind.__name__} has more to it than attributes; leave it as `dataclass` makes it")
    open_kind = type(kind.__name__, (), {"__slots__": kind.__slots__})  # type: ignore[attr-defined]
    names: dict[str, Any] = {"_set": object.__setattr__, "_open": open_kind, "_frozen": kind, "_missing": MISSING}
    names |= {f"_default_{field.name}": field.default for field in known}
    names |= {f"_make_{field.name}": field.default_factory for field in known}
    lines = (*_making(known), *_changing(known))
    exec("\n".join(lines), names)  # noqa: S102 - names of attributes only
    made, _CHANGED[kind] = names["__init__"], names["changed"]
    made.__qualname__, made.__doc__ = f"{kind.__qualname__}.__init__", kind.__init__.__doc__
    made.__module__, made.__annotations__ = kind.__module__, kind.__init__.__annotations__
    kind.__init__ = made  # type: ignore[method-assign]
    return kind


if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(value: Value, /, **changes: Any) -> Value:
        """Return a value with other attributes, as `dataclasses.replace` does, and quickly where it is made quickly.

        Raises:
            TypeError: it has no such attribute.
        """
        changed = _CHANGED.get(type(value))
        return dataclasses.replace(value, **changes) if changed is None else changed(value, changes)


def _parameter(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return f"{field.name}=_missing"
    return field.name if field.default is MISSING else f"{field.name}=_default_{field.name}"


def _making(known: tuple[Field[Any], ...]) -> Iterator[str]:
    yield f"def __init__(self, {', '.join(map(_parameter, known))}):"
    yield "    _set(self, '__class__', _open)"
    for field in known:
        made = field.default_factory is not MISSING
        yield (
            f"    self.{field.name} = "
            + (f"_make_{field.name}() if {field.name} is _missing else " if made else "")
            + field.name
        )
    yield "    self.__class__ = _frozen"


def _changing(known: tuple[Field[Any], ...]) -> Iterator[str]:
    yield "def changed(value, changes):"
    yield "    made = _open()"
    for field in known:
        yield f"    made.{field.name} = value.{field.name}"
    yield "    for name, instead in changes.items():"
    yield "        if not hasattr(made, name): raise TypeError(f'{_frozen.__name__} has no attribute {name!r}')"
    yield "        setattr(made, name, instead)"
    yield "    made.__class__ = _frozen"
    yield "    return made"
