"""A social security card, its application states, and what may become what.

The social-security application and the bank account on the card live apart (SC-11, SC-13); only the first is ours.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.errors import TransitionImpossible
from domain.message import Message


class CardState(StrEnum):
    """States of the social-security application on a card (domain terms)."""

    SEALED = "sealed"  # 封存: produced but not activated
    ACTIVE = "active"  # 正常
    TEMPORARILY_LOST = "temporarily_lost"  # 临时挂失
    FORMALLY_LOST = "formally_lost"  # 正式挂失
    LOCKED = "locked"  # 锁定: password
    CANCELLED = "cancelled"  # 注销


class CardEvent(StrEnum):
    """What can happen to a card's application."""

    ACTIVATE = "activate"
    REPORT_TEMPORARY_LOSS = "report_temporary_loss"
    REPORT_FORMAL_LOSS = "report_formal_loss"
    CANCEL_LOSS = "cancel_loss"
    LOSS_LAPSES = "loss_lapses"
    LOCK = "lock"
    UNLOCK = "unlock"
    CANCEL = "cancel"


_S, _E = CardState, CardEvent
CARD_TRANSITIONS: dict[tuple[CardState, CardEvent], CardState] = {
    (_S.SEALED, _E.ACTIVATE): _S.ACTIVE,
    (_S.ACTIVE, _E.REPORT_TEMPORARY_LOSS): _S.TEMPORARILY_LOST,
    (_S.ACTIVE, _E.REPORT_FORMAL_LOSS): _S.FORMALLY_LOST,
    (_S.TEMPORARILY_LOST, _E.REPORT_FORMAL_LOSS): _S.FORMALLY_LOST,
    (_S.TEMPORARILY_LOST, _E.CANCEL_LOSS): _S.ACTIVE,
    (_S.TEMPORARILY_LOST, _E.LOSS_LAPSES): _S.ACTIVE,
    (_S.FORMALLY_LOST, _E.CANCEL_LOSS): _S.ACTIVE,
    (_S.ACTIVE, _E.LOCK): _S.LOCKED,
    (_S.LOCKED, _E.UNLOCK): _S.ACTIVE,
    **{(state, _E.CANCEL): _S.CANCELLED for state in CardState if state is not _S.CANCELLED},
}


def next_card_state(state: CardState, event: CardEvent) -> CardState:
    """Return the state after an event.

    Raises:
        TransitionImpossible: the table has no such step.
    """
    try:
        return CARD_TRANSITIONS[state, event]
    except KeyError:
        raise TransitionImpossible(
            Message(
                f"社会保障卡当前状态为“{state}”，不能执行“{event}”。",
                f"The card is {state}; {event} is not possible from there.",
            )
        ) from None


@dataclass(frozen=True, slots=True)
class Card:
    """One card as it is recorded.

    Args:
        id: UUID.
        holder_id: whose it is.
        region: home region, GB/T 2260.
        province: the province of the home region; one live card each holder and province (SC-1).
        number: the number printed on the photo side.
        social_security_number: the holder's number in the social security system.
        bank: issuing bank, a term of the banks vocabulary.
        generation: a term of the card generations vocabulary.
        state: the recorded state; `reads_as` is what it is now.
        issued_on: day of issue; expires_on: last day of validity, if it has one.
        state_since: when the recorded state began.
        state_until: when it ends by time alone, if it does; state_then: what it becomes.
        version: counts writes.
    """

    id: str
    holder_id: str
    region: str
    province: str
    number: str
    social_security_number: str
    bank: str
    generation: str
    state: CardState
    issued_on: date
    expires_on: date | None
    state_since: datetime
    state_until: datetime | None = None
    state_then: CardState | None = None
    version: int = 0

    def reads_as(self, now: datetime) -> CardState:
        """Return the state as of now: a state whose time has run out has already become the next one."""
        if self.state_until is not None and self.state_then is not None and now >= self.state_until:
            return self.state_then
        return self.state
