"""How the graph answers: few queries whatever the page, pages that miss nothing, nodes, and masked failures."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from domain.card import CardState
from domain.holder import Actor, Delegation
from domain.operation import Delivery
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.accept import accept_for_production
from resolvers.services.apply import apply_for_card
from resolvers.services.deliver import set_delivery
from resolvers.services.produce import ProducedCard, record_produced
from schema.kit.relay import global_id
from store import Store
from store.repositories import operations
from tests.resolvers.world import (
    CARD_MAKER,
    CHENGDU,
    START,
    Person,
    World,
    application,
    card_number,
    clerk,
    settle,
)
from tests.schema.graph import Graph
from tests.statements import counted_statements
from tests.store import samples

pytestmark = pytest.mark.anyio

CLERK = clerk(CHENGDU)
PAGE = """query Page($first: Int, $after: String) {
  operations(first: $first, after: $after) {
    edges { cursor node {
      id
      holder { name cards { number } wards { id } delegations { delegateName holder { name } } delegatedBy { id } }
      card { number holder { name } history { state } replaces { id } functions { name } reminders { name } }
      replacedCard { id } archived { document fileIds }
      timeline { at }
      decisions { service }
      progress { state }
    } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount totalCountIsExact
  }
}"""


async def _operation(country: World, person: Person) -> str:
    actor = person.citizen(CHENGDU)
    applied = await apply_for_card(country.dependencies, actor, await application(country, actor, person, CHENGDU))
    return applied.operation.id


async def _card(country: World, person: Person) -> tuple[str, str]:
    """Bring a card into being; return the ids of its operation and of it."""
    actor, identifier = person.citizen(CHENGDU), await _operation(country, person)
    collected = ServiceRequest("deliver", operation_id=identifier, delivery=Delivery("outlet", "chengdu_sample_icbc"))
    await set_delivery(country.dependencies, actor, collected)
    await accept_for_production(country.dependencies, CLERK, ServiceRequest("accept", operation_id=identifier))
    card = ProducedCard(card_number(), "third")
    made = await record_produced(
        country.dependencies, CARD_MAKER, ServiceRequest("produce", operation_id=identifier, bank="icbc"), card
    )
    assert made.operation.card_id is not None
    return identifier, made.operation.card_id


async def _delegation(store: Store, person: Person, delegate: Person) -> str:
    granted = Delegation(str(uuid4()), person.id, delegate.id, CHENGDU, ("activate",), START, date(2027, 1, 1))
    async with store.transaction() as work:
        await work.delegations.add(granted)
    return granted.id


async def test_a_page_of_50_takes_as_few_queries_as_a_page_of_2(graph: Graph, store: Store) -> None:
    for _ in range(12):
        person = await settle(store)
        await settle(store, guardian=person.id)
        await _card(graph.country, person)
        await _delegation(store, person, await settle(store))
    counts = {}
    # From its second use on a document is compiled.
    await graph.data(CLERK, PAGE, first=2)
    for first in (2, 50):
        async with counted_statements(store) as seen:
            page = await graph.data(CLERK, PAGE, first=first)
        counts[first] = len(seen)
        assert len(page["operations"]["edges"]) == min(first, 12)
        nodes = [edge["node"] for edge in page["operations"]["edges"]]
        assert all(node["card"]["history"] == [{"state": "SEALED"}] for node in nodes)
        assert len({node["holder"]["wards"][0]["id"] for node in nodes}) == len(nodes)
        assert len({node["holder"]["delegations"][0]["delegateName"] for node in nodes}) == len(nodes)
        assert all({"name": "activate_before_use"} in node["card"]["reminders"] for node in nodes)
        assert all({"name": "contactless"} in node["card"]["functions"] for node in nodes)
    # Loads that fall into one moment share a query, so that one more or less says nothing; one a row would be ten more.
    assert abs(counts[50] - counts[2]) <= 2, counts
    # The page, its count, holders, cards, cards of holders, wards' ids, wards, histories, timelines, decisions;
    # delegations from and to, delegates, replaced cards, files; once each what the functions of all cards are decided
    # on, and their reminders.
    assert 0 < counts[50] <= 20, counts


MINE = """query Mine($id: ID!) {
  holder(id: $id) { name cards { number state } }
  operations { edges { node { state timeline { at event } } } }
}"""
ONE = """query Operation($id: ID!) { operation(id: $id) {
  state due regionName { text } holder { name identityNumber } card { number state }
  timeline { at event role } progress { state at } decisions { service policyDigest }
} }"""


async def test_what_is_known_of_whoever_asks_is_not_looked_up(graph: Graph, store: Store) -> None:
    person = await settle(store)
    identifier, _ = await _card(graph.country, person)
    me = person.citizen(CHENGDU)
    async with counted_statements(store) as seen:
        mine = await graph.data(me, MINE, id=global_id("Holder", person.id))
    # The holder, the cards, the operations, the timelines; and the operation that made the card, for the number of a sealed
    # card is shown once it is received.
    assert len(seen) == 5, seen
    assert len(mine["holder"]["cards"]) == 1
    assert mine["operations"]["edges"][0]["node"]["timeline"]
    async with counted_statements(store) as seen:
        one = await graph.data(me, ONE, id=global_id("Operation", identifier))
    # The operation with its holder, its card, its timeline, its decisions, and the operation that made the card. What was bound
    # in WeChat before is not read: through this channel nothing hangs on it.
    assert len(seen) == 5, seen
    assert one["operation"]["holder"]["name"] == person.holder.name


FIND_HOLDER = """query Find($name: String!, $number: String!) {
  findHolder(name: $name, identityType: "resident_identity_card", identityNumber: $number) {
    holder { id cards { id } cardsElsewhere { regionCode } }
  }
}"""


async def test_looking_for_somebody_is_one_look_into_an_index(graph: Graph, store: Store) -> None:
    person = await settle(store)
    _, card_id = await _card(graph.country, person)
    number = "11010519491231002X"
    async with store.transaction() as work:
        card, known = await work.cards.get(card_id), await work.holders.get(person.id)
        await work.holders.update(replace(known, identity_number=number))
    async with counted_statements(store) as seen:
        found = await graph.data(CLERK, FIND_HOLDER, name=person.holder.name, number=number)
    # The person, and their cards.
    assert len(seen) == 2, seen
    assert found["findHolder"]["holder"]["cards"] == [{"id": global_id("Card", card_id)}]
    async with counted_statements(store) as seen:
        found = await graph.data(CLERK, "query($n: String!) { findCard(number: $n) { card { id } } }", n=card.number)
    # The card by its number; then it is looked at as by its id: its holder, and all cards of that.
    assert len(seen) == 3, seen
    assert found["findCard"]["card"] == {"id": global_id("Card", card_id)}


async def test_what_a_level_asks_for_is_one_trip_to_a_server(graph: Graph, store: Store) -> None:
    person = await settle(store)
    identifier, _ = await _card(graph.country, person)
    me, trips = person.citizen(CHENGDU), {}
    # Holder and operations; cards and timelines; what made the card. Operation and holder; card, timeline and decisions; what
    # made the card. To a file there is no way to go.
    least = 3 if store._address.engine == "postgresql" else 5
    for document, asked in ((MINE, global_id("Holder", person.id)), (ONE, global_id("Operation", identifier))):
        alone = await graph.data(me, document, id=asked)
        # It is compiled beside the loop from its second use on, and then asyncpg asks each connection once what an array of rows is.
        for _ in range(100):
            async with counted_statements(store) as seen:
                assert await graph.data(me, document, id=asked) == alone
            trips[document] = len(seen)
            if len(seen) == least:
                break
    assert trips == {MINE: least, ONE: least}


TO_CLOSE = """query ToClose($first: Int, $order: AccountOrder) {
  accountsToClose(first: $first, order: $order) { edges { node { number state history { reason } } } }
}"""


@pytest.mark.parametrize("order", ["LONGEST_WAITING_FIRST", "CHANGED"])
async def test_accounts_to_close_take_as_few_queries_however_many_there_are(
    graph: Graph, store: Store, order: str
) -> None:
    bank = Actor("closing system", "bank", "partner_system", "closing")
    async with store.transaction() as work:
        for _ in range(5):
            ended = {"state": CardState.CANCELLED, "state_since": START, "bank": "closing"}
            await work.cards.add(samples.card(str(uuid4()), number=card_number(), **ended))
    for first in (2, 5):
        async with counted_statements(store) as seen:
            page = await graph.data(bank, TO_CLOSE, first=first, order=order)
        assert len(page["accountsToClose"]["edges"]) == first
        # Which, the cards, and their histories.
        assert len(seen) == 3, seen


async def test_an_operation_of_a_ward_is_listed_while_there_is_a_guardian(graph: Graph, store: Store) -> None:
    guardian = await settle(store)
    ward = await settle(store, born=date(2020, 5, 1), guardian=guardian.id)
    actor = guardian.citizen(CHENGDU)
    asked = await application(graph.country, actor, ward, CHENGDU)
    await apply_for_card(graph.country.dependencies, actor, asked)
    listed = "{ operations { totalCount edges { node { holder { name } } } } }"
    found = (await graph.data(actor, listed))["operations"]
    assert (found["totalCount"], found["edges"][0]["node"]["holder"]["name"]) == (1, ward.holder.name)
    async with store.transaction() as work:
        await work.guardianships.end(guardian.id, ward.id, START)
    assert (await graph.data(actor, listed))["operations"] == {"totalCount": 0, "edges": []}


async def test_pages_miss_and_repeat_nothing_through_equal_moments(graph: Graph, store: Store) -> None:
    expected = set()
    for number in range(7):
        if number == 5:
            graph.country.clock.advance(timedelta(seconds=1))
        expected.add(global_id("Operation", await _operation(graph.country, await settle(store))))
    found: list[str] = []
    sizes: list[int] = []
    cursor = None
    while cursor is not None or not sizes:
        page = (await graph.data(CLERK, PAGE, first=2, after=cursor))["operations"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        sizes.append(len(page["edges"]))
        assert page["totalCount"] == 7
        assert page["pageInfo"]["hasPreviousPage"] == (len(sizes) > 1)
        cursor = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert sizes == [2, 2, 2, 1]
    assert len(found) == len(set(found))
    assert set(found) == expected


async def test_more_operations_than_are_counted_are_told_as_more(
    graph: Graph, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_COUNTED", 2)
    found = []
    for _ in range(3):
        await _operation(graph.country, await settle(store))
        async with counted_statements(store) as seen:
            page = (await graph.data(CLERK, "{ operations { totalCount totalCountIsExact } }"))["operations"]
        # One count serves both fields.
        assert sum("count(" in statement for statement in seen) == 1
        found.append((page["totalCount"], page["totalCountIsExact"]))
    assert found == [(1, True), (2, True), (2, False)]


async def test_node_fetches_a_thing_of_each_type(graph: Graph, store: Store) -> None:
    person = await settle(store)
    operation_id, card_id = await _card(graph.country, person)
    ids = {
        "Holder": person.id,
        "Operation": operation_id,
        "Card": card_id,
        "Region": CHENGDU,
        "Document": person.documents["photo_chengdu"],
        "Delegation": await _delegation(store, person, await settle(store)),
    }
    implementing = await graph.data(None, '{ __type(name: "Node") { possibleTypes { name } } }')
    # Account entries are fetched again where an account is: tests/graph/test_pages.py.
    assert {kind["name"] for kind in implementing["__type"]["possibleTypes"]} == {*ids, "AccountEntry"}
    for name, identifier in ids.items():
        given = global_id(name, identifier)
        found = await graph.data(
            person.citizen(CHENGDU), "query($id: ID!) { node(id: $id) { __typename id } }", id=given
        )
        assert found["node"] == {"__typename": name, "id": given}
        absent = await graph.data(
            person.citizen(CHENGDU), "query($id: ID!) { node(id: $id) { id } }", id=global_id(name, "nobody")
        )
        assert absent["node"] is None


async def test_what_nobody_foresaw_is_masked_and_found_in_the_log(
    graph: Graph, store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await settle(store)
    monkeypatch.setattr(
        "schema.query.lookup.visible_operations", lambda *_: (_ for _ in ()).throw(RuntimeError("the secret cause"))
    )
    answer = await graph.ask(person.citizen(CHENGDU), "{ operations { totalCount } }")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert error["extensions"]["id"] in error["message"]
    assert "secret" not in str(answer)
    assert "Traceback" not in str(answer)
    assert error["extensions"]["id"] in caplog.text
    assert "the secret cause" in caplog.text


async def test_who_asks_without_a_token_is_told_so(graph: Graph) -> None:
    answer = await graph.ask(None, "{ me { name } }")
    assert answer["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"


async def test_an_unknown_role_is_no_token(graph: Graph) -> None:
    answer = await graph.ask(Actor("somebody", "emperor", "service_window"), "{ me { name } }")
    assert answer["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"
