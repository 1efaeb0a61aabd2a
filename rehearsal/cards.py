"""Arranging cards: the one that a case is about in its state, what it went through, and the holder's others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import uuid4

from domain.card import CARD_LAPSES, AccountState, Card, CardEvent, CardState
from domain.duration import CHINA_TIME
from domain.history import HistoryRecord
from domain.region import province_of
from rehearsal.places import elsewhere, within_province
from rehearsal.scene import CardStep, Scene

LOST: Final = (CardState.TEMPORARILY_LOST, CardState.FORMALLY_LOST)
_END_OF_DAY: Final = time(23, 59, 59)
_WAYS: Final = {
    CardState.SEALED: (),
    CardState.ACTIVE: (CardEvent.ACTIVATE,),
    CardState.LOCKED: (CardEvent.ACTIVATE, CardEvent.LOCK),
    CardState.TEMPORARILY_LOST: (CardEvent.ACTIVATE, CardEvent.REPORT_TEMPORARY_LOSS),
    CardState.FORMALLY_LOST: (CardEvent.ACTIVATE, CardEvent.REPORT_FORMAL_LOSS),
    CardState.CANCELLED: (CardEvent.ACTIVATE, CardEvent.CANCEL),
}
"""What happens to a sealed card until it is in a state."""
NEEDS_PASSWORD: Final = frozenset({"change_password", "lock"})


def arrange_card(scene: Scene) -> None:
    """Put the card on record that a service on cards is about, with what its history tells of it."""
    card = sealed(scene, _home(scene))
    stated = scene.case.facts
    card = replace(
        card,
        expires_on=scene.fact("card.expires_on"),
        account_state=AccountState(scene.fact("card.account_state", "open")),
        account_closed_at=scene.fact("card.account_closed_at"),
    )
    if card.account_state is AccountState.CLOSED and card.account_closed_at is None:
        card = replace(card, account_closed_at=scene.now - timedelta(hours=1))
    if scene.fact("card.replaces_another"):
        old = sealed(scene, card.region)
        scene.cards.append(steps_to(old, CardState.FORMALLY_LOST, scene.now - timedelta(days=30)))
        card = replace(card, replaces_id=old.id)
    state = CardState(scene.fact("card.state", "active"))
    earlier = [record for record in scene.case.history or () if _of_the_card(record)]
    since = _since(scene, card, state, earlier)
    if earlier and earlier[-1].name == state.value and earlier[-1].at == since:
        earlier = earlier[:-1]
    scene.card = _ending(_through(card, earlier, state, since, scene), scene)
    if scene.fact("card.has_password", scene.case.service in NEEDS_PASSWORD) or stated.get("card.password_errors"):
        # The wrong password that asks whether the card is to be locked is one more.
        tried = 1 if scene.case.service == "lock" else 0
        scene.password_errors = max(0, scene.fact("card.password_errors", tried) - tried)


def sealed(scene: Scene, region: str, issued_on: date | None = None) -> Card:
    """Return a card of the holder as it was made, of which all is so that the case states."""
    issued_on = issued_on or _issued_on(scene)
    banks = scene.words.vocabularies["banks"].terms if "banks" in scene.words.vocabularies else {}
    generations = scene.words.vocabularies["card_generations"].terms
    holder = scene.holder
    return Card(
        id=str(uuid4()),
        holder_id=holder.id,
        region=region,
        province=province_of(region),
        number=f"R{uuid4().hex[:18].upper()}",
        social_security_number=holder.identity_number,
        bank=scene.fact("card.bank", scene.actor.office if scene.actor.role == "bank" else next(iter(banks), "ccb")),
        generation=scene.fact("card.generation", "third" if "third" in generations else next(iter(generations))),
        state=CardState.SEALED,
        issued_on=issued_on,
        expires_on=None,
        state_since=datetime.combine(issued_on, time(0), CHINA_TIME),
    )


def _issued_on(scene: Scene) -> date:
    """Return the day of issue: as stated, or on which the holder was as old as is stated, or a year ago."""
    stated, age = scene.fact("card.issued_on"), scene.fact("card.issued_at_age")
    if isinstance(stated, date):
        return stated
    born = scene.holder.born_on
    if age is not None:
        return min(scene.on, _anniversary(born, age))
    return max(born, scene.on - timedelta(days=365))


def _anniversary(born: date, age: int) -> date:
    try:
        return born.replace(year=born.year + age)
    except ValueError:  # 29 February
        return date(born.year + age, 3, 1)


def _home(scene: Scene) -> str:
    """Return the card's home region: as stated, or one of which all is so that is stated."""
    stated = scene.fact("card.region")
    if stated is not None:
        return str(stated)
    if scene.case.facts.get("card.in_province") is False:
        return elsewhere(scene.region)
    if scene.case.facts.get("card.in_city") is False:
        return within_province(scene.region) or scene.region
    return scene.region


def _of_the_card(record: HistoryRecord) -> bool:
    return record.kind == "card_state" and record.name != CardState.CANCELLED.value


def _since(scene: Scene, made: Card, state: CardState, earlier: Sequence[HistoryRecord]) -> datetime:
    """Return since when the card is in its state."""
    stated = scene.fact("card.state_since")
    if stated is None and state in LOST:
        stated = scene.fact("card.loss_reported_at")
    if isinstance(stated, datetime):
        return stated
    if earlier and earlier[-1].name == state.value:
        return earlier[-1].at
    if state is CardState.SEALED:
        return made.state_since
    return max(made.state_since, scene.now - timedelta(hours=1))


def _through(
    made: Card, earlier: Sequence[HistoryRecord], state: CardState, since: datetime, scene: Scene
) -> tuple[CardStep, ...]:
    """Return the steps of a card through what its history tells to its state."""
    first = min([since, *(record.at for record in earlier)])
    begun = min(made.state_since, first - timedelta(days=1)) if state is not CardState.SEALED or earlier else since
    steps = [CardStep(replace(made, state_since=begun))]
    for record in earlier:
        steps.append(
            CardStep(_entered(steps[-1].card, CardState(record.name), record.at), record.attributes.get("reason"))
        )
        # What was lost or locked was in use again before anything else happened to it.
        steps.append(CardStep(_entered(steps[-1].card, CardState.ACTIVE, record.at + timedelta(minutes=1))))
    card = steps[-1].card
    reported = scene.fact("card.loss_reported_at")
    events = list(_WAYS[state])
    if card.state is CardState.ACTIVE:
        events = events[1:]
        if state is CardState.ACTIVE:
            card = replace(card, state_since=since)
            steps.append(CardStep(card))
    if scene.fact("card.password_locked") and CardEvent.LOCK not in events:
        events.insert(max(0, len(events) - 1), CardEvent.LOCK)
    if state is CardState.FORMALLY_LOST and isinstance(reported, datetime) and reported < since:
        events.insert(len(events) - 1, CardEvent.REPORT_TEMPORARY_LOSS)
    for place, event in enumerate(events):
        left = len(events) - 1 - place
        at = since if left == 0 else since - timedelta(minutes=left)
        if event is CardEvent.REPORT_TEMPORARY_LOSS and left and isinstance(reported, datetime):
            at = reported
        card = card.after(event, at)
        steps.append(CardStep(card))
    return tuple(steps)


def _entered(card: Card, state: CardState, at: datetime) -> Card:
    return replace(card, state=state, state_since=at)


def _ending(steps: tuple[CardStep, ...], scene: Scene) -> tuple[CardStep, ...]:
    """Return the steps with the end of the last state, where the case states one."""
    until = scene.fact("card.state_until")
    if until is None:
        return steps
    last = steps[-1]
    then = next(after for before, after in sorted(CARD_LAPSES) if before is last.card.state)
    at = datetime.combine(until, _END_OF_DAY, CHINA_TIME)
    return (*steps[:-1], replace(last, card=replace(last.card, state_until=at, state_then=then)))


def steps_to(made: Card, state: CardState, since: datetime) -> tuple[CardStep, ...]:
    """Return the steps of another card of the holder to a state."""
    card = replace(made, state_since=min(made.state_since, since - timedelta(days=1)))
    steps = [CardStep(card)]
    for left, event in reversed(list(enumerate(reversed(_WAYS[state])))):
        card = card.after(event, since - timedelta(minutes=left))
        steps.append(CardStep(card))
    return tuple(steps)


def arrange_other_cards(scene: Scene) -> None:
    """Put as many other cards of the holder on record as the case states, of the generations that it states."""
    own = scene.card[-1].card if scene.card else None
    counted = 1 if own is not None and own.state is not CardState.CANCELLED else 0
    counted += sum(steps[-1].card.state is not CardState.CANCELLED for steps in scene.cards)
    generations: list[Any] = list(scene.fact("holder.card_generations", ()))
    wanted = scene.fact("holder.cards_in_province", max(counted, len(generations)))
    for _ in range(wanted - counted):
        card = sealed(scene, scene.region)
        if generations:
            card = replace(card, generation=generations.pop())
        scene.cards.append(steps_to(card, CardState.ACTIVE, scene.now - timedelta(days=30)))
    for _ in range(scene.fact("holder.cards_elsewhere", 0)):
        card = sealed(scene, elsewhere(scene.region))
        scene.cards.append(steps_to(card, CardState.ACTIVE, scene.now - timedelta(days=30)))


def arrange_past_cards(scene: Scene) -> None:
    """Put cards on record that have ended, or that only the history knows where a service is on none."""
    for record in scene.case.history or ():
        if record.kind != "card_state" or (scene.card and _of_the_card(record)):
            continue
        card = sealed(scene, record.region, (record.at - timedelta(days=365)).date())
        card = replace(card, bank=record.attributes.get("bank", card.bank))
        ended = _entered(card, CardState(record.name), record.at)
        scene.cards.append((CardStep(card), CardStep(ended, record.attributes.get("reason"))))
