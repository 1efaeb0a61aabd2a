"""Whether a card may be used now: what pharmacies and hospitals are told, and what nobody is (NX-4, SC-2, SC-14)."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from domain.card import CardState
from domain.holder import Actor
from tests.graph.cards import add_active_card, add_card, look_up, refusals, usability, usability_failure
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService, holder_id

NO_SUCH_CARD = "A00000000000"
CALLERS: dict[str, Callable[[GraphService], Actor]] = {
    "a stranger": lambda service: Actor(service.person().id, "citizen", "unionpay_app"),
    "an office elsewhere": lambda service: Actor("clerk", "clerk", "service_window", "window-370200", QINGDAO),
    "another bank": lambda service: Actor("bank", "bank", "partner_system", "icbc"),
    "a policy officer": lambda service: Actor("officer", "policy_officer", "partner_system", "policies"),
}


@pytest.mark.parametrize(
    ("state", "reasons", "said"),
    [
        (CardState.SEALED, ["NOT_ACTIVATED"], "这张卡还没有启用，不能使用。请持卡人先启用。"),
        (CardState.ACTIVE, [], None),
        (
            CardState.TEMPORARILY_LOST,
            ["TEMPORARILY_LOST"],
            "这张卡已挂失，药店和医院都不能使用。卡已找回的，请持卡人先解挂。",
        ),
        (
            CardState.FORMALLY_LOST,
            ["FORMALLY_LOST"],
            "这张卡已正式挂失，不能使用。卡已找回的，请持卡人先解挂；没有找回的，请补卡。",
        ),
        (CardState.LOCKED, ["LOCKED"], "这张卡已锁定，不能使用。请持卡人先办理服务密码重置。"),
        (CardState.CANCELLED, ["CANCELLED"], "这张卡已注销，不能使用。请持卡人使用新卡，没有新卡的请重新申领。"),
    ],
)
@pytest.mark.parametrize("region", [CHENGDU, JINAN, QINGDAO])
def test_NX_4_pharmacies_are_told_the_reason_of_each_state(
    service: GraphService, region: str, state: CardState, reasons: list[str], said: str | None
) -> None:
    card = add_card(service, service.person(), region, state=state)
    told = usability(service.medical_institution(), card.number)
    assert told["usable"] is (not reasons)
    assert [reason["code"] for reason in told["reasons"]] == reasons
    # Sichuan and Qingdao say 激活 where the national guide says 启用.
    said = said if said is None or region == JINAN else said.replace("启用", "激活")
    assert [reason["message"]["zh"] for reason in told["reasons"]] == ([said] if said else [])
    assert all(reason["citation"]["file"] == "china/use.yaml" for reason in told["reasons"])
    assert len(told["policyDigest"]) > 20


def test_SC_2_a_card_is_used_once_it_is_activated(service: GraphService) -> None:
    card, clerk = add_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    told = usability(service.medical_institution(), card.number)["reasons"][0]
    assert told["citation"]["clause"] == "02 激活：未激活社保功能的社会保障卡不能使用 (SC-2)"
    evidence = {"sightedDocuments": ["social_security_card", "identity_card_front", "identity_card_back"]}
    clerk.changed("activateCard", cardId=card.id, evidence=evidence)
    assert refusals(service, card) == []


def test_SC_14_a_card_settles_medical_bills_away_from_home(service: GraphService) -> None:
    card = add_active_card(service, service.person(), CHENGDU)
    for region in (None, JINAN, "440000"):
        assert usability(service.medical_institution(region), card.number)["usable"] is True


def test_SC_5_nobody_who_is_ill_is_turned_away_for_a_card_that_has_expired(service: GraphService) -> None:
    card = add_card(service, service.person(), CHENGDU, state=CardState.ACTIVE, expires_on=date(2026, 11, 20))
    assert refusals(service, card) == []
    assert usability(service.medical_institution(), card.number)["advice"] == []
    service.clock.advance(timedelta(days=400))
    assert refusals(service, card) == []
    told = usability(service.medical_institution(), card.number)
    assert told["usable"] is True
    assert [advice["name"] for advice in told["advice"]] == ["expired"]


def test_NX_4_the_number_is_read_as_people_type_it(service: GraphService) -> None:
    card = add_active_card(service, service.person(), CHENGDU)
    assert usability(service.medical_institution(), f" {card.number.lower()} ")["usable"] is True


def test_NX_4_nothing_is_told_about_the_person(service: GraphService) -> None:
    person = service.person(mobile="13912345678", address="成都市锦江区1号")
    card, pharmacy = add_active_card(service, person, CHENGDU), service.medical_institution()
    told = json.dumps(usability(pharmacy, card.number), ensure_ascii=False)
    for secret in (person.name, person.identity_number, person.identity_number[-4:], "12345678", "锦江", card.id):
        assert secret not in told
    shown = pharmacy.ask('{__type(name: "Usability"){fields{name}}}')["__type"]["fields"]
    assert {field["name"] for field in shown} == {"usable", "reasons", "advice", "policyDigest"}


def test_NX_4_a_pharmacy_sees_no_card_no_person_and_no_operation(service: GraphService) -> None:
    person = service.person()
    card, pharmacy = add_active_card(service, person, CHENGDU), service.medical_institution()
    usability(pharmacy, card.number)
    assert pharmacy.failure("query($id: ID!){card(id: $id){number}}", {"id": card.id}) == "NOT_FOUND"
    assert pharmacy.failure("query($id: ID!){holder(id: $id){name}}", {"id": holder_id(person)}) == "NOT_FOUND"
    assert pharmacy.ask("{me{name} operations{totalCount}}") == {"me": None, "operations": {"totalCount": 0}}


def test_NX_4_asking_leaves_no_trace(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    before = look_up(clerk, card.id)
    refusals(service, card)
    assert look_up(clerk, card.id) == before


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("state", [CardState.ACTIVE, CardState.TEMPORARILY_LOST])
def test_NX_4_a_stranger_learns_nothing_not_even_that_there_is_a_card(
    service: GraphService, who: str, state: CardState
) -> None:
    card = add_card(service, service.person(), CHENGDU, state=state)
    stranger = service.caller(CALLERS[who](service))
    query = "query($number: String!){cardUsable(cardNumber: $number){usable}}"

    def told(number: str) -> str:
        answer = json.dumps(stranger.answer(query, {"number": number}), ensure_ascii=False)
        return answer.replace(number, "NUMBER")

    # An officer may not ask at all, whatever the number.
    assert ("NOT_PERMITTED" if who == "a policy officer" else "NOT_FOUND") in told(card.number)
    assert told(card.number) == told(NO_SUCH_CARD)


def test_NX_4_without_a_token_nothing_is_told(service: GraphService) -> None:
    card = add_active_card(service, service.person(), CHENGDU)
    assert usability_failure(service.caller(None), card.number) == "NOT_AUTHENTICATED"


@pytest.mark.parametrize("number", [NO_SUCH_CARD, "", " ", "x" * 4_000, "\U0001f600", "'; DROP TABLE card; --"])
def test_what_is_no_card_number_is_not_found(service: GraphService, number: str) -> None:
    assert usability_failure(service.medical_institution(), number) == "NOT_FOUND"


def test_NX_4_a_settlement_system_and_an_office_of_the_province_ask_too(service: GraphService) -> None:
    card = add_active_card(service, service.person(), CHENGDU)
    settlement = Actor("settlement", "settlement_system", "partner_system", "settlement", CHENGDU)
    for caller in (service.caller(settlement), service.clerk(CHENGDU), service.clerk("510700")):
        assert usability(caller, card.number)["usable"] is True
    elsewhere = Actor("settlement", "settlement_system", "partner_system", "settlement", QINGDAO)
    assert usability_failure(service.caller(elsewhere), card.number) == "NOT_FOUND"
