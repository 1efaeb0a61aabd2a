"""What comes of a request once it is paid for: what waited is done or given up, and what is given back has reached the payer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from domain.decision import Decision
from domain.fee import Fee, FeeState
from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation, OperationState
from domain.services import About
from rehearsal.comparing import Finding
from rehearsal.observed import Asked
from rehearsal.outcomes import check_done, operation_of
from rehearsal.payments import pay
from rehearsal.records import Records, read
from rehearsal.scene import Scene
from rehearsal.stage import Stage
from resolvers.changing.refunds import send_refunds
from schema.kit.relay import global_id, local_id

_BILLS = (
    "query($of: ID!){operations(filter: {holderId: $of}, first: 100)"
    "{edges{node{id fees{fee amount state} refunds{fee amount status}}}}}"
)
Lines = list[tuple[str | None, int, str | None]]
"""Fees, or refunds, each with its fen and state, as the graph writes them."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a request once what was due was paid, and what was to be given back was.

    Args:
        records: as they are then; asked: what the policies were asked when the request was gone on with.
        shown: what the providers did so far, for earlier steps of the operation too.
        bills: what the graph shows the holder of fees and refunds, by operation.
    """

    records: Records
    asked: tuple[Asked, ...]
    shown: tuple[str, ...]
    bills: dict[str, tuple[Lines, Lines]]


async def settle(stage: Stage, scene: Scene, before: Records, after: Records) -> Settled | None:
    """Pay what is due with the operation of a request, and have given back what is to be.

    Returns:
        None where there is neither, nor any bill.
    """
    operation = operation_of(scene, before, after)
    if operation is None or not any(each.fees for each in after.operations.values()):
        return None
    stage.policies.asked.clear()
    if operation.settled(stage.clock.now()).due > 0:
        await pay(stage, operation)
    asked = tuple(stage.policies.asked)
    await send_refunds(stage.dependencies)
    return Settled(await read(stage, scene), asked, tuple(stage.shown), await _bills(stage, scene))


async def _bills(stage: Stage, scene: Scene) -> dict[str, tuple[Lines, Lines]]:
    holder = Actor(scene.holder.id, "citizen", "national_mini_program")
    answer = await stage.execute(_BILLS, {"of": global_id("Holder", scene.holder.id)}, holder)
    nodes = [edge["node"] for edge in answer.data["edges"]]
    return {
        local_id(node["id"], "Operation", "id"): (
            [(fee["fee"], fee["amount"], fee["state"]) for fee in node["fees"]],
            [(refund["fee"], refund["amount"], refund["status"]) for refund in node["refunds"]],
        )
        for node in nodes
    }


def check_settled(
    stage: Stage, scene: Scene, decision: Decision, before: Records, after: Records, settled: Settled
) -> Iterator[Finding]:
    """Yield what is otherwise than the decision states, once all is paid.

    Args:
        decision: of the request, which was allowed; after: what was on record before anything was paid.
    """
    waited, operation = operation_of(scene, before, after), operation_of(scene, before, settled.records)
    if waited is None or operation is None:
        return
    # What ends at once waits for nothing any more.
    now = stage.clock.now()
    waited, operation = waited.settled(now), operation.settled(now)
    carried: Decision | None = decision
    if waited.postponed is not None:
        again = next((each for each in settled.asked if each.service == waited.postponed.service), None)
        carried = again.decision if again is not None else None
        if carried is None:
            yield _finding("缴费后没有再判定", "it is paid for, and not decided again")
        elif carried.allowed:
            # What was paid for it is what it costs, whatever it would cost by now.
            done = replace(carried, charges=decision.charges)
            yield from check_done(stage, scene, done, operation, settled.records)
        else:
            yield from _check_given_up(waited, operation, before, settled.records)
            carried = None
        if operation.postponed is not None:
            yield _finding("缴费后办件仍在等待", "it is paid for, and still waits")
        if waited.card_id is not None and scene.about is About.CARD:
            wanted = OperationState.WITHDRAWN if carried is None else OperationState.COMPLETED
            if operation.state is not wanted:
                yield _finding(
                    f"办件应为 {wanted}，实为 {operation.state}", f"the operation is {operation.state}, not {wanted}"
                )
    elif waited.state is OperationState.SUBMITTED and waited.due > 0 and operation.state is not OperationState.PAID:
        yield _finding(f"缴费后办件为 {operation.state}", f"it is paid for, and the operation is {operation.state}")
    if waited.state is not OperationState.WITHDRAWN and operation.due > 0:
        yield _finding(f"缴费后仍待缴 {operation.due} 分", f"it is paid for, and {operation.due} fen are still due")
    if carried is not None:
        yield from _check_refunds(scene, carried, operation, before, settled)
    yield from _check_seen(settled)


def _check_given_up(waited: Operation, operation: Operation, before: Records, after: Records) -> Iterator[Finding]:
    """Yield what is otherwise where what waited is refused once it is paid for."""
    service = waited.postponed.service if waited.postponed is not None else ""
    kept = [fee.id for fee in operation.fees if fee.service == service and fee.state is FeeState.PAID]
    if kept:
        yield _finding(f"不予办理，{kept} 却没有退", f"it is not done, and {kept} are not given back")
    if before.cards != after.cards:
        yield _finding("不予办理，卡却变了", "it is not done, and a card changed all the same")


def _check_refunds(
    scene: Scene, decision: Decision, operation: Operation, before: Records, settled: Settled
) -> Iterator[Finding]:
    """Yield what had been paid and is to be given back, and is not; and what is given back though nothing says so."""
    waived = {waiver.fee for waiver in decision.waivers if not waiver.conditional}
    refunded = {refund.fee for refund in decision.refunds if not refund.conditional}
    card_id = scene.card[-1].card.id if scene.about is About.CARD else None
    for found in before.operations.values():
        own = found.id == operation.id
        reached = own or (card_id is not None and found.card_id == card_id)
        for fee in found.fees:
            if fee.state is not FeeState.PAID:
                continue
            back = (own and fee.id in waived) or (reached and fee.id in refunded and fee.refundable)
            wanted = FeeState.REFUNDED if back else FeeState.PAID
            now = _line(settled.records.operations[found.id], fee)
            if now is None or now.state is not wanted:
                state = now.state if now is not None else None
                yield _finding(f"{fee.id} 应为 {wanted}，实为 {state}", f"{fee.id} is {state}, not {wanted}")


def _line(operation: Operation, fee: Fee) -> Fee | None:
    """Return the line of a bill that a payment paid, as it is now."""
    return next((each for each in operation.fees if (each.id, each.payment_id) == (fee.id, fee.payment_id)), None)


def _check_seen(settled: Settled) -> Iterator[Finding]:
    """Yield what the payment provider has not given back, and what the graph shows otherwise than it is on record."""
    for name, operation in settled.records.operations.items():
        refunds = settled.records.refunds.get(name, ())
        for refund in refunds:
            line = f"{refund.amount / 100:.2f} yuan given back of {refund.provider_reference}"
            if not any(line in shown for shown in settled.shown):
                yield _finding(f"支付机构没有退还 {refund.fee}", f"the provider has not given back {refund.fee}")
        wanted = (
            [(fee.id, fee.amount, fee.state.name if fee.state else None) for fee in operation.fees],
            [(refund.fee, refund.amount, refund.status.name) for refund in refunds],
        )
        if settled.bills.get(name) != wanted:
            shown = settled.bills.get(name)
            yield _finding(f"账单是 {wanted}，查询到的是 {shown}", f"the bill is {wanted}, the graph shows {shown}")


def _finding(zh: str, en: str) -> Finding:
    return Finding("records", Message(zh, en))
