"""Facts that people state as texts, read by the type that the vocabulary gives them."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from domain.errors import InvalidInput
from domain.message import Message
from policies.values import Kind
from policies.vocabulary import FactDefinition, Words


def parse_declarations(words: Words, given: Mapping[str, str]) -> dict[str, Any]:
    """Read declared facts from texts.

    Args:
        words: the region's vocabularies and facts; given: texts by the facts' names.

    Raises:
        InvalidInput: a name is no declared fact of the region, or a value is ill-typed.
    """
    found = {}
    for name, text in given.items():
        definition = words.fact(name)
        if definition is None or definition.origin != "declared":
            raise impossible(name, f"没有可申报的事实“{name}”", f"{name} is not a fact that can be declared here")
        found[name] = parse_fact(definition, text)
    return found


def parse_fact(definition: FactDefinition, text: str) -> Any:
    """Read a fact from text, by its type.

    Raises:
        InvalidInput: it is not written as its type is.
    """
    kind = definition.type.kind
    try:
        if kind is Kind.BOOLEAN:
            return {"true": True, "false": False}[text.strip().lower()]
        if kind in (Kind.INTEGER, Kind.MONEY):
            return int(text)
        if kind is Kind.DATE:
            return date.fromisoformat(text.strip())
        if kind is Kind.TIME:
            return time.fromisoformat(text.strip())
        if kind in (Kind.TERMS, Kind.REGIONS):
            return tuple(part.strip() for part in text.split(",") if part.strip())
    except (KeyError, ValueError):
        raise impossible(
            definition.name,
            f"“{definition.label.zh}”的值“{text}”不是{kind}",
            f"{definition.label.en}: {text!r} is not a {kind}",
        ) from None
    return text.strip()


def impossible(name: str, zh: str, en: str) -> InvalidInput:
    """Return the answer to a fact that cannot be as it was stated."""
    return InvalidInput(Message(f"{zh}。", f"{en[0].upper()}{en[1:]}."), field=name, code="VALUE_NOT_POSSIBLE")
