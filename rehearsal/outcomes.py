"""What came of a case: that the records show what the decision states, and nothing where it refuses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from domain.card import Card, CardState
from domain.decision import Decision
from domain.duration import deadline
from domain.fee import Fee, FeeState, is_one_fee
from domain.message import Message
from domain.operation import Operation, OperationState
from domain.outcomes import ACCEPTED, COLLECTED, REPORTED, SUBMITTED
from domain.services import POSTPONED_UNTIL_PAID, About, Choice, is_added, takes
from rehearsal.comparing import Finding
from rehearsal.endings import check_endings, check_waiting, end_of
from rehearsal.records import Records
from rehearsal.scene import Scene
from rehearsal.stage import Stage

BECOMES: Final[Mapping[str, CardState]] = {
    "activate": CardState.ACTIVE,
    "report_temporary_loss": CardState.TEMPORARILY_LOST,
    "report_formal_loss": CardState.FORMALLY_LOST,
    "lock": CardState.LOCKED,
    "cancel": CardState.CANCELLED,
}
"""The state in which a service leaves its card, whatever the policies say."""
STEPS: Final[Mapping[str, OperationState]] = {
    "apply": OperationState.SUBMITTED,
    "reissue": OperationState.SUBMITTED,
    "withdraw": OperationState.WITHDRAWN,
    "accept": OperationState.ACCEPTED,
    "request_correction": OperationState.CORRECTION_REQUESTED,
    "produce": OperationState.PRODUCED,
    "ship": OperationState.SHIPPED,
    "receive": OperationState.RECEIVED,
    "report_lost_in_post": OperationState.ACCEPTED,
    "object_to_guardianship": OperationState.OBJECTED,
}
"""The state in which a service leaves its operation, where that does not hang on the state before."""


WAITING: Final[Mapping[str, OperationState]] = {
    "record_guardianship": OperationState.SUBMITTED,
    "end_guardianship": OperationState.SUBMITTED,
    "confirm_guardianship": OperationState.CONFIRMED,
}
"""The state in which a service leaves its operation where the policy lets that state lapse; it is done where not."""
REACHES: Final[Mapping[str, tuple[str, ...]]] = {
    "accept": (ACCEPTED,),
    "receive": (COLLECTED,),
    "report_lost_in_post": (ACCEPTED,),
    "report_temporary_loss": (REPORTED,),
    "report_formal_loss": (REPORTED,),
}
"""The moments from which a promise may count that a service reaches, besides the submission."""


def check_unchanged(before: Records, after: Records) -> Iterator[Finding]:
    """Yield what changed though nothing was to be changed."""
    parts = ("holder", "cards", "operations", "delegations", "guardianships")
    for part in parts:
        if getattr(before, part) != getattr(after, part):
            yield _finding(f"没有准予，{part} 却变了", f"it was not allowed, and {part} changed all the same")


def check_carried_out(
    stage: Stage, scene: Scene, decision: Decision, before: Records, after: Records
) -> Iterator[Finding]:
    """Yield what the decision states and the records do not show."""
    operation = operation_of(scene, before, after)
    service = scene.case.service
    if service in POSTPONED_UNTIL_PAID and any(fee.waits for fee in decision.fees):
        if operation is None or operation.postponed is None or operation.postponed.service != service:
            yield _finding("先缴费后办理，办件却没有等待缴费", "it is to be paid for first, and nothing waits for that")
        else:
            yield from _check_bill(service, decision, operation)
            yield from check_waiting(stage, decision, operation)
        if before.cards != after.cards:
            yield _finding("还没有缴费，卡却变了", "it is not paid for, and a card changed all the same")
    elif operation is None:
        yield from check_nothing_stated(decision)
    else:
        yield from check_done(stage, scene, decision, operation, after)


def check_done(
    stage: Stage, scene: Scene, decision: Decision, operation: Operation, after: Records
) -> Iterator[Finding]:
    """Yield what the decision states and the records do not show of a request that waits for nothing.

    Args:
        operation: that the request made or took on, as it is after the change.
    """
    yield from _check_operation(stage, scene, decision, operation, after)
    # A request for another card is about the one that it replaces.
    about = scene.card[-1].card.id if scene.about is About.CARD and scene.card else ""
    card = after.cards.get(operation.card_id or about)
    yield from check_endings(stage, decision, operation, card, after)
    if card is not None:
        yield from _check_card(stage, scene, decision, card)


def check_nothing_stated(decision: Decision) -> Iterator[Finding]:
    """Yield what a decision states though there is no operation to book, keep or promise it with."""
    stated = {
        "charge": [charge.fee.rule for charge in decision.charges if not charge.conditional],
        "promise": [promise.rule for promise in decision.promises if not promise.conditional],
        "lapse": [lapse.rule for lapse in decision.lapses if not lapse.conditional],
        "archive": [item.rule for item in decision.archive if not item.conditional],
    }
    for outcome, rules in stated.items():
        if rules:
            names = ", ".join(rules)
            yield _finding(
                f"没有办件，{outcome} 落空：{names}", f"there is no operation to carry out {outcome}: {names}"
            )


def operation_of(scene: Scene, before: Records, after: Records) -> Operation | None:
    """Return the operation that the request made or took on."""
    if scene.operation is not None:
        return after.operations[scene.operation.id]
    made = [found for name, found in after.operations.items() if name not in before.operations]
    return made[0] if made else None


def _corrected(scene: Scene, after: Operation) -> OperationState | None:
    """Return the state after a correction: asked for, it is accepted again; unasked, it stays where it is, paid or not."""
    state = scene.operation.state if scene.operation is not None else None
    if state is OperationState.SUBMITTED and after.paid_at is not None:
        return OperationState.PAID
    return OperationState.ACCEPTED if state is OperationState.CORRECTION_REQUESTED else state


def _check_operation(
    stage: Stage, scene: Scene, decision: Decision, operation: Operation, after: Records
) -> Iterator[Finding]:
    service = scene.case.service
    wanted = _corrected(scene, operation) if service == "correct" else STEPS.get(service)
    if service in WAITING:
        waits = WAITING[service]
        lapses = {lapse.state for lapse in decision.lapses if not lapse.conditional}
        wanted = waits if waits in lapses else OperationState.COMPLETED
    if wanted is not None and operation.state is not wanted:
        yield _finding(
            f"办件应为 {wanted}，实为 {operation.state}", f"the operation is {operation.state}, not {wanted}"
        )
    yield from _check_bill(service, decision, operation)
    kept = {item.document for item in decision.archive if not item.conditional}
    if not kept <= set(operation.archive):
        lost = sorted(kept - set(operation.archive))
        yield _finding(f"判定要求留存 {lost}，办件没有", f"the decision has {lost} kept, the operation does not")
    if not any(made.service == service and made.allowed for made in after.decisions.get(operation.id, ())):
        yield _finding("没有留下判定", "no decision is on record with the operation")
    yield from _check_promise(stage, service, decision, operation, after)
    yield from _check_given_up(decision, operation)
    yield from _check_chosen(scene, operation)


def _check_bill(service: str, decision: Decision, operation: Operation) -> Iterator[Finding]:
    charged = _lines(_not_charged_yet(service, decision, operation))
    booked = _lines(fee for fee in operation.fees if fee.service == service and fee.waived_by is None)
    if charged != booked:
        yield _finding(
            f"判定收费 {charged}，办件记的是 {booked}", f"the decision charges {charged}, the operation has {booked}"
        )


def _not_charged_yet(service: str, decision: Decision, operation: Operation) -> Iterator[Fee]:
    """Yield what is charged, less what another service charges for the same delivery."""
    standing = (FeeState.DUE, FeeState.PAID, None)
    others = [fee for fee in operation.fees if fee.service != service and fee.state in standing]
    for fee in decision.fees:
        rise = fee.amount - sum(other.amount for other in others if is_one_fee(other, fee))
        if rise > 0 or not any(is_one_fee(other, fee) for other in others):
            yield replace(fee, amount=rise)


def _lines(fees: Iterable[Fee]) -> list[tuple[str, int, str, str, str]]:
    kinds = ("not refundable", "refundable")
    return sorted((fee.id, fee.amount, fee.payer, fee.due.value, kinds[fee.refundable]) for fee in fees)


def _check_given_up(decision: Decision, operation: Operation) -> Iterator[Finding]:
    """Yield what is waived or given back, whichever step charged it, and stands on the bill as before."""
    waived = {waiver.fee for waiver in decision.waivers if not waiver.conditional}
    given_back = {refund.fee for refund in decision.refunds if not refund.conditional}
    for fee in operation.fees:
        if fee.id in waived and fee.state is FeeState.DUE:
            yield _finding(f"{fee.id} 已免收，账单上仍待缴", f"{fee.id} is waived and still due")
        if fee.state is FeeState.PAID and (fee.id in waived or (fee.id in given_back and fee.refundable)):
            yield _finding(f"{fee.id} 应当退还，却没有退", f"{fee.id} is to be given back, and is not")


def _check_chosen(scene: Scene, operation: Operation) -> Iterator[Finding]:
    """Yield what was chosen with the request and is not kept with the operation."""
    service, delivery = scene.case.service, operation.delivery
    kept: Mapping[Choice, Any] = {
        Choice.BANK: operation.bank,
        # Whoever chooses how to get a card on an operation names the outlet of collection.
        Choice.OUTLET: (delivery.outlet if delivery else None) if service == "deliver" else operation.outlet,
        Choice.DELIVERY: delivery.method if delivery else None,
    }
    for name, value in scene.case.facts.items():
        if value is None or not name.startswith("choice.") or not takes(service, name) or name.count(".") > 1:
            continue
        on_record = operation.declarations.get(name) if is_added(name) else kept.get(Choice(name), value)
        if on_record != value:
            yield _finding(
                f"{name} 选的是 {value}，办件记的是 {on_record}",
                f"{name} is {value}, and the operation has {on_record}",
            )


def _check_promise(
    stage: Stage, service: str, decision: Decision, operation: Operation, after: Records
) -> Iterator[Finding]:
    """Yield a promise that counts from a moment which the operation has reached, and is not on record with it.

    What an earlier step of the operation promised from a moment that is reached now is promised now.
    """
    now = dict.fromkeys(REACHES.get(service, ()), stage.clock.now())
    reached = {SUBMITTED: operation.created_at, **now}
    given = [(each.counted_from, each.within) for each in decision.promises if not each.conditional]
    given = [(moment, within) for moment, within in given if moment in reached]
    for made in after.decisions.get(operation.id, ()):
        promised = made.outcome["promises"] if made.allowed else ()
        given += [(each["counted_from"], each["within"]) for each in promised if each["counted_from"] in now]
    calendar = stage.dependencies.calendar
    dates = {deadline(reached[moment], within, calendar).at for moment, within in given}
    if dates and operation.promised_at not in dates:
        wanted = ", ".join(map(str, sorted(dates)))
        yield _finding(
            f"承诺的期限是 {wanted}，办件记的是 {operation.promised_at}",
            f"what is promised is {wanted}, the operation has {operation.promised_at}",
        )


def _check_card(stage: Stage, scene: Scene, decision: Decision, card: Card) -> Iterator[Finding]:
    wanted = BECOMES.get(scene.case.service)
    now = stage.clock.now()
    ends_at_once = any(end_of(stage, lapse) <= now for lapse in decision.lapses if lapse.state == wanted)
    if wanted is not None and card.state is not wanted and not ends_at_once:
        yield _finding(f"卡应为 {wanted}，实为 {card.state}", f"the card is {card.state}, not {wanted}")


def _finding(zh: str, en: str) -> Finding:
    return Finding("records", Message(zh, en))
