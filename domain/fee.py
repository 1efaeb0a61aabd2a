"""What is charged, and what became of each line of a bill: due, paid, waived, being given back, given back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.message import Message

HOLDER = "holder"
"""The payer whose fees are taken here; what banks and governments bear is settled among offices."""


DECIDING_ON_DELIVERY = frozenset({"apply", "reissue", "deliver"})
"""Services with which a way of delivery is chosen: what several of them charge for it under one name is one fee."""


class Due(StrEnum):
    """When a fee is to be paid."""

    BEFORE = "before"  # 先缴费后办理
    AFTER = "after"  # 先办理后缴费


class FeeState(StrEnum):
    """Where a line of a bill stands."""

    DUE = "due"  # 待缴
    PAID = "paid"  # 已缴
    WAIVED = "waived"  # 免收
    REFUNDING = "refunding"  # 退费中
    REFUNDED = "refunded"  # 已退


@dataclass(frozen=True, slots=True)
class Fee:
    """One line of what is charged.

    Args:
        id: the fee's name in the policies, such as `card_fee` or `postage`.
        amount: in fen, never negative.
        payer: who bears it: holder, bank or government.
        label: what the bill says.
        service, rule: the policy service and its rule that charge it.
        due: whether the service waits for it.
        refundable: whether a rule may give it back.
        waived_by: the rule that waives it.
        payment_id, paid_at: the payment that paid it, and when.
        refund_id, refunded_at: what gives it back, and when that was done.
    """

    id: str
    amount: int
    payer: str
    label: Message
    service: str
    rule: str
    due: Due = Due.AFTER
    refundable: bool = False
    waived_by: str | None = None
    payment_id: str | None = None
    paid_at: datetime | None = None
    refund_id: str | None = None
    refunded_at: datetime | None = None

    @property
    def state(self) -> FeeState | None:
        """Where it stands; None for what somebody else bears."""
        if self.waived_by is not None and self.refund_id is None:
            return FeeState.WAIVED
        if self.payer != HOLDER:
            return None
        if self.refund_id is not None:
            return FeeState.REFUNDING if self.refunded_at is None else FeeState.REFUNDED
        return FeeState.DUE if self.paid_at is None else FeeState.PAID

    @property
    def waits(self) -> bool:
        """Whether the service that charges it waits for its payment now."""
        return self.due is Due.BEFORE and self.state is FeeState.DUE and self.amount > 0


Bill = tuple[Fee, ...]


def amount_due(bill: Bill) -> int:
    """Return what the holder still has to pay, in fen."""
    return sum(fee.amount for fee in bill if fee.state is FeeState.DUE)


def amount_due_before(bill: Bill) -> int:
    """Return what the holder has to pay before it goes on, in fen."""
    return sum(fee.amount for fee in bill if fee.waits)


def charged(bill: Bill, service: str, charges: Iterable[Fee]) -> Bill:
    """Return a bill with what a service charges now.

    It takes the place of what the service charged before and nobody has paid. What was paid is not charged again: only
    what a fee has risen by is. So it is with what another service charges for the same delivery.
    """
    kept = tuple(
        fee for fee in bill if fee.service != service or fee.state not in (FeeState.DUE, FeeState.WAIVED, None)
    )
    added = []
    for charge in charges:
        done = [fee for fee in kept if is_one_fee(fee, charge) and _stands(fee, service)]
        if not done:
            added.append(charge)
        elif charge.waived_by is None and (rise := charge.amount - sum(fee.amount for fee in done)) > 0:
            added.append(replace(charge, amount=rise))
    return (*kept, *added)


def _stands(fee: Fee, service: str) -> bool:
    """Say whether a line still counts when a service charges: paid, or charged by another service and not struck off."""
    return fee.state is FeeState.PAID or (fee.service != service and fee.state in (FeeState.DUE, None))


def is_one_fee(one: Fee, other: Fee) -> bool:
    """Say whether two charges are for the same thing: of one service, or of services that decide on the same delivery."""
    together = one.service == other.service or {one.service, other.service} <= DECIDING_ON_DELIVERY
    return together and (one.id, one.payer) == (other.id, other.payer)


def waived(bill: Bill, fee: str, rule: str) -> Bill:
    """Return a bill on which a rule waives what is still due of a fee."""
    return tuple(
        replace(line, waived_by=rule) if line.id == fee and line.state in (FeeState.DUE, None) else line
        for line in bill
    )


def paid(bill: Bill, payment_id: str, at: datetime) -> Bill:
    """Return a bill on which a payment has paid everything that was due."""
    return tuple(
        replace(line, payment_id=payment_id, paid_at=at) if line.state is FeeState.DUE else line for line in bill
    )


def given_back(bill: Bill, refund_id: str, at: datetime) -> Bill:
    """Return a bill on which a refund has reached whoever paid."""
    return tuple(replace(line, refunded_at=at) if line.refund_id == refund_id else line for line in bill)
