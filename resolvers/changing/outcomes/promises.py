"""What a decision promises, with the day by which it is to be kept."""

from domain.duration import Duration, deadline
from domain.operation import OperationState
from resolvers.changing.change import Change
from resolvers.changing.decided_request import DecidedRequest

SUBMITTED, ACCEPTED = "submitted", "accepted"
"""Terms of the moments vocabulary."""
CARD_ISSUED = "card_issued"
"""The term of the promises vocabulary that an operation which makes a card is waited for."""


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Date what is promised from now on: with what is handed in, or with what is accepted for production at first."""
    before, state = change.before, change.operation.state
    if before is None and state is OperationState.SUBMITTED:
        within = _from_submission(decided)
    elif before is not None and before.state in _WAITING and state is OperationState.ACCEPTED:
        within = await _from_acceptance(decided, before.id, before.service)
    else:
        within = None
    if within is None:
        return change
    until = deadline(decided.now, within, decided.dependencies.calendar)
    return change.with_operation(promised_at=until.at, promise_estimated=until.estimated)


_WAITING = (OperationState.SUBMITTED, OperationState.PAID)


def _from_submission(decided: DecidedRequest) -> Duration | None:
    promises = decided.decision.promises
    given = [p for p in promises if p.counted_from == SUBMITTED and not p.conditional]
    return next((p.within for p in given if p.what == CARD_ISSUED), given[0].within if given else None)


async def _from_acceptance(decided: DecidedRequest, operation_id: str, service: str) -> Duration | None:
    """Return what the decision that began the operation promised from its acceptance on."""
    recorded = (await decided.work.decisions.of_operations([operation_id])).get(operation_id, ())
    promises = [
        promise
        for record in recorded
        if record.service == service
        for promise in record.outcome["promises"]
        if promise["counted_from"] == ACCEPTED
    ]
    issued = [promise for promise in promises if promise["what"] == CARD_ISSUED]
    within: Duration | None = (issued or promises)[-1]["within"] if promises else None
    return within
