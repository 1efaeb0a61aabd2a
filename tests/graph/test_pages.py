"""Pages as Relay's clients ask for them, and root fields that fail beside others."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.card import CardState
from domain.holder import Delegation, Holder
from schema.kit.relay import global_id
from tests.graph.caller import Caller
from tests.graph.cards import add_card
from tests.graph.journey import QINGDAO, submitted
from tests.graph.service import GraphService, holder_id
from tests.graph.test_account_entries import batch, day, entry, insured

PAGE = "pageInfo{hasNextPage hasPreviousPage startCursor endCursor}"
ARGUMENTS = "first: $first, after: $after, last: $last, before: $before"
VARIABLES = "$first: Int, $after: String, $last: Int, $before: String"


def walked(ask: Any, backwards: bool, size: int) -> list[Any]:
    """Return the nodes of all pages, asked for from one end to the other, and check what the pages say of their place."""
    nodes: list[Any] = []
    cursor = None
    while True:
        given = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
        page = ask(**given)
        found = [edge["node"] for edge in page["edges"]]
        nodes = found + nodes if backwards else nodes + found
        place = page["pageInfo"]
        behind, ahead = ("hasNextPage", "hasPreviousPage") if backwards else ("hasPreviousPage", "hasNextPage")
        assert place[behind] == (cursor is not None)
        assert [place["startCursor"], place["endCursor"]] == [page["edges"][0]["cursor"], page["edges"][-1]["cursor"]]
        if not place[ahead]:
            return nodes
        cursor = place["startCursor" if backwards else "endCursor"]


@pytest.mark.parametrize("backwards", [False, True])
def test_operations_and_entries_are_walked_from_both_ends(service: GraphService, backwards: bool) -> None:
    person, citizen, card = insured(service)
    for number in range(5):
        service.settlement_system(QINGDAO).changed(
            "postAccountEntries", **batch(entry(card, 1, at=day(1 + number // 2, 9)))
        )
    for _ in range(5):
        citizen.changed("reportTemporaryLoss", cardId=card.id)
        citizen.changed("cancelLossReport", cardId=card.id)
    operations = f"query({VARIABLES}){{operations({ARGUMENTS}){{{PAGE} edges{{cursor node{{id}}}}}}}}"
    entries = (
        f'query({VARIABLES}){{accountEntries(region: "{QINGDAO}", {ARGUMENTS}){{{PAGE} edges{{cursor node{{id}}}}}}}}'
    )
    for document, name, count in ((operations, "operations", 10), (entries, "accountEntries", 5)):
        whole = [edge["node"] for edge in citizen.ask(document, {"first": 100})[name]["edges"]]
        assert len(whole) == count
        assert walked(lambda d=document, n=name, **given: citizen.ask(d, given)[n], backwards, 2) == whole
    assert person.id


LISTS = {
    "cards": ("Card{holder{%s}}", "id"),
    "delegations": ("Card{holder{%s}}", "id"),
    "delegatedBy": ("Card{holder{%s}}", "id"),
    "wards": ("Card{holder{%s}}", "id"),
    "history": ("Card{%s}", "state since"),
    "timeline": ("Operation{%s}", "at event"),
    "decisions": ("Operation{%s}", "at service"),
}
"""Where a list stands, and what its items have."""


def delegation(giver: Holder, taker: Holder, granted_at: datetime) -> Delegation:
    return Delegation(str(uuid4()), giver.id, taker.id, QINGDAO, ("activate",), granted_at, date(2027, 1, 1))


@pytest.fixture
def of_a_person(service: GraphService) -> dict[str, tuple[Caller, str]]:
    """A person with several of everything; by list, who asks for it and the id of what has it."""
    person, now = service.person(), service.clock.now()
    cards = [add_card(service, person, QINGDAO, state=CardState.ACTIVE) for _ in range(3)]
    citizen = service.citizen(person, "qingdao_app")
    for minutes in range(3):
        other, at = service.person(), now + timedelta(minutes=minutes)
        service.guardian(service.person(), person)
        for given in (delegation(person, other, at), delegation(other, person, at)):
            service.work(lambda work, d=given: work.delegations.add(d))  # type: ignore[misc]
    citizen.changed("reportTemporaryLoss", cardId=cards[0].id)
    citizen.changed("cancelLossReport", cardId=cards[0].id)
    applicant = service.citizen(service.person())
    operation = submitted(applicant)
    applicant.changed("withdrawApplication", operationId=operation["id"])
    histories = dict.fromkeys(("timeline", "decisions"), (applicant, operation["id"]))
    return dict.fromkeys(LISTS, (citizen, cards[0].id)) | histories


@pytest.mark.parametrize("name", LISTS)
def test_a_list_and_its_pages_hold_the_same(
    service: GraphService, of_a_person: dict[str, tuple[Caller, str]], name: str
) -> None:
    caller, identifier = of_a_person[name]
    place, fields = LISTS[name]
    connection = f"{name}Connection({ARGUMENTS}){{{PAGE} totalCount edges{{cursor node{{{fields}}}}}}}"
    shown = place % f"list: {name}{{{fields}}} connection: {connection}"
    document = f"query($id: ID!, {VARIABLES}){{node(id: $id){{... on {shown}}}}}"

    def ask(**given: Any) -> Any:
        [found] = caller.ask(document, {"id": identifier} | given).values()
        return found.get("holder", found)

    whole = ask(first=100)
    assert whole["connection"]["totalCount"] == len(whole["list"]) > 0
    for backwards in (False, True):
        assert walked(lambda b=backwards, **given: ask(**given)["connection"], backwards, 2) == whole["list"]


def test_a_cursor_of_another_list_is_refused(service: GraphService, of_a_person: dict[str, tuple[Caller, str]]) -> None:
    citizen, card = of_a_person["history"]
    found = citizen.ask(
        "query($id: ID!){me{cardsConnection{pageInfo{endCursor}} delegationsConnection{pageInfo{endCursor}}}"
        "operations{pageInfo{endCursor}} card(id: $id){historyConnection{pageInfo{endCursor}}}}",
        {"id": card},
    )
    cursors = {
        "cards": found["me"]["cardsConnection"]["pageInfo"]["endCursor"],
        "delegations": found["me"]["delegationsConnection"]["pageInfo"]["endCursor"],
        "operations": found["operations"]["pageInfo"]["endCursor"],
        "history": found["card"]["historyConnection"]["pageInfo"]["endCursor"],
    }
    asked = {
        "cards": "me{cardsConnection(after: $c){totalCount}}",
        "delegations": "me{delegationsConnection(after: $c){totalCount}}",
        "operations": "operations(after: $c){pageInfo{endCursor}}",
        "accountEntries": f'accountEntries(region: "{QINGDAO}", before: $c){{totalCount}}',
        "history": "me{cards{historyConnection(after: $c){totalCount}}}",
    }
    for name, document in asked.items():
        for other, cursor in cursors.items():
            answer = citizen.answer(f"query($c: String){{{document}}}", {"c": cursor})
            codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
            # One card's history is another list than another card's.
            fits = name == other != "history"
            assert codes == (set() if fits else {"CURSOR_OF_ANOTHER_LIST"}), (name, other)


def test_an_account_entry_is_fetched_again_by_its_id(service: GraphService) -> None:
    person, citizen, card = insured(service)
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(entry(card, 7)))
    listed = citizen.ask(f'{{accountEntries(region: "{QINGDAO}"){{edges{{node{{id amount}}}}}}}}')["accountEntries"]
    [edge] = listed["edges"]
    again = "query($id: ID!){node(id: $id){... on AccountEntry{id amount}}}"
    assert citizen.ask(again, {"id": edge["node"]["id"]})["node"] == edge["node"]
    assert service.citizen(service.person(), "qingdao_app").ask(again, {"id": edge["node"]["id"]})["node"] is None
    assert citizen.ask(again, {"id": global_id("AccountEntry", "none")})["node"] is None
    assert citizen.ask(again, {"id": holder_id(person)})["node"] == {}


def test_a_root_field_that_fails_leaves_the_others(service: GraphService) -> None:
    person = service.person()
    for _ in range(2):  # As it comes, and compiled.
        answer = service.citizen(person).answer(
            '{me{id} card(id: "garbage"){id} region(code: "999999"){code} operations(after: "x"){totalCount}}'
        )
        assert answer["data"] == {"me": {"id": holder_id(person)}, "card": None, "region": None, "operations": None}
        codes = {error["path"][0]: error["extensions"]["code"] for error in answer["errors"]}
        assert codes == {"card": "ID_INVALID", "region": "REGION_UNKNOWN", "operations": "CURSOR_INVALID"}
    nobody = service.caller(None).answer("{regions{code} me{id}}")
    assert (len(nobody["data"]["regions"]) > 1, nobody["data"]["me"]) == (True, None)
