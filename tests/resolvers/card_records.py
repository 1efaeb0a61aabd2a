"""What must always be true of cards on record, whatever anybody did to them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from domain.card import CARD_LAPSES, CARD_TRANSITIONS, Card, CardEvent, CardState
from domain.operation import CLOSED, Operation, TimelineEntry
from store.records import CardStateEntry
from tests.resolvers.life_records import REQUESTS, Lapse, Records

CardStep = tuple[CardState, CardEvent]

EVENTS = {
    "activate": CardEvent.ACTIVATE,
    "report_temporary_loss": CardEvent.REPORT_TEMPORARY_LOSS,
    "report_formal_loss": CardEvent.REPORT_FORMAL_LOSS,
    "cancel_loss_report": CardEvent.CANCEL_LOSS,
    "lock": CardEvent.LOCK,
    "reset_password": CardEvent.UNLOCK,
    "cancel": CardEvent.CANCEL,
}
"""What each service does to a card; all others leave it in its state."""
LAPSED, REPLACED, WRONG_PASSWORDS = "lapsed", "replaced", "wrong_passwords"
LOST_IN_POST = "lost_in_post"


def check(records: Records, now: datetime) -> None:
    """Assert what must be true of cards and of the right to one at any moment."""
    cards = [card for owned in records.cards.values() for card in owned]
    requests = [operation for operation in records.operations.values() if operation.service in REQUESTS]
    # Of what was lost in the post another card was made.
    there = [card.id for card in cards if records.states[card.id][-1].reason != LOST_IN_POST]
    assert Counter(o.card_id for o in requests if o.card_id) == Counter(there)
    for card in cards:
        _check_history(card, records.states[card.id], now)
        _check_lock(records.states[card.id])
        for operation, line in _timeline_of(card, records):
            _check_line(operation, line, records.states[card.id])
    for holder, provinces in records.slots.items():
        for province, slot in provinces.items():
            own = [o for o in requests if (o.holder_id, o.province) == (holder, province)]
            held = [card for card in records.cards.get(holder, ()) if card.province == province]
            _check_place(own, held, slot, now)


def _check_place(requests: Sequence[Operation], cards: Sequence[Card], slot: str | None, now: datetime) -> None:
    """Assert that a person has one card in a province, or one on its way, or one and its replacement (SC-1)."""
    waiting = [o for o in requests if o.card_id is None and o.reads_as(now) not in CLOSED]
    alive = [card for card in cards if card.reads_as(now) is not CardState.CANCELLED]
    in_use = [card for card in alive if card.reads_as(now) is not CardState.SEALED]
    replacing = [card for card in alive if card.replaces_id in {other.id for other in alive}]
    assert len(waiting) <= 1
    assert len(in_use) <= 1
    assert len(alive) - len(replacing) <= 1, "two cards, and neither replaces the other"
    assert all(operation.replaced_card_id in {card.id for card in alive} for operation in waiting if alive)
    assert not (waiting and replacing)
    # The last application holds the place, also once nothing of it is left: then the next one takes it over.
    applied = [operation for operation in requests if operation.service == "apply"]
    assert slot in {o.id for o in applied if o.created_at == max(each.created_at for each in applied)}


def _check_history(card: Card, history: Sequence[CardStateEntry], now: datetime) -> None:
    moments = [entry.since for entry in history]
    assert moments == sorted(moments)
    assert moments[-1] <= now
    assert (history[0].state, history[-1].state) == (CardState.SEALED, card.reads_as(now))
    assert history[-1].since == card.settled(now).state_since
    for before, after in pairwise(history):
        if after.reason == LAPSED:
            assert before.until == after.since
            assert (before.state, before.then) in CARD_LAPSES
            assert after.state in (before.then, CardState.LOCKED)
        else:
            assert before.until is None or after.since < before.until, "a state outlived its end"


def _check_lock(history: Sequence[CardStateEntry]) -> None:
    """Assert that only wrong passwords lock a card, and that being found does not unlock it."""
    locked = False
    for before, after in pairwise(history):
        if after.reason == WRONG_PASSWORDS:
            assert (before.state, after.state) == (CardState.ACTIVE, CardState.LOCKED)
            locked = True
        elif after.state is CardState.LOCKED:
            assert locked, "locked, and nobody locked it"
        elif after.state is CardState.ACTIVE:
            assert not locked or before.state is CardState.LOCKED, "found, and the lock is gone"
            locked = False


def _timeline_of(card: Card, records: Records) -> list[tuple[Operation, TimelineEntry]]:
    """Return the lines about what was done to a card, each with its operation."""
    about = [o for o in records.operations.values() if o.card_id == card.id and o.service not in REQUESTS]
    return [(operation, line) for operation in about for line in records.timelines[operation.id]]


def _check_line(operation: Operation, line: TimelineEntry, history: Sequence[CardStateEntry]) -> None:
    """Assert that a line tells the states that the card's history has, so that the lines are chained."""
    until_then = [entry for entry in history if entry.since <= line.at]
    before = [entry for entry in until_then if entry.operation_id != operation.id]
    assert (line.card_from, line.card_to) == (before[-1].state, until_then[-1].state)
    if line.card_from is None or line.card_from is line.card_to:
        return
    step = (line.card_from, EVENTS[operation.service])
    assert line.card_to in (CARD_TRANSITIONS[step], CardState.LOCKED)


def steps_of(card: Card, records: Records) -> list[CardStep]:
    """Return the steps of the state machine that a card has taken."""
    found = [
        (line.card_from, EVENTS[operation.service])
        for operation, line in _timeline_of(card, records)
        if line.card_from is not None and line.card_from is not line.card_to
    ]
    history = records.states[card.id]
    ended = [before.state for before, after in pairwise(history) if after.reason == REPLACED]
    return [*found, *((state, CardEvent.CANCEL) for state in ended)]


def lapses_of(card: Card, records: Records) -> list[Lapse]:
    """Return how states of a card have ended by what a policy said: by time alone, or because a new card came."""
    history, found = records.states[card.id], []
    for before, after in pairwise(history):
        if after.reason == LAPSED and before.operation_id and before.then:
            found.append((_decided_by(before.operation_id, records), before.state.value, before.then.value))
        elif after.reason == REPLACED and after.operation_id:
            found.append((_decided_by(after.operation_id, records), REPLACED, after.state.value))
    return found


def _decided_by(operation_id: str, records: Records) -> str:
    """Return the service whose policy was asked when a state was entered; a card is made by `produce`."""
    service = records.operations[operation_id].service
    return "produce" if service in REQUESTS else service
