"""What a decision says ends by time alone: of the operation, of the card it is about, and of the card that is replaced.

The time counts from the step whose decision says so, whether the record enters the state with that step or stays in it. Nothing
waits for the moment: from then on the record reads as what the state becomes (`Card.reads_as`, `Operation.reads_as`), and the
sweep writes it down.
"""

from collections.abc import Mapping
from datetime import datetime

from domain.card import REPLACED, Card, CardEvent, CardState
from domain.decision import Lapse
from domain.duration import Duration, Unit, WorkingCalendar, deadline, lapses_at
from domain.ending import Ending
from domain.frozen import replace
from domain.operation import OperationState
from resolvers.changing.change import CardChange, Change
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.sweep import settle

Lapses = Mapping[str, Lapse]
"""What the decisions say, by the term of the state that ends."""


async def carry_out(decided: DecidedRequest, change: Change) -> Change:
    """Say when the states end that the operation and the cards enter with the change, or go on in."""
    stated = {lapse.state: lapse for each in decided.decisions for lapse in each.lapses if not lapse.conditional}
    card_id = decided.card.id if decided.card is not None else change.operation.card_id
    if not stated.keys().isdisjoint(CardState) and all(each.after.id != card_id for each in change.cards):
        change = await _with_its_card(decided, change)
    cards = tuple(_card(decided, each, stated if each.after.id == card_id else {}) for each in change.cards)
    change = replace(_operation(decided, change, stated), cards=cards)
    return await _with_replaced(decided, change, stated[REPLACED]) if REPLACED in stated else change


async def _with_its_card(decided: DecidedRequest, change: Change) -> Change:
    """Return a change with the card that it is about, which the service itself leaves as it is."""
    card = decided.card
    if card is None and change.operation.card_id is not None:
        card = await held(decided, change.operation.card_id)
    return change if card is None else replace(change, cards=(*change.cards, CardChange(card, card)))


async def held(decided: DecidedRequest, card_id: str) -> Card:
    """Return a card of the holder, with what time has done to it written down."""
    # Read already, it stays as it is: whoever changes a card locks its holder first, and the holder is locked.
    card = next((known for known in decided.loaded.cards if known.id == card_id), None)
    return await settle(decided.work, card or await decided.work.cards.lock(card_id), decided.now)


def _operation(decided: DecidedRequest, change: Change, stated: Lapses) -> Change:
    """Return a change whose operation says when its state ends; one that goes on keeps its end unless another is said."""
    operation, before = change.operation, change.before
    lapse = stated.get(operation.state.value)
    if lapse is not None:
        at = _end(decided.now, lapse.after, decided.dependencies.calendar)
        return replace(change, operation=operation.ending(Ending(at, OperationState(lapse.becomes), lapse.source)))
    goes_on = before is not None and before.state is operation.state
    return change if goes_on else replace(change, operation=operation.ending(None))


def _card(decided: DecidedRequest, change: CardChange, stated: Lapses) -> CardChange:
    """Return a card that says when its state ends; one that goes on keeps its end unless another is said."""
    before, after = change.before, change.after
    if (lapse := stated.get(after.state.value)) is not None:
        return replace(change, after=after.ending(_ending(decided, lapse)))
    goes_on = before is not None and before.reads_as(decided.now) is after.state and not change.ends_anew
    return change if goes_on else replace(change, after=after.ending(None))


async def _with_replaced(decided: DecidedRequest, change: Change, lapse: Lapse) -> Change:
    """Return a change with the old card, which ends when the decision says so, whatever state it is in then (NX-3)."""
    old_id = change.operation.replaced_card_id or (decided.card.replaces_id if decided.card is not None else None)
    if old_id is None:
        return change
    known = next((each for each in change.cards if each.after.id == old_id), None)
    if known is None:
        old = decided.card if decided.card is not None and decided.card.id == old_id else await held(decided, old_id)
        known = CardChange(old, old)
    ended = _ended(decided, known, _ending(decided, lapse))
    others = tuple(each for each in change.cards if each.after.id != old_id)
    return replace(change, cards=(*others, ended))


def _ended(decided: DecidedRequest, change: CardChange, ending: Ending[CardState]) -> CardChange:
    if change.after.state is CardState.CANCELLED:
        return change
    if ending.at <= decided.now:
        return replace(change, after=change.after.after(CardEvent.CANCEL, decided.now), reason=REPLACED)
    return replace(change, after=change.after.ended_by_another(ending))


def ended_at_last(decided: DecidedRequest, old: Card) -> CardChange:
    """Return the end of an old card whose new one comes into use now, whatever the policies leave out (NX-3).

    Args:
        old: locked.
    """
    if old.reads_as(decided.now) is CardState.CANCELLED:
        return CardChange(old, old)
    return CardChange(old, old.after(CardEvent.CANCEL, decided.now), REPLACED)


def _ending(decided: DecidedRequest, lapse: Lapse) -> Ending[CardState]:
    at = _end(decided.now, lapse.after, decided.dependencies.calendar)
    return Ending(at, CardState(lapse.becomes), lapse.source)


def _end(now: datetime, after: Duration, calendar: WorkingCalendar) -> datetime:
    return deadline(now, after, calendar).at if after.unit is Unit.WORKING_DAYS else lapses_at(now, after)
