"""Operations as they begin: handed in and still to be worked on, or done at once."""

from typing import Any
from uuid import uuid4

from domain.card import Card
from domain.duration import deadline
from domain.operation import Operation, OperationState
from domain.region import province_of
from resolvers.changing.deciding import DecidedRequest
from resolvers.changing.first_delivery import delivery_of

SUBMITTED, ACCEPTED = "submitted", "accepted"
"""Terms of the moments vocabulary."""
CARD_ISSUED = "card_issued"
"""The term of the promises vocabulary that an operation which makes a card is waited for."""


def submitted(decided: DecidedRequest, **further: Any) -> Operation:
    """Return an operation that waits to be worked on, with its fees and its promise.

    Args:
        further: fields of the operation by name, in place of what is taken from the request.
    """
    request, decision = decided.request, decided.decision
    given = [p for p in decision.promises if p.counted_from == SUBMITTED and not p.conditional]
    promise = next((p for p in given if p.what == CARD_ISSUED), given[0] if given else None)
    promised = deadline(decided.now, promise.within, decided.dependencies.calendar) if promise else None
    fields: dict[str, Any] = {
        "bank": request.bank,
        "outlet": request.outlet,
        "fees": decided.told.fees,
        "delivery": delivery_of(request.delivery, dict(decided.evidence.details), request.outlet)
        if request.delivery
        else None,
        "promised_at": promised.at if promised else None,
        "promise_estimated": bool(promised and promised.estimated),
    }
    return _begun(decided, OperationState.SUBMITTED, {**fields, **further})


def completed(decided: DecidedRequest, card: Card | None, **further: Any) -> Operation:
    """Return an operation that is done at once.

    Args:
        card: what it is about, if it is about one; further: fields of the operation by name.
    """
    fields = {"bank": card.bank, "card_id": card.id} if card else {}
    return _begun(decided, OperationState.COMPLETED, {**fields, **further})


def _begun(decided: DecidedRequest, state: OperationState, fields: dict[str, Any]) -> Operation:
    return Operation(
        id=str(uuid4()),
        service=decided.request.service,
        region=decided.region,
        province=province_of(decided.region),
        holder_id=decided.holder.id,
        actor_id=decided.actor.person_id,
        relation=decided.relation,
        state=state,
        channel=decided.actor.channel,
        office=decided.actor.office,
        created_at=decided.now,
        updated_at=decided.now,
        policy_digest=decided.decision.digest,
        details=dict(decided.evidence.details),
        declarations=dict(decided.declarations),
        documents=decided.request.documents,
        sighted=tuple(dict.fromkeys(decided.request.sighted)),
        archive=tuple(item.document for item in decided.decision.archive if not item.conditional),
        **fields,
    )
