"""What comes next of an operation: which step, by which service, as far as the states say. The policies say who may take it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.card import Card, CardState
from domain.operation import CLOSED, Operation, OperationState
from domain.services import is_step_of, makes_card


class NextAction(StrEnum):
    """What somebody has to do next."""

    CHOOSE_DELIVERY = "choose_delivery"
    PAY = "pay"
    CORRECT = "correct"
    WAIT = "wait"
    COLLECT = "collect"
    CONFIRM_RECEIPT = "confirm_receipt"
    BIND_CARD = "bind_card"
    ACTIVATE = "activate"


POST = "post"
"""The way of delivery by which a card comes to its holder; by any other, it is collected."""

_S = OperationState
_OFFICE_STEPS = {
    _S.SUBMITTED: ("accept",),
    _S.PAID: ("accept",),
    _S.ACCEPTED: ("produce",),
    _S.PRODUCED: ("ship", "receive"),
    _S.SHIPPED: ("receive",),
}
"""The services that take an operation which makes a card on from a state, in the order in which they are asked about."""
_ACTIONS = {
    "deliver": NextAction.CHOOSE_DELIVERY,
    "pay": NextAction.PAY,
    "correct": NextAction.CORRECT,
    "bind_card": NextAction.BIND_CARD,
    "activate": NextAction.ACTIVATE,
}
FIRST: Final[Mapping[str, str]] = {"activate": "bind_card", "status": "bind_card"}
"""Services for which a region may ask, of who comes through a channel, that another is done first: that other."""
_OF_A_CARD = ("receive", "bind_card", "activate")
_BEFORE_THE_CARD = frozenset({_S.SUBMITTED, _S.PAID, _S.ACCEPTED})


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes next.

    Args:
        action: what has to be done; service: the service that does it, None where nobody can do anything now.
        by: the roles that the policies let do it.
        until: by when; promised: whether an office promises that, and does not set it as a limit.
        outlet: where the card is collected.
        otherwise: the services by which whoever asks can go on besides, or if this does not happen.
    """

    action: NextAction
    service: str | None
    by: tuple[str, ...]
    until: datetime | None = None
    promised: bool = False
    outlet: str | None = None
    otherwise: tuple[str, ...] = ()


def otherwise(operation: Operation, service: str | None) -> Iterator[str]:
    """Yield the services by which one could go on besides the one that comes next, or if that does not happen."""
    if operation.state is _S.SHIPPED:
        yield "report_lost_in_post"
    if operation.due > 0 and service != "pay":
        yield "pay"


def following(operation: Operation, card: Card | None) -> Iterator[str]:
    """Yield the services that could come next, the first that a policy leaves open is the one.

    Args:
        operation, card: as they are now; the card that came of the operation.
    """
    state = operation.state
    if state is _S.CORRECTION_REQUESTED:
        yield "correct"
    if state is _S.SUBMITTED and is_step_of("confirm_guardianship", operation.service):
        yield "confirm_guardianship"
    if makes_card(operation.service):
        if state is _S.SUBMITTED and operation.delivery is None:
            yield "deliver"
        if operation.due_before > 0:
            yield "pay"
        yield from _OFFICE_STEPS.get(state, ())
        if state is _S.RECEIVED and card is not None and card.state is CardState.SEALED:
            yield "activate"
    if operation.due > 0:
        yield "pay"


def step(operation: Operation, card: Card | None, service: str, by: tuple[str, ...]) -> NextStep:
    """Return the step that a service is, as people see it: what an office does is waited for."""
    action = _ACTIONS.get(service, NextAction.WAIT)
    if service == "receive":
        posted = operation.delivery is not None and operation.delivery.method == POST
        action = NextAction.CONFIRM_RECEIPT if posted else NextAction.COLLECT
    outlet = None
    if action is NextAction.COLLECT:
        outlet = (operation.delivery.outlet if operation.delivery is not None else None) or operation.outlet
    if action is NextAction.WAIT:
        return NextStep(action, service, by, *_waited_for(operation))
    card_made = service in _OF_A_CARD
    ending = card.next_ending if card is not None and card_made else None
    until = ending.at if ending is not None else None if card_made else operation.state_until
    return NextStep(action, service, by, until, outlet=outlet)


def waiting(operation: Operation) -> NextStep | None:
    """Return what comes where no service is open to anybody: it is waited for, until the operation is over."""
    return None if operation.state in CLOSED else NextStep(NextAction.WAIT, None, (), *_waited_for(operation))


def _waited_for(operation: Operation) -> tuple[datetime | None, bool]:
    """Return by when the card is promised, while it is not made; or until when a guardianship can be confirmed or objected to."""
    if is_step_of("confirm_guardianship", operation.service):
        return operation.state_until, False
    promised = operation.promised_at if operation.state in _BEFORE_THE_CARD else None
    return promised, promised is not None
