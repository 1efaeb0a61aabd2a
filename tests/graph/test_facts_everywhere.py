"""A rule reads what its service can reach: from a card its operation, from an operation its card, whoever acts, the past."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from domain.holder import Actor, Holder
from domain.operation import Operation, OperationState
from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import Caller, codes
from tests.graph.cards import CardOnRecord, add_active_card, add_card, refusals
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import JINAN, accepted, card_number, produced, shipped
from tests.graph.service import NOW, REGIONS, GraphService, holder_id, serve_graph
from tests.store import samples

WORDS = """facts:
  declared.is_student: {type: boolean, origin: declared, label: {zh: 是否学生, en: a student}}
  history.from_market:
    type: integer
    origin: counted
    count: {of: operation, names: [apply], where: {outlet: [market], bank: [ccb]}, within: lifetime}
    label: {zh: 市场网点申领次数, en: applications at the market}
vocabularies:
  outlets:
    terms:
      market: {label: {zh: 市场网点, en: market outlet}, bank: ccb, instant_issue: false, region: "370102"}
"""
RULES = {
    "activate": """
  received_first:
    when: {card.received: {is: false}}
    deny: true
    message: {zh: 请领卡后再激活。, en: Collect the card first.}
  told_when:
    when: {operation.received_at: {present: true}, operation.bank: {present: true, is: ccb}}
    tell: true
    message: {zh: 已领卡。, en: Received.}
""",
    "receive": """
  in_person:
    when: {request.channel: {is: bank_window}, actor.relation: {is_not: self}}
    deny: true
    message: {zh: 银行网点只办理本人领卡。, en: Only the holder collects at a bank.}
  own_bank:
    when: {actor.bank: {present: true, is_not: {fact: card.bank}}, card.bank: {present: true}}
    deny: true
    message: {zh: 请到发卡银行网点办理。, en: Go to an outlet of the issuing bank.}
  other_outlet:
    when:
      actor.outlet: {present: true}
      actor.outlet.bank: {is_not: icbc}
      actor.kind_of_office: {present: true, is: community_centre}
    deny: true
    message: {zh: 不能在此领卡。, en: Not here.}
""",
    "produce": """
  students_later:
    when: {declared.is_student: {present: true, is: true}}
    deny: true
    message: {zh: 学生卡统一制作。, en: Cards of students are made together.}
""",
    "status": """
  often:
    when: {history.from_market: {above: 0}, holder.cards_in_province: {above: 0}, card.account_state: {is: open}}
    deny: true
    message: {zh: 请到市场网点查询。, en: Ask at the market.}
""",
    "use": """
  not_handed_out:
    when: {card.received: {is: false}, actor.relation: {is: office}}
    deny: true
    message: {zh: 卡还没有领取。, en: The card is not handed out yet.}
""",
}


@pytest.fixture(scope="module", params=ENGINES)
def reading(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph with a city whose rules read what lies further off."""
    folder = tmp_path_factory.mktemp("facts")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    city = regions / "china/shandong/jinan"
    (city / "vocabulary.yaml").write_text(WORDS, encoding="utf-8")
    for service, rules in RULES.items():
        (city / f"{service}.yaml").write_text(f"source: assumption\nrules:{rules}", encoding="utf-8")
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


@pytest.fixture
def service(reading: GraphService) -> GraphService:
    """Return the service, its clock where every test begins."""
    reading.clock.set(NOW)
    return reading


def applied(person: Holder) -> Operation:
    """Return an application that was handled at the market."""
    return replace(
        samples.operation(str(uuid4())),
        service="apply",
        holder_id=person.id,
        region=JINAN,
        province="370000",
        state=OperationState.WITHDRAWN,
        bank="ccb",
        outlet="market",
        card_id=None,
        created_at=NOW,
    )


def activating(citizen: Caller, card: str) -> dict[str, Any]:
    return citizen.change("activateCard", cardId=card, evidence={"faceAssertion": citizen.face_assertion("activate")})


def test_a_card_knows_the_operation_that_made_it(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = shipped(service, citizen)
    card = operation["card"]["id"]
    assert codes(activating(citizen, card)) == ["NOT_RECEIVED", "RECEIVED_FIRST"]
    citizen.changed("confirmReceipt", operationId=operation["id"])
    payload = activating(citizen, card)
    assert payload["errors"] == []
    assert "Received." in [told["message"]["en"] for told in payload["decision"]["advice"]]


def test_a_card_that_was_made_elsewhere_counts_as_received(service: GraphService) -> None:
    person = service.person()
    citizen, card = service.citizen(person), add_card(service, person, JINAN)
    assert activating(citizen, card.id)["errors"] == []


def test_a_pharmacy_reads_it_too(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = produced(service, citizen)
    local = operation["card"]["id"]
    number = service.card_maker().ask("query($id: ID!){card(id: $id){number}}", {"id": local})["card"]["number"]
    assert "NOT_HANDED_OUT" in refusals(service, CardOnRecord(local, number))
    assert refusals(service, add_active_card(service, service.person(), JINAN)) == []


@pytest.mark.parametrize(("who", "expected"), [("holder", []), ("guardian", ["IN_PERSON"]), ("nobody", ["IN_PERSON"])])
def test_who_collects_at_a_window_is_who_is_there(service: GraphService, who: str, expected: list[str]) -> None:
    person = service.person()
    operation = shipped(service, service.citizen(person))
    there: dict[str, Holder] = {"holder": person, "guardian": service.guardian(person)}
    present = {"presentPersonId": holder_id(there[who])} if who in there else {}
    bank = service.clerk(JINAN, "bank_window")
    assert codes(bank.change("confirmReceipt", operationId=operation["id"], **present)) == expected


def test_only_a_clerk_says_who_collects(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    operation = shipped(service, citizen)
    for caller in (citizen, service.card_maker()):
        refused = caller.change("confirmReceipt", operationId=operation["id"], presentPersonId=holder_id(person))
        assert [(error["code"], error["field"]) for error in refused["errors"]] == [
            ("NOT_PERMITTED", "input.presentPersonId")
        ]


@pytest.mark.parametrize(
    ("office", "bank", "expected"),
    [
        ("window", "icbc", ["OWN_BANK"]),
        ("window", "ccb", []),
        ("window", None, []),
        ("market", None, []),
        ("window", "no_such_bank", []),
    ],
)
def test_a_token_says_whose_outlet_the_office_is(
    service: GraphService, office: str, bank: str | None, expected: list[str]
) -> None:
    person = service.person()
    operation = shipped(service, service.citizen(person))
    clerk = service.caller(Actor("clerk", "clerk", "service_window", office, JINAN, bank))
    given = {"operationId": operation["id"], "presentPersonId": holder_id(person)}
    assert codes(clerk.change("confirmReceipt", **given)) == expected


def test_an_office_that_is_an_outlet_is_read_as_that(service: GraphService) -> None:
    person = service.person()
    operation = shipped(service, service.citizen(person))
    clerk = service.caller(Actor("clerk", "clerk", "service_window", "market", JINAN, None, "community_centre"))
    given = {"operationId": operation["id"], "presentPersonId": holder_id(person)}
    assert codes(clerk.change("confirmReceipt", **given)) == ["OTHER_OUTLET"]


def test_a_later_step_reads_what_was_declared(service: GraphService) -> None:
    said = [{"name": "declared.is_student", "value": "true"}]
    operations = [
        accepted(service, service.citizen(service.person()), **given) for given in ({}, {"declarations": said})
    ]
    made = [
        service.card_maker().change("recordProduced", operationId=o["id"], cardNumber=card_number(), generation="third")
        for o in operations
    ]
    assert [codes(payload) for payload in made] == [[], ["STUDENTS_LATER"]]


def test_looking_up_reads_the_past_and_what_else_there_is(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    other = add_active_card(service, person, JINAN)
    document = "query($id: ID!){card(id: $id){state}}"
    assert citizen.ask(document, {"id": other.id})["card"] == {"state": "ACTIVE"}
    service.work(lambda work: work.operations.add(applied(person)))
    assert citizen.failure(document, {"id": other.id}) == "DECISION_REFUSED"
