"""Apply for a card (NX-1, SC-1, CD-1, QD-1)."""

from dataclasses import replace
from uuid import uuid4

from domain.decision import Decision
from domain.duration import deadline
from domain.holder import Actor
from domain.operation import Delivery, Operation, OperationState
from domain.region import province_of
from resolvers.ask import Ask
from resolvers.deciding import Case, changing
from resolvers.dependencies import Dependencies

SUBMITTED, ACCEPTED = "submitted", "accepted"
"""Terms of the moments vocabulary."""
OUTLET = "outlet"
"""The term of the delivery methods that needs no address."""


async def apply_for_card(dependencies: Dependencies, actor: Actor, ask: Ask) -> tuple[Operation, Decision]:
    """Submit an application.

    Returns:
        The operation, submitted, with the fees charged so far; and the decision.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: the person has a card or application in the province already (`ONE_CARD_PER_PROVINCE`).
    """
    async with changing(dependencies, actor, ask) as case:
        operation = _submitted(dependencies, case)
        await case.work.operations.add(operation)
        await case.work.slots.claim(operation.province, operation.holder_id, operation.id)
        await case.work.timeline.append(case.entry(operation.id, "apply", None, operation.state))
        await case.keep_decision(dependencies.policies(), operation.id)
    return operation, case.decision


def _submitted(dependencies: Dependencies, case: Case) -> Operation:
    ask, decision = case.ask, case.decision
    promise = next((p for p in decision.promises if p.counted_from == SUBMITTED and not p.conditional), None)
    promised = deadline(case.now, promise.within, dependencies.calendar) if promise else None
    return Operation(
        id=str(uuid4()),
        service=ask.service,
        region=case.region,
        province=province_of(case.region),
        holder_id=case.holder.id,
        actor_id=case.actor.person_id,
        relation=case.relation,
        state=OperationState.SUBMITTED,
        channel=case.actor.channel,
        office=case.actor.office,
        created_at=case.now,
        updated_at=case.now,
        policy_digest=decision.digest,
        bank=ask.bank,
        outlet=ask.outlet,
        details=dict(case.evidence.details),
        declarations=dict(case.declarations),
        documents=ask.documents,
        fees=decision.fees,
        # Collecting at an outlet needs no address, so the choice is complete; posting waits for `deliver`.
        delivery=_complete(ask),
        promised_at=promised.at if promised else None,
        promise_estimated=bool(promised and promised.estimated),
        archive=tuple(item.document for item in decision.archive if not item.conditional),
    )


def _complete(ask: Ask) -> Delivery | None:
    chosen = ask.delivery
    if chosen is None or ask.outlet is None or chosen.region is not None or chosen.method != OUTLET:
        return None
    return replace(chosen, outlet=ask.outlet)
