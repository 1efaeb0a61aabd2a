"""What happened to a holder before, for rules that count (third loss this year, a card that lapsed uncollected)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

RecordKind = Literal["operation", "card_state"]
ATTRIBUTES: Mapping[RecordKind, tuple[str, ...]] = {
    "operation": ("state", "bank", "outlet", "channel", "relation", "card", "reason", "region"),
    "card_state": ("card", "bank", "reason", "region"),
}
"""By what records of each kind can be told apart, beside their names."""


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One earlier thing.

    Args:
        kind: an operation of the holder, or a state that one of the holder's cards entered.
        name: the operation's service, or the card state.
        at: when.
        region: GB/T 2260 of the region it happened in.
        attributes: those of ATTRIBUTES that are known.
    """

    kind: RecordKind
    name: str
    at: datetime
    region: str
    attributes: Mapping[str, str] = field(default_factory=dict)


History = tuple[HistoryRecord, ...]
