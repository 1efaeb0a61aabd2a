"""What each service does with what policies say besides yes and no: the outcomes that it carries out.

`policies/` refuses a rule whose outcome its service does not carry out, and writes the table of the docs from this;
`resolvers/changing/outcomes/` carries out what stands here; a test holds the two together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from domain.card import REPLACED, CardState
from domain.lapses import LAPSES
from domain.operation import OperationState
from domain.services import Choice, takes

_DECIDE = frozenset({"deny", "route"})
"""Whether it may be done at all; a route settles it where it leaves open who may ask, how and for what."""
_ANSWER = _DECIDE | {"require", "tell"}
"""Whoever asks can bring something along, and is answered."""
_LOOK_UP = _DECIDE | {"require"}
"""Whoever looks up brings nothing along but what a clerk sees."""
_MONEY = frozenset({"charge", "waive", "refund"})
SUBMITTED, ACCEPTED, COLLECTED, REPORTED = "submitted", "accepted", "collected", "reported"
"""Terms of the moments vocabulary."""
COMPARED: Final = frozenset({"identity_number"})
"""Details that are compared with the record and go no further: a right one is the proof of the same name."""
OF_A_DELIVERY: Final = frozenset({"recipient", "delivery_mobile", "delivery_address"})
"""Details that are filled in with a way of delivery alone."""


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What a service carries out.

    Args:
        outcomes: words of the policy language.
        lapses: terms of the states whose `lapse` it carries out: those in which a record that it writes can be after it.
        at_once: those of them that end at once or not at all with it.
        moments: terms of the moments from which a `promise` of it is counted: those that its operation reaches with it or after.
        only_seen: it can ask only for what a clerk sees, presence and originals, for nothing else is handed in with it.
    """

    outcomes: frozenset[str]
    lapses: frozenset[str] = frozenset()
    at_once: frozenset[str] = frozenset()
    moments: frozenset[str] = frozenset()
    only_seen: bool = False


def _with(outcomes: frozenset[str], *lapses: str, moments: Iterable[str] = ()) -> CarriedOut:
    counted = frozenset(moments)
    more = (("lapse",) if lapses else ()) + (("promise",) if counted else ())
    return CarriedOut(outcomes.union(more), frozenset(lapses), moments=counted)


_SUBMITTED, _CORRECTING = OperationState.SUBMITTED.value, OperationState.CORRECTION_REQUESTED.value
_OF_A_CARD = tuple(state.value for state in CardState if state.value in LAPSES)
"""A service that leaves a card's state as it is meets cards in any of these."""
_HANDLE = _ANSWER | _MONEY | {"archive"}
"""An operation keeps the bill, and what the office keeps of it."""


def _on_a_card(*states: str) -> CarriedOut:
    """Return what a service on a card does."""
    return _with(_HANDLE, *states, moments=(SUBMITTED,))


def _once_paid(*states: str) -> CarriedOut:
    """Return what a service on a card does whose operation waits as submitted where its policy asks for money first."""
    return _on_a_card(_SUBMITTED, *states)


def _report(state: CardState) -> CarriedOut:
    """Return what a report of loss does."""
    return replace(_once_paid(state.value), moments=frozenset({SUBMITTED, REPORTED}))


_MAKING, _MADE = (SUBMITTED, ACCEPTED, COLLECTED), (SUBMITTED, COLLECTED)

CARRIED_OUT: Final[Mapping[str, CarriedOut]] = MappingProxyType(
    {
        # Nothing has been paid before an application.
        "apply": _with(_HANDLE - {"refund"}, _SUBMITTED, moments=_MAKING),
        "deliver": _with(_HANDLE, _SUBMITTED, REPLACED, moments=_MAKING),
        "pay": _with(_ANSWER),
        # Nothing that is paid for is withdrawn (NX-1), so that there is nothing to give back.
        "withdraw": _with(_ANSWER | {"waive", "archive"}),
        "accept": _with(_HANDLE, REPLACED, moments=_MAKING),
        "request_correction": _with(_HANDLE, _CORRECTING, REPLACED, moments=_MADE),
        "correct": _with(_HANDLE, REPLACED, moments=_MADE),
        "produce": _with(_HANDLE, CardState.SEALED.value, REPLACED, moments=_MADE),
        "ship": _with(_HANDLE, *_OF_A_CARD, REPLACED, moments=_MADE),
        "receive": _with(_HANDLE, *_OF_A_CARD, REPLACED, moments=_MADE),
        # The card is cancelled, and the operation accepted again.
        "report_lost_in_post": _with(_HANDLE, moments=_MAKING),
        # An old card never outlives the activation of the new one (NX-3).
        "activate": replace(_once_paid(CardState.ACTIVE.value, REPLACED), at_once=frozenset({REPLACED})),
        "bind_card": _once_paid(*_OF_A_CARD),
        "progress": CarriedOut(_LOOK_UP, only_seen=True),
        "status": CarriedOut(_LOOK_UP, only_seen=True),
        "use": _with(_DECIDE | {"tell"}),
        "functions": _with(frozenset({"tell"})),
        "remind": _with(frozenset({"tell"})),
        "report_temporary_loss": _report(CardState.TEMPORARILY_LOST),
        "report_formal_loss": _report(CardState.FORMALLY_LOST),
        "cancel_loss_report": _once_paid(CardState.ACTIVE.value, CardState.LOCKED.value),
        "reissue": _with(_HANDLE, _SUBMITTED, *_OF_A_CARD, REPLACED, moments=_MAKING),
        "set_password": _on_a_card(*_OF_A_CARD),
        "change_password": _on_a_card(*_OF_A_CARD),
        # What was locked is not any more.
        "reset_password": _on_a_card(*(state for state in _OF_A_CARD if state != CardState.LOCKED)),
        # Nobody asks for it: it follows from a wrong password.
        "lock": _with(_DECIDE, CardState.LOCKED.value),
        "update_information": _once_paid(*_OF_A_CARD),
        "transfer_in": _once_paid(*_OF_A_CARD),
        "cancel": _once_paid(),
        "close_account": _once_paid(),
        "account_entries": CarriedOut(_LOOK_UP, only_seen=True),
        "register": _with(_DECIDE | {"tell"}),
        "post_account_entries": _with(_DECIDE | {"tell"}),
        "delegate": _with(_ANSWER),
        "revoke_delegation": _with(_ANSWER),
        # What waits for a second clerk lapses; that it does is what makes it wait.
        "record_guardianship": _with(_ANSWER | {"archive"}, _SUBMITTED),
        "end_guardianship": _with(_ANSWER | {"archive"}, _SUBMITTED),
        "confirm_guardianship": _with(_ANSWER, OperationState.CONFIRMED.value),
        "object_to_guardianship": _with(_ANSWER),
        "merge_holders": _with(_ANSWER),
        "record_death": _with(_ANSWER | {"archive"}, moments=(SUBMITTED,)),
        "record_identity_document": _with(_ANSWER | {"archive"}, moments=(SUBMITTED,)),
    }
)
"""By service: a term of the services vocabulary."""


def carried_out_by(service: str) -> CarriedOut | None:
    """Return what a service carries out; None of one that the software does not have."""
    return CARRIED_OUT.get(service)


def services_ending(state: str) -> tuple[str, ...]:
    """Return the services that carry out the lapse of a state, a term of the lapsing states vocabulary."""
    return tuple(name for name, service in CARRIED_OUT.items() if state in service.lapses)


def services_carrying_out(outcome: str) -> tuple[str, ...]:
    """Return the services that carry out an outcome, a word of the policy language."""
    return tuple(name for name, service in CARRIED_OUT.items() if outcome in service.outcomes)


def can_be_filled_in(detail: str, service: str) -> bool:
    """Say whether a rule of a service can ask for a detail: whether anybody can ever bring it along so that it is seen."""
    return detail not in COMPARED and (detail not in OF_A_DELIVERY or takes(service, Choice.DELIVERY))
