"""Money that is given back: put on record with what decided it, and asked of the provider until it has answered.

The provider is asked outside of any transaction, under the refund's own id, so that asking twice gives back once.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from domain.fee import Bill, Fee, FeeState, given_back
from domain.operation import Operation, TimelineEntry
from gateways.payment import RefundAnswer
from resolvers.audit import told_of
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.records import Payment, PaymentStatus, Refund, RefundStatus

logger = logging.getLogger(__name__)
PROVIDER_ROLE = "payment_provider"
EVENT = "refund"
PAGE = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of asking for refunds: how many were given back, and how many the provider did not answer or refused."""

    done: int = 0
    failed: int = 0


async def refund_fees(work: UnitOfWork, operation: Operation, fees: Iterable[Fee], now: datetime) -> Bill:
    """Put on record that lines of a bill are given back, and return the bill with them so.

    Args:
        fees: lines of the operation's bill; those that are not paid are left as they are.
    """
    wanted = [fee for fee in fees if fee.state is FeeState.PAID and fee.amount > 0]
    if not wanted:
        return operation.fees
    payments = await work.payments.get_many({fee.payment_id for fee in wanted if fee.payment_id is not None})
    bill = list(operation.fees)
    for fee in wanted:
        payment = payments.get(fee.payment_id or "")
        if payment is None:
            logger.error("a fee of operation %s is to be given back, but its payment is not on record", operation.id)
            continue
        refund = _asked(payment, fee.amount, now, fee.id)
        await work.refunds.add(refund)
        bill[bill.index(fee)] = replace(fee, refund_id=refund.id)
    return tuple(bill)


async def refund_payment(work: UnitOfWork, payment: Payment, amount: int, now: datetime) -> None:
    """Put on record that a payment which fits no bill is given back.

    Args:
        amount: what was taken, in fen.
    """
    if amount > 0:
        await work.refunds.add(_asked(payment, amount, now, None))


def _asked(payment: Payment, amount: int, now: datetime, fee: str | None) -> Refund:
    return Refund(
        id=str(uuid4()),
        operation_id=payment.operation_id,
        province=payment.province,
        payment_id=payment.id,
        provider_reference=payment.provider_reference,
        fee=fee,
        amount=amount,
        status=RefundStatus.PENDING,
        asked_at=now,
    )


async def send_refunds(dependencies: Dependencies) -> Sent:
    """Ask the provider for every refund that it has not answered yet; what fails is asked for again the next time."""
    done, failed, last = 0, 0, ""
    while True:
        async with dependencies.store.reading() as work:
            pending = await work.refunds.pending(last, PAGE)
        for refund in pending:
            try:
                status = await _send(dependencies, refund)
            except Exception:
                # One that is broken, or that the provider does not answer, must not keep back the others.
                logger.exception("the refund %s could not be asked for", refund.id)
                failed += 1
            else:
                done += status is RefundStatus.DONE
                failed += status is RefundStatus.REFUSED
        if len(pending) < PAGE:
            return Sent(done, failed)
        last = pending[-1].id


_ANSWERED = {
    RefundAnswer.DONE: RefundStatus.DONE,
    RefundAnswer.PROCESSING: RefundStatus.PENDING,
    RefundAnswer.REFUSED: RefundStatus.REFUSED,
}


async def _send(dependencies: Dependencies, refund: Refund) -> RefundStatus:
    answer = await dependencies.payments.refund(refund.id, refund.provider_reference, refund.amount)
    status = _ANSWERED[answer]
    if status is RefundStatus.REFUSED:
        logger.error(
            "the provider refused the refund %s of %s fen of payment %s; somebody has to see to it",
            refund.id, refund.amount, refund.payment_id,
        )  # fmt: skip
    if status is not RefundStatus.PENDING:
        async with dependencies.store.transaction() as work:
            now = dependencies.clock.now()
            await _settle(work, refund, status, now)
            work.audit.tell(
                told_of(
                    None,
                    now,
                    AuditKind.CHANGE,
                    EVENT,
                    role=PROVIDER_ROLE,
                    record_id=refund.id,
                    operation_id=refund.operation_id,
                    reference=status.value,
                )
            )
    return status


async def _settle(work: UnitOfWork, refund: Refund, status: RefundStatus, now: datetime) -> None:
    # The operation first, as everywhere, so that two transactions never wait for each other.
    operation = await work.operations.lock(refund.operation_id)
    current = await work.refunds.lock(refund.id)
    if current.status is not RefundStatus.PENDING:
        return
    done = status is RefundStatus.DONE
    await work.refunds.update(replace(current, status=status, done_at=now if done else None))
    if not done:
        return
    if refund.fee is None:
        payment = await work.payments.lock(refund.payment_id)
        await work.payments.update(replace(payment, status=PaymentStatus.REFUNDED))
        return
    await work.operations.update(replace(operation, fees=given_back(operation.fees, refund.id, now), updated_at=now))
    await work.timeline.append(provider_entry(operation, EVENT, operation, now))


def provider_entry(before: Operation, event: str, after: Operation, now: datetime) -> TimelineEntry:
    """Return the line of the timeline of what the provider did."""
    return entry(before, event, after, now, PROVIDER_ROLE)


def entry(before: Operation | None, event: str, after: Operation, now: datetime, role: str) -> TimelineEntry:
    """Return a line of the timeline of what nobody did through a channel."""
    return TimelineEntry(
        operation_id=after.id,
        at=now,
        event=event,
        from_state=before.state if before is not None else None,
        to_state=after.state,
        actor_id=None,
        role=role,
        channel=None,
        office=None,
        policy_digest=None,
    )
