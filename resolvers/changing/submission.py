"""Operations as they begin: handed in and still to be worked on, or done at once."""

from typing import Any
from uuid import uuid4

from domain.card import Card
from domain.duration import deadline
from domain.operation import Operation, OperationState
from domain.region import province_of
from resolvers.changing.deciding import Case
from resolvers.changing.first_delivery import delivery_of

SUBMITTED, ACCEPTED = "submitted", "accepted"
"""Terms of the moments vocabulary."""
CARD_ISSUED = "card_issued"
"""The term of the promises vocabulary that an operation which makes a card is waited for."""


def submitted(case: Case, **further: Any) -> Operation:
    """Return an operation that waits to be worked on, with its fees and its promise.

    Args:
        further: fields of the operation by name, in place of what is taken from the case.
    """
    ask, decision = case.ask, case.decision
    given = [p for p in decision.promises if p.counted_from == SUBMITTED and not p.conditional]
    promise = next((p for p in given if p.what == CARD_ISSUED), given[0] if given else None)
    promised = deadline(case.now, promise.within, case.dependencies.calendar) if promise else None
    fields: dict[str, Any] = {
        "bank": ask.bank,
        "outlet": ask.outlet,
        "fees": case.told.fees,
        "delivery": delivery_of(ask.delivery, dict(case.evidence.details), ask.outlet) if ask.delivery else None,
        "promised_at": promised.at if promised else None,
        "promise_estimated": bool(promised and promised.estimated),
    }
    return _begun(case, OperationState.SUBMITTED, {**fields, **further})


def completed(case: Case, card: Card | None, **further: Any) -> Operation:
    """Return an operation that is done at once.

    Args:
        card: what it is about, if it is about one; further: fields of the operation by name.
    """
    fields = {"bank": card.bank, "card_id": card.id} if card else {}
    return _begun(case, OperationState.COMPLETED, {**fields, **further})


def _begun(case: Case, state: OperationState, fields: dict[str, Any]) -> Operation:
    return Operation(
        id=str(uuid4()),
        service=case.ask.service,
        region=case.region,
        province=province_of(case.region),
        holder_id=case.holder.id,
        actor_id=case.actor.person_id,
        relation=case.relation,
        state=state,
        channel=case.actor.channel,
        office=case.actor.office,
        created_at=case.now,
        updated_at=case.now,
        policy_digest=case.decision.digest,
        details=dict(case.evidence.details),
        declarations=dict(case.declarations),
        documents=case.ask.documents,
        sighted=tuple(dict.fromkeys(case.ask.sighted)),
        archive=tuple(item.document for item in case.decision.archive if not item.conditional),
        **fields,
    )
