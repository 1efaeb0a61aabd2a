"""What may become what by time alone: of cards, of operations, and of an old card that a new one replaces.

Policies name states by their terms, which are the same words; no card and no operation has a state of the other's name.
"""

from collections.abc import Mapping
from typing import Final

from domain.card import CARD_LAPSES, REPLACED, CardState
from domain.operation import OPERATION_LAPSES

_PAIRS = (*CARD_LAPSES, *OPERATION_LAPSES, (REPLACED, CardState.CANCELLED))
LAPSES: Final[Mapping[str, frozenset[str]]] = {
    str(state): frozenset(str(then) for before, then in _PAIRS if before == state) for state, _ in _PAIRS
}
"""By the term of the state that ends, `replaced` for an old card whatever its state: what it may become."""
