"""Facts that people state as texts, read by the type that the vocabulary gives them."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from domain.errors import InvalidInput
from domain.message import Message
from domain.services import is_added
from policies.language.region_codes import RegionCodes
from policies.language.values import KIND_WORDS, LISTS, Kind
from policies.language.vocabulary import FactDefinition, Lexicon
from resolvers.changing.terms import require_term
from resolvers.changing.wrong_inputs import Wrong

_WRITTEN: Mapping[Kind, Message] = {
    **KIND_WORDS,
    Kind.BOOLEAN: Message("是或否（写作 `true` 或 `false`）", "yes or no, written true or false"),
    Kind.DATE: Message("日期（如2026-03-01）", "a day such as 2026-03-01"),
    Kind.TIME: Message("时刻（如17:00）", "a time of day such as 17:00"),
    Kind.MOMENT: Message("带时区的时点（如 `2026-03-01T17:00+08:00`）", "a moment such as 2026-03-01T17:00+08:00"),
    Kind.MONEY: Message("以分为单位的整数", "a whole number of fen"),
    Kind.REGION: Message("已有地区的六位行政区划代码", "the code of a region that there is, such as 510104"),
    Kind.REGIONS: Message(
        "已有地区的六位行政区划代码，各代码之间用半角逗号隔开",
        "the codes of regions that there are, with commas between, such as 510104,510105",
    ),
}
"""How a value of each kind is written."""
_LONG_NUMBER: Final = re.compile("[0-9]{7,}")


def parse_declarations(words: Lexicon, given: Mapping[str, str], wrong: Wrong) -> dict[str, Any]:
    """Read declared facts from texts.

    Args:
        words: the region's vocabularies and facts; given: texts by the facts' names.
        wrong: is told of names that are no declared fact of the region, and of values that are ill-typed or no such word.
    """
    found = {}
    for name, text in given.items():
        with wrong:
            definition = words.fact(name)
            if definition is None or definition.origin != "declared":
                raise impossible(name, "有一项不能在这里申报，请去掉", "this cannot be declared here; leave it out")
            value = parse_fact(definition, text, words.codes)
            require_words(words, definition, value)
            found[name] = value
    return found


def require_words(words: Lexicon, definition: FactDefinition, value: Any) -> None:
    """Refuse a word that the vocabulary of a fact does not have.

    Raises:
        InvalidInput: with those that it has.
    """
    of, kind = definition.type.of, definition.type.kind
    if of is None or value is None:
        return
    for word in value if kind in LISTS else (value,):
        require_term(words, of, word, definition.name, definition.label)


def choices_added(words: Lexicon) -> tuple[FactDefinition, ...]:
    """Return what a region lets people choose besides what they choose everywhere."""
    chosen = words.facts_of("chosen")
    return tuple(fact for fact in chosen if fact.subject == "choice" and is_added(fact.name))


def parse_choices(words: Lexicon, given: Mapping[str, str], wrong: Wrong) -> dict[str, Any]:
    """Read the choices that a region adds from texts; None for those that are not made.

    Args:
        words: the region's vocabularies and facts; given: texts by the facts' names.
        wrong: is told of names that are no such choice of the region, and of values that are ill-typed.
    """
    found: dict[str, Any] = {fact.name: None for fact in choices_added(words)}
    for name, text in given.items():
        with wrong:
            definition = words.fact(name) if name in found else None
            if definition is None:
                raise impossible(name, "有一项不能在这里选择，请去掉", "this cannot be chosen here; leave it out")
            found[name] = parse_fact(definition, text, words.codes)
    return found


def parse_fact(definition: FactDefinition, text: str, codes: RegionCodes) -> Any:
    """Read a fact from text, by its type; no text says that there is none, where the fact can be absent.

    Args:
        codes: those that regions have.

    Raises:
        InvalidInput: it is not written as its type is, or names a region that there is not.
    """
    kind = definition.type.kind
    if definition.optional and not text.strip():
        return None
    try:
        if kind is Kind.BOOLEAN:
            return {"true": True, "false": False}[text.strip().lower()]
        if kind in (Kind.INTEGER, Kind.MONEY):
            return int(text)
        if kind is Kind.DECIMAL:
            return Decimal(text.strip())
        if kind is Kind.DATE:
            return date.fromisoformat(text.strip())
        if kind is Kind.TIME:
            return time.fromisoformat(text.strip())
        if kind is Kind.MOMENT:
            return datetime.fromisoformat(text.strip())
        if kind is Kind.REGION:
            return _region(text, codes)
        if kind in (Kind.TERMS, Kind.REGIONS):
            parts = tuple(part.strip() for part in text.split(",") if part.strip())
            return tuple(_region(part, codes) for part in parts) if kind is Kind.REGIONS else parts
    except (KeyError, ValueError, InvalidOperation):
        raise impossible(
            definition.name,
            f"“{definition.label.zh}”填写得不对，应为{_WRITTEN[kind].zh}",
            f"{definition.label.en}: give {_WRITTEN[kind].en}",
        ) from None
    return text.strip()


def _region(text: str, codes: RegionCodes) -> str:
    if not codes.may_have(text.strip()):
        raise ValueError
    return text.strip()


def without_long_numbers(text: str) -> str:
    """Return a text in which nobody finds an identity number or a telephone number."""
    return _LONG_NUMBER.sub("…", text)


def impossible(name: str, zh: str, en: str) -> InvalidInput:
    """Return the answer to a fact that cannot be as it was stated, which may repeat what was stated.

    A name or value that somebody put there by a slip can be an identity number or a telephone number: long numbers are left out.
    """
    name, zh, en = map(without_long_numbers, (name, zh, en))
    return InvalidInput(Message(f"{zh}。", f"{en[0].upper()}{en[1:]}."), field=name, code="VALUE_NOT_POSSIBLE")
