"""The medical personal account (医保个人账户): what a settlement system posts and its holder looks up (QD-7)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EntryKind(StrEnum):
    """Which way the money went."""

    CREDIT = "credit"  # 注入
    SPENDING = "spending"  # 消费


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One entry of somebody's medical personal account.

    Args:
        id: UUID.
        holder_id: whose account.
        region, province: GB/T 2260 of the place that runs the account.
        reference: the settlement system's own name for the entry, unique in the region.
        kind: credit or spending; amount: in fen, above zero.
        occurred_at: when the money moved; posted_at: when we were told.
        description: what for, such as the pharmacy's name; it is personal.
    """

    id: str
    holder_id: str
    region: str
    province: str
    reference: str
    kind: EntryKind
    amount: int
    occurred_at: datetime
    posted_at: datetime
    description: str | None = None


@dataclass(frozen=True, slots=True)
class AccountTotals:
    """Sums over a period, in fen."""

    credits: int
    spending: int
