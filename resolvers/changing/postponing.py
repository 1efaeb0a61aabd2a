"""A service that waits for its payment: kept with its operation as it was asked, and decided again once that is paid for.

Until then nothing but the bill has changed. What was brought along was verified and used up when it was asked, and holds.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from domain.card import CardState
from domain.errors import DecisionRefused, DomainError
from domain.evidence import Evidence
from domain.fee import Due, FeeState, charged
from domain.holder import Actor
from domain.operation import SYSTEM, Operation, OperationEvent, OperationState, Postponed, next_operation_state
from domain.services import POSTPONED_UNTIL_PAID
from resolvers.audit import told_of
from resolvers.changing.answer_codec import plain, value
from resolvers.changing.change import Change, begun
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.outcomes import lapses
from resolvers.changing.recording import record
from resolvers.changing.refunds import entry, refund_fees
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import Resumed, ServiceRequest
from resolvers.dependencies import Dependencies
from store.audit.entries import AuditKind

GIVEN_UP = "given_up"
"""What the audit record calls the end of what waited for a payment and could not be carried out."""
_NOT_KEPT = frozenset(
    {"key", "resumed", "details", "face_assertion", "verification_code", "bound_mobile_code", "policy_digest", "stated"}
)
"""What a request is not asked with again: what was used up, what stands with the evidence as it was verified, how it was spelt."""


async def postpone(decided: DecidedRequest) -> ChangeResult | None:
    """Put off an allowed request until what it charges is paid, if the policies ask for that first.

    Returns:
        The answer: the operation with its bill, and the card as it was. None where nothing has to be paid first.
    """
    service = decided.request.service
    if service not in POSTPONED_UNTIL_PAID or not any(fee.due is Due.BEFORE for fee in decided.made.bill):
        return None
    before = decided.operation if decided.card is None else await _asked_before(decided, decided.card.id)
    bill = charged(before.fees if before is not None else (), service, decided.made.bill)
    if not any(fee.service == service and fee.waits for fee in bill):
        return None
    waiting = {"fees": bill, "postponed": Postponed(service, _kept(decided))}
    change = await lapses.carry_out(_while_it_waits(decided), _waiting(decided, before, waiting))
    return await _written(decided, change)


async def _asked_before(decided: DecidedRequest, card_id: str) -> Operation | None:
    """Return the operation by which the same was asked before and is not paid for, locked: it is not begun twice."""
    for found in await decided.work.operations.of_holder(decided.holder.id):
        same = found.card_id == card_id and found.service == decided.request.service and found.postponed is not None
        if same and found.reads_as(decided.now) is OperationState.SUBMITTED:
            return await decided.work.operations.lock(found.id)
    return None


def _waiting(decided: DecidedRequest, before: Operation | None, waiting: dict[str, Any]) -> Change:
    card = decided.card
    if card is None:
        return Change(replace(decided.its_operation, **waiting), before)
    reason = decided.request.cancellation_reason
    operation = begun(decided, OperationState.SUBMITTED, card_id=card.id, reason=reason, **waiting)
    if before is not None:
        operation = replace(operation, id=before.id, created_at=before.created_at, version=before.version)
    return Change(operation, before)


def _while_it_waits(decided: DecidedRequest) -> DecidedRequest:
    """Return the request with those lapses alone that are the operation's: the card is as it was."""
    own = tuple(lapse for lapse in decided.decision.lapses if lapse.state in set(OperationState) - set(CardState))
    return replace(decided, decision=replace(decided.decision, lapses=own))


async def _written(decided: DecidedRequest, change: Change) -> ChangeResult:
    operation, before = change.operation, change.before
    if before is None:
        await decided.work.operations.begin(operation)
    else:
        operation = await decided.work.operations.update(replace(operation, updated_at=decided.now))
    line = entry(before, decided.request.service, operation, decided.now, decided.actor.role)
    line = replace(
        line,
        actor_id=decided.actor.person_id,
        channel=decided.actor.channel,
        office=decided.actor.office,
        policy_digest=decided.decision.digest,
        until=operation.state_until,
        then=operation.state_then,
    )
    await decided.work.timeline.append(line)
    return await record(decided, ChangeResult(operation, decided.told, decided.card), operation)


def _kept(decided: DecidedRequest) -> Mapping[str, Any]:
    """Return a request as it is kept, to be decided again."""
    request, evidence = decided.request, decided.evidence
    names = [field.name for field in fields(ServiceRequest) if field.name not in _NOT_KEPT]
    return {
        "actor": plain(decided.actor),
        "request": {name: plain(getattr(request, name)) for name in names},
        "proofs": tuple(sorted(evidence.proofs)),
        "documents": plain(evidence.documents),
        "details": dict(evidence.details),
        "code_mobile": decided.collected.code_mobile,
    }


def asked_again(operation: Operation) -> tuple[Actor, ServiceRequest]:
    """Return who asked for what waits on an operation, and for what.

    Raises:
        AssertionError: nothing waits on it.
    """
    if operation.postponed is None:
        raise AssertionError(f"nothing waits on the operation {operation.id}")
    asked = operation.postponed.asked
    evidence = Evidence(frozenset(asked["proofs"]), value(asked["documents"]), dict(asked["details"]))
    request = {name: value(item) for name, item in asked["request"].items()}
    resumed = Resumed(operation.id, evidence, asked["code_mobile"])
    return value(asked["actor"]), ServiceRequest(**request, details=evidence.details, resumed=resumed)


async def give_up(dependencies: Dependencies, operation_id: str, refused: DomainError) -> None:
    """End what waited on an operation and cannot be carried out now, although it is paid for; the money goes back."""
    async with dependencies.store.transaction() as work:
        before = await work.operations.lock(operation_id)
        if not before.resumable or before.postponed is None:
            return
        service, now = before.postponed.service, dependencies.clock.now()
        paid = [fee for fee in before.fees if fee.service == service and fee.state is FeeState.PAID]
        bill = await refund_fees(work, before, paid, now)
        ends = before.service == service
        state = next_operation_state(before.state, OperationEvent.GIVE_UP) if ends else before.state
        after = replace(before, state=state, fees=bill, postponed=None, updated_at=now)
        after = await work.operations.update(after)
        line = entry(before, service, after, now, SYSTEM)
        await work.timeline.append(replace(line, note=_why(refused)))
        given_up = {"holder_id": after.holder_id, "operation_id": after.id, "region": after.region}
        work.audit.tell(told_of(None, now, AuditKind.CHANGE, GIVEN_UP, role=SYSTEM, reference=refused.code, **given_up))


def _why(refused: DomainError) -> str:
    """Return why it is not carried out, in the words of the first rule that says so."""
    denials = refused.decision.denials if isinstance(refused, DecisionRefused) else ()
    return (denials[0].message if denials else refused.message).zh
