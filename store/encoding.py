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
    "$tuple": lambda items: tuple(decode(item) for item in items),
    "$mapping": lambda pairs: {key: decode(value) for key, value in pairs},
}


def encode(value: Any) -> Any:
    """Turn a fact value, or a structure of them, into what JSON can hold.

    Raises:
        TypeError: the value is of a kind that no fact has.
    """
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
    return {key: encode(item) for key, item in value.items()}


def decode(value: Any) -> Any:
    """Turn what `encode` made back into the value."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    for tag, decoder in _DECODERS.items():
        if tag in value:
            return decoder(value[tag])
    return {key: decode(item) for key, item in value.items()}


def dump(value: Any) -> str:
    """Write a value as JSON text, whatever characters it holds."""
    return json.dumps(encode(value), separators=(",", ":"))


def load(text: str | bytes) -> Any:
    """Read what `dump` wrote."""
    return decode(json.loads(text))
