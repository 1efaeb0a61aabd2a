"""The most ordinary value of a fact: what an example says of everything that does not matter to it."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from domain.duration import CHINA_TIME
from policies.language.values import Kind
from policies.language.vocabulary import FactDefinition, Lexicon

GROWN_UP = 30
"""Years."""


def ordinary(definition: FactDefinition, on: date, words: Lexicon) -> Any:
    """Return the most ordinary value of a fact: absent, no, zero, the day itself, the first word.

    Args:
        on: the day of the example; words: of its region.
    """
    if definition.optional:
        return None
    kind = definition.type.kind
    if kind is Kind.TERM:
        return next(iter(words.vocabularies[definition.type.of or ""].terms), None)
    if kind is Kind.INTEGER:
        return GROWN_UP if definition.unit == "years" else 0
    if kind is Kind.MOMENT:
        return datetime.combine(on, time(9), CHINA_TIME)
    return on if kind is Kind.DATE else _PLAIN[kind]


_PLAIN: Mapping[Kind, Any] = {
    Kind.BOOLEAN: False,
    Kind.DECIMAL: Decimal(0),
    Kind.MONEY: 0,
    Kind.TIME: time(9),
    Kind.TEXT: "-",
    Kind.TERMS: (),
    Kind.REGION: "000000",
    Kind.REGIONS: (),
}
