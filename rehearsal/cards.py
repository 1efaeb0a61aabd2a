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
from domain.services import About
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


def arrange_card(
    scene: Scene, otherwise: CardState = CardState.ACTIVE, replaces_id: str | None = None, bank: str | None = None
) -> None:
    """Put the card on record that a case is about, with what its history tells of it.

    Args:
        otherwise: its state where the case states none.
        replaces_id, bank: of the operation that it came of, where the case is about that.
    """
    card = replace(sealed(scene, _home(scene)), **_of_either(scene, "card"))
    if scene.fact("card.bank") is None and bank is not None:
        card = replace(card, bank=bank)
    replaces = scene.fact("card.replaces_another") or scene.states("replaced")
    if replaces and scene.about is not About.OPERATION:
        replaces_id = arrange_replaced(scene, scene.now - timedelta(days=30))
    card = replace(card, replaces_id=replaces_id)
    state = CardState(scene.fact("card.state", otherwise))
    earlier = [record for record in scene.case.history or () if _of_the_card(record)]
    since = _since(scene, card, state, earlier)
    if earlier and earlier[-1].name == state.value and earlier[-1].at == since:
        earlier = earlier[:-1]
    scene.card = _ending(_through(card, earlier, state, since, scene), scene)
    errors = scene.case.facts.get("card.password_errors")
    if scene.fact("card.has_password", scene.case.service in NEEDS_PASSWORD) or errors:
        # The wrong password that asks whether the card is to be locked is one more.
        tried = 1 if scene.case.service == "lock" else 0
        scene.password_errors = max(0, (tried if errors is None else errors) - tried)


def arrange_replaced(scene: Scene, since: datetime) -> str:
    """Put the card on record that is replaced, and return its id.

    Args:
        since: when it got into the state that it has.
    """
    region, issued_on = scene.fact("replaced.region", scene.region), scene.fact("replaced.issued_on")
    old = replace(sealed(scene, str(region), issued_on), **_of_either(scene, "replaced"))
    for name in ("bank", "generation"):
        if (stated := scene.fact(f"replaced.{name}")) is not None:
            old = replace(old, **{name: stated})
    state = CardState(scene.fact("replaced.state", CardState.FORMALLY_LOST))
    scene.cards.append(steps_to(old, state, since))
    return old.id


def _of_either(scene: Scene, record: str) -> dict[str, Any]:
    """Return what is stated alike of a card and of the one that it replaces: its last day, and its bank account."""
    closed_at = scene.fact(f"{record}.account_closed_at")
    closed = scene.fact(f"{record}.account_state", "open" if closed_at is None else "closed") == "closed"
    return {
        "expires_on": scene.fact(f"{record}.expires_on"),
        "account_state": AccountState.CLOSED if closed else AccountState.OPEN,
        "account_closed_at": (closed_at or scene.now - timedelta(hours=1)) if closed else None,
    }


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
    banks: list[Any] = list(scene.fact("holder.card_banks", ()))
    if own is not None and counted:
        generations = [found for found in generations if found != own.generation]
        banks = [found for found in banks if found != own.bank]
    wanted = scene.fact("holder.cards_in_province", counted + max(len(generations), len(banks)))
    for _ in range(wanted - counted):
        card = sealed(scene, scene.region)
        if generations:
            card = replace(card, generation=generations.pop())
        if banks:
            card = replace(card, bank=banks.pop())
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
