"""Everything on record about some people, taken at one moment, and what must always be true of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import pairwise

from domain.card import Card
from domain.holder import Holder
from domain.operation import (
    LAPSED,
    OPERATION_LAPSES,
    OPERATION_TRANSITIONS,
    Operation,
    OperationEvent,
    OperationState,
    TimelineEntry,
    lapse_entry,
)
from store import Store, UnitOfWork
from store.records import (
    CardStateEntry,
    DecisionRecord,
    OperationFilter,
    Payment,
    PaymentStatus,
    ServicePassword,
)

MANY = 1_000
LOST = "report_lost_in_post"
STAYS = ("deliver",)
"""Events that leave an operation in its state."""
EVENTS = {
    "confirm_guardianship": OperationEvent.CONFIRM,
    "object_to_guardianship": OperationEvent.OBJECT,
}
"""What services do that are not called what they do."""
Step = tuple[OperationState, OperationEvent]
Lapse = tuple[str, str, str]
"""The service whose policy said it, the state that ended, and what it became."""

REQUESTS = ("apply", "reissue")
"""Services that end in a card."""
ABOUT_GUARDIANS = ("record_guardianship", "end_guardianship")


@dataclass(frozen=True)
class Records:
    """What is on record; equal records mean that nothing has changed.

    Args:
        operations, timelines, decisions, payments: by operation; cards, passwords, slots, holders: by person.
        states: what cards have been, as anybody sees it at the moment, by card.
    """

    operations: dict[str, Operation]
    timelines: dict[str, tuple[TimelineEntry, ...]]
    decisions: dict[str, tuple[DecisionRecord, ...]]
    payments: dict[str, tuple[Payment, ...]]
    cards: dict[str, tuple[Card, ...]]
    passwords: dict[str, tuple[ServicePassword, ...]]
    slots: dict[str, dict[str, str | None]]
    holders: dict[str, Holder]
    states: dict[str, tuple[CardStateEntry, ...]]

    def settled(self, now: datetime) -> "Records":
        """Return the records with time passed: what anybody sees, whether or not it is written down yet."""
        cards = {
            holder: tuple(replace(card.settled(now), version=0) for card in cards)
            for holder, cards in self.cards.items()
        }
        operations = {name: replace(each.settled(now), version=0) for name, each in self.operations.items()}
        timelines = {name: (*self.timelines[name], *_ended(each, now)) for name, each in self.operations.items()}
        return replace(self, cards=cards, slots={}, operations=operations, timelines=timelines)

    def check_same(self, after: "Records") -> None:
        """Assert that nothing has changed; that time has passed is no change."""
        assert replace(after, states={}) == replace(self, states={}), "a refused change has changed something"

    def check_untouched(self, after: "Records", operation_id: str, holder_id: str) -> None:
        """Assert that a change of one operation left everything else as it was, but for a new one of the holder."""
        for table in fields(self):
            if table.name == "states":
                continue
            rows = getattr(after, table.name)
            for key, value in getattr(self, table.name).items():
                assert key in (operation_id, holder_id) or rows.get(key) == value
        added = [after.operations[key] for key in after.operations.keys() - self.operations.keys()]
        assert [operation.holder_id for operation in added] in ([], [holder_id])


def _ended(operation: Operation, now: datetime) -> Iterable[TimelineEntry]:
    """Yield the line of what time has done to an operation and nobody has written down yet."""
    if operation.has_lapsed(now) and operation.state_until is not None and operation.state_then is not None:
        yield lapse_entry(operation.id, operation.state_until, operation.state, operation.state_then)


async def read(store: Store, people: Iterable[str], now: datetime) -> Records:
    """Take the records of some people."""
    async with store.reading() as work:
        page, more = await work.operations.page(OperationFilter(holder_ids=frozenset(people)), None, MANY)
        assert not more
        ids = [operation.id for operation in page]
        cards = await work.cards.of_holders(people)
        return Records(
            operations={operation.id: operation for operation in page},
            timelines=await work.timeline.of_operations(ids),
            decisions=await work.decisions.of_operations(ids),
            payments=await work.payments.of_operations(ids),
            cards=cards,
            passwords={holder: await _passwords(work, owned) for holder, owned in cards.items()},
            slots=await _slots(work, page),
            holders=await work.holders.get_many(people),
            states=await work.cards.states_of_cards([card.id for owned in cards.values() for card in owned], now),
        )


async def _passwords(work: UnitOfWork, cards: tuple[Card, ...]) -> tuple[ServicePassword, ...]:
    found = [await work.passwords.of_card(card.id) for card in cards]
    return tuple(password for password in found if password is not None)


async def _slots(work: UnitOfWork, operations: Iterable[Operation]) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for holder, province in {(o.holder_id, o.province) for o in operations if o.service == "apply"}:
        found.setdefault(holder, {})[province] = await work.slots.holder_of(province, holder)
    return found


def steps_of(timeline: tuple[TimelineEntry, ...]) -> list[Step]:
    """Return the steps of the state machine that a timeline tells of, each of which the table must have."""
    found = []
    for entry in timeline[1:]:
        assert entry.from_state is not None
        if entry.event in STAYS:
            assert entry.from_state is entry.to_state
            continue
        if entry.event == "pay" and entry.from_state is entry.to_state:
            continue  # for another address, after a loss in the post
        if entry.event == LAPSED:
            assert (entry.from_state, entry.to_state) in OPERATION_LAPSES
            continue
        step = (entry.from_state, EVENTS.get(entry.event) or OperationEvent(entry.event))
        assert OPERATION_TRANSITIONS[step] is entry.to_state
        found.append(step)
    return found


def lapses_of(timeline: tuple[TimelineEntry, ...]) -> list[Lapse]:
    """Return how states of an operation have ended by time alone, as the policy said by which they were entered."""
    found = []
    for before, after in pairwise(timeline):
        if after.event == LAPSED:
            assert (before.until, before.then) == (after.at, after.to_state)
            found.append((before.event, before.to_state.value, after.to_state.value))
    return found


def check(records: Records, now: datetime) -> None:
    """Assert what must be true of operations at any moment."""
    for operation in records.operations.values():
        _check_timeline(operation, records.timelines[operation.id], now)
        _check_decisions(records.timelines[operation.id], records.decisions[operation.id])
        _check_money(operation, records.payments.get(operation.id, ()))
        if operation.service in REQUESTS:
            _check_card(operation, records)


def _check_timeline(operation: Operation, timeline: tuple[TimelineEntry, ...], now: datetime) -> None:
    first, last = timeline[0], timeline[-1]
    # What is asked about a guardian waits for a second clerk, for as long as its policy says.
    waits = operation.service in REQUESTS or (operation.service in ABOUT_GUARDIANS and first.until is not None)
    born = OperationState.SUBMITTED if waits else OperationState.COMPLETED
    assert (first.from_state, first.to_state, first.event) == (None, born, operation.service)
    assert [entry.from_state for entry in timeline[1:]] == [entry.to_state for entry in timeline[:-1]]
    assert last.to_state is operation.state
    steps_of(timeline)
    moments = [entry.at for entry in timeline]
    assert moments == sorted(moments)
    assert first.at == operation.created_at
    assert last.at == operation.updated_at <= now


def _check_decisions(timeline: tuple[TimelineEntry, ...], decisions: tuple[DecisionRecord, ...]) -> None:
    made = {(decision.service, decision.at, decision.digest) for decision in decisions}
    assert all(decision.allowed for decision in decisions)
    for entry in timeline:
        # The provider's notice is the one change that nobody decides.
        if entry.actor_id is not None:
            assert (entry.event, entry.at, entry.policy_digest) in made


def _check_money(operation: Operation, payments: tuple[Payment, ...]) -> None:
    assert all(type(fee.amount) is int and fee.amount >= 0 for fee in operation.fees)
    paid = [payment for payment in payments if payment.status is PaymentStatus.PAID]
    assert (operation.paid_at is not None) == bool(paid)
    if paid:
        assert operation.state is not OperationState.WITHDRAWN, "paid and withdrawn"
        assert sum(payment.amount for payment in paid) == sum(
            fee.amount for fee in operation.fees if fee.paid_at is not None
        )


def _check_card(operation: Operation, records: Records) -> None:
    made = [entry.event for entry in records.timelines[operation.id] if entry.event in ("produce", LOST)]
    produced = bool(made) and made[-1] == "produce"
    own = [card for card in records.cards.get(operation.holder_id, ()) if card.id == operation.card_id]
    assert produced == (operation.card_id is not None) == bool(own)
    for card in own:
        assert (card.holder_id, card.province) == (operation.holder_id, operation.province)
        assert card.replaces_id == operation.replaced_card_id


async def check_texts(store: Store, records: Records) -> None:
    """Assert that what the policies said is kept for every decision, word for word."""
    digests = {decision.digest for decisions in records.decisions.values() for decision in decisions}
    async with store.reading() as work:
        for digest in digests:
            text = await work.policy_texts.get(digest)
            assert digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
