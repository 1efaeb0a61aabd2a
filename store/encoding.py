"""Facts and declarations as JSON and back: dates, times, decimals, durations and tuples come back as what they were."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from domain.duration import Duration, Unit

_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$decimal": Decimal,
    "$duration": lambda parts: Duration(parts[0], Unit(parts[1])),
    "$tuple": tuple,
    "$mapping": dict,
}
_PLAIN = frozenset({type(None), bool, int, float, str})
_TAG = '"$'
"""What every text holds that has something to be decoded in it."""


def encode(value: Any) -> Any:
    """Turn a fact value, or a structure of them, into what JSON can hold.

    Raises:
        TypeError: the value is of a kind that no fact has.
    """
    if type(value) in _PLAIN:
        return value
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date() | time():
            return {f"${type(value).__name__}": value.isoformat()}
        case Decimal():
            return {"$decimal": str(value)}
        case Duration():
            return {"$duration": [value.amount, value.unit.value]}
        case tuple():
            return {"$tuple": [encode(item) for item in value]}
        case list():
            return [encode(item) for item in value]
        case Mapping():
            return _encode_mapping(value)
    raise TypeError(f"a value of type {type(value).__name__} cannot be stored as a fact")


def _encode_mapping(value: Mapping[str, Any]) -> dict[str, Any]:
    if any(key.startswith("$") for key in value):
        return {"$mapping": [[key, encode(item)] for key, item in value.items()]}
    return {key: item if type(item) in _PLAIN else encode(item) for key, item in value.items()}


def _decoded(found: dict[str, Any]) -> Any:
    """Turn an object that `encode` made back into the value, what is in it being turned back already."""
    if len(found) == 1:
        [(tag, kept)] = found.items()
        if tag in _DECODERS:
            return _DECODERS[tag](kept)
    return found


def parts(value: Any) -> dict[str, Any]:
    """Return the attributes of a dataclass by name, those of the dataclasses in it likewise; `asdict` copies all the rest too."""
    found = {}
    for name in value.__dataclass_fields__:
        part = getattr(value, name)
        found[name] = parts(part) if hasattr(part, "__dataclass_fields__") else part
    return found


_write = json.JSONEncoder(separators=(",", ":")).encode
_read_plain = json.JSONDecoder().decode
_read_tagged = json.JSONDecoder(object_hook=_decoded).decode


def dump(value: Any) -> str:
    """Write a value as JSON text, whatever characters it holds."""
    return _write(encode(value))


def load(text: str | bytes) -> Any:
    """Read what `dump` wrote."""
    if isinstance(text, bytes):
        text = text.decode()
    if text == "[]":
        # What most columns of lists hold.
        return []
    return _read_tagged(text) if _TAG in text else _read_plain(text)
