"""A social security card, its application states, and what may become what.

The social-security application and the bank account on the card live apart (SC-11, SC-13); only the first is ours.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.decision import Citation
from domain.ending import Ending
from domain.errors import TransitionImpossible
from domain.frozen import quickly_made, replace
from domain.message import Message


class CardState(StrEnum):
    """States of the social-security application on a card (domain terms)."""

    SEALED = "sealed"  # 封存: produced but not activated
    ACTIVE = "active"  # 正常
    TEMPORARILY_LOST = "temporarily_lost"  # 临时挂失
    FORMALLY_LOST = "formally_lost"  # 正式挂失
    LOCKED = "locked"  # 锁定: password
    CANCELLED = "cancelled"  # 注销


class AccountState(StrEnum):
    """States of the bank account on a card; all but its end is the bank's business (SC-11, SC-13)."""

    OPEN = "open"  # 未销户
    CLOSED = "closed"  # 已销户


class CardEvent(StrEnum):
    """What can happen to a card's application."""

    ACTIVATE = "activate"
    REPORT_TEMPORARY_LOSS = "report_temporary_loss"
    REPORT_FORMAL_LOSS = "report_formal_loss"
    CANCEL_LOSS = "cancel_loss"
    LOCK = "lock"
    UNLOCK = "unlock"
    CANCEL = "cancel"


_S, _E = CardState, CardEvent
STATE_LABELS: dict[CardState, Message] = {
    _S.SEALED: Message("封存", "sealed"),
    _S.ACTIVE: Message("正常", "active"),
    _S.TEMPORARILY_LOST: Message("临时挂失", "temporarily lost"),
    _S.FORMALLY_LOST: Message("正式挂失", "formally lost"),
    _S.LOCKED: Message("锁定", "locked"),
    _S.CANCELLED: Message("注销", "cancelled"),
}
"""What people call the states: the labels of the vocabulary of card states, which no domain code reads."""

_EVENT_LABELS: dict[CardEvent, Message] = {
    _E.ACTIVATE: Message("启用", "activated"),
    _E.REPORT_TEMPORARY_LOSS: Message("临时挂失", "reported lost for the time being"),
    _E.REPORT_FORMAL_LOSS: Message("正式挂失", "reported lost for good"),
    _E.CANCEL_LOSS: Message("解除挂失", "reported found"),
    _E.LOCK: Message("锁定", "locked"),
    _E.UNLOCK: Message("解除锁定", "unlocked"),
    _E.CANCEL: Message("注销", "cancelled"),
}
CARD_TRANSITIONS: dict[tuple[CardState, CardEvent], CardState] = {
    (_S.SEALED, _E.ACTIVATE): _S.ACTIVE,
    (_S.ACTIVE, _E.REPORT_TEMPORARY_LOSS): _S.TEMPORARILY_LOST,
    (_S.ACTIVE, _E.REPORT_FORMAL_LOSS): _S.FORMALLY_LOST,
    (_S.LOCKED, _E.REPORT_TEMPORARY_LOSS): _S.TEMPORARILY_LOST,
    (_S.LOCKED, _E.REPORT_FORMAL_LOSS): _S.FORMALLY_LOST,
    (_S.TEMPORARILY_LOST, _E.REPORT_FORMAL_LOSS): _S.FORMALLY_LOST,
    # A card that was locked when it was lost is locked again when it is found: `Card.password_locked`.
    (_S.TEMPORARILY_LOST, _E.CANCEL_LOSS): _S.ACTIVE,
    (_S.FORMALLY_LOST, _E.CANCEL_LOSS): _S.ACTIVE,
    (_S.ACTIVE, _E.LOCK): _S.LOCKED,
    (_S.LOCKED, _E.UNLOCK): _S.ACTIVE,
    **{(state, _E.CANCEL): _S.CANCELLED for state in CardState if state is not _S.CANCELLED},
}

_NO_END = (None, None, None)
CARD_LAPSES = frozenset(
    {
        (_S.SEALED, _S.CANCELLED),
        (_S.TEMPORARILY_LOST, _S.ACTIVE),
        (_S.TEMPORARILY_LOST, _S.FORMALLY_LOST),
        (_S.FORMALLY_LOST, _S.CANCELLED),
        (_S.LOCKED, _S.ACTIVE),
        *((state, _S.CANCELLED) for state in CardState if state is not _S.CANCELLED),
    }
)
"""What may become what by time alone, where a policy says so."""


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
                f"这张卡现在是“{STATE_LABELS[state].zh}”状态，不能{_EVENT_LABELS[event].zh}，请刷新后再看。",
                f"The card is {STATE_LABELS[state].en}, so that it cannot be {_EVENT_LABELS[event].en}; load it again.",
            )
        ) from None


CardEnding = Ending[CardState]
LAPSED, REPLACED = "lapsed", "replaced"
"""Words of a card's history for states entered without anybody's doing: by time alone, and in a new card's favour."""
IMPORTED = "imported"
"""The word for the state in which a card came that was issued before this service."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Card:
    """One card as it is recorded.

    Args:
        id: UUID.
        holder_id: whose it is.
        region: home region, GB/T 2260.
        province: the province of the home region; one live card each holder and province (SC-1), but for those that were issued
            before this service.
        number: the number printed on the photo side.
        social_security_number: the holder's number in the social security system.
        bank: issuing bank, a term of the banks vocabulary.
        generation: a term of the card generations vocabulary.
        state: the recorded state; `reads_as` is what it is now.
        issued_on: day of issue; expires_on: last day of validity, if it has one.
        state_since: when the recorded state began.
        state_until: when it ends by time alone, if it does; state_then: what it becomes; state_source: who says so.
        ends_at: when a new card ends this one, whatever state it is in then, if one does; ends_source: who says so.
        password_locked: locked by wrong passwords, also while it is lost: being found does not unlock it.
        replaces_id: the card that this one replaces, if it is a replacement.
        account_state: of the bank account on the card; account_closed_at: when the bank closed it.
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
    state_source: Citation | None = None
    ends_at: datetime | None = None
    ends_source: Citation | None = None
    password_locked: bool = False
    replaces_id: str | None = None
    account_state: AccountState = AccountState.OPEN
    account_closed_at: datetime | None = None
    version: int = 0

    def reads_as(self, now: datetime) -> CardState:
        """Return the state as of now: a state whose time has run out has already become the next one."""
        return self.settled(now).state

    @property
    def next_ending(self) -> CardEnding | None:
        """What will happen to it next by time alone; None for nothing."""
        own, end = self.state_until, self.ends_at
        if end is not None and (own is None or end <= own):
            return Ending(end, CardState.CANCELLED, self.ends_source)
        if own is None or self.state_then is None:
            return None
        return Ending(own, self.state_then, self.state_source)

    def has_lapsed(self, now: datetime) -> bool:
        """Say whether the recorded state has ended by time alone."""
        ending = self.next_ending
        return ending is not None and ending.at <= now

    def settled(self, now: datetime) -> "Card":
        """Return the card with what time alone has done to it written down."""
        card = self
        while card.has_lapsed(now):
            card, _ = card.lapsed()
        return card

    def lapsed(self) -> "tuple[Card, str]":
        """Return the card after the next thing that happens to it by time alone, with the word for its history.

        Raises:
            ValueError: nothing does.
        """
        ending = self.next_ending
        if ending is None:
            raise ValueError("nothing happens to this card by time alone")
        by_another = ending.at == self.ends_at
        # A lock that has ended by itself is over; a loss that has ended leaves the lock that was there before it.
        locked = self.password_locked and (by_another or self.state is not CardState.LOCKED)
        after = replace(self, password_locked=locked)._entering(ending.then, ending.at, None)
        return after, REPLACED if by_another else LAPSED

    def after(self, event: CardEvent, now: datetime, ending: CardEnding | None = None) -> "Card":
        """Return the card after something happened to it.

        Args:
            event: what; now: when.
            ending: when the state that it enters ends by time alone, if it does.

        Raises:
            TransitionImpossible: the table has no such step, or the state cannot end in that way.
        """
        settled = self.settled(now)
        state = next_card_state(settled.state, event)
        locked = {CardEvent.LOCK: True, CardEvent.UNLOCK: False}.get(event, settled.password_locked)
        return replace(settled, password_locked=locked)._entering(state, now, ending)

    def ending(self, ending: CardEnding | None) -> "Card":
        """Return the card in the same state with another end, or none.

        Raises:
            TransitionImpossible: the state cannot end in that way.
        """
        if ending is not None and (self.state, ending.then) not in CARD_LAPSES:
            raise TransitionImpossible(
                Message(
                    f"“{STATE_LABELS[self.state].zh}”状态到期后不能变为“{STATE_LABELS[ending.then].zh}”，请政策人员修改规则。",
                    f"A card that is {STATE_LABELS[self.state].en} cannot become {STATE_LABELS[ending.then].en} by time "
                    "alone; change the policy.",
                )
            )
        if ending is None:
            known = (self.state_until, self.state_then, self.state_source)
            return self if known == _NO_END else replace(self, state_until=None, state_then=None, state_source=None)
        return replace(self, state_until=ending.at, state_then=ending.then, state_source=ending.source)

    def ended_by_another(self, ending: CardEnding | None) -> "Card":
        """Return the card with the moment at which a new one ends it, whatever state it is in then; None for no more."""
        if ending is None or self.state is CardState.CANCELLED:
            return replace(self, ends_at=None, ends_source=None)
        return replace(self, ends_at=ending.at, ends_source=ending.source)

    def _entering(self, state: CardState, since: datetime, ending: CardEnding | None) -> "Card":
        if state is CardState.ACTIVE and self.password_locked:
            state = CardState.LOCKED
        entered = replace(self, state=state, state_since=since).ending(ending)
        return entered.ended_by_another(None) if state is CardState.CANCELLED else entered
