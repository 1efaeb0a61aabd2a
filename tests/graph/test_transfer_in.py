"""Taking a card in from another city of the province: the same card, another home region (CD-7, SC-10)."""

from datetime import date
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Holder
from tests.graph.caller import CARD, Caller, codes, denials, missing
from tests.graph.cards import CardOnRecord, add_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService, holder_id, mobile

MIANYANG = "510700"
HELD = "query($card: ID!, $region: String!){heldInsurance(cardId: $card, region: $region){name label{zh}}}"
CARD_BROUGHT = {"sightedDocuments": ["social_security_card"]}


def from_mianyang(service: GraphService, *held: str) -> tuple[Holder, Caller, CardOnRecord]:
    """Return a person with an active card of Mianyang who is insured in Chengdu, asking by an app of Chengdu."""
    person = service.person(employed_in=(MIANYANG,))
    card = add_card(service, person, MIANYANG, state=CardState.ACTIVE)
    service.insurance.list(person.identity_number, CHENGDU, *held)
    return person, service.citizen(person, "unionpay_app"), card


def evidence(citizen: Caller, card: CardOnRecord) -> dict[str, Any]:
    """Return card number, mobile number and a fresh code."""
    number = mobile()
    code = citizen.verification_code("transfer_in", number)
    return {"details": {"cardNumber": card.number, "mobile": number}, "verificationCode": code}


def take_in(citizen: Caller, card: CardOnRecord, *kinds: str, region: str = CHENGDU, **given: Any) -> dict[str, Any]:
    """Ask for a transfer and return the payload."""
    return citizen.change("transferCardIn", cardId=card.id, regionCode=region, insuranceKinds=list(kinds), **given)


def held(caller: Caller, card: CardOnRecord, region: str = CHENGDU) -> list[str]:
    """Return the insurance kinds that can be chosen."""
    return [kind["name"] for kind in caller.ask(HELD, {"card": card.id, "region": region})["heldInsurance"]]


def home(caller: Caller, card: CardOnRecord) -> str:
    """Return the home region of a card as a caller sees it."""
    found: str = caller.ask("query($id: ID!){card(id: $id){regionCode}}", {"id": card.id})["card"]["regionCode"]
    return found


def test_CD_7_card_number_insurance_held_in_chengdu_mobile_and_code(service: GraphService) -> None:
    person, citizen, card = from_mianyang(service, "medical", "pension")
    payload = take_in(citizen, card, "pension")
    assert missing(payload["decision"]) == {"card_number_and_code": ["card_number", "mobile", "sms_code"]}
    assert payload["errors"][0]["citation"]["clause"] == "二（七）卡归属地转入 (CD-7)"
    payload = take_in(citizen, card, "pension", "medical", evidence=evidence(citizen, card))
    assert codes(payload) == []
    assert (payload["card"]["id"], payload["card"]["regionCode"]) == (card.id, CHENGDU)
    assert payload["card"]["regionName"] == {"zh": "成都市"}
    operation = payload["operation"]
    assert (operation["state"], operation["regionCode"], operation["channel"]) == (
        "COMPLETED",
        CHENGDU,
        "unionpay_app",
    )
    [line] = operation["timeline"]
    assert (line["event"], line["note"], line["cardFrom"], line["cardTo"]) == (
        "transfer_in",
        "510700 → 510100",
        "ACTIVE",
        "ACTIVE",
    )
    assert payload["card"]["holder"]["id"] == holder_id(person)


def test_CD_7_no_new_card_is_made_and_the_insurance_relation_is_another_office_s(service: GraphService) -> None:
    _, citizen, card = from_mianyang(service, "medical")
    before = [c["number"] for c in citizen.ask("{me{cards{number}}}")["me"]["cards"]]
    payload = take_in(citizen, card, "medical", evidence=evidence(citizen, card))
    told = {advice["contact"]: advice["message"]["zh"] for advice in payload["decision"]["advice"]}
    assert told["028-12333"] == "这里不能转参保关系。要转参保关系的，请到社保局办理，可以拨打028-12333咨询。"
    assert "不用再办卡" in told[None]
    after = citizen.ask(f"{{me{{cards{{{CARD}}}}}}}")["me"]["cards"]
    assert [c["number"] for c in after] == before == [card.number]
    # The state is what it was; nothing began anew.
    assert [entry["state"] for entry in after[0]["history"]] == ["ACTIVE"]


def test_CD_7_the_kinds_held_there_are_looked_up_by_the_card(service: GraphService) -> None:
    person, citizen, card = from_mianyang(service, "maternity", "pension", "work_injury")
    found = citizen.ask(HELD, {"card": card.id, "region": CHENGDU})["heldInsurance"]
    assert found == [
        {"name": "pension", "label": {"zh": "养老保险"}},
        {"name": "work_injury", "label": {"zh": "工伤保险"}},
        {"name": "maternity", "label": {"zh": "生育保险"}},
    ]
    # What the register calls by a name that nobody knows here cannot be chosen.
    service.insurance.list(person.identity_number, CHENGDU, "pension", "dental")
    assert held(citizen, card) == ["pension"]
    assert held(service.clerk(CHENGDU), card) == ["pension"]
    assert held(citizen, card, MIANYANG) == []


@pytest.mark.parametrize(
    ("chosen", "answer"),
    [
        ([], ["INSURANCE_NOT_CHOSEN"]),
        (["pension"], ["INSURANCE_NOT_HELD"]),
        (["medical", "pension"], ["INSURANCE_NOT_HELD"]),
        (["dental"], ["VALUE_NOT_POSSIBLE"]),
        (["Medical"], ["VALUE_NOT_POSSIBLE"]),
        ([""], ["VALUE_NOT_POSSIBLE"]),
    ],
)
def test_CD_7_only_what_is_held_in_chengdu_is_chosen(
    service: GraphService, chosen: list[str], answer: list[str]
) -> None:
    _, citizen, card = from_mianyang(service, "medical")
    given = evidence(citizen, card)
    assert codes(take_in(citizen, card, *chosen, evidence=given)) == answer
    # A refused request does not use the code up; a kind that is named twice counts once.
    assert codes(take_in(citizen, card, "medical", "medical", evidence=given)) == []


def test_CD_7_without_the_register_nothing_happens(service: GraphService) -> None:
    _, citizen, card = from_mianyang(service, "medical")
    given = evidence(citizen, card)
    service.insurance.out_of_order = True
    try:
        assert citizen.failure(HELD, {"card": card.id, "region": CHENGDU}) == "GATEWAY_UNAVAILABLE"
        assert codes(take_in(citizen, card, "medical", evidence=given)) == ["GATEWAY_UNAVAILABLE"]
    finally:
        service.insurance.out_of_order = False
    assert codes(take_in(citizen, card, "medical", evidence=given)) == []


def test_CD_7_a_card_of_another_province_cannot_be_taken_in(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, JINAN, state=CardState.ACTIVE)
    citizen = service.citizen(person, "unionpay_app")
    service.insurance.list(person.identity_number, CHENGDU, "medical")
    payload = take_in(citizen, card, "medical", evidence=evidence(citizen, card))
    assert codes(payload) == ["OTHER_PROVINCE"]
    # Shandong takes no cards in at all.
    assert codes(take_in(citizen, card, region=QINGDAO)) == ["CHANNEL_NOT_OPEN"]
    assert codes(take_in(service.citizen(person), card, region=QINGDAO)) == ["SERVICE_NOT_OFFERED"]


def test_CD_7_a_card_that_is_here_already_stays(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.ACTIVE)
    citizen = service.citizen(person, "unionpay_app")
    service.insurance.list(person.identity_number, CHENGDU, "medical")
    assert codes(take_in(citizen, card, "medical", evidence=evidence(citizen, card))) == ["ALREADY_HERE"]


@pytest.mark.parametrize("state", [state for state in CardState if state is not CardState.ACTIVE])
def test_CD_7_only_an_active_card_is_taken_in(service: GraphService, state: CardState) -> None:
    person = service.person()
    card = add_card(service, person, MIANYANG, state=state)
    citizen = service.citizen(person, "unionpay_app")
    service.insurance.list(person.identity_number, CHENGDU, "medical")
    assert codes(take_in(citizen, card, "medical", evidence=evidence(citizen, card))) == ["NOT_ACTIVE"]


def test_CD_7_a_wrong_card_number_is_refused(service: GraphService) -> None:
    _, citizen, card = from_mianyang(service, "medical")
    given = evidence(citizen, card)
    wrong = {**given, "details": {**given["details"], "cardNumber": "A99999999"}}
    assert codes(take_in(citizen, card, "medical", evidence=wrong)) == ["CARD_NUMBER_WRONG"]


def test_SC_10_with_the_card_at_an_office_of_the_new_place(service: GraphService) -> None:
    _, _, card = from_mianyang(service, "work_injury")
    clerk = service.clerk(CHENGDU)
    payload = take_in(clerk, card)
    assert missing(payload["decision"]) == {"card_brought": ["social_security_card"]}
    assert payload["errors"][0]["citation"]["clause"] == "10 参保地转移 (SC-10)"
    # The old place and other places of the province cannot do it for the new one.
    old = take_in(service.clerk(MIANYANG), card, evidence=CARD_BROUGHT)
    assert codes(old) == ["NOT_PERMITTED"]
    payload = take_in(clerk, card, evidence=CARD_BROUGHT)
    assert codes(payload) == []
    assert payload["card"]["regionCode"] == CHENGDU


@pytest.mark.parametrize("place", ["insured_in", "employed_in"])
def test_SC_10_who_is_insured_or_employed_in_the_new_place_transfers_the_card(
    service: GraphService, place: str
) -> None:
    clerk = service.clerk(CHENGDU)
    elsewhere = service.person(insured_in=(MIANYANG,), employed_in=(MIANYANG,))
    card = add_card(service, elsewhere, MIANYANG, state=CardState.ACTIVE)
    refused = take_in(clerk, card, evidence=CARD_BROUGHT)
    assert codes(refused) == ["NOT_INSURED_OR_EMPLOYED"]
    assert refused["errors"][0]["citation"]["clause"] == "发生就业地、参保地省内跨市转移时 (SC-10)"
    places: dict[str, Any] = {place: (MIANYANG, CHENGDU)}
    here = add_card(service, service.person(**places), MIANYANG, state=CardState.ACTIVE)
    assert codes(take_in(clerk, here, evidence=CARD_BROUGHT)) == []


def test_SC_10_from_then_on_the_new_city_s_policies_hold_and_back_again(service: GraphService) -> None:
    person, citizen, card = from_mianyang(service, "medical")
    query = f"query($id: ID!){{card(id: $id){{{CARD}}}}}"
    # Mianyang has no channel of Chengdu's.
    assert citizen.failure(query, {"id": card.id}) == "CHANNEL_NOT_OPEN"
    loss = {"evidence": {"details": {"mobile": mobile()}}}
    assert codes(citizen.change("reportFormalLoss", cardId=card.id, **loss)) == ["CHANNEL_NOT_OPEN"]
    assert codes(take_in(citizen, card, "medical", evidence=evidence(citizen, card))) == []
    assert citizen.ask(query, {"id": card.id})["card"]["regionCode"] == CHENGDU
    decision = citizen.change("reportFormalLoss", cardId=card.id, **loss)["decision"]
    # A rule of Chengdu's own: its reports go by the bound mobile number.
    assert (decision["region"], denials(decision)) == (CHENGDU, ["NO_MOBILE_BOUND"])
    # Its number stays taken, and its person still has one card in the province.
    assert codes(take_in(service.clerk(MIANYANG), card, region=MIANYANG, evidence=CARD_BROUGHT)) == []
    assert citizen.failure(query, {"id": card.id}) == "CHANNEL_NOT_OPEN"
    asked = service.clerk(CHENGDU).check("apply", regionCode=CHENGDU, holderId=holder_id(person))["decision"]
    assert "ONE_CARD_IN_PROVINCE" in denials(asked)


def test_SC_12_a_guardian_brings_the_child_s_card_along(service: GraphService) -> None:
    child = service.person(date(2014, 1, 1))
    card = add_card(service, child, MIANYANG, state=CardState.ACTIVE)
    service.insurance.list(child.identity_number, CHENGDU, "medical")
    alone = service.citizen(child, "unionpay_app")
    assert codes(take_in(alone, card, "medical", evidence=evidence(alone, card))) == ["UNDER_AGE_ALONE"]
    guardian = service.citizen(service.guardian(child), "unionpay_app")
    assert held(guardian, card) == ["medical"]
    payload = take_in(guardian, card, "medical", evidence=evidence(guardian, card))
    assert codes(payload) == []
    assert payload["operation"]["relation"] == "guardian"


def test_a_stranger_learns_nothing_of_somebody_s_insurance(service: GraphService) -> None:
    _, citizen, card = from_mianyang(service, "medical")
    stranger = service.citizen(service.person(), "unionpay_app")
    assert stranger.failure(HELD, {"card": card.id, "region": CHENGDU}) == "NOT_FOUND"
    assert codes(take_in(stranger, card, "medical")) == ["NOT_FOUND"]
    # Nor does whoever makes cards or issues them.
    for partner in (service.bank("ccb"), service.card_maker()):
        assert partner.failure(HELD, {"card": card.id, "region": CHENGDU}) == "NOT_PERMITTED"
    assert service.clerk(QINGDAO).failure(HELD, {"card": card.id, "region": QINGDAO}) == "NOT_FOUND"
    assert citizen.failure(HELD, {"card": card.id, "region": "999999"}) == "REGION_UNKNOWN"
    assert codes(take_in(citizen, card, "medical", region="999999")) == ["REGION_UNKNOWN"]


def test_CD_7_a_dry_run_tells_what_is_missing(service: GraphService) -> None:
    _, citizen, card = from_mianyang(service, "medical")
    payload = citizen.check("transfer_in", cardId=card.id, regionCode=CHENGDU)
    assert codes(payload) == []
    assert set(missing(payload["decision"])) == {"card_number_and_code"}
    assert home(service.clerk(CHENGDU), card) == MIANYANG
