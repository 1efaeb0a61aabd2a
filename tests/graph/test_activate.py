"""Activating a sealed card (NX-2, SC-2, CD-2, QD-2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from domain.card import CardState
from tests.graph.caller import codes, denials, missing
from tests.graph.cards import add_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, ZIBO, received
from tests.graph.service import GraphService, mobile

CARD_AND_PAPERS = ["social_security_card", "identity_card_front", "identity_card_back"]


def test_NX_2_sealed_becomes_normal_and_the_record_can_be_seen(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    operation = received(service, citizen)
    given = {"cardId": operation["card"]["id"], "evidence": {"faceAssertion": citizen.face_assertion("activate")}}
    payload = citizen.changed("activateCard", **given)
    assert (payload["card"]["state"], payload["operation"]["state"]) == ("ACTIVE", "COMPLETED")
    record = "query($service: String!){operations(filter: {service: $service}){totalCount edges{node{service state card{state}}}}}"
    found = citizen.ask(record, {"service": "activate"})["operations"]
    assert found["totalCount"] == 1
    assert found["edges"][0]["node"] == {"service": "activate", "state": "COMPLETED", "card": {"state": "ACTIVE"}}
    assert codes(citizen.change("activateCard", **given)) == ["NOT_SEALED"]


@pytest.mark.parametrize("state", [state for state in CardState if state is not CardState.SEALED])
def test_NX_2_only_a_sealed_card_is_activated(service: GraphService, state: CardState) -> None:
    person = service.person()
    card = add_card(service, person, JINAN, state=state)
    payload = service.citizen(person).change("activateCard", cardId=card.id)
    assert codes(payload) == ["NOT_SEALED", "MISSING"]


def test_NX_0_activation_is_closed_where_the_city_has_not_opened_it(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, ZIBO)
    decision = service.citizen(person).check("activate", cardId=card.id)["decision"]
    assert denials(decision) == ["CROSS_PROVINCE_CLOSED"]


def test_CD_2_card_number_mobile_number_and_sms_code_activate_in_chengdu(service: GraphService) -> None:
    person, number = service.person(), mobile()
    card = add_card(service, person, CHENGDU)
    citizen = service.citizen(person, "chengdu_wechat")
    payload = citizen.change("activateCard", cardId=card.id)
    assert missing(payload["decision"]) == {"card_number_and_code": ["card_number", "mobile", "sms_code"]}
    assert payload["errors"][0]["citation"]["clause"] == "二（二）激活 (CD-2)"
    code = citizen.verification_code("activate", number)
    wrong = {"details": {"cardNumber": "A99999999", "mobile": number}, "verificationCode": code}
    refused = citizen.change("activateCard", cardId=card.id, evidence=wrong)
    assert codes(refused) == ["CARD_NUMBER_WRONG"]
    assert refused["errors"][0]["field"] == "input.evidence.details.cardNumber"
    right = {"details": {"cardNumber": card.number.lower(), "mobile": number}, "verificationCode": code}
    payload = citizen.changed("activateCard", cardId=card.id, evidence=right)
    assert payload["card"]["state"] == "ACTIVE"
    assert payload["operation"]["channel"] == "chengdu_wechat"
    assert citizen.ask("{me{mobile}}")["me"]["mobile"] == f"138****{number[-4:]}"


def test_SC_2_any_office_in_the_province_activates_with_card_and_identity_document(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU)
    clerk = service.clerk("510700")
    payload = clerk.change("activateCard", cardId=card.id)
    assert set(missing(payload["decision"])) == {"card_and_identity_document"}
    assert "social_security_card" in missing(payload["decision"])["card_and_identity_document"]
    payload = clerk.changed("activateCard", cardId=card.id, evidence={"sightedDocuments": CARD_AND_PAPERS})
    assert payload["card"]["state"] == "ACTIVE"
    assert any("不能使用" in advice["message"]["zh"] for advice in payload["decision"]["advice"])
    assert payload["operation"]["office"] == "window-510700"


def test_SC_2_offices_of_other_provinces_do_not(service: GraphService) -> None:
    card = add_card(service, service.person(), CHENGDU)
    evidence = {"sightedDocuments": CARD_AND_PAPERS}
    assert codes(service.clerk(QINGDAO).change("activateCard", cardId=card.id, evidence=evidence)) == ["NOT_FOUND"]


def test_QD_2_online_with_telephone_and_address_at_once(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, QINGDAO)
    citizen = service.citizen(person, "qingdao_website")
    payload = citizen.change("activateCard", cardId=card.id)
    assert missing(payload["decision"]) == {"contact_details": ["mobile", "residence_address"]}
    given = {"details": {"mobile": mobile(), "residenceAddress": "青岛市1号", "remarks": "备注"}}
    payload = citizen.changed("activateCard", cardId=card.id, evidence=given)
    [promise] = payload["decision"]["promises"]
    assert (promise["within"]["zh"], promise["citation"]["clause"]) == ("即时", "四、办理时限 (QD-2)")


def test_QD_2_at_the_window_with_card_and_identity_document(service: GraphService) -> None:
    card = add_card(service, service.person(), QINGDAO)
    clerk = service.clerk(QINGDAO, "bank_window")
    assert set(missing(clerk.check("activate", cardId=card.id)["decision"])) == {"card_and_identity_document"}
    payload = clerk.changed("activateCard", cardId=card.id, evidence={"sightedDocuments": CARD_AND_PAPERS})
    assert payload["card"]["state"] == "ACTIVE"


def test_SC_12_below_18_the_guardian_activates(service: GraphService) -> None:
    child = service.person(date(2009, 1, 1))
    card, number = add_card(service, child, CHENGDU), mobile()
    alone = service.citizen(child, "chengdu_wechat").change("activateCard", cardId=card.id)
    assert "UNDER_AGE_ALONE" in codes(alone)
    guardian = service.citizen(service.guardian(child), "chengdu_wechat")
    code = guardian.verification_code("activate", number)
    given = {"details": {"cardNumber": card.number, "mobile": number}, "verificationCode": code}
    assert guardian.changed("activateCard", cardId=card.id, evidence=given)["operation"]["relation"] == "guardian"


def test_two_activations_at_the_same_moment_leave_one_record(service: GraphService) -> None:

    person = service.person()
    card = add_card(service, person, QINGDAO)
    citizen = service.citizen(person, "qingdao_app")
    given = {"cardId": card.id, "evidence": {"details": {"mobile": mobile(), "residenceAddress": "青岛市1号"}}}
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda _: citizen.change("activateCard", **given), range(2)))
    assert sorted(codes(payload) for payload in payloads) == [[], ["NOT_SEALED"]]
