"""What a service changes: the operation, cards and the holder's record as they are to be written."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from domain.card import Card, CardEvent
from domain.frozen import quickly_made, replace
from domain.holder import Holder
from domain.operation import Operation, OperationEvent, OperationState, next_operation_state
from domain.region import province_of
from resolvers.changing.decided_request import DecidedRequest


@quickly_made
@dataclass(frozen=True, slots=True)
class CardChange:
    """A card before and after a change.

    Args:
        before: as it is on record, with what time has done to it; None where it comes into being.
        after: as it is to be written; the same as before where only the operation tells of it.
        reason: why, a word for the card's history.
        ends_anew: the end of its state is decided anew, although it stays in that state.
    """

    before: Card | None
    after: Card
    reason: str | None = None
    ends_anew: bool = False


@quickly_made
@dataclass(frozen=True, slots=True)
class Change:
    """What a service changes.

    Args:
        operation: as it is to be written; before: as it is on record, None where it begins with this change.
        cards: that change, the one that the request is about first.
        holder: their record after the change, where it changes.
        note: for the timeline.
        claims_slot: whether the operation takes the holder's right to a card in the province (SC-1).
    """

    operation: Operation
    before: Operation | None = None
    cards: tuple[CardChange, ...] = ()
    holder: Holder | None = None
    note: str | None = None
    claims_slot: bool = False

    def with_operation(self, **fields: Any) -> "Change":
        """Return the change with other fields of its operation, by name; as it is if they hold that already."""
        operation = self.operation
        if all(getattr(operation, name) == value for name, value in fields.items()):
            return self
        return replace(self, operation=replace(operation, **fields))


def operation_step(decided: DecidedRequest, event: OperationEvent, **fields: Any) -> Change:
    """Return what becomes of the operation that a request is about.

    Args:
        event: what happens to it; fields: what else changes, by the names of the operation's fields.

    Raises:
        TransitionImpossible: the state machine has no such step, whatever the policy says.
    """
    before = decided.its_operation
    state = next_operation_state(before.state, event)
    return Change(replace(before, state=state, **fields), before)


def card_step(decided: DecidedRequest, event: CardEvent, reason: str | None = None) -> Change:
    """Return what becomes of the card that a request is about, with the operation that tells of it.

    Args:
        event: what happens to it; reason: why, a word for its history.

    Raises:
        TransitionImpossible: the state machine has no such step, whatever the policy says.
    """
    return card_change(decided, decided.its_card.after(event, decided.now), reason)


def card_change(decided: DecidedRequest, after: Card, reason: str | None = None) -> Change:
    """Return what becomes of the card that a request is about, with the operation that tells of it.

    Args:
        after: the card as it is to be; unchanged where the service changes something else about it.
    """
    operation = begun(decided, OperationState.COMPLETED, reason=reason)
    return Change(operation, cards=(CardChange(decided.its_card, after, reason),))


def begun(decided: DecidedRequest, state: OperationState, **fields: Any) -> Operation:
    """Return an operation as it begins.

    Args:
        state: where it stands: handed in and still to be worked on, or done at once.
        fields: of the operation by name, in place of what is taken from the request.
    """
    request, card = decided.request, decided.card
    return Operation(
        id=str(uuid4()),
        service=request.service,
        region=decided.region,
        province=province_of(decided.region),
        holder_id=decided.holder.id,
        actor_id=decided.actor.person_id,
        relation=decided.subject.relation,
        state=state,
        channel=decided.actor.channel,
        office=decided.actor.office,
        created_at=decided.now,
        updated_at=decided.now,
        policy_digest=decided.decision.digest,
        details=dict(decided.evidence.details),
        declarations=dict(decided.declarations),
        documents=request.documents,
        sighted=tuple(dict.fromkeys(request.sighted)),
        **{
            "bank": request.bank or (card.bank if card else None),
            "outlet": request.outlet_named,
            "card_id": card.id if card and state is OperationState.COMPLETED else None,
            **fields,
        },
    )
