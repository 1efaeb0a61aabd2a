"""What a decision charges, waives and gives back, booked with the operation."""

from domain.errors import Conflict, TransitionImpossible
from domain.fee import Bill, FeeState, amount_due_before, charged, waived
from domain.frozen import replace
from domain.message import Message
from domain.operation import Operation, OperationEvent, OperationState, Postponed, next_operation_state
from resolvers.changing.change import Change
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.refunds import entry, refund_fees


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Book what is charged, strike off what is waived, and have given back what is to be given back.

    Raises:
        TransitionImpossible: something that is due first is not paid, whatever the policy says.
    """
    told, resumed = decided.made, decided.request.resumed
    if resumed is not None:
        change = await _gone_on_with(decided, change, resumed.operation_id)
    bill, unwanted = change.operation.fees, set()
    for waiver in told.waivers:
        if not waiver.conditional:
            unwanted |= {fee for fee in bill if fee.id == waiver.fee and fee.state is FeeState.PAID}
            bill = waived(bill, waiver.fee, waiver.rule)
    if resumed is None:
        bill = charged(bill, decided.request.service, told.bill)
        _require_paid(change, bill)
    # A correction may cost more; what goes on next waits for that.
    if decided.corrected is not None and decided.corrected.bill is not None:
        bill = charged(bill, change.operation.service, decided.corrected.bill)
    names = {refund.fee for refund in told.refunds if not refund.conditional}
    unwanted |= {fee for fee in bill if fee.id in names and fee.refundable}
    change = change.with_operation(fees=bill)
    operation = change.operation
    if unwanted:
        bill = await refund_fees(decided.work, operation, unwanted, decided.now)
    if names and decided.card is not None:
        await _refund_elsewhere(decided, decided.card.id, operation.id, names)
    return change.with_operation(fees=bill, postponed=_still_postponed(decided, operation))


async def _gone_on_with(decided: DecidedRequest, change: Change, operation_id: str) -> Change:
    """Return a change with the operation that waited for the payment; what was paid for it then is what it costs.

    Raises:
        Conflict: it does not wait any more.
    """
    waited = change.before or await decided.work.operations.lock(operation_id)
    if not waited.resumable:
        raise Conflict(Message("这笔申请已经办过，不用再办。", "The operation has been gone on with already."))
    if change.before is not None:
        return change.with_operation(postponed=None)
    state = next_operation_state(waited.state, OperationEvent.COMPLETE)
    own = {name: getattr(waited, name) for name in ("id", "created_at", "fees", "paid_at", "version")}
    return replace(change.with_operation(state=state, **own), before=waited)


def _still_postponed(decided: DecidedRequest, operation: Operation) -> Postponed | None:
    """Return what goes on waiting for a payment: neither what is done now, nor anything of what is withdrawn."""
    waits = operation.postponed
    over = waits is None or waits.service == decided.request.service or operation.state is OperationState.WITHDRAWN
    return None if over else waits


def _require_paid(change: Change, bill: Bill) -> None:
    """Keep an operation where it is until everything is paid that is due first; it may still be withdrawn."""
    before, after = change.before, change.operation
    if before is None or after.state in (before.state, OperationState.WITHDRAWN):
        return
    if (due := amount_due_before(bill)) > 0:
        raise TransitionImpossible(
            Message(
                f"这笔申请还有{due / 100:.2f}元费用应当先缴，请缴费后再办。",
                f"{due / 100:.2f} yuan of this operation have to be paid first; pay, and try again.",
            )
        )


async def _refund_elsewhere(decided: DecidedRequest, card_id: str, own_id: str, names: set[str]) -> None:
    """Have given back what was paid with other operations about a card, or with the one that made it."""
    for found in await decided.work.operations.of_holder(decided.holder.id):
        if found.card_id == card_id and found.id != own_id and _refundable(found, names):
            operation = await decided.work.operations.lock(found.id)
            bill = await refund_fees(decided.work, operation, _refundable(operation, names), decided.now)
            after = await decided.work.operations.update(replace(operation, fees=bill, updated_at=decided.now))
            line = entry(operation, decided.request.service, after, decided.now, decided.actor.role)
            await decided.work.timeline.append(line)


def _refundable(operation: Operation, names: set[str]) -> Bill:
    return tuple(fee for fee in operation.fees if fee.id in names and fee.refundable and fee.state is FeeState.PAID)
