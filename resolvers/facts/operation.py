"""Facts of the operation that a decision is about, or that made the card that it is about."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.operation import Operation, OperationState
from resolvers.facts.fact import Fact, Facts, needing
from resolvers.facts.situation import DecisionSubject


def _own(compute: Callable[[Operation], Any]) -> Fact:
    return needing("operation")(lambda s: compute(s.operation) if s.operation else None)


def _state(situation: DecisionSubject) -> str | None:
    """Return the state that time has brought it to."""
    return situation.operation.reads_as(situation.now).value if situation.operation else None


def _entered(state: OperationState) -> Fact:
    """Return when the operation entered a state, the last time."""

    def at(situation: DecisionSubject) -> datetime | None:
        timeline = situation.loaded.timeline
        return next((e.at for e in reversed(timeline) if e.to_state is state and e.from_state is not state), None)

    return needing("timeline")(at)


def _corrections(situation: DecisionSubject) -> int | None:
    if situation.operation is None:
        return None
    asked = OperationState.CORRECTION_REQUESTED
    # What is paid for in a state does not enter it.
    return sum(e.to_state is asked and e.from_state is not asked for e in situation.loaded.timeline)


def _papers(situation: DecisionSubject) -> tuple[str, ...] | None:
    """Return the kinds of papers that the operation was asked for with: originals that were seen, and files."""
    if situation.operation is None:
        return None
    return tuple(dict.fromkeys((*situation.operation.sighted, *situation.loaded.papers)))


FACTS: Facts = {
    "operation.service": _own(lambda o: o.service),
    "operation.replaces_card": _own(lambda o: o.replaced_card_id is not None),
    "operation.reissue_reason": _own(lambda o: o.reason if o.replaced_card_id else None),
    "operation.state": needing("operation")(_state),
    "operation.channel": _own(lambda o: o.channel),
    "operation.relation": _own(lambda o: o.relation),
    "operation.bank": _own(lambda o: o.bank),
    "operation.outlet": _own(lambda o: o.outlet),
    "operation.submitted_at": _own(lambda o: o.created_at),
    "operation.paid_at": _own(lambda o: o.paid_at),
    "operation.promised_at": _own(lambda o: o.promised_at),
    "operation.due": _own(lambda o: o.due),
    "operation.due_before": _own(lambda o: o.due_before),
    "operation.lost_in_post": _own(lambda o: o.lost_in_post),
    "operation.papers": needing("operation", "papers")(_papers),
    "operation.delivery_method": _own(lambda o: o.delivery.method if o.delivery else None),
    "operation.accepted_at": _entered(OperationState.ACCEPTED),
    "operation.produced_at": _entered(OperationState.PRODUCED),
    "operation.shipped_at": _entered(OperationState.SHIPPED),
    "operation.received_at": _entered(OperationState.RECEIVED),
    "operation.corrections": needing("timeline")(_corrections),
}
