"""What happened to a holder before, for rules that count (third loss this year, a card that lapsed uncollected)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One earlier thing.

    Args:
        kind: an operation of the holder, or a state that one of the holder's cards entered.
        name: the operation's service, or the card state.
        at: when.
        region: GB/T 2260 of the region it happened in.
        attributes: further words to select by: `state`, `reason`, `card`, `bank`, `channel` …
    """

    kind: Literal["operation", "card_state"]
    name: str
    at: datetime
    region: str
    attributes: Mapping[str, str] = field(default_factory=dict)


History = tuple[HistoryRecord, ...]
