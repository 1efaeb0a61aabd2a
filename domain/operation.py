"""An operation (办件): one handled request with its states, fees and timeline.

Source of the states: NX-1 and NX-5 (progress of a cross-province application, with the correction loop).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain.card import CardState
from domain.decision import Citation
from domain.ending import Ending
from domain.errors import TransitionImpossible
from domain.fee import Bill, amount_due, amount_due_before
from domain.frozen import quickly_made, replace
from domain.message import Message


class OperationState(StrEnum):
    """States of an operation."""

    SUBMITTED = "submitted"  # 申请提交成功
    WITHDRAWN = "withdrawn"  # 已撤销
    PAID = "paid"  # 缴费成功
    ACCEPTED = "accepted"  # 受理制卡申请
    CORRECTION_REQUESTED = "correction_requested"  # 待修改信息
    PRODUCED = "produced"  # 制卡成功
    SHIPPED = "shipped"  # 已发出
    RECEIVED = "received"  # 已领卡
    COMPLETED = "completed"  # 办结: operations that are done at once, such as activation
    CONFIRMED = "confirmed"  # 已复核（异议期内）: a second clerk has agreed, and whoever it concerns may object
    OBJECTED = "objected"  # 因异议终止


class OperationEvent(StrEnum):
    """What can happen to an operation."""

    WITHDRAW = "withdraw"
    PAY = "pay"
    ACCEPT = "accept"
    REQUEST_CORRECTION = "request_correction"
    CORRECT = "correct"
    PRODUCE = "produce"
    SHIP = "ship"
    REPORT_LOST_IN_POST = "report_lost_in_post"
    RECEIVE = "receive"
    COMPLETE = "complete"
    CONFIRM = "confirm"
    OBJECT = "object"
    GIVE_UP = "give_up"


_S, _E = OperationState, OperationEvent
STATE_LABELS: dict[OperationState, Message] = {
    _S.SUBMITTED: Message("申请提交成功", "submitted"),
    _S.WITHDRAWN: Message("已撤销", "withdrawn"),
    _S.PAID: Message("缴费成功", "paid"),
    _S.ACCEPTED: Message("受理制卡申请", "accepted for production"),
    _S.CORRECTION_REQUESTED: Message("待修改信息", "information to be corrected"),
    _S.PRODUCED: Message("制卡成功", "produced"),
    _S.SHIPPED: Message("已发出", "shipped"),
    _S.RECEIVED: Message("已领卡", "received"),
    _S.COMPLETED: Message("办结", "completed"),
    _S.CONFIRMED: Message("已复核（异议期内）", "confirmed, open to objections"),
    _S.OBJECTED: Message("因异议终止", "ended by an objection"),
}
"""What people call the states: the labels of the vocabulary of operation states, which no domain code reads."""

_EVENT_LABELS: dict[OperationEvent, Message] = {
    _E.WITHDRAW: Message("撤销", "withdrawn"),
    _E.PAY: Message("缴费", "paid"),
    _E.ACCEPT: Message("受理", "accepted"),
    _E.REQUEST_CORRECTION: Message("要求修改", "sent back to be corrected"),
    _E.CORRECT: Message("修改", "corrected"),
    _E.PRODUCE: Message("制卡", "produced"),
    _E.SHIP: Message("发卡", "shipped"),
    _E.REPORT_LOST_IN_POST: Message("报告邮寄丢失", "reported lost in the post"),
    _E.RECEIVE: Message("领卡", "received"),
    _E.COMPLETE: Message("办结", "completed"),
    _E.CONFIRM: Message("复核", "confirmed"),
    _E.OBJECT: Message("提出异议", "objected to"),
    _E.GIVE_UP: Message("终止", "given up"),
}
OPERATION_TRANSITIONS: dict[tuple[OperationState, OperationEvent], OperationState] = {
    (_S.SUBMITTED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.SUBMITTED, _E.PAY): _S.PAID,
    # Nothing to pay: a first card collected at an outlet. `accept` demands that nothing is due.
    (_S.SUBMITTED, _E.ACCEPT): _S.ACCEPTED,
    (_S.PAID, _E.ACCEPT): _S.ACCEPTED,
    (_S.ACCEPTED, _E.REQUEST_CORRECTION): _S.CORRECTION_REQUESTED,
    (_S.CORRECTION_REQUESTED, _E.CORRECT): _S.ACCEPTED,
    # Unasked, while the card is waited for: it stays where it is, and who makes the card reads what is there then.
    (_S.SUBMITTED, _E.CORRECT): _S.SUBMITTED,
    (_S.PAID, _E.CORRECT): _S.PAID,
    (_S.ACCEPTED, _E.CORRECT): _S.ACCEPTED,
    (_S.ACCEPTED, _E.PRODUCE): _S.PRODUCED,
    (_S.PRODUCED, _E.SHIP): _S.SHIPPED,
    # Lost in the post: another card is made of the same application.
    (_S.SHIPPED, _E.REPORT_LOST_IN_POST): _S.ACCEPTED,
    (_S.PRODUCED, _E.RECEIVE): _S.RECEIVED,
    (_S.SHIPPED, _E.RECEIVE): _S.RECEIVED,
    # A service that is done at once, whose policy asks for the payment first: done, or no longer possible, once it is paid.
    (_S.PAID, _E.COMPLETE): _S.COMPLETED,
    # Who is whose guardian: asked by one clerk, confirmed by another, then done, at once or once nobody may object any more.
    (_S.SUBMITTED, _E.CONFIRM): _S.CONFIRMED,
    (_S.CONFIRMED, _E.COMPLETE): _S.COMPLETED,
    (_S.SUBMITTED, _E.OBJECT): _S.OBJECTED,
    (_S.CONFIRMED, _E.OBJECT): _S.OBJECTED,
    # Nobody is there any more for whom it could go on: `record_death`.
    **{
        (state, _E.GIVE_UP): _S.WITHDRAWN
        for state in (
            _S.SUBMITTED,
            _S.PAID,
            _S.ACCEPTED,
            _S.CORRECTION_REQUESTED,
            _S.PRODUCED,
            _S.SHIPPED,
            _S.CONFIRMED,
        )
    },
}

_NO_END = (None, None, None)
OPERATION_LAPSES = frozenset(
    {
        (_S.SUBMITTED, _S.WITHDRAWN),
        (_S.CORRECTION_REQUESTED, _S.WITHDRAWN),
        (_S.CONFIRMED, _S.COMPLETED),
    }
)
"""What may become what by time alone, where a policy says so: what waits for the applicant, or for an objection."""

OperationEnding = Ending[OperationState]
LAPSED, SYSTEM = "lapsed", "system"
"""The event and the role in the timeline of what time alone has done."""

CLOSED = frozenset({_S.WITHDRAWN, _S.RECEIVED, _S.COMPLETED, _S.OBJECTED})


def next_operation_state(state: OperationState, event: OperationEvent) -> OperationState:
    """Return the state after an event.

    Raises:
        TransitionImpossible: the table has no such step.
    """
    try:
        return OPERATION_TRANSITIONS[state, event]
    except KeyError:
        raise TransitionImpossible(
            Message(
                f"这笔申请现在是“{STATE_LABELS[state].zh}”，不能{_EVENT_LABELS[event].zh}，请刷新后再看。",
                f"The operation is {STATE_LABELS[state].en}, so that it cannot be {_EVENT_LABELS[event].en}; load it again.",
            )
        ) from None


DELIVERY_DETAILS: Final[Mapping[str, str]] = {
    "recipient": "recipient",
    "delivery_mobile": "mobile",
    "delivery_address": "address",
}
"""Details that come with a delivery, by terms of the details vocabulary: the field of the delivery that has each."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the card goes.

    Args:
        method: a term of the delivery vocabulary, such as `post` or `outlet`.
        outlet: the outlet of collection; only for collection.
        region: GB/T 2260 code of the address; recipient, mobile, address: only for post.
    """

    method: str
    outlet: str | None = None
    region: str | None = None
    recipient: str | None = None
    mobile: str | None = None
    address: str | None = None
    postcode: str | None = None

    @property
    def details(self) -> Mapping[str, str]:
        """What of it is filled in as a detail, by terms of the details vocabulary."""
        return {detail: text for detail, field in DELIVERY_DETAILS.items() if (text := getattr(self, field))}


@dataclass(frozen=True, slots=True)
class Postponed:
    """A service that is carried out once the operation is paid for.

    Args:
        service: a term of the services vocabulary; until it is paid for, nothing but the bill has changed.
        asked: the request and what came with it, as they are decided again then.
    """

    service: str
    asked: Mapping[str, Any]


@quickly_made
@dataclass(frozen=True, slots=True)
class Operation:
    """One handled request as it is recorded.

    Args:
        id: UUID; service: the policy service, such as `apply`.
        region, province: GB/T 2260.
        holder_id: whom it is about; actor_id: who asked.
        relation: self, guardian, delegate or office.
        reason: why it was asked for, a term of the reasons of its service, where it has some.
        state: where it stands as it is recorded; `reads_as` is where it stands now.
        state_until: when that ends by time alone, if it does; state_then: what it becomes; state_source: who says so.
        channel, office: from the token of whoever asked.
        bank: the chosen issuing bank; outlet: the chosen issuing outlet.
        card_id: the card that came of it, or that it is about; replaced_card_id: the card that a new one replaces.
        details: what the applicant filled in, by field name.
        declarations: declared facts, by name.
        documents: ids of the uploaded documents used; sighted: types of the originals that a clerk has seen.
        fees: what is charged; paid_at: when everything due was last paid.
        postponed: the service that waits for the payment, if one does.
        delivery: where the card goes, once chosen.
        correction_reason: what the applicant must change, while correction is requested.
        tracking_number: of the parcel; before a card is shipped, of one that was lost in the post.
        promised_at: the promised deadline, and whether it is estimated.
        archive: what the handling office must keep.
        policy_digest: digest of the policies that decided it.
        version: counts writes.
    """

    id: str
    service: str
    region: str
    province: str
    holder_id: str
    actor_id: str
    relation: str
    state: OperationState
    channel: str
    office: str | None
    created_at: datetime
    updated_at: datetime
    policy_digest: str
    bank: str | None = None
    outlet: str | None = None
    card_id: str | None = None
    replaced_card_id: str | None = None
    reason: str | None = None
    details: dict[str, str] = field(default_factory=dict)
    declarations: dict[str, Any] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    sighted: tuple[str, ...] = ()
    fees: Bill = ()
    paid_at: datetime | None = None
    postponed: Postponed | None = None
    delivery: Delivery | None = None
    correction_reason: str | None = None
    tracking_number: str | None = None
    promised_at: datetime | None = None
    promise_estimated: bool = False
    archive: tuple[str, ...] = ()
    state_until: datetime | None = None
    state_then: OperationState | None = None
    state_source: Citation | None = None
    version: int = 0

    def reads_as(self, now: datetime) -> OperationState:
        """Return where it stands as of now: a state whose time has run out has already become the next one."""
        return self.settled(now).state

    def has_lapsed(self, now: datetime) -> bool:
        """Say whether the recorded state has ended by time alone."""
        return self.state_until is not None and self.state_then is not None and now >= self.state_until

    def settled(self, now: datetime) -> "Operation":
        """Return the operation with what time alone has done to it written down."""
        if not self.has_lapsed(now) or self.state_until is None or self.state_then is None:
            return self
        return replace(self, state=self.state_then, updated_at=self.state_until, postponed=None).ending(None)

    def ending(self, ending: OperationEnding | None) -> "Operation":
        """Return the operation in the same state with another end, or none.

        Raises:
            TransitionImpossible: the state cannot end in that way.
        """
        if ending is None:
            known = (self.state_until, self.state_then, self.state_source)
            return self if known == _NO_END else replace(self, state_until=None, state_then=None, state_source=None)
        if (self.state, ending.then) not in OPERATION_LAPSES:
            raise TransitionImpossible(
                Message(
                    f"“{STATE_LABELS[self.state].zh}”的申请到期后不能变为“{STATE_LABELS[ending.then].zh}”，请政策人员修改规则。",
                    f"An operation that is {STATE_LABELS[self.state].en} cannot become {STATE_LABELS[ending.then].en} by "
                    "time alone; change the policy.",
                )
            )
        return replace(self, state_until=ending.at, state_then=ending.then, state_source=ending.source)

    @property
    def due(self) -> int:
        """What the holder still has to pay, in fen; nothing for what was withdrawn."""
        return 0 if self.state is OperationState.WITHDRAWN else amount_due(self.fees)

    @property
    def lost_in_post(self) -> bool:
        """Whether a card of it was lost in the post, and the one in its place has not been shipped or handed out."""
        on_its_way = self.state in (OperationState.SHIPPED, OperationState.RECEIVED)
        return self.tracking_number is not None and not on_its_way

    @property
    def resumable(self) -> bool:
        """Whether the service that waits for the payment can be carried out now."""
        return self.postponed is not None and self.state is not OperationState.WITHDRAWN and self.due == 0

    @property
    def due_before(self) -> int:
        """Of that, what has to be paid before the operation goes on."""
        return 0 if self.state is OperationState.WITHDRAWN else amount_due_before(self.fees)


@quickly_made
@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of an operation's timeline: who did what, from where, under which policy.

    Args:
        card_from, card_to: the states of the card before and after, where the step changed a card.
        until, then: when the state after ends by time alone and what it becomes, if it does.
    """

    operation_id: str
    at: datetime
    event: str
    from_state: OperationState | None
    to_state: OperationState
    actor_id: str | None
    role: str
    channel: str | None
    office: str | None
    policy_digest: str | None
    note: str | None = None
    card_from: CardState | None = None
    card_to: CardState | None = None
    until: datetime | None = None
    then: OperationState | None = None


def lapse_entry(operation_id: str, at: datetime, ended: OperationState, became: OperationState) -> TimelineEntry:
    """Return the line of what time alone has done, which nobody did and no policy was asked about again."""
    return TimelineEntry(
        operation_id=operation_id,
        at=at,
        event=LAPSED,
        from_state=ended,
        to_state=became,
        actor_id=None,
        role=SYSTEM,
        channel=None,
        office=None,
        policy_digest=None,
    )


PROGRESS: Final = (_S.ACCEPTED, _S.PRODUCED, _S.SHIPPED, _S.RECEIVED)
"""The four nodes of production progress (NX-5)."""


def progress(timeline: Iterable[TimelineEntry]) -> Mapping[OperationState, datetime]:
    """Return when each node of progress was reached, the last time; one that is reached again takes back those behind it."""
    reached: dict[OperationState, datetime] = {}
    for entry in timeline:
        # What is paid or asked for in a state does not enter it.
        if entry.to_state in PROGRESS and entry.from_state is not entry.to_state:
            before = PROGRESS[: PROGRESS.index(entry.to_state)]
            reached = {state: at for state, at in reached.items() if state in before} | {entry.to_state: entry.at}
    return reached
