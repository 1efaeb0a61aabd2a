"""Payments of an operation, as the graph shows them."""

from datetime import datetime

import strawberry

from schema.kit.access import WITH_IT, sees
from schema.kit.described import enum, field, shown
from schema.kit.scalars import Fen
from schema.types.terms import Term, shown_term
from store import records
from store.records import PaymentStatus, RefundStatus

enum(
    PaymentStatus,
    "Where a payment stands.",
    {
        PaymentStatus.PENDING: "Asked for; the provider has not said how it ended.",
        PaymentStatus.FAILED: "The provider says that it failed; `payOperation` asks for another.",
        PaymentStatus.PAID: "Paid.",
        PaymentStatus.NEEDS_REFUND: "Paid, and to be given back, for it fits no bill: another amount, too late, or twice.",
        PaymentStatus.REFUNDED: "Given back.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="A payment that was asked of the payment provider.")
class Payment:
    """A payment."""

    reference: str = shown("The provider's name for it.", "record.provider_reference")
    amount: Fen = shown("How much, in fen.", "record.amount")
    status: PaymentStatus = shown("Where it stands.", "record.status")
    asked_at: datetime = shown("When it was asked for.", "record.created_at")
    relation: str | None = shown("Who asked: self, guardian, delegate or office; null if not known.", "record.relation")
    relation_term: Term | None = shown_term("relations", "record.relation", region="region")
    role: str | None = shown("In which role it was asked for: a term of the roles vocabulary.", "record.role")
    role_term: Term | None = shown_term("roles", "record.role", region="region")
    channel: str | None = shown("Through which channel: a term of the channels vocabulary.", "record.channel")
    channel_term: Term | None = shown_term("channels", "record.channel", region="region")
    office: str | None = shown("For which office.", "record.office")
    paid_at: datetime | None = shown("When it was paid.", "record.paid_at")
    failed_at: datetime | None = shown("When it failed.", "record.failed_at")
    waiting_for_refund: Fen = field("How much of it is to be given back and is not yet, in fen.")
    refunded: Fen = field("How much of it was given back, in fen.")
    record: strawberry.Private[records.Payment]
    region: strawberry.Private[str]


def payment_node(payment: records.Payment, refunds: tuple[records.Refund, ...], region: str) -> Payment:
    """Return a payment as the graph shows it.

    Args:
        refunds: of its operation; region: that handles it.
    """
    own = [refund for refund in refunds if refund.payment_id == payment.id]
    return Payment(
        record=payment,
        region=region,
        # What the provider has refused is still owed: the office sees to it.
        waiting_for_refund=Fen(sum(r.amount for r in own if r.status is not RefundStatus.DONE)),
        refunded=Fen(sum(r.amount for r in own if r.status is RefundStatus.DONE)),
    )
