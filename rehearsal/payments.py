"""Payments in a rehearsal: what an arranged operation was paid with, and what is paid for a request, as the provider knows it."""

from dataclasses import replace
from uuid import uuid4

from domain.message import Message
from domain.operation import Operation
from rehearsal.stage import Stage
from resolvers.services.pay import next_reference, take_payment_notice
from store import UnitOfWork
from store.records import Payment, PaymentStatus

_WORDS = Message("缴费", "payment")


async def record_payment(stage: Stage, work: UnitOfWork, operation: Operation) -> None:
    """Put the payment on record that paid for lines of an arranged operation, so that it can be given back."""
    lines = [fee for fee in operation.fees if fee.payment_id is not None]
    if lines:
        identifier = str(lines[0].payment_id)
        payment = await _asked(stage, operation, identifier, identifier, sum(fee.amount for fee in lines))
        await work.payments.add(replace(payment, status=PaymentStatus.PAID, paid_at=lines[0].paid_at))


async def pay(stage: Stage, operation: Operation) -> None:
    """Pay what is due of an operation, whatever the policy of paying says, and have the provider's notice taken."""
    reference = await next_reference(stage.dependencies, operation)
    payment = await _asked(stage, operation, str(uuid4()), reference, operation.due)
    async with stage.store.transaction() as work:
        # The case may have asked for it itself.
        if await work.payments.find_by_reference(payment.provider_reference) is None:
            await work.payments.add(payment)
    headers, body = stage.payments.sign_payment(payment.provider_reference, stage.clock.now())
    await take_payment_notice(stage.dependencies, headers, body)


async def _asked(stage: Stage, operation: Operation, identifier: str, reference: str, amount: int) -> Payment:
    intent = await stage.payments.create_intent(reference, amount, _WORDS, stage.dependencies.callback_url)
    return Payment(
        id=identifier,
        operation_id=operation.id,
        province=operation.province,
        provider_reference=intent.provider_reference,
        amount=amount,
        status=PaymentStatus.PENDING,
        created_at=operation.created_at,
    )
