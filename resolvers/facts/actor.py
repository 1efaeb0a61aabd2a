"""Facts of who acts, and of the office that they act for."""

from domain.duration import years_between
from domain.holder import STAFF
from domain.region import city_of, province_of
from resolvers.facts.fact import Fact, Facts, needing
from resolvers.facts.situation import DecisionSubject

OUTLETS, BANKS = "outlets", "banks"
"""Vocabularies that the name of an office may be a word of."""


def _age(situation: DecisionSubject) -> int | None:
    return years_between(situation.person.born_on, situation.today) if situation.person else None


def _in_city(situation: DecisionSubject) -> bool | None:
    """Say whether the office is of the region's city; the offices of its province and of the nation count as such."""
    actor, region = situation.actor, situation.region
    if actor.role not in STAFF:
        return None
    own = actor.region
    return own is None or own == province_of(region) or city_of(own) == city_of(region)


def _outlet(situation: DecisionSubject) -> str | None:
    """Return the outlet that the office is, where the region knows one by that name."""
    office = situation.actor.office
    return office if office is not None and situation.words.term(OUTLETS, office) is not None else None


def _bank(situation: DecisionSubject) -> str | None:
    """Return the bank of the office: as the token says, of the outlet that it is, or the office itself."""
    actor, words = situation.actor, situation.words
    if actor.bank is not None:
        return actor.bank if words.term(BANKS, actor.bank) is not None else None
    outlet = words.term(OUTLETS, actor.office) if actor.office is not None else None
    named = outlet.attributes.get("bank") if outlet is not None else actor.office if actor.role == "bank" else None
    return named if named is not None and words.term(BANKS, named) is not None else None


def _office_kind(situation: DecisionSubject) -> str | None:
    kind = situation.actor.office_kind
    return kind if kind is not None and situation.words.term("office_kinds", kind) is not None else None


FACTS: Facts = {
    "actor.relation": Fact(lambda s: s.relation),
    "actor.age": needing("person")(_age),
    "actor.office_in_city": Fact(_in_city),
    "actor.office_region": Fact(lambda s: s.actor.region),
    "actor.kind_of_office": Fact(_office_kind),
    "actor.outlet": Fact(_outlet),
    "actor.bank": Fact(_bank),
}
