"""Pay what is due: an intent at the provider, then its signed notice, counted once (NX-1)."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from domain.errors import Conflict, NotFound
from domain.fee import paid
from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation, OperationEvent, OperationState, next_operation_state
from gateways.errors import InvalidSignature
from gateways.payment import PaymentIntent
from gateways.payment_notice import PaymentNotice
from resolvers.audit import told_of
from resolvers.changing.beforehand import answered_before
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction, preview, require_allowed
from resolvers.changing.recording import record
from resolvers.changing.refunds import PROVIDER_ROLE, provider_entry, refund_payment
from resolvers.changing.results import PaymentAsked
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.services.resuming import resume
from store import UnitOfWork
from store.audit.entries import AuditEntry, AuditKind
from store.records import Payment, PaymentStatus

logger = logging.getLogger(__name__)
_OTHERS = Message(
    "支付通知没有被接受：`reference` 不是本系统给这笔支付的编号。请支付服务商核对后重新发送。",
    "The payment notice is not accepted: its reference is not the one that this payment was asked for with. "
    "The provider should look for the right one and send again.",
)
FAILED = "payment_failed"
"""The event in the timeline of a payment that the provider says has failed."""
_TELLING: Mapping[str, frozenset[PaymentStatus]] = {
    "failed": frozenset({PaymentStatus.PENDING}),
    "paid": frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED}),
}
"""Payments of which a notice tells something new. Money that comes after all is never lost sight of."""


async def pay_operation(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> PaymentAsked:
    """Ask the provider for a payment of what is due. Asking again gives the same payment.

    Raises:
        DecisionRefused: nothing is due, or the delivery is not chosen yet.
        GatewayUnavailable: the provider did not answer; nothing has changed.
    """
    if request.key is not None:
        await answered_before(dependencies, actor, request)
    asked = await preview(dependencies, actor, request)
    require_allowed(asked)
    due = asked.its_operation.due
    title = dependencies.policies().term_label("services", asked.its_operation.service) or Message("缴费", "payment")
    # Outside of the transaction: a slow provider must not hold the rows.
    reference = await next_reference(dependencies, asked.its_operation)
    intent = await dependencies.payments.create_intent(reference, due, title, dependencies.callback_url)
    async with decided_transaction(dependencies, actor, request) as decided:
        operation = decided.its_operation
        if operation.due != due:
            raise Conflict(
                Message(
                    "要缴的费用刚刚有变化，请重新缴费。", "The amount due has just changed; ask for the payment again."
                ),
                code="AMOUNT_CHANGED",
            )
        if await decided.work.payments.find_by_reference(intent.provider_reference) is None:
            await decided.work.payments.add(_pending(decided, operation, intent))
        return await record(decided, PaymentAsked(operation, intent, decided.decision), operation)


async def next_reference(dependencies: Dependencies, operation: Operation) -> str:
    """Return our name for the next payment.

    The amount is part of it, so that another way of delivery asks for another payment; and so is how many of that
    amount are over, failed, paid or to be given back, since the provider would answer with one of those again.
    """
    async with dependencies.store.reading() as work:
        payments = (await work.payments.of_operations([operation.id])).get(operation.id, ())
    over = sum(p.amount == operation.due and p.status is not PaymentStatus.PENDING for p in payments)
    return f"{_about(operation.id, operation.due)}{over}"


def _about(operation_id: str, amount: int) -> str:
    """Return how our names begin for all payments of an amount for an operation."""
    return f"{operation_id}-{amount}-"


def _pending(decided: DecidedRequest, operation: Operation, intent: PaymentIntent) -> Payment:
    return Payment(
        id=str(uuid4()),
        operation_id=operation.id,
        province=operation.province,
        provider_reference=intent.provider_reference,
        amount=operation.due,
        status=PaymentStatus.PENDING,
        created_at=decided.now,
        actor_id=decided.actor.person_id,
        relation=decided.subject.relation,
        role=decided.actor.role,
        channel=decided.actor.channel,
        office=decided.actor.office,
    )


async def take_payment_notice(dependencies: Dependencies, headers: Mapping[str, str], body: bytes) -> PaymentStatus:
    """Take the provider's notice of a payment. The same notice twice changes nothing the second time.

    A payment that no longer fits (another amount, an operation that was withdrawn or paid otherwise) is given back:
    money that was taken is never lost sight of.

    Returns:
        Where the payment stands now.

    Raises:
        InvalidInput: the signature or the notice is not right.
        NotFound: no such payment.
    """
    notice = dependencies.payments.verify_callback(headers, body, dependencies.clock.now())
    async with dependencies.store.transaction() as work:
        found = await work.payments.find_by_reference(notice.provider_reference)
        if found is None:
            raise NotFound(
                Message("没有这笔支付，请核对编号。", f"There is no payment {notice.provider_reference}."),
                code="PAYMENT_NOT_FOUND",
            )
        # The operation first, as everywhere, so that two transactions never wait for each other.
        operation = await work.operations.lock(found.operation_id)
        payment = await work.payments.lock_by_reference(notice.provider_reference)
        if payment is None or payment.status not in _TELLING[notice.status]:
            return payment.status if payment else PaymentStatus.PENDING
        if not notice.reference.startswith(_about(payment.operation_id, payment.amount)):
            logger.error("the provider calls the payment %s by a reference that it was not given", payment.id)
            raise InvalidSignature(_OTHERS, code="PAYMENT_NOTICE_INVALID")
        # The time is read under the lock, so that the timeline is in the order in which things happened.
        now = dependencies.clock.now()
        if notice.status == "failed":
            await work.payments.update(replace(payment, status=PaymentStatus.FAILED, failed_at=notice.paid_at))
            await work.timeline.append(provider_entry(operation, FAILED, operation, now))
            work.audit.tell(_told(operation, payment, notice, now))
            return PaymentStatus.FAILED
        status = await _settle(work, operation, payment, notice, now)
        await work.payments.update(replace(payment, status=status, paid_at=notice.paid_at))
        work.audit.tell(_told(operation, payment, notice, now))
    if status is PaymentStatus.PAID:
        await _go_on(dependencies, operation.id)
    return status


def _told(operation: Operation, payment: Payment, notice: PaymentNotice, now: datetime) -> AuditEntry:
    """Return what the audit record is told of a notice."""
    about = {"holder_id": operation.holder_id, "operation_id": operation.id, "region": operation.region}
    said = {"record_id": payment.id, "reference": notice.provider_reference}
    return told_of(None, now, AuditKind.CHANGE, f"payment_{notice.status}", role=PROVIDER_ROLE, **about, **said)


async def _go_on(dependencies: Dependencies, operation_id: str) -> None:
    """Carry out what waited for the payment; the provider's notice is taken whatever comes of that."""
    try:
        await resume(dependencies, operation_id)
    except Exception:
        logger.exception("the operation %s is paid for and not gone on with; the next sweep tries again", operation_id)


async def _settle(
    work: UnitOfWork, operation: Operation, payment: Payment, notice: PaymentNotice, now: datetime
) -> PaymentStatus:
    # Money that comes after the time for it has run out is too late, whether that is written down or not.
    operation = operation.settled(now)
    if notice.amount != payment.amount or operation.due != payment.amount:
        logger.warning(
            "payment %s of operation %s is given back: %s fen paid, %s fen asked for, %s fen due",
            payment.id, operation.id, notice.amount, payment.amount, operation.due,
        )  # fmt: skip
        await refund_payment(work, payment, notice.amount, now)
        return PaymentStatus.NEEDS_REFUND
    waiting = operation.state is OperationState.SUBMITTED
    state = next_operation_state(operation.state, OperationEvent.PAY) if waiting else operation.state
    bill = paid(operation.fees, payment.id, notice.paid_at)
    after = replace(operation, state=state, fees=bill, paid_at=notice.paid_at, updated_at=now)
    after = after.ending(None) if waiting else after
    await work.operations.update(after)
    await work.timeline.append(provider_entry(operation, "pay", after, now))
    return PaymentStatus.PAID
