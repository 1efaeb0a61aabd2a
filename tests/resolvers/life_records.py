"""Everything on record about some people, taken at one moment, and what must always be true of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from domain.card import Card, CardState
from domain.operation import OPERATION_TRANSITIONS, Operation, OperationEvent, OperationState, TimelineEntry
from store import Store
from store.records import DecisionRecord, OperationFilter, Payment, PaymentStatus

MANY = 1_000
STAYS = ("deliver",)
"""Events that leave an operation in its state."""
Step = tuple[OperationState, OperationEvent]


@dataclass(frozen=True)
class Records:
    """What is on record; equal records mean that nothing has changed."""

    operations: dict[str, Operation]
    timelines: dict[str, tuple[TimelineEntry, ...]]
    decisions: dict[str, tuple[DecisionRecord, ...]]
    payments: dict[str, tuple[Payment, ...]]
    cards: dict[str, tuple[Card, ...]]
    slots: dict[str, str | None]

    def check_untouched(self, after: "Records", operation_id: str, holder_id: str) -> None:
        """Assert that a change of one operation left everything else as it was, but for a new one of the holder."""
        for table in fields(self):
            rows = getattr(after, table.name)
            for key, value in getattr(self, table.name).items():
                assert key in (operation_id, holder_id) or rows.get(key) == value
        added = [after.operations[key] for key in after.operations.keys() - self.operations.keys()]
        assert [operation.holder_id for operation in added] in ([], [holder_id])


async def read(store: Store, people: Iterable[str]) -> Records:
    """Take the records of some people."""
    async with store.reading() as work:
        page, more = await work.operations.page(OperationFilter(holder_ids=frozenset(people)), None, MANY)
        assert not more
        ids = [operation.id for operation in page]
        return Records(
            operations={operation.id: operation for operation in page},
            timelines=await work.timeline.of_operations(ids),
            decisions=await work.decisions.of_operations(ids),
            payments=await work.payments.of_operations(ids),
            cards=await work.cards.of_holders(people),
            slots={o.id: await work.slots.holder_of(o.province, o.holder_id) for o in page if _live(o)},
        )


def _live(operation: Operation) -> bool:
    return operation.service == "apply" and operation.state is not OperationState.WITHDRAWN


def steps_of(timeline: tuple[TimelineEntry, ...]) -> list[Step]:
    """Return the steps of the state machine that a timeline tells of, each of which the table must have."""
    found = []
    for entry in timeline[1:]:
        assert entry.from_state is not None
        if entry.event in STAYS:
            assert entry.from_state is entry.to_state
            continue
        step = (entry.from_state, OperationEvent(entry.event))
        assert OPERATION_TRANSITIONS[step] is entry.to_state
        found.append(step)
    return found


def check(records: Records, now: datetime) -> None:
    """Assert what must be true of records at any moment."""
    for operation in records.operations.values():
        _check_timeline(operation, records.timelines[operation.id], now)
        _check_decisions(records.timelines[operation.id], records.decisions[operation.id])
        _check_money(operation, records.payments.get(operation.id, ()))
    applications = [o for o in records.operations.values() if o.service == "apply"]
    for operation in applications:
        _check_card(operation, records)
    live = [(o.holder_id, o.province) for o in applications if _live(o)]
    assert len(live) == len(set(live)), "two live applications of one person in a province"
    all_cards = [card for cards in records.cards.values() for card in cards if card.state is not CardState.CANCELLED]
    assert len({(card.holder_id, card.province) for card in all_cards}) == len(all_cards), "two cards in a province"
    assert {o.card_id for o in applications if o.card_id} == {card.id for card in all_cards}
    assert all(records.slots[o.id] == o.id for o in applications if _live(o))


def _check_timeline(operation: Operation, timeline: tuple[TimelineEntry, ...], now: datetime) -> None:
    first, last = timeline[0], timeline[-1]
    born = OperationState.SUBMITTED if operation.service == "apply" else OperationState.COMPLETED
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
    assert len(paid) <= 1
    assert (operation.paid_at is not None) == bool(paid)
    if paid:
        assert operation.state is not OperationState.WITHDRAWN, "paid and withdrawn"
        assert paid[0].amount == sum(fee.amount for fee in operation.fees if fee.payer == "holder")


def _check_card(operation: Operation, records: Records) -> None:
    produced = any(entry.event == "produce" for entry in records.timelines[operation.id])
    own = [card for card in records.cards.get(operation.holder_id, ()) if card.id == operation.card_id]
    assert produced == (operation.card_id is not None) == bool(own)
    assert all((card.holder_id, card.province) == (operation.holder_id, operation.province) for card in own)


async def check_texts(store: Store, records: Records) -> None:
    """Assert that what the policies said is kept for every decision, word for word."""
    digests = {decision.digest for decisions in records.decisions.values() for decision in decisions}
    async with store.reading() as work:
        for digest in digests:
            text = await work.policy_texts.get(digest)
            assert digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
