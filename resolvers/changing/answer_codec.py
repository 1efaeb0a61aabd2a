"""Answers as they are kept: values of the domain as plain structures, and back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from domain import account, card, decision, duration, evidence, fee, holder, message, operation
from gateways.face import FaceCheckSession
from gateways.payment import PaymentIntent
from resolvers.changing.results import ANSWERS
from store.records import StoredDocument

_MODULES = (account, card, decision, evidence, fee, holder, message, operation)
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(kind for module in _MODULES for kind in vars(module).values() if isinstance(kind, type)),
        *ANSWERS,
        FaceCheckSession,
        PaymentIntent,
        StoredDocument,
    )
    if is_dataclass(kind) or issubclass(kind, Enum)
}


def plain(value: Any) -> Any:
    """Return a value as what the store can encode: dataclasses and terms of enumerations by the names of their kinds.

    Raises:
        TypeError: the value is of a kind that no answer has.
    """
    if isinstance(value, duration.Duration):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {"kind": _name(type(value)), "fields": named}
    if isinstance(value, Enum):
        return {"kind": _name(type(value)), "value": value.value}
    if isinstance(value, Mapping):
        return {"mapping": {key: plain(item) for key, item in value.items()}}
    if isinstance(value, tuple | list):
        return tuple(plain(item) for item in value)
    return value


def _name(kind: type[Any]) -> str:
    if _KINDS.get(kind.__name__) is not kind:
        raise TypeError(
            f"an answer with a {kind.__name__} cannot be kept; name it in resolvers/changing/answer_codec.py"
        )
    return kind.__name__


def value(structure: Any) -> Any:
    """Return the value that `plain` made a structure of."""
    if isinstance(structure, tuple):
        return tuple(value(item) for item in structure)
    if not isinstance(structure, Mapping):
        return structure
    if "mapping" in structure:
        return {key: value(item) for key, item in structure["mapping"].items()}
    kind = _KINDS[structure["kind"]]
    if "value" in structure:
        return kind(structure["value"])
    return kind(**{name: value(item) for name, item in structure["fields"].items()})
