"""Activating a sealed card (NX-2, SC-2, CD-2, QD-2)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Actor
from tests.graph.caller import Caller, codes, missing
from tests.graph.cards import (
    CARD_AND_IDENTITY_CARD,
    CardOnRecord,
    add_card,
    bind_in_wechat,
    history,
    look_up,
    refusals,
    usability,
)
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    card_number,
    chengdu_papers,
    delivered_to,
    details,
    pay,
    produced,
    qingdao_photo,
    received,
    shipped,
)
from tests.graph.service import GraphService, holder_id, mobile

MIANYANG, SICHUAN, SHANDONG = "510700", "510000", "370000"
CHENGDU_APPS = ["chengdu_wechat", "unionpay_app", "ping_an_app"]
BOTH_SIDES = ["identity_card_front", "identity_card_back"]
IDENTITY_DOCUMENTS = [
    BOTH_SIDES,
    ["household_register"],
    ["passport"],
    ["residence_permit"],
    ["mainland_travel_permit"],
]
AT_A_WINDOW = {"sightedDocuments": CARD_AND_IDENTITY_CARD}
RECORD = """{operations(filter: {service: "activate"}) {totalCount edges {node {
    service state channel createdAt card {id state} timeline {at event channel role cardFrom cardTo}}}}}"""


def record(caller: Caller) -> list[dict[str, Any]]:
    """Return the activations that somebody sees, the newest first."""
    found = caller.ask(RECORD)["operations"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


def typed(citizen: Caller, card: CardOnRecord) -> dict[str, Any]:
    """Return what Chengdu asks for online: card number, mobile number, and the code sent to it (CD-2)."""
    number = mobile()
    code = citizen.verification_code("activate", number)
    return {"details": {"cardNumber": card.number, "mobile": number}, "verificationCode": code}


def test_NX_2_sealed_becomes_normal_and_cannot_be_activated_again(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    card = received(service, citizen)["card"]
    assert card["state"] == "SEALED"
    given = {"cardId": card["id"], "evidence": {"faceAssertion": citizen.face_assertion("activate")}}
    payload = citizen.changed("activateCard", **given)
    assert (payload["card"]["state"], payload["operation"]["state"]) == ("ACTIVE", "COMPLETED")
    assert look_up(citizen, card["id"])["state"] == "ACTIVE"
    assert codes(citizen.change("activateCard", **given)) == ["NOT_SEALED"]


def test_NX_2_the_record_tells_of_each_activation_its_card_time_and_channel(service: GraphService) -> None:
    person = service.person()
    by_phone, by_app = service.citizen(person), service.citizen(person, "unionpay_app")
    first, second = add_card(service, person, JINAN), add_card(service, person, CHENGDU)
    assert record(by_phone) == []
    refused = by_phone.change("activateCard", cardId=first.id)
    assert codes(refused) == ["MISSING"]
    shown = []
    for caller, card, channel in ((by_phone, first, "national_mini_program"), (by_app, second, "unionpay_app")):
        service.clock.advance(timedelta(hours=1))
        face = {"faceAssertion": caller.face_assertion("activate")} if caller is by_phone else typed(caller, card)
        caller.changed("activateCard", cardId=card.id, evidence=face)
        at = service.clock.now().isoformat()
        line = {"at": at, "event": "activate", "channel": channel, "role": "citizen"}
        node = {"service": "activate", "state": "COMPLETED", "channel": channel, "createdAt": at}
        timeline = [{**line, "cardFrom": "SEALED", "cardTo": "ACTIVE"}]
        shown.append({**node, "card": {"id": card.id, "state": "ACTIVE"}, "timeline": timeline})
    # The newest comes first; what was refused is no activation.
    assert record(by_phone) == record(by_app) == shown[::-1]
    assert record(service.citizen(service.guardian(person))) == shown[::-1]
    assert record(service.citizen(service.person())) == []


@pytest.mark.parametrize("state", [state for state in CardState if state is not CardState.SEALED])
def test_NX_2_only_a_sealed_card_is_activated(service: GraphService, state: CardState) -> None:
    person = service.person()
    card, citizen = add_card(service, person, JINAN, state=state), service.citizen(person)
    face = {"faceAssertion": citizen.face_assertion("activate")}
    assert codes(citizen.change("activateCard", cardId=card.id, evidence=face)) == ["NOT_SEALED"]
    assert look_up(citizen, card.id)["state"] == state.name


@pytest.mark.parametrize("channel", CHENGDU_APPS)
def test_CD_2_card_number_mobile_number_and_sms_code_activate_in_each_app(service: GraphService, channel: str) -> None:
    person, number = service.person(), mobile()
    card, citizen = add_card(service, person, CHENGDU), service.citizen(person, channel)
    bind_in_wechat(service, person)
    code = citizen.verification_code("activate", number)
    right = {"details": {"cardNumber": card.number.lower(), "mobile": number}, "verificationCode": code}
    payload = citizen.changed("activateCard", cardId=card.id, evidence=right)
    assert payload["card"]["state"] == "ACTIVE"
    assert payload["operation"]["channel"] == channel
    # The number that the code was sent to is bound now.
    assert citizen.ask("{me{mobile}}")["me"]["mobile"] == f"138****{number[-4:]}"


@pytest.mark.parametrize("channel", CHENGDU_APPS)
def test_CD_2_each_of_the_three_is_asked_for_and_must_be_right(service: GraphService, channel: str) -> None:
    person, number = service.person(), mobile()
    card, citizen = add_card(service, person, CHENGDU), service.citizen(person, channel)
    bind_in_wechat(service, person)
    both = {"cardNumber": card.number, "mobile": number}

    def lacking(**evidence: Any) -> list[str]:
        payload = citizen.change("activateCard", cardId=card.id, evidence=evidence)
        assert codes(payload) == ["MISSING"]
        assert payload["errors"][0]["citation"]["clause"] == "二（二）激活 (CD-2)"
        found: list[str] = missing(payload["decision"])["card_number_and_code"]
        return found

    def wrong(card_number: str, given: str) -> list[tuple[str, str]]:
        evidence = {"details": {**both, "cardNumber": card_number}, "verificationCode": given}
        payload = citizen.change("activateCard", cardId=card.id, evidence=evidence)
        return [(error["code"], error["field"]) for error in payload["errors"]]

    assert lacking() == ["card_number", "mobile", "sms_code"]
    assert lacking(details={"cardNumber": card.number}) == ["mobile", "sms_code"]
    assert lacking(details=both) == ["sms_code"]
    code = citizen.verification_code("activate", number)
    assert lacking(details={"mobile": number}, verificationCode=code) == ["card_number"]
    other_code = f"{(int(code) + 1) % 10**6:06}"
    assert wrong(card.number, other_code) == [("VERIFICATION_CODE_WRONG", "input.evidence.verificationCode")]
    another = add_card(service, service.person(), CHENGDU)
    for another_number in (another.number, card.number[:-1], "A99999999"):
        assert wrong(another_number, code) == [("CARD_NUMBER_WRONG", "input.evidence.details.cardNumber")]
    assert history(citizen, card.id) == [("SEALED", None)]


@pytest.mark.parametrize("channel", ["hotline_12333", "qingdao_app"])
def test_CD_2_no_other_channel_activates_online(service: GraphService, channel: str) -> None:
    person = service.person()
    card, citizen = add_card(service, person, CHENGDU), service.citizen(person, channel)
    refused = citizen.change("activateCard", cardId=card.id, evidence=typed(citizen, card))
    assert codes(refused) == ["CHANNEL_NOT_OPEN"]
    assert history(service.clerk(CHENGDU), card.id) == [("SEALED", None)]


@pytest.mark.parametrize(
    "office",
    [
        pytest.param(CHENGDU, id="SC-2 an office of the card's city"),
        pytest.param(MIANYANG, id="SC-2 an office of another city of the province"),
        pytest.param(SICHUAN, id="SC-2 an office of the province"),
    ],
)
def test_SC_2_any_office_in_the_province_activates_with_card_and_identity_document(
    service: GraphService, office: str
) -> None:
    card, clerk = add_card(service, service.person(), CHENGDU), service.clerk(office)
    for seen in ([], ["social_security_card"], BOTH_SIDES, ["social_security_card", "identity_card_front"]):
        payload = clerk.change("activateCard", cardId=card.id, evidence={"sightedDocuments": seen})
        assert set(codes(payload)) == {"MISSING"}
        asked = missing(payload["decision"])
        assert set(asked) == {"card_and_identity_document"}
        assert ("social_security_card" in asked["card_and_identity_document"]) is ("social_security_card" not in seen)
    payload = clerk.changed("activateCard", cardId=card.id, evidence=AT_A_WINDOW)
    assert payload["card"]["state"] == "ACTIVE"
    assert payload["operation"]["office"] == f"window-{office}"


@pytest.mark.parametrize("document", IDENTITY_DOCUMENTS, ids=lambda names: names[0])
def test_SC_2_any_valid_identity_document_will_do(service: GraphService, document: list[str]) -> None:
    card, clerk = add_card(service, service.person(), CHENGDU), service.clerk(MIANYANG)
    seen = {"sightedDocuments": ["social_security_card", *document]}
    assert clerk.changed("activateCard", cardId=card.id, evidence=seen)["card"]["state"] == "ACTIVE"


def test_SC_2_no_office_of_another_province_does(service: GraphService) -> None:
    card = add_card(service, service.person(), CHENGDU)
    # Nothing else is wrong: the same is enough at every office of the province.
    for elsewhere in (service.clerk(JINAN), service.clerk(QINGDAO, "bank_window"), service.clerk(SHANDONG)):
        payload = elsewhere.change("activateCard", cardId=card.id, evidence=AT_A_WINDOW)
        assert (codes(payload), payload["card"], payload["decision"]) == (["NOT_FOUND"], None, None)
    office = service.clerk(MIANYANG)
    assert history(office, card.id) == [("SEALED", None)]
    assert office.changed("activateCard", cardId=card.id, evidence=AT_A_WINDOW)["card"]["state"] == "ACTIVE"


def test_an_office_of_another_city_does_not_where_no_document_says_that_it_does(service: GraphService) -> None:
    card = add_card(service, service.person(), QINGDAO)
    payload = service.clerk(JINAN, "bank_window").change("activateCard", cardId=card.id, evidence=AT_A_WINDOW)
    assert codes(payload) == ["OFFICE_ELSEWHERE"]
    of_the_province = service.clerk(SHANDONG, "bank_window")
    activated = of_the_province.changed("activateCard", cardId=card.id, evidence=AT_A_WINDOW)
    assert activated["card"]["state"] == "ACTIVE"


def test_SC_2_a_card_cannot_be_used_before_it_is_activated(service: GraphService) -> None:
    card = add_card(service, service.person(), CHENGDU)
    pharmacy = service.medical_institution()
    told = usability(pharmacy, card.number)
    [reason] = told["reasons"]
    assert (told["usable"], reason["code"]) == (False, "NOT_ACTIVATED")
    assert reason["citation"]["clause"] == "02 激活：未激活社保功能的社会保障卡不能使用 (SC-2)"
    payload = service.clerk(CHENGDU).changed("activateCard", cardId=card.id, evidence=AT_A_WINDOW)
    # Once it is activated, nobody reads that it cannot be used.
    [told] = payload["decision"]["advice"]
    assert (told["citation"]["clause"], "不能" in told["message"]["zh"]) == ("社会保障卡金融功能 (SC-13)", False)
    assert refusals(service, card) == []


@pytest.mark.parametrize("channel", ["qingdao_website", "qingdao_app"])
def test_QD_2_online_telephone_address_and_remarks_are_kept_and_it_is_done_at_once(
    service: GraphService, channel: str
) -> None:
    person, number = service.person(), mobile()
    card, citizen = add_card(service, person, QINGDAO), service.citizen(person, channel)
    payload = citizen.change("activateCard", cardId=card.id, evidence={"details": {"remarks": "备注"}})
    assert missing(payload["decision"]) == {"contact_details": ["mobile", "residence_address"]}
    assert payload["errors"][0]["citation"]["clause"] == "三（一）3 (QD-2)"
    given = {"details": {"mobile": f"{number[:3]} {number[3:]}", "residenceAddress": " 青岛市1号 ", "remarks": "备注"}}
    payload = citizen.changed("activateCard", cardId=card.id, evidence=given)
    assert (payload["card"]["state"], payload["operation"]["channel"]) == ("ACTIVE", channel)
    [promise] = payload["decision"]["promises"]
    assert (promise["within"]["zh"], promise["citation"]["clause"]) == ("即时", "四、办理时限 (QD-2)")
    kept = {"mobile": f"+86{number}", "residence_address": "青岛市1号", "remarks": "备注"}
    assert {detail["name"]: detail["value"] for detail in payload["operation"]["details"]} == kept
    # No code proved the number, so codes of later services are not sent there.
    me = citizen.ask("{me{mobile contact{residenceAddress}}}")["me"]
    assert me == {"mobile": None, "contact": {"residenceAddress": "青岛市1号"}}


def test_QD_2_remarks_are_optional_and_blanks_are_no_address(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_card(service, person, QINGDAO), service.citizen(person, "qingdao_website")
    details = {"mobile": mobile(), "residenceAddress": "  "}
    payload = citizen.change("activateCard", cardId=card.id, evidence={"details": details})
    assert missing(payload["decision"]) == {"contact_details": ["residence_address"]}
    given = {"details": {**details, "residenceAddress": "青岛市1号"}}
    assert citizen.changed("activateCard", cardId=card.id, evidence=given)["card"]["state"] == "ACTIVE"


@pytest.mark.parametrize("document", IDENTITY_DOCUMENTS, ids=lambda names: names[0])
def test_QD_2_at_the_window_with_the_card_and_any_valid_identity_document(
    service: GraphService, document: list[str]
) -> None:
    card, clerk = add_card(service, service.person(), QINGDAO), service.clerk(QINGDAO, "bank_window")
    for seen in ([], ["social_security_card"], document):
        payload = clerk.change("activateCard", cardId=card.id, evidence={"sightedDocuments": seen})
        assert set(missing(payload["decision"])) == {"card_and_identity_document"}
    seen = ["social_security_card", *document]
    payload = clerk.changed("activateCard", cardId=card.id, evidence={"sightedDocuments": seen})
    assert payload["card"]["state"] == "ACTIVE"
    assert payload["decision"]["promises"][0]["citation"]["clause"] == "四、办理时限 (QD-2)"


@pytest.mark.parametrize("channel", ["hotline_12345", "hotline_12333", "service_window"])
def test_QD_2_neither_the_telephone_nor_another_window_activates(service: GraphService, channel: str) -> None:
    card, clerk = add_card(service, service.person(), QINGDAO), service.clerk(QINGDAO, channel)
    payload = clerk.change("activateCard", cardId=card.id, evidence=AT_A_WINDOW)
    assert codes(payload) == ["CHANNEL_NOT_OPEN"]
    assert payload["errors"][0]["values"][0]["citation"]["clause"] == "社会保障卡激活 (QD-2)"


def test_SC_12_below_18_the_guardian_activates_and_from_the_18th_birthday_one_does(service: GraphService) -> None:
    child, grown = service.person(date(2008, 11, 21)), service.person(date(2008, 11, 20))
    card, alone = add_card(service, child, CHENGDU), service.citizen(child, "unionpay_app")
    given = typed(alone, card)
    assert codes(alone.change("activateCard", cardId=card.id, evidence=given)) == ["UNDER_AGE_ALONE"]
    guardian = service.citizen(service.guardian(child), "unionpay_app")
    payload = guardian.changed("activateCard", cardId=card.id, evidence=typed(guardian, card))
    assert (payload["operation"]["relation"], payload["card"]["state"]) == ("guardian", "ACTIVE")
    own, citizen = add_card(service, grown, CHENGDU), service.citizen(grown, "unionpay_app")
    assert citizen.changed("activateCard", cardId=own.id, evidence=typed(citizen, own))["card"]["state"] == "ACTIVE"


def test_SC_12_without_full_capacity_the_guardian_activates_online_and_at_a_window(service: GraphService) -> None:
    for at_window in (False, True):
        person = service.person(full_capacity=False)
        card, guardian = add_card(service, person, CHENGDU), service.guardian(person)
        alone, asked = (service.citizen(one, "unionpay_app") for one in (person, guardian))
        refused = alone.change("activateCard", cardId=card.id, evidence=typed(alone, card))
        assert codes(refused) == ["WITHOUT_CAPACITY_ALONE"]
        assert refused["errors"][0]["citation"]["clause"] == "温馨提示 (SC-12)"
        clerk, brought = service.clerk(CHENGDU), {"cardId": card.id, "evidence": AT_A_WINDOW}
        assert codes(clerk.change("activateCard", **brought)) == ["WITHOUT_CAPACITY_ALONE"]
        if at_window:
            payload = clerk.changed("activateCard", **brought, presentPersonId=holder_id(guardian))
        else:
            payload = asked.changed("activateCard", cardId=card.id, evidence=typed(asked, card))
        assert (payload["operation"]["relation"], payload["card"]["state"]) == ("guardian", "ACTIVE")


@pytest.mark.parametrize("channel", CHENGDU_APPS)
def test_SC_12_a_delegate_on_record_activates_online(service: GraphService, channel: str) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU)
    bind_in_wechat(service, person)
    delegate = service.citizen(delegate_on_record(service, person, "activate"), channel)
    payload = delegate.changed("activateCard", cardId=card.id, evidence=typed(delegate, card))
    assert (payload["operation"]["relation"], payload["card"]["state"]) == ("delegate", "ACTIVE")
    assert payload["operation"]["holder"]["id"] == holder_id(person)


def test_who_activates_as_a_delegate_binds_no_number_of_theirs(service: GraphService) -> None:
    person, child = service.person(), service.person(date(2015, 1, 1))
    delegate = service.citizen(delegate_on_record(service, person, "activate"), "unionpay_app")
    guardian = service.citizen(service.guardian(child), "unionpay_app")
    for caller, holder in ((delegate, person), (guardian, child)):
        card = add_card(service, holder, CHENGDU)
        caller.changed("activateCard", cardId=card.id, evidence=typed(caller, card))
    bound = service.work(lambda work: work.holders.get_many([person.id, child.id]))
    assert bound[person.id].mobile is None
    assert bound[child.id].mobile is not None


def test_SC_12_at_a_window_a_delegate_on_record_needs_no_letter_and_any_other_does(service: GraphService) -> None:
    person = service.person()
    card, clerk = add_card(service, person, CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "evidence": AT_A_WINDOW}
    stranger = clerk.change("activateCard", **given, presentPersonId=holder_id(service.person()))
    assert missing(stranger["decision"])["delegation"] == ["delegation_letter"]
    applies_only = delegate_on_record(service, person, "apply")
    payload = clerk.change("activateCard", **given, presentPersonId=holder_id(applies_only))
    assert missing(payload["decision"])["delegation"] == ["delegation_letter"]
    trusted = delegate_on_record(service, person, "activate")
    payload = clerk.changed("activateCard", **given, presentPersonId=holder_id(trusted))
    assert (payload["operation"]["relation"], payload["card"]["state"]) == ("delegate", "ACTIVE")


def test_SC_12_a_delegation_for_something_else_or_that_is_over_activates_nothing(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU)
    last_day = service.clock.now().date()
    for delegate in (
        delegate_on_record(service, person, "apply"),
        delegate_on_record(service, person, "activate", region=MIANYANG),
        delegate_on_record(service, person, "activate", until=last_day),
    ):
        service.clock.advance(timedelta(days=1))
        asked = service.citizen(delegate, "unionpay_app")
        assert codes(asked.change("activateCard", cardId=card.id, evidence=typed(asked, card))) == ["NOT_FOUND"]
    assert history(service.clerk(CHENGDU), card.id) == [("SEALED", None)]


def test_two_activations_at_the_same_moment_leave_one_record(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, QINGDAO)
    citizen = service.citizen(person, "qingdao_app")
    given = {"cardId": card.id, "evidence": {"details": {"mobile": mobile(), "residenceAddress": "青岛市1号"}}}
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda _: citizen.change("activateCard", **given), range(2)))
    assert sorted(codes(payload) for payload in payloads) == [[], ["NOT_SEALED"]]
    assert len(record(citizen)) == 1


def on_its_way_in_chengdu(service: GraphService, citizen: Caller) -> tuple[dict[str, Any], str]:
    """Apply in an app of Chengdu and have the card made and posted; return the operation and the number on the card."""
    evidence = {"details": details(), "documentIds": chengdu_papers(citizen)}
    operation = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=evidence, bank="ccb")["operation"]
    delivered_to(citizen, operation, CHENGDU)
    assert pay(citizen, operation) == "paid"
    step, number, maker = {"operationId": operation["id"]}, card_number(), service.card_maker()
    maker.changed("acceptForProduction", **step)
    maker.changed("recordProduced", **step, cardNumber=number, generation="third")
    maker.changed("recordShipped", **step, trackingNumber="SF1")
    return citizen.operation(operation["id"]), number


def test_CD_2_what_is_printed_on_a_card_is_read_and_typed_once_it_is_received(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    citizen = service.citizen(person, "unionpay_app")
    operation, number = on_its_way_in_chengdu(service, citizen)
    card = CardOnRecord(operation["card"]["id"], number)
    hidden = f"****{number[-2:]}"
    assert (operation["card"]["number"], look_up(citizen, card.id)["number"]) == (hidden, hidden)
    assert citizen.ask("{me{cards{number}}}")["me"]["cards"] == [{"number": hidden}]
    # Whoever makes the card, or hands it over, reads it.
    assert service.card_maker().operation(operation["id"])["card"]["number"] == number
    assert look_up(service.clerk(CHENGDU), card.id)["number"] == number
    refused = citizen.change("activateCard", cardId=card.id, evidence=typed(citizen, card))
    assert codes(refused) == ["NOT_RECEIVED"]
    assert refused["errors"][0]["citation"]["clause"] == "02 激活：持卡人领取社会保障卡后 (SC-2)"
    citizen.changed("confirmReceipt", operationId=operation["id"])
    assert look_up(citizen, card.id)["number"] == number
    service.clock.advance(timedelta(minutes=2))
    assert citizen.changed("activateCard", cardId=card.id, evidence=typed(citizen, card))["card"]["state"] == "ACTIVE"


def test_SC_2_a_window_activates_no_card_that_is_not_received(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    citizen, clerk = service.citizen(person, "unionpay_app"), service.clerk(MIANYANG)
    operation, _ = on_its_way_in_chengdu(service, citizen)
    given = {"cardId": operation["card"]["id"], "evidence": AT_A_WINDOW}
    assert codes(clerk.change("activateCard", **given)) == ["NOT_RECEIVED"]
    citizen.changed("confirmReceipt", operationId=operation["id"])
    assert clerk.changed("activateCard", **given)["card"]["state"] == "ACTIVE"


@pytest.mark.parametrize("step", [produced, shipped], ids=["NX-2 produced", "NX-2 shipped"])
def test_NX_2_a_card_is_activated_after_it_has_been_received(
    service: GraphService, step: Callable[[GraphService, Caller], dict[str, Any]]
) -> None:
    citizen = service.citizen(service.person())
    operation = step(service, citizen)
    face = {"faceAssertion": citizen.face_assertion("activate")}
    given = {"cardId": operation["card"]["id"], "evidence": face}
    refused = citizen.change("activateCard", **given)
    assert codes(refused) == ["NOT_RECEIVED"]
    assert refused["errors"][0]["citation"]["clause"] == "领取到社会保障卡以后可以启用 (NX-2)"
    if operation["state"] == "PRODUCED":
        service.card_maker().changed("recordShipped", operationId=operation["id"], trackingNumber="SF1")
    citizen.changed("confirmReceipt", operationId=operation["id"])
    assert citizen.changed("activateCard", **given)["card"]["state"] == "ACTIVE"


def test_QD_2_an_outlet_hands_the_card_over_before_it_is_activated_there(service: GraphService) -> None:
    person, clerk = service.person(), service.clerk(QINGDAO, "bank_window")
    evidence = {"details": details(), "documentIds": [qingdao_photo(clerk, holderId=holder_id(person))]}
    operation = clerk.changed(
        "applyForCard",
        regionCode=QINGDAO,
        holderId=holder_id(person),
        bank="ccb",
        outlet="qingdao_sample_instant",
        delivery={"method": "outlet", "outlet": "qingdao_sample_instant"},
        evidence={**evidence, "sightedDocuments": BOTH_SIDES},
    )["operation"]
    step = {"operationId": operation["id"]}
    clerk.changed("acceptForProduction", **step)
    card = clerk.changed("recordProduced", **step, cardNumber=card_number(), generation="third")["operation"]["card"]
    given = {"cardId": card["id"], "evidence": AT_A_WINDOW}
    refused = clerk.change("activateCard", **given)
    assert codes(refused) == ["NOT_RECEIVED"]
    assert "(QD-2)" in refused["errors"][0]["citation"]["clause"]
    clerk.changed("confirmReceipt", **step)
    assert clerk.changed("activateCard", **given)["card"]["state"] == "ACTIVE"


QINGDAO_STEPS = [
    pytest.param("activateCard", CardState.SEALED, {}, id="QD-2 activation"),
    pytest.param("reportTemporaryLoss", CardState.ACTIVE, {}, id="QD-3 an oral report of loss"),
    pytest.param("cancelLossReport", CardState.TEMPORARILY_LOST, {}, id="QD-4 cancelling it"),
    pytest.param("cancelCard", CardState.ACTIVE, {}, id="QD-5 cancelling the card"),
    pytest.param("updateInformation", CardState.ACTIVE, {"details": {"mobile": "13800138001"}}, id="QD-8 an update"),
]
"""What is done with a card at a bank's window in Qingdao: the mutation, in which state the card is, what is given."""


@pytest.mark.parametrize(("mutation", "state", "more"), QINGDAO_STEPS)
def test_at_the_window_an_outlet_of_the_issuing_bank_alone_does_it(
    service: GraphService, mutation: str, state: CardState, more: dict[str, Any]
) -> None:
    card = add_card(service, service.person(), QINGDAO, "icbc", state)
    given = {"cardId": card.id, "evidence": {**AT_A_WINDOW, **more}}
    for bank in ("ccb", None):
        refused = service.clerk(QINGDAO, "bank_window", bank).change(mutation, **given)
        assert codes(refused) == ["OUTLET_OF_ANOTHER_BANK"]
        assert "三（三）就近选择社保卡发卡银行营业网点现场办理" in refused["errors"][0]["citation"]["clause"]
    assert service.clerk(QINGDAO, "bank_window", "icbc").changed(mutation, **given)["errors"] == []


def test_QD_2_an_outlet_that_the_city_lists_is_known_by_its_name(service: GraphService) -> None:
    card = add_card(service, service.person(), QINGDAO, "ccb")
    for office, expected in (("qingdao_sample_ordinary", ["OUTLET_OF_ANOTHER_BANK"]), ("qingdao_sample_instant", [])):
        clerk = service.caller(Actor("clerk-outlet", "clerk", "bank_window", office, QINGDAO))
        assert codes(clerk.change("activateCard", cardId=card.id, evidence=AT_A_WINDOW)) == expected
