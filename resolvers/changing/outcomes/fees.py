"""What a decision charges, waives and gives back, booked with the operation."""

from dataclasses import replace

from domain.errors import TransitionImpossible
from domain.fee import Bill, FeeState, amount_due_before, charged, waived
from domain.message import Message
from domain.operation import Operation, OperationState
from resolvers.changing.change import Change
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.refunds import refund_fees


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Book what is charged, strike off what is waived, and have given back what is to be given back.

    Raises:
        TransitionImpossible: something that is due first is not paid, whatever the policy says.
    """
    told = decided.made
    bill, unwanted = change.operation.fees, set()
    for waiver in told.waivers:
        if not waiver.conditional:
            unwanted |= {fee for fee in bill if fee.id == waiver.fee and fee.state is FeeState.PAID}
            bill = waived(bill, waiver.fee, waiver.rule)
    bill = charged(bill, decided.request.service, told.bill)
    _require_paid(change, bill)
    # A correction may cost more; what goes on next waits for that.
    if decided.corrected is not None and decided.corrected.bill is not None:
        bill = charged(bill, change.operation.service, decided.corrected.bill)
    names = {refund.fee for refund in told.refunds if not refund.conditional}
    unwanted |= {fee for fee in bill if fee.id in names and fee.refundable}
    operation = replace(change.operation, fees=bill)
    bill = await refund_fees(decided.work, operation, unwanted, decided.now)
    if names and decided.card is not None:
        await _refund_elsewhere(decided, decided.card.id, operation.id, names)
    return change.with_operation(fees=bill)


def _require_paid(change: Change, bill: Bill) -> None:
    """Keep an operation where it is until everything is paid that is due first; it may still be withdrawn."""
    before, after = change.before, change.operation
    if before is None or after.state in (before.state, OperationState.WITHDRAWN):
        return
    if (due := amount_due_before(bill)) > 0:
        raise TransitionImpossible(
            Message(
                f"这笔办件还有{due / 100:.2f}元费用应当先缴，请缴费后再办。",
                f"{due / 100:.2f} yuan of this operation have to be paid first; pay, and try again.",
            )
        )


async def _refund_elsewhere(decided: DecidedRequest, card_id: str, own_id: str, names: set[str]) -> None:
    """Have given back what was paid with other operations about a card, or with the one that made it."""
    for found in await decided.work.operations.of_holder(decided.holder.id):
        if found.card_id == card_id and found.id != own_id and _refundable(found, names):
            operation = await decided.work.operations.lock(found.id)
            bill = await refund_fees(decided.work, operation, _refundable(operation, names), decided.now)
            await decided.work.operations.update(replace(operation, fees=bill, updated_at=decided.now))


def _refundable(operation: Operation, names: set[str]) -> Bill:
    return tuple(fee for fee in operation.fees if fee.id in names and fee.refundable and fee.state is FeeState.PAID)
