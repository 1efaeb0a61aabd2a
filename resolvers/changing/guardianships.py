"""From what is asked about a guardian to what holds: who asked, who confirmed, and from when (SC-12).

Each request is an operation about the ward. It is done at once, or waits as submitted for another clerk where the policy lets that
state lapse; confirmed, it is done at once, or once nobody may object any more where the policy lets that state lapse. The
guardianship says from when it holds, and from when it is over: both may be moments to come, which come by time alone.
"""

from dataclasses import replace
from datetime import datetime

from domain.decision import Decision
from domain.duration import day_in_china
from domain.errors import Conflict, InvalidInput, NotFound
from domain.holder import Actor, Guardianship, Holder
from domain.message import Message
from domain.operation import CLOSED, Operation, OperationState
from resolvers.changing.access import holder_now
from resolvers.changing.beside import refuse_wrong
from resolvers.changing.change import begun
from resolvers.changing.deaths import require_living
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.looking_for import looking_for_another
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wards import RECORD
from resolvers.dependencies import Dependencies
from resolvers.facts import of_a_guardian
from store import UnitOfWork


async def about_guardianship(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, guardian_id: str, ward_id: str
) -> tuple[ServiceRequest, Holder]:
    """Return a request about a ward, with what the policies want to know of the guardian; and the guardian.

    Raises:
        NotFound: the guardian is not on record.
        InvalidInput: guardian and ward are one person.
    """
    if request.service == RECORD and guardian_id == ward_id:
        own = InvalidInput(
            Message("监护人不能是本人，请填写另一个人。", "Nobody is their own guardian; name another person."),
            field="input.guardianId",
        )
        request = replace(request, wrong=(*request.wrong, own))
    refuse_wrong(dependencies.policies(), request)
    request = replace(request, holder_id=ward_id)
    async with (
        looking_for_another(dependencies, actor, request, "input.guardianId"),
        dependencies.store.reading() as work,
    ):
        guardian = await holder_now(work, guardian_id)
    if request.service == RECORD:
        request = replace(request, present_id=guardian.id)
        require_living(guardian)
    present = request.present_id in (guardian_id, guardian.id)
    known = of_a_guardian(guardian, present, day_in_china(dependencies.clock.now()))
    # Whoever is to be a guardian is kept from dying meanwhile; whoever is to be one no longer may be dead.
    other = guardian.id if request.service == RECORD else None
    facts = {**request.derived_facts, **known}
    return replace(request, other_id=other, derived_facts=facts), guardian


def asked(decided: DecidedRequest) -> Operation:
    """Return the operation of a request about a guardian: done, unless its policy has it wait for a second clerk."""
    waits = OperationState.SUBMITTED
    return begun(decided, waits if _lets_lapse(decided.decision, waits) else OperationState.COMPLETED)


def _lets_lapse(decision: Decision, state: OperationState) -> bool:
    return any(lapse.state == state.value and not lapse.conditional for lapse in decision.lapses)


def open_to_objections(decision: Decision) -> bool:
    """Say whether what is confirmed may be objected to for a time, before it is done."""
    return _lets_lapse(decision, OperationState.CONFIRMED)


def papers_of(decided: DecidedRequest) -> tuple[str, ...]:
    """Return the kinds of papers that a request rests on."""
    return tuple(dict.fromkeys(document.type for document in decided.evidence.documents))


async def is_waiting(work: UnitOfWork, operation_id: str | None, now: datetime) -> bool:
    """Say whether an operation is still to be confirmed, or may still be objected to."""
    if operation_id is None:
        return False
    found = (await work.operations.get_many([operation_id])).get(operation_id)
    return found is not None and found.reads_as(now) not in CLOSED


async def asked_about(work: UnitOfWork, operation: Operation, now: datetime) -> Guardianship:
    """Return the guardianship that an operation asks for, or to end.

    Raises:
        NotFound: it is over: one of the two has died, or their records have become one (`GUARDIANSHIP_NOT_FOUND`).
    """
    found = (await work.guardianships.of_operations([operation.id])).get(operation.id)
    if found is None or found.is_over(now):
        raise not_guardian("input.operationId")
    return found


async def drop(work: UnitOfWork, operation: Operation, now: datetime) -> Guardianship:
    """Let nothing come of what an operation asks: what was to begin never does, what was to end does not; return which it was.

    Raises:
        NotFound: nothing is left of it (`GUARDIANSHIP_NOT_FOUND`).
    """
    found = await asked_about(work, operation, now)
    ended = now if found.operation_id == operation.id else None
    await work.guardianships.update(replace(found, ended_at=ended))
    return found


def not_guardian(field: str = "input.guardianId") -> NotFound:
    """Return the answer to who asks about a guardianship that does not hold."""
    return NotFound(
        Message(
            "没有登记这个监护关系，或者已经终止，请核对。",
            "No such guardianship is on record, or it has ended; check who is meant.",
        ),
        field=field,
        code="GUARDIANSHIP_NOT_FOUND",
    )


def waits_already() -> Conflict:
    """Return the answer to who asks for what is asked for already."""
    return Conflict(
        Message(
            "这项监护关系登记已经有人申请，请等待复核，或者等异议期结束。",
            "The same is asked for already: it waits for a second clerk, or until nobody may object any more.",
        ),
        code="GUARDIANSHIP_PENDING",
    )
