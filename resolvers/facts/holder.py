"""Facts of the holder: of their record, and of the cards and operations that they have."""

from collections.abc import Callable
from typing import Any

from domain.card import Card, CardState
from domain.duration import years_between
from domain.holder import Holder
from domain.operation import CLOSED
from domain.region import city_of, province_of
from resolvers.facts.fact import Fact, Facts, needing
from resolvers.facts.situation import DecisionSubject


def _own(compute: Callable[[Holder], Any]) -> Fact:
    return Fact(lambda s: compute(s.holder) if s.holder else None)


def _seen_from(compute: Callable[[Holder, str], Any]) -> Fact:
    return Fact(lambda s: compute(s.holder, s.region) if s.holder else None)


def _age(situation: DecisionSubject) -> int | None:
    return years_between(situation.holder.born_on, situation.today) if situation.holder else None


def _any_in(part: Callable[[str], str], codes: tuple[str, ...], region: str) -> bool:
    return any(part(code) == part(region) for code in codes)


def _same(part: Callable[[str], str], code: str | None, region: str) -> bool | None:
    return part(code) == part(region) if code is not None else None


def _living(situation: DecisionSubject) -> list[Card]:
    return [c for c in situation.loaded.cards if c.reads_as(situation.now) is not CardState.CANCELLED]


def _in_province(situation: DecisionSubject) -> list[Card]:
    return [card for card in _living(situation) if card.province == province_of(situation.region)]


def _applications(situation: DecisionSubject) -> int:
    # Whatever still waits for its card: applications, and replacements of earlier cards. One whose card is made counts as
    # that card, for the card may end (uncollected, cancelled) before anybody says that it was received.
    province, now = province_of(situation.region), situation.now
    operations = situation.loaded.operations
    return sum(o.province == province and o.card_id is None and o.reads_as(now) not in CLOSED for o in operations)


_of_cards = needing("cards")

FACTS: Facts = {
    "holder.type": _own(lambda h: h.holder_type),
    "holder.identity_type": _own(lambda h: h.identity_type),
    "holder.age": Fact(_age),
    "holder.full_capacity": _own(lambda h: h.full_capacity),
    "holder.deceased": _own(lambda h: h.deceased_at is not None),
    "holder.groups": _own(lambda h: h.groups),
    "holder.photo_on_file": _own(lambda h: h.photo_on_file),
    "holder.photo_taken_on": _own(lambda h: h.photo_taken_on),
    "holder.mobile_bound": _own(lambda h: h.mobile is not None),
    "holder.mobile_bound_at": _own(lambda h: h.mobile_bound_at),
    "holder.insured_in": _own(lambda h: h.insured_in),
    "holder.employed_in": _own(lambda h: h.employed_in),
    "holder.insured_in_province": _seen_from(lambda h, region: _any_in(province_of, h.insured_in, region)),
    "holder.employed_in_province": _seen_from(lambda h, region: _any_in(province_of, h.employed_in, region)),
    "holder.insured_in_city": _seen_from(lambda h, region: _any_in(city_of, h.insured_in, region)),
    "holder.employed_in_city": _seen_from(lambda h, region: _any_in(city_of, h.employed_in, region)),
    "holder.address_region": _own(lambda h: h.address_region),
    "holder.address_in_city": _seen_from(lambda h, region: _same(city_of, h.address_region, region)),
    "holder.address_in_province": _seen_from(lambda h, region: _same(province_of, h.address_region, region)),
    "holder.guardians_on_record": needing("guardians")(lambda s: len(s.loaded.guardians)),
    "holder.proposed_duplicates": needing("merges")(lambda s: len(s.loaded.duplicates)),
    "holder.cards_in_province": _of_cards(lambda s: len(_in_province(s))),
    "holder.cards_elsewhere": _of_cards(lambda s: len(_living(s)) - len(_in_province(s))),
    "holder.card_generations": _of_cards(lambda s: tuple(dict.fromkeys(card.generation for card in _in_province(s)))),
    "holder.card_banks": _of_cards(lambda s: tuple(dict.fromkeys(card.bank for card in _in_province(s)))),
    "holder.applications_in_province": needing("operations")(_applications),
}
