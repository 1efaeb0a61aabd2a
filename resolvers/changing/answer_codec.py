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
    """Return the value that `plain` made a structure of, in this version or in 0.4.

    Raises:
        ValueError: no version wrote that: it names a kind that none had, or lacks a field or has one too many.
    """
    if isinstance(structure, tuple):
        return tuple(value(item) for item in structure)
    if not isinstance(structure, Mapping):
        return structure
    if "mapping" in structure:
        return {key: value(item) for key, item in structure["mapping"].items()}
    name: str = structure.get("kind", "")
    kind = _KINDS.get(_RENAMED.get(name, name))
    if kind is None or not structure.keys() & {"value", "fields"}:
        raise ValueError(f"what is kept cannot be read: {name!r} is no kind of value with a `value` or `fields`")
    try:
        if "value" in structure:
            return kind(structure["value"])
        return kind(**{field: value(item) for field, item in _as_now(name, structure["fields"]).items()})
    except TypeError as error:  # it names fields, and holds nothing of what they are
        raise ValueError(f"what is kept of a {name} does not fit: {error}") from None


_RENAMED = {"Changed": "ChangeResult"}
"""Kinds by the names that 0.4 had for them. Its answers are asked for again for a while after it was replaced."""


def _as_now(name: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a kept value as this version writes them.

    In 0.4 all fees were due before the service and paid together; whether one may be given back stood beside it.
    """
    match name:
        case "Fee":
            return {"due": fee.Due.BEFORE, **fields}
        case "Charge" if "refundable" in fields:
            kept = {field: item for field, item in fields.items() if field != "refundable"}
            return {**kept, "fee": _with(fields["fee"], refundable=fields["refundable"])}
        case "Operation":
            return {**fields, "fees": tuple(_with(line, paid_at=fields["paid_at"]) for line in fields["fees"])}
    return fields


def _with(line: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    """Return a kept line of a bill with what 0.4 kept elsewhere; what is kept in the line itself counts."""
    borne = "paid_at" not in more or line["fields"]["payer"] == fee.HOLDER
    return {**line, "fields": {**more, **line["fields"]}} if borne else line
