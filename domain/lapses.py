"""What may become what by time alone: of cards, of operations, and of an old card that a new one replaces.

Policies name states by their terms, which are the same words; no card and no operation has a state of the other's name.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.card import CARD_LAPSES, REPLACED, CardState
from domain.operation import OPERATION_LAPSES


class LapsingState(StrEnum):
    """A state that can end by time alone, or that one becomes then: spelt as the states of cards and of operations are."""

    SEALED = "sealed"
    ACTIVE = "active"
    TEMPORARILY_LOST = "temporarily_lost"
    FORMALLY_LOST = "formally_lost"
    LOCKED = "locked"
    CANCELLED = "cancelled"
    SUBMITTED = "submitted"
    CORRECTION_REQUESTED = "correction_requested"
    WITHDRAWN = "withdrawn"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    REPLACED = "replaced"  # not a state of its own: whatever state an old card is in


_PAIRS = (*CARD_LAPSES, *OPERATION_LAPSES, (REPLACED, CardState.CANCELLED))
LAPSES: Final[Mapping[str, frozenset[str]]] = {
    str(state): frozenset(str(then) for before, then in _PAIRS if before == state) for state, _ in _PAIRS
}
"""By the term of the state that ends, `replaced` for an old card whatever its state: what it may become."""
