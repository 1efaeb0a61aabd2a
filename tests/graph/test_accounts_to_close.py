"""The work list of a bank: accounts on its cards that have ended, however they ended, until the bank says that they are closed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from domain.card import Card, CardState
from schema.kit.relay import global_id, local_id
from store import UnitOfWork
from tests.graph.caller import Caller
from tests.graph.cards import add_active_card, add_card
from tests.graph.journey import CHENGDU, QINGDAO, card_number
from tests.graph.service import GraphService, holder_id
from tests.graph.test_cancel import cancelled

LIST = (
    "query($since: DateTime, $first: Int, $after: String, $last: Int, $before: String, $order: AccountOrder){"
    "accountsToClose(updatedSince: $since, first: $first, after: $after, last: $last, before: $before, order: $order)"
    "{totalCount pageInfo{hasNextPage hasPreviousPage endCursor startCursor} "
    "edges{node{id number state accountState history{state reason}}}}}"
)
MINE, OTHER = "bank_of_mine", "bank_of_others"
"""Banks of which no other test has cards."""
CHANGED = {"order": "CHANGED"}
DEATH = {"diedOn": "2026-11-18", "evidence": {"sightedDocuments": ["death_certificate", "kinship_proof"]}}


def listed(caller: Caller, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = caller.ask(LIST, {"order": "LONGEST_WAITING_FIRST", **given})["accountsToClose"]
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


def died(service: GraphService, bank: str) -> str:
    """Put a death on record, of somebody with a card of a bank; return the card's id."""
    person, relative = service.person(), service.person()
    card = add_active_card(service, person, CHENGDU, bank)
    clerk = service.clerk(CHENGDU)
    clerk.changed("recordDeath", holderId=holder_id(person), presentPersonId=holder_id(relative), **DEATH)
    service.clock.advance(timedelta(minutes=1))
    return card.id


def imported(service: GraphService, bank: str) -> str:
    """Put a card on record that was cancelled long before this service, as an import does; return its id."""
    like = local_id(add_active_card(service, service.person(), CHENGDU, bank).id, "Card", "id")

    async def put(work: UnitOfWork) -> Card:
        began = service.clock.now() - timedelta(days=1_000)
        given: dict[str, Any] = {
            "id": str(uuid4()),
            "number": card_number(),
            "state": CardState.CANCELLED,
            "state_since": began,
        }
        card = replace(await work.cards.get(like), **given)
        await work.cards.add_imported([card], "1" * 64)
        return card

    return global_id("Card", service.work(put).id)


def test_a_bank_finds_every_account_that_is_to_be_closed_however_its_card_ended(service: GraphService) -> None:
    bank, death = service.bank(MINE), died(service, MINE)
    lapsing = add_card(service, service.person(), CHENGDU, MINE, CardState.FORMALLY_LOST)
    ends = {"state_until": service.clock.now() + timedelta(minutes=1), "state_then": CardState.CANCELLED}
    service.work(lambda work: _ending(work, lapsing.id, ends))
    add_active_card(service, service.person(), CHENGDU, MINE)
    died(service, "icbc")
    service.clock.advance(timedelta(minutes=1))
    by_hand = add_active_card(service, service.person(), CHENGDU, MINE)
    cancelled(service, by_hand)
    before = imported(service, MINE)

    page = listed(bank)
    assert (ids(page), page["totalCount"]) == ([before, death, lapsing.id, by_hand.id], 4)
    assert [edge["node"]["history"][-1]["reason"] for edge in page["edges"]][1:] == [
        "death",
        "lapsed",
        "settled_abroad",
    ]
    assert {(edge["node"]["state"], edge["node"]["accountState"]) for edge in page["edges"]} == {("CANCELLED", "OPEN")}
    first = listed(bank, first=3)
    assert (ids(first), first["pageInfo"]["hasNextPage"]) == (ids(page)[:3], True)
    assert ids(listed(bank, first=3, after=first["pageInfo"]["endCursor"])) == ids(page)[3:]
    back = listed(bank, last=2, before=first["pageInfo"]["endCursor"])
    assert (ids(back), back["pageInfo"]["hasPreviousPage"]) == (ids(page)[:2], False)
    assert ids(listed(bank, last=1)) == ids(page)[3:]
    # Written down or not, it is in one place.
    service.sweep()
    assert ids(listed(bank)) == ids(page)
    # Of a bank in one province, the cards of that; and none that is closed.
    assert ids(listed(service.bank(MINE, CHENGDU))) == ids(page)
    assert ids(listed(service.bank(MINE, QINGDAO))) == []
    bank.changed("closeAccount", cardId=death)
    assert ids(listed(bank)) == [before, lapsing.id, by_hand.id]
    for other in (service.card_maker(), service.clerk(CHENGDU), service.citizen(service.person())):
        assert other.failure(LIST) == "NOT_PERMITTED"


def test_who_looks_again_is_told_of_each_card_that_ended_once(service: GraphService) -> None:
    bank = service.bank(OTHER)
    # Later than the test before, and not so late that lists of other tests see it: the clock begins anew with each of them.
    service.clock.advance(timedelta(minutes=10))
    ended = [died(service, OTHER) for _ in range(3)]
    page = listed(bank, first=2, **CHANGED)
    assert (ids(page), page["totalCount"], page["pageInfo"]["hasNextPage"]) == (ended[:2], 3, True)
    page = listed(bank, first=2, after=page["pageInfo"]["endCursor"], **CHANGED)
    assert (ids(page), page["pageInfo"]["hasNextPage"]) == (ended[2:], False)
    after, since = page["pageInfo"]["endCursor"], service.clock.now().isoformat()
    assert listed(bank, after=after, **CHANGED)["edges"] == listed(bank, since=since)["edges"] == []
    # What was closed meanwhile is none of it, nor what only came on record; what ended long ago and came just now is.
    add_active_card(service, service.person(), CHENGDU, OTHER)
    closed, death, before = died(service, OTHER), died(service, OTHER), imported(service, OTHER)
    bank.changed("closeAccount", cardId=closed)
    assert ids(listed(bank, after=after, **CHANGED)) == ids(listed(bank, since=since)) == [death, before]
    # By time alone a card ends once it is written down, and then once.
    lapsing = add_card(service, service.person(), CHENGDU, OTHER, CardState.FORMALLY_LOST)
    ends = {"state_until": service.clock.now() + timedelta(minutes=1), "state_then": CardState.CANCELLED}
    service.work(lambda work: _ending(work, lapsing.id, ends))
    after = listed(bank, after=after, **CHANGED)["pageInfo"]["endCursor"]
    service.clock.advance(timedelta(minutes=2))
    service.sweep()
    service.sweep()
    assert ids(listed(bank, after=after, **CHANGED)) == [lapsing.id]
    assert bank.failure(LIST, {**CHANGED, "last": 2}) == "INVALID_INPUT"
    assert bank.failure(LIST, {"after": after}) == "CURSOR_OF_ANOTHER_LIST"


async def _ending(work: UnitOfWork, card_id: str, ends: dict[str, Any]) -> None:
    card = await work.cards.lock(local_id(card_id, "Card", "id"))
    await work.cards.update(replace(card, **ends))
