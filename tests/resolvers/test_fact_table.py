"""The table of facts: what it has, and what it costs, counted in statements on both databases."""

from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from domain.card import Card
from domain.facts import PROVIDED, is_provided
from domain.history import RecordKind
from domain.holder import Actor
from domain.operation import Operation
from domain.services import RECORDS, records_of
from policies.engine.decide import Policies
from policies.language.history_counts import Count
from resolvers.facts import QUERIES, TABLE, DecisionSubject, facts_at_hand, load_facts
from tests.resolvers.world import CHENGDU, START, World, policies, settle
from tests.statements import counted_statements
from tests.store import samples

pytestmark = pytest.mark.anyio

REACHED = {"card", "operation", "replaced"}
"""What facts may need besides queries: the records that a decision can be about itself."""


def definitions() -> dict[str, str]:
    """Return the facts that the files of the whole country define, with their origins."""
    facts = policies().region("000000").words.facts.values()
    return {fact.name: fact.origin for fact in facts}


def test_the_table_the_domain_and_the_files_have_the_same_facts() -> None:
    assert TABLE.keys() == PROVIDED
    defined = definitions()
    assert {name for name, origin in defined.items() if origin not in ("declared", "counted")} == PROVIDED
    assert [name for name, origin in defined.items() if not is_provided(name, origin)] == []


def test_every_fact_is_of_a_record_that_some_service_reaches() -> None:
    assert {name.split(".")[0] for name in PROVIDED} <= set(RECORDS)
    assert {need for fact in TABLE.values() for need in fact.needs} <= QUERIES.keys() | REACHED


def counting(of: RecordKind, since: RecordKind | None = None) -> SimpleNamespace:
    """Return the definition of a fact that counts past records."""
    last = Count(since, (), {}, "lifetime", None, latest=True) if since is not None else None
    return SimpleNamespace(count=Count(of, (), {}, "lifetime", None, latest=False, since=last))


COUNTED = {
    "history.operations": counting("operation"),
    "history.card_states": counting("card_state"),
    "history.both": counting("operation", since="card_state"),
}


def reading(names: Iterable[str]) -> Policies:
    """Return policies whose every rule reads these facts and no others."""
    roots = frozenset(names)
    fact = policies().region(CHENGDU).words.fact
    words = SimpleNamespace(fact=lambda name: COUNTED[name] if name in COUNTED else fact(name))
    effective = SimpleNamespace(roots=roots, words=words)
    return cast(Policies, SimpleNamespace(effective=lambda *_: effective))


class Scene:
    """A holder with an application that came to a card, and its replacement that has not yet."""

    def __init__(self, country: World, holder: Any, card: Card, made: Operation, replacing: Operation) -> None:
        self.country, self.holder, self.card = country, holder, card
        self.made, self.replacing = made, replacing

    def about(self, service: str, **about: Any) -> DecisionSubject:
        person = about.pop("person_id", self.holder.id)
        return DecisionSubject(
            service=service,
            actor=Actor(person, "citizen", "service_window"),
            now=START,
            calendar=self.country.dependencies.calendar,
            region=CHENGDU,
            words=policies().region(CHENGDU).words,
            holder=self.holder,
            person_id=person,
            relation="self",
            **about,
        )


async def scene(country: World, number: int = 1) -> Scene:
    holder = (await settle(country.store)).holder
    card = samples.card(f"card-{number}", holder_id=holder.id, number=f"A{number}23456789", region=CHENGDU)
    of_the_holder = {"holder_id": holder.id, "replaced_card_id": None}
    made = samples.operation(f"made-{number}", service="apply", card_id=card.id, **of_the_holder)
    replacing = samples.operation(f"replacing-{number}", service="reissue", **{**of_the_holder, "card_id": None})
    replacing = replace(replacing, replaced_card_id=card.id)
    async with country.store.transaction() as work:
        await work.cards.add(card)
        await work.operations.add(made)
        await work.operations.add(replacing)
    return Scene(country, holder, card, made, replacing)


async def cost(
    country: World, names: Iterable[str], situations: list[DecisionSubject]
) -> tuple[int, list[dict[str, Any]]]:
    async with country.store.reading() as work, counted_statements(country.store) as seen:
        known = await load_facts(reading(names), work, situations)
    return len(seen), [dict(each.facts) for each in known]


OF_CARDS = ("holder.cards_in_province", "holder.cards_elsewhere", "holder.card_banks", "replaced.bank")
OF_A_CARD = tuple(name for name in TABLE if name.split(".")[0] in records_of("activate"))
COSTS: dict[str, tuple[tuple[str, ...], int]] = {
    "nothing is read": ((), 0),
    "what is at hand": (("holder.age", "card.state", "request.now", "actor.relation", "actor.age", "actor.bank"), 0),
    "cards": (OF_CARDS, 1),
    "operations": (("card.received", "operation.bank", "holder.applications_in_province"), 1),
    "cards and operations": ((*OF_CARDS, "card.being_replaced", "card.received"), 2),
    "a timeline, of the operation that made the card": (("operation.shipped_at", "operation.corrections"), 2),
    "papers of the operation that made the card": (("operation.papers",), 2),
    "the states of the card": (("card.loss_reported_at",), 1),
    "the password": (("card.has_password", "card.password_errors"), 1),
    "guardians": (("holder.guardians_on_record",), 1),
    "proposed duplicates": (("holder.proposed_duplicates",), 1),
    "past operations": (("history.operations",), 1),
    "past states of cards": (("history.card_states",), 2),
    "the past": (("history.operations", "history.card_states"), 3),
    "past operations since a state": (("history.both",), 3),
    "the past, with what it is made of": (("history.both", *OF_CARDS, "card.received", "card.loss_reported_at"), 3),
    "all of it": (("history.both", *OF_A_CARD), 8),
}


@pytest.mark.parametrize("what", COSTS)
async def test_what_rules_read_is_loaded_once_for_many(country: World, what: str) -> None:
    names, queries = COSTS[what]
    scenes = [await scene(country, number) for number in range(3)]
    one = [scenes[0].about("activate", about_card=scenes[0].card)]
    assert (await cost(country, names, one))[0] == queries
    many = [each.about("activate", about_card=each.card) for each in scenes]
    assert (await cost(country, names, many))[0] == queries


async def test_an_operation_without_a_card_costs_no_query_for_it(country: World) -> None:
    found = await scene(country)
    read = ("card.state", "card.has_password", "card.received", "operation.state", "choice.bank")
    queries, [known] = await cost(country, read, [found.about("progress", about_operation=found.replacing)])
    assert (queries, known["card.state"], known["card.received"]) == (0, None, None)
    queries, [known] = await cost(country, ("card.bank",), [found.about("progress", about_operation=found.made)])
    assert (queries, known["card.bank"]) == (1, found.card.bank)


async def test_an_operation_knows_the_card_that_it_replaces(country: World) -> None:
    found = await scene(country)
    situation = found.about("progress", about_operation=found.replacing)
    queries, [known] = await cost(country, ("replaced.state", "replaced.bank"), [situation])
    assert (queries, known["replaced.bank"]) == (1, found.card.bank)


async def test_who_acts_is_looked_up_where_they_are_not_the_holder(country: World) -> None:
    found, other = await scene(country), (await settle(country.store)).holder
    situation = found.about("activate", about_card=found.card, person_id=other.id)
    queries, [known] = await cost(country, ("actor.age",), [situation])
    assert queries == 1
    assert isinstance(known["actor.age"], int)


async def test_nothing_is_loaded_twice_for_a_second_decision_about_the_same_people(country: World) -> None:
    found = await scene(country)
    first = found.about("apply")
    read = ("holder.cards_in_province", "holder.applications_in_province")
    assert (await cost(country, read, [first]))[0] == 2
    second = found.about("deliver", about_operation=found.replacing)
    second.loaded = first.loaded.of_the_people(same_person=True)
    assert (await cost(country, (*read, "replaced.bank"), [second]))[0] == 0


async def test_another_person_is_not_taken_for_the_one_who_was_looked_up(country: World) -> None:
    found, other = await scene(country), (await settle(country.store)).holder
    first = found.about("apply", person_id=other.id)
    assert (await cost(country, ("actor.age",), [first]))[0] == 1
    second = found.about("deliver", about_operation=found.replacing, person_id="window-1")
    second.loaded = first.loaded.of_the_people(same_person=False)
    queries, [known] = await cost(country, ("actor.age",), [second])
    assert (queries, known["actor.age"]) == (1, None)


async def test_what_the_change_itself_brings_is_waited_for(country: World) -> None:
    found = await scene(country)
    situation = found.about("set_password", about_card=found.card)
    async with country.store.reading() as work:
        [known] = await load_facts(reading(()), work, [situation])
        assert known.whole
        [known] = await load_facts(reading(("password.length",)), work, [situation])
        assert not known.whole
        situation.derived = {"password.length": 8}
        [known] = await load_facts(reading(("password.length",)), work, [situation])
        assert known.whole


async def test_what_is_at_hand_is_known_without_what_would_have_to_be_read(country: World) -> None:
    found = await scene(country)
    about = found.about("progress", about_operation=found.made)
    read = ("actor.relation", "card.state", "history.operations")
    known = facts_at_hand(reading(read), about) or {}
    assert known["actor.relation"] == "self"
    assert not known.keys() & {"card.state", "history.operations"}
    async with country.store.reading() as work:
        await load_facts(reading(("card.state",)), work, [about])
    assert (facts_at_hand(reading(read), about) or {})["card.state"] == found.card.state.value
    # Nothing has to be read; or nobody has said something that no query tells.
    assert facts_at_hand(reading(("actor.relation",)), about) is None
    assert facts_at_hand(reading((*read, "password.length")), about) is None
