"""Facts and declarations as JSON and back: dates, times, decimals, durations and tuples come back as what they were."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from json.encoder import c_make_encoder, encode_basestring_ascii  # type: ignore[attr-defined]
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
    return _ENCODERS[type(value)](value)


def _encode_mapping(value: Mapping[str, Any]) -> dict[str, Any]:
    if any(key.startswith("$") for key in value):
        return {"$mapping": [[key, encode(item)] for key, item in value.items()]}
    return {key: item if type(item) in _PLAIN else encode(item) for key, item in value.items()}


class _Encoders(dict[type, Callable[[Any], Any]]):
    """What encodes values, by their kind; that of a kind which builds on another is found once."""

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        found = next((self[base] for base in kind.__mro__[1:-1] if base in self), None)
        if found is None and issubclass(kind, Mapping):
            found = _encode_mapping
        if found is None:
            raise TypeError(f"a value of type {kind.__name__} cannot be stored as a fact")
        self[kind] = found
        return found


_ENCODERS = _Encoders(
    {
        **dict.fromkeys(_PLAIN, lambda value: value),
        datetime: lambda moment: {"$datetime": moment.isoformat()},
        date: lambda day: {"$date": day.isoformat()},
        time: lambda hour: {"$time": hour.isoformat()},
        Decimal: lambda number: {"$decimal": str(number)},
        Duration: lambda duration: {"$duration": [duration.amount, duration.unit.value]},
        tuple: lambda items: {"$tuple": [encode(item) for item in items]},
        list: lambda items: [encode(item) for item in items],
        dict: _encode_mapping,
    }
)


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


_ENCODER = json.JSONEncoder(separators=(",", ":"))
# What `JSONEncoder.encode` makes anew for each value, which takes longer than most values do.
_pieces = c_make_encoder(None, _ENCODER.default, encode_basestring_ascii, None, ":", ",", False, False, True)
_PLAIN_TEXTS: Any = json.JSONDecoder()
_TAGGED_TEXTS: Any = json.JSONDecoder(object_hook=_decoded)


def dump(value: Any) -> str:
    """Write a value as JSON text, whatever characters it holds."""
    return "".join(_pieces(encode(value), 0))


def load(text: str | bytes) -> Any:
    """Read what `dump` wrote."""
    if isinstance(text, bytes):
        text = text.decode()
    if text == "[]":
        # What most columns of lists hold.
        return []
    decoder = _TAGGED_TEXTS if _TAG in text else _PLAIN_TEXTS
    try:
        value, end = decoder.scan_once(text, 0)
    except StopIteration:
        end = -1
    # Most texts begin and end with their value; `decode` looks for spaces around it, and tells what is wrong.
    return value if end == len(text) else decoder.decode(text)


class Unread(Mapping[str, Any]):
    """A mapping that `dump` wrote, read when it is first looked at: what decisions were made on is mostly only kept."""

    __slots__ = ("_known", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[str, Any] | None = None

    def _read(self) -> dict[str, Any]:
        if self._known is None:
            self._known = load(self._text)
        return self._known

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())
