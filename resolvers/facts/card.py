"""Facts of the card that a decision is about, or that came of an operation, and of the card that it replaces."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from domain.card import Card, CardState
from domain.duration import day_in_china, years_between
from domain.operation import CLOSED, Operation, OperationState
from domain.region import city_of, province_of
from resolvers.facts.fact import Fact, Facts, needing
from resolvers.facts.situation import DecisionSubject

_Compute = Callable[[DecisionSubject, Card], Any]


def _of_card(compute: _Compute, *needs: str) -> Fact:
    return needing("card", *needs)(lambda s: compute(s, s.card) if s.card else None)


def _of_replaced(compute: _Compute) -> Fact:
    return needing("replaced")(lambda s: compute(s, s.replaced) if s.replaced else None)


def _state_until(situation: DecisionSubject, card: Card) -> Any:
    ending = card.settled(situation.now).next_ending
    return day_in_china(ending.at) if ending else None


def _issued_at_age(situation: DecisionSubject, card: Card) -> int | None:
    return years_between(situation.holder.born_on, card.issued_on) if situation.holder else None


def _loss_reported_at(situation: DecisionSubject, card: Card) -> datetime | None:
    """Return when the loss was reported that is still reported; a formal report follows a temporary one."""
    reported = None
    for entry in situation.loaded.states.get(card.id, ()):
        lost = entry.state in (CardState.TEMPORARILY_LOST, CardState.FORMALLY_LOST)
        reported = (reported or entry.since) if lost else None
    return reported


def is_being_replaced(replacing: Iterable[Operation], cards: Iterable[Card], now: datetime) -> bool:
    """Say whether a new card in the place of an old one is asked for, or made and not cancelled.

    Args:
        replacing: operations that ask for it; cards: of the holder.
    """
    dead = {card.id for card in cards if card.reads_as(now) is CardState.CANCELLED}
    return any(o.card_id not in dead if o.card_id else o.reads_as(now) not in CLOSED for o in replacing)


def _being_replaced(situation: DecisionSubject, card: Card) -> bool:
    replacing = (o for o in situation.loaded.operations if o.replaced_card_id == card.id)
    return is_being_replaced(replacing, situation.loaded.cards, situation.now)


def was_received(made_by: Operation | None) -> bool:
    """Say whether a card was received; one that no operation on record has made was handed out elsewhere.

    Args:
        made_by: the operation that it came of, if there is one.
    """
    return made_by is None or made_by.state is OperationState.RECEIVED


_OF_EITHER: dict[str, _Compute] = {
    "state": lambda s, card: card.reads_as(s.now).value,
    "bank": lambda _, card: card.bank,
    "region": lambda _, card: card.region,
    "generation": lambda _, card: card.generation,
    "issued_on": lambda _, card: card.issued_on,
    "expires_on": lambda _, card: card.expires_on,
    "account_state": lambda _, card: card.account_state.value,
    "account_closed_at": lambda _, card: card.account_closed_at,
}
"""Known of the card itself, and of the one that it replaces."""

FACTS: Facts = {
    **{f"card.{name}": _of_card(compute) for name, compute in _OF_EITHER.items()},
    **{f"replaced.{name}": _of_replaced(compute) for name, compute in _OF_EITHER.items()},
    "card.issued_at_age": _of_card(_issued_at_age),
    "card.state_until": _of_card(_state_until),
    "card.state_since": _of_card(lambda s, card: card.settled(s.now).state_since),
    "card.password_locked": _of_card(lambda s, card: card.settled(s.now).password_locked),
    "card.in_city": _of_card(lambda s, card: city_of(card.region) == city_of(s.region)),
    "card.in_province": _of_card(lambda s, card: card.province == province_of(s.region)),
    "card.replaces_another": _of_card(lambda _, card: card.replaces_id is not None),
    "card.received": _of_card(lambda s, _: was_received(s.operation), "operation"),
    "card.being_replaced": _of_card(_being_replaced, "cards", "operations"),
    "card.loss_reported_at": _of_card(_loss_reported_at, "states"),
    "card.has_password": _of_card(lambda s, _: s.loaded.password is not None, "password"),
    "card.password_errors": _of_card(lambda s, _: s.loaded.password.errors if s.loaded.password else 0, "password"),
}
