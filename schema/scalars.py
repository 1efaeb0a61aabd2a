"""Scalars of our own."""

from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

Json = NewType("Json", object)
Fen = NewType("Fen", int)


def _same(value: Any) -> Any:
    return value


JSON_SCALAR = strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same)
FEN_SCALAR = strawberry.scalar(
    name="Fen",
    description="An amount of money in fen, a hundredth of a yuan: a whole number.",
    serialize=int,
    parse_value=int,
)
SCALARS: dict[object, ScalarDefinition] = {Json: JSON_SCALAR, Fen: FEN_SCALAR}
