"""Scalars of our own."""

from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

Json = NewType("Json", object)
Fen = NewType("Fen", int)


def _same(value: Any) -> Any:
    return value


def _fen(value: Any) -> int:
    """Read an amount, and round nothing: 1.5 and true are no amounts of money.

    Raises:
        ValueError: it is no whole number.
    """
    if type(value) is not int:
        raise ValueError("an amount is a whole number of fen, such as 1050 for 10.50 yuan")
    return value


JSON_SCALAR = strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same)
FEN_SCALAR = strawberry.scalar(
    name="Fen",
    description="An amount of money in fen, a hundredth of a yuan: a whole number.",
    serialize=int,
    parse_value=_fen,
)
SCALARS: dict[object, ScalarDefinition] = {Json: JSON_SCALAR, Fen: FEN_SCALAR}
