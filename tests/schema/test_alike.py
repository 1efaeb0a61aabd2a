"""What somebody may not see and what there is not are answered alike: by the same words, and by as many statements."""

from collections.abc import Mapping
from datetime import date
from uuid import uuid4

import pytest

from domain.account import AccountEntry, EntryKind
from domain.card import Card, CardState
from domain.holder import Actor, Delegation
from domain.region import province_of
from resolvers.services.apply import apply_for_card
from schema.kit.relay import global_id
from store import Store
from store.records import AccountBatch
from tests.resolvers.world import (
    CHENGDU,
    NATIONAL,
    QINGDAO,
    START,
    World,
    application,
    bank,
    card_number,
    clerk,
    settle,
)
from tests.schema.graph import Graph
from tests.statements import counted_statements

pytestmark = pytest.mark.anyio

JINAN = NATIONAL[0]
DOCUMENTS = {
    "Holder": "query($id: ID!){holder(id: $id){id}}",
    "Card": "query($id: ID!){card(id: $id){id}}",
    "Operation": "query($id: ID!){operation(id: $id){id}}",
    "Document": "query($id: ID!){node(id: $id){id}}",
    "Delegation": "query($id: ID!){node(id: $id){id}}",
    "AccountEntry": "query($id: ID!){node(id: $id){id}}",
}


async def _things(country: World) -> Mapping[str, str]:
    """Put something of each kind on record that is somebody's; return the ids by type."""
    store, person = country.store, await settle(country.store)
    me = person.citizen(CHENGDU)
    applied = await apply_for_card(country.dependencies, me, await application(country, me, person, CHENGDU))
    card = Card(
        id=str(uuid4()), holder_id=person.id, region=CHENGDU, province="510000", number=card_number(),
        social_security_number=person.holder.identity_number, bank="ccb", generation="third", state=CardState.ACTIVE,
        issued_on=START.date(), expires_on=None, state_since=START,
    )  # fmt: skip
    given = Delegation(str(uuid4()), person.id, (await settle(store)).id, CHENGDU, ("status",), START, date(2027, 1, 1))
    entry = AccountEntry(
        str(uuid4()), person.id, QINGDAO, province_of(QINGDAO), uuid4().hex, EntryKind.SPENDING, 100, START, START
    )
    async with store.transaction() as work:
        await work.cards.add(card)
        await work.delegations.add(given)
        batch = AccountBatch(QINGDAO, province_of(QINGDAO), uuid4().hex, "x", START, 1)
        await work.account_entries.add(batch, [entry])
    return {
        "Holder": person.id,
        "Card": card.id,
        "Operation": applied.operation.id,
        "Document": person.documents["photo_chengdu"],
        "Delegation": given.id,
        "AccountEntry": entry.id,
    }


async def test_what_may_not_be_seen_is_answered_like_what_there_is_not(graph: Graph, store: Store) -> None:
    things, stranger = await _things(graph.country), await settle(store)
    askers: list[Actor] = [stranger.citizen(CHENGDU), clerk(JINAN), clerk(JINAN, "hotline_12333"), bank("icbc")]
    for asker in askers:
        for kind, document in DOCUMENTS.items():
            told = []
            for identifier in (things[kind], str(uuid4())) * 2:  # from its second use on a document is compiled
                async with counted_statements(store) as seen:
                    answer = await graph.ask(asker, document, id=global_id(kind, identifier))
                told.append((answer, len(seen)))
            assert told[2] == told[3], (asker, kind, told[2:])
            assert all(value is None for value in told[2][0]["data"].values())


async def test_a_number_on_a_card_that_may_not_be_seen_is_answered_like_one_that_there_is_not(
    graph: Graph, store: Store
) -> None:
    things, stranger = await _things(graph.country), await settle(store)
    async with store.reading() as work:
        card = await work.cards.get(things["Card"])
    document, told = "query($number: String!){findCard(number: $number){card{id} reason message{en}}}", []
    for number in (card.number, card_number()) * 2:
        async with counted_statements(store) as seen:
            told.append((await graph.data(stranger.citizen(CHENGDU), document, number=number), len(seen)))
    assert told[2] == told[3]


async def test_for_whom_something_is_asked_beside_somebody_who_is_not_found_is_answered_alike(
    graph: Graph, store: Store
) -> None:
    things, stranger, told = await _things(graph.country), await settle(store), []
    document = "mutation($input: GrantDelegationInput!){grantDelegation(input: $input){errors{code field message{en}}}}"
    delegate = {"name": "x", "identityType": "passport", "identityNumber": "E7654321"}
    given = {"delegate": delegate, "services": ["status"], "until": "2026-12-31", "regionCode": CHENGDU}
    for whose in (things["Holder"], str(uuid4())) * 2:
        async with counted_statements(store) as seen:
            asked = {"holderId": global_id("Holder", whose), **given}
            told.append((await graph.data(stranger.citizen(CHENGDU), document, input=asked), len(seen)))
    assert told[2] == told[3]
    [errors] = [payload["errors"] for payload in told[2][0].values()]
    assert {(each["code"], each["field"]) for each in errors} == {
        ("DELEGATE_NOT_FOUND", "input.delegate"),
        ("NOT_FOUND", "input.holderId"),
    }
