"""Information that changes without a new card: mobile number, landline, addresses (CD-6, SC-4, QD-8)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Holder
from tests.graph.caller import HOLDER, Caller, codes, missing
from tests.graph.cards import CardOnRecord, add_card
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, QINGDAO
from tests.graph.service import GraphService, holder_id, mobile

MIANYANG = "510700"
AT_HOME = {
    "landline": "028-86151234",
    "registerAddress": "成都市锦江区春熙路1号",
    "residenceAddress": "成都市武侯区一环路2号",
    "residenceRegion": "510107",
    "residencePostcode": "610041",
}


def in_chengdu(service: GraphService, number: str | None = None) -> tuple[Holder, Caller, CardOnRecord]:
    """Return a person with a bound mobile number and an active card of Chengdu, asking by WeChat."""
    person = service.person(mobile=f"+86{number or mobile()}")
    return person, service.citizen(person, "unionpay_app"), add_card(service, person, CHENGDU, state=CardState.ACTIVE)


def update(caller: Caller, card: CardOnRecord, code: str | None = None, **details: str) -> dict[str, Any]:
    """Ask for a change and return the payload."""
    evidence = {"details": details, **({"verificationCode": code} if code else {})}
    return caller.change("updateInformation", cardId=card.id, evidence=evidence)


def rebind(service: GraphService, caller: Caller, card: CardOnRecord, old: str, new: str) -> dict[str, Any]:
    """Change the bound number by the codes to both, and return the payload."""
    proven = {"boundMobileCode": caller.verification_code("update_information", old)}
    service.clock.advance(timedelta(minutes=1))
    proven["verificationCode"] = caller.verification_code("update_information", new)
    return caller.change("updateInformation", cardId=card.id, evidence={"details": {"mobile": new}, **proven})


def me(caller: Caller) -> dict[str, Any]:
    """Return whoever asks, as they see themselves."""
    found: dict[str, Any] = caller.ask(f"{{me{{{HOLDER}}}}}")["me"]
    return found


def test_CD_6_a_new_mobile_number_by_the_code_sent_to_it(service: GraphService) -> None:
    _, citizen, card = in_chengdu(service)
    new = mobile()
    payload = update(citizen, card, mobile=new)
    assert missing(payload["decision"]) == {
        "bound_mobile_confirmed": ["bound_mobile_code", "face_check", "presence"],
        "new_mobile_code": ["new_mobile_code"],
    }
    assert "二（六）1 手机号码变更 (CD-6)" in [error["citation"]["clause"] for error in payload["errors"]]
    code = citizen.verification_code("update_information", new)
    face = {"faceAssertion": citizen.face_assertion("update_information")}
    details = {"mobile": f"+86 {new}"}
    given = {"details": details, "verificationCode": code, **face}
    payload = citizen.change("updateInformation", cardId=card.id, evidence=given)
    assert codes(payload) == []
    assert payload["holder"]["mobile"] == me(citizen)["mobile"] == f"138****{new[-4:]}"
    operation = payload["operation"]
    assert (operation["service"], operation["state"]) == ("update_information", "COMPLETED")
    assert operation["timeline"][0]["note"] == "mobile"
    # The code is used up, and nothing is left to change.
    assert codes(update(citizen, card, code, mobile=new)) == ["VERIFICATION_CODE_WRONG"]


def test_CD_6_a_code_to_the_old_number_does_not_do(service: GraphService) -> None:
    old, new = mobile(), mobile()
    _, citizen, card = in_chengdu(service, old)
    code = citizen.verification_code("update_information", old)
    assert codes(update(citizen, card, code, mobile=new)) == ["VERIFICATION_CODE_WRONG"]
    # Nor does a code that was sent to the new number for something else.
    service.clock.advance(timedelta(minutes=1))
    other = citizen.verification_code("report_formal_loss", new)
    assert codes(update(citizen, card, other, mobile=new)) == ["VERIFICATION_CODE_WRONG"]
    assert me(citizen)["mobile"] == f"138****{old[-4:]}"


def test_CD_6_from_then_on_the_new_number_is_the_bound_one(service: GraphService) -> None:
    old, new = mobile(), mobile()
    _, citizen, card = in_chengdu(service, old)
    assert codes(rebind(service, citizen, card, old, new)) == []
    service.clock.advance(timedelta(minutes=1))
    for number, answer in ((old, ["MISSING"]), (new, [])):
        code = citizen.verification_code("report_formal_loss", number)
        evidence = {"details": {"mobile": number}, "verificationCode": code}
        assert codes(citizen.change("reportFormalLoss", cardId=card.id, evidence=evidence)) == answer
        service.clock.advance(timedelta(minutes=1))


def test_who_holds_an_open_app_and_one_code_does_not_get_the_number_changed(service: GraphService) -> None:
    old, new = mobile(), mobile()
    _, citizen, card = in_chengdu(service, old)

    def tried(**proven: str) -> list[tuple[str, str | None]]:
        evidence = {"details": {"mobile": new}, **proven}
        payload = citizen.change("updateInformation", cardId=card.id, evidence=evidence)
        assert me(citizen)["mobile"] == f"138****{old[-4:]}"
        return [(error["code"], error["field"]) for error in payload["errors"]]

    # The code that came to their own number.
    own = citizen.verification_code("update_information", new)
    assert tried(verificationCode=own) == [("MISSING", "input.evidence.boundMobileCode")]
    # It is not one to the old number as well, nor is a face that was checked for something else, or of somebody else.
    wrong = ("VERIFICATION_CODE_WRONG", "input.evidence.boundMobileCode")
    assert tried(verificationCode=own, boundMobileCode=own) == [wrong]
    for assertion in (
        citizen.face_assertion("delegate"),
        service.citizen(service.person(), "unionpay_app").face_assertion("update_information"),
    ):
        assert [code for code, _ in tried(verificationCode=own, faceAssertion=assertion)] == ["FACE_ASSERTION_INVALID"]
    # Nor is one that they saw come to the old number for something else.
    service.clock.advance(timedelta(minutes=1))
    seen = citizen.verification_code("report_formal_loss", old)
    assert tried(verificationCode=own, boundMobileCode=seen) == [wrong]
    # One to the old number alone does not do either: the new one has to receive its own.
    service.clock.advance(timedelta(minutes=1))
    right = citizen.verification_code("update_information", old)
    assert ("MISSING", "input.evidence.verificationCode") in tried(boundMobileCode=right)
    # Tries are counted: after five wrong ones the right one is void.
    guessed = f"{(int(right) + 1) % 10**6:06}"
    for given in (*[guessed] * 5, right):
        assert tried(verificationCode=own, boundMobileCode=given) == [wrong]


def test_a_code_to_the_old_number_is_used_once(service: GraphService) -> None:
    old, first = mobile(), mobile()
    _, citizen, card = in_chengdu(service, old)
    code = citizen.verification_code("update_information", old)
    service.clock.advance(timedelta(minutes=1))
    proven = {"boundMobileCode": code, "verificationCode": citizen.verification_code("update_information", first)}
    given = {"details": {"mobile": first}, **proven}
    assert codes(citizen.change("updateInformation", cardId=card.id, evidence=given)) == []
    # Back again: the old number is the new one now, and its code is spent.
    given = {
        "details": {"mobile": old},
        "verificationCode": code,
        "faceAssertion": citizen.face_assertion("update_information"),
    }
    assert codes(citizen.change("updateInformation", cardId=card.id, evidence=given)) == ["VERIFICATION_CODE_WRONG"]


def test_a_delegation_after_the_number_changed_waits_a_day_or_needs_a_face_check(service: GraphService) -> None:
    old, new = mobile(), mobile()
    _, citizen, card = in_chengdu(service, old)
    accomplice = service.person(name="同伙")
    assert codes(rebind(service, citizen, card, old, new)) == []

    def delegated(**proven: str) -> list[str]:
        service.clock.advance(timedelta(minutes=1))
        code = citizen.verification_code("delegate", new)
        declared = [{"name": "declared.delegation_reason", "value": "long_away"}]
        payload = citizen.change(
            "grantDelegation",
            regionCode=CHENGDU,
            delegate={
                "name": accomplice.name,
                "identityType": accomplice.identity_type,
                "identityNumber": accomplice.identity_number,
            },
            services=["report_formal_loss"],
            until="2026-12-20",
            evidence={"verificationCode": code, "declarations": declared, **proven},
        )
        assert codes(payload) in ([], ["MISSING"])
        return list(missing(payload["decision"]))

    assert delegated() == ["mobile_changed_lately"]
    service.clock.advance(timedelta(hours=23, minutes=50))
    assert delegated() == ["mobile_changed_lately"]
    assert delegated(faceAssertion=citizen.face_assertion("delegate")) == []
    service.clock.advance(timedelta(minutes=10))
    assert delegated() == []


def test_an_activation_binds_the_first_number_and_changes_none(service: GraphService) -> None:
    old, new = mobile(), mobile()
    person = service.person(mobile=f"+86{old}")
    card, citizen = add_card(service, person, CHENGDU), service.citizen(person, "unionpay_app")
    code = citizen.verification_code("activate", new)
    evidence = {"details": {"cardNumber": card.number, "mobile": new}, "verificationCode": code}
    assert citizen.changed("activateCard", cardId=card.id, evidence=evidence)["card"]["state"] == "ACTIVE"
    assert me(citizen)["mobile"] == f"138****{old[-4:]}"


def test_not_even_a_delegate_on_record_changes_the_number(service: GraphService) -> None:
    old, new = mobile(), mobile()
    person, citizen, card = in_chengdu(service, old)
    delegate = service.citizen(delegate_on_record(service, person, "update_information"), "unionpay_app")
    assert codes(update(delegate, card, landline="028-86151234")) == []
    proven = {
        "verificationCode": delegate.verification_code("update_information", new),
        "faceAssertion": delegate.face_assertion("update_information"),
    }
    given = {"details": {"mobile": new}, **proven}
    assert codes(delegate.change("updateInformation", cardId=card.id, evidence=given)) == ["MOBILE_NEVER_BY_DELEGATE"]
    assert me(citizen)["mobile"] == f"138****{old[-4:]}"


def test_CD_6_landline_addresses_and_postcode_need_no_code(service: GraphService) -> None:
    _, citizen, card = in_chengdu(service)
    payload = update(citizen, card, **AT_HOME)
    assert codes(payload) == []
    assert payload["holder"]["contact"] == me(citizen)["contact"] == AT_HOME
    assert (
        payload["operation"]["timeline"][0]["note"] == "address, address_region, landline, postcode, register_address"
    )
    # One alone changes nothing of the others.
    assert codes(update(citizen, card, residencePostcode="610042")) == []
    assert me(citizen)["contact"] == {**AT_HOME, "residencePostcode": "610042"}


def test_CD_6_a_mobile_number_is_not_slipped_in_beside_an_address(service: GraphService) -> None:
    number = mobile()
    _, citizen, card = in_chengdu(service, number)
    payload = update(citizen, card, residenceAddress="成都市武侯区一环路2号", mobile=mobile())
    assert set(missing(payload["decision"])) == {"bound_mobile_confirmed", "new_mobile_code"}
    assert me(citizen)["contact"]["residenceAddress"] is None
    assert me(citizen)["mobile"] == f"138****{number[-4:]}"


@pytest.mark.parametrize(
    ("details", "code", "field"),
    [
        ({}, "NOTHING_CHANGED", None),
        ({"landline": "   "}, "NOTHING_CHANGED", None),
        ({"mobile": "12345"}, "MOBILE_NUMBER_INVALID", "input.evidence.details.mobile"),
        ({"residenceRegion": "成都"}, "INVALID_INPUT", "input.evidence.details.residenceRegion"),
        ({"residenceRegion": "５１０１０７"}, "INVALID_INPUT", "input.evidence.details.residenceRegion"),
        ({"residenceRegion": "999999"}, "INVALID_INPUT", "input.evidence.details.residenceRegion"),
        ({"residenceRegion": "000000"}, "INVALID_INPUT", "input.evidence.details.residenceRegion"),
        ({"residencePostcode": "61004"}, "INVALID_INPUT", "input.evidence.details.residencePostcode"),
        ({"residencePostcode": "61004A"}, "INVALID_INPUT", "input.evidence.details.residencePostcode"),
        ({"landline": "1234"}, "INVALID_INPUT", "input.evidence.details.landline"),
        ({"landline": "0" * 21}, "INVALID_INPUT", "input.evidence.details.landline"),
        ({"landline": "028-8615转12"}, "INVALID_INPUT", "input.evidence.details.landline"),
        ({"landline": "-----"}, "INVALID_INPUT", "input.evidence.details.landline"),
        ({"residenceAddress": "一环路\u202e2号"}, "INVALID_INPUT", "input.evidence.details.residenceAddress"),
        ({"residenceAddress": "一环路\u20662号"}, "INVALID_INPUT", "input.evidence.details.residenceAddress"),
        ({"residenceAddress": "一环路\t2号"}, "INVALID_INPUT", "input.evidence.details.residenceAddress"),
        ({"registerAddress": "一环路\x7f2号"}, "INVALID_INPUT", "input.evidence.details.registerAddress"),
        ({"residenceAddress": "路" * 501}, "INVALID_INPUT", "input.evidence.details.residenceAddress"),
    ],
)
def test_CD_6_nothing_and_nonsense_change_nothing(
    service: GraphService, details: dict[str, str], code: str, field: str | None
) -> None:
    _, citizen, card = in_chengdu(service)
    before = me(citizen)
    payload = update(citizen, card, **details)
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [(code, field)]
    assert me(citizen) == before


def test_CD_6_what_is_on_record_already_is_no_change(service: GraphService) -> None:
    _, citizen, card = in_chengdu(service)
    assert codes(update(citizen, card, **AT_HOME)) == []
    payload = update(citizen, card, **AT_HOME)
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [
        ("INVALID_INPUT", "input.evidence.details")
    ]
    query = '{operations(filter: {service: "update_information"}){totalCount}}'
    assert citizen.ask(query)["operations"]["totalCount"] == 1


def test_SC_4_telephone_and_address_at_any_office_with_the_card_and_no_new_card(service: GraphService) -> None:
    person, citizen, card = in_chengdu(service)
    clerk, new = service.clerk(MIANYANG), mobile()
    details = {"mobile": new, "residenceAddress": "绵阳市涪城区1号"}
    assert set(missing(update(clerk, card, **details)["decision"])) == {"card_brought"}
    evidence = {"details": details, "sightedDocuments": ["social_security_card"]}
    payload = clerk.changed("updateInformation", cardId=card.id, evidence=evidence)
    advice = {text["message"]["zh"]: text["citation"]["clause"] for text in payload["decision"]["advice"]}
    assert advice["联系电话、通讯地址等变了的，不用换卡。"] == "04 非关键信息变更 (SC-4)"
    assert payload["operation"]["office"] == "window-510700"
    assert payload["operation"]["card"] == {"id": card.id, "state": "ACTIVE", "number": card.number}
    assert me(citizen)["mobile"] == f"138****{new[-4:]}"
    assert [c["id"] for c in citizen.ask("{me{cards{id}}}")["me"]["cards"]] == [card.id]
    assert me(citizen)["name"] == person.name


def test_SC_4_key_information_cannot_be_given_at_all(service: GraphService) -> None:
    kind = "query($name: String!){__type(name: $name){inputFields{name}}}"
    key = {"name", "identityType", "bornOn", "socialSecurityNumber", "holderType"}
    for name in ("UpdateInformationInput", "DetailsInput"):
        fields = service.caller(None).ask(kind, {"name": name})["__type"]["inputFields"]
        assert {field["name"] for field in fields} & key == set()
    # An identity number among the details only confirms whose card it is; it changes none.
    person, citizen, card = in_chengdu(service)
    wrong = update(citizen, card, identityNumber="110105199003070000", landline="028-1")
    assert codes(wrong) == ["IDENTITY_NUMBER_WRONG"]
    before = me(citizen)["identityNumber"]
    assert codes(update(citizen, card, identityNumber=person.identity_number)) == ["NOTHING_CHANGED"]
    assert me(citizen)["identityNumber"] == before


def in_qingdao(service: GraphService, channel: str) -> tuple[Caller, CardOnRecord]:
    person = service.person()
    return service.citizen(person, channel), add_card(service, person, QINGDAO, state=CardState.ACTIVE)


@pytest.mark.parametrize("channel", ["qingdao_website", "qingdao_app"])
def test_QD_8_mobile_number_and_address_online_at_once(service: GraphService, channel: str) -> None:
    citizen, card = in_qingdao(service, channel)
    new = mobile()
    payload = update(citizen, card, mobile=new, residenceAddress="青岛市市南区香港中路1号")
    assert codes(payload) == []
    [promise] = payload["decision"]["promises"]
    assert (promise["within"]["zh"], promise["citation"]["clause"]) == ("即时", "四、办理时限 (QD-8)")
    assert payload["operation"]["state"] == "COMPLETED"
    assert payload["holder"]["mobile"] == f"138****{new[-4:]}"
    assert payload["holder"]["contact"]["residenceAddress"] == "青岛市市南区香港中路1号"


@pytest.mark.parametrize("field", ["landline", "residencePostcode", "registerAddress"])
def test_QD_8_anything_else_is_refused_there(service: GraphService, field: str) -> None:
    citizen, card = in_qingdao(service, "qingdao_app")
    payload = update(citizen, card, mobile=mobile(), **{field: "266000"})
    assert codes(payload) == ["FIELD_NOT_OFFERED"]
    assert payload["errors"][0]["citation"]["clause"] == "社会保障卡个人信息修改 (QD-8)"
    assert me(citizen)["mobile"] is None


def test_QD_8_not_through_the_national_service_and_at_a_window_with_papers(service: GraphService) -> None:
    citizen, card = in_qingdao(service, "national_mini_program")
    assert codes(update(citizen, card, mobile=mobile())) == ["CHANNEL_NOT_OPEN"]
    clerk = service.clerk(QINGDAO, "bank_window")
    assert set(missing(update(clerk, card, mobile=mobile())["decision"])) == {"identity_document"}


def test_SC_12_below_18_the_guardian_changes_it_and_the_ward_s_record_changes(service: GraphService) -> None:
    child = service.person(date(2012, 1, 1))
    card = add_card(service, child, CHENGDU, state=CardState.ACTIVE)
    alone = service.citizen(child, "unionpay_app")
    assert codes(update(alone, card, landline="028-1")) == ["UNDER_AGE_ALONE"]
    guardian = service.citizen(service.guardian(child), "unionpay_app")
    new = mobile()
    code = guardian.verification_code("update_information", new)
    payload = update(guardian, card, code, mobile=new, landline="028-86151234")
    assert codes(payload) == []
    assert payload["operation"]["relation"] == "guardian"
    assert payload["holder"]["id"] == holder_id(child)
    assert me(guardian)["mobile"] is None


def test_a_cancelled_card_changes_nothing_and_a_stranger_does_not_either(service: GraphService) -> None:
    person, citizen, card = in_chengdu(service)
    old = add_card(service, person, CHENGDU, state=CardState.CANCELLED)
    assert codes(update(citizen, old, landline="028-1")) == ["CARD_CANCELLED"]
    stranger = service.citizen(service.person(), "unionpay_app")
    assert codes(update(stranger, card, landline="028-1")) == ["NOT_FOUND"]
    assert me(citizen)["contact"]["landline"] is None


def test_two_changes_at_the_same_moment_are_both_kept(service: GraphService) -> None:
    _, citizen, card = in_chengdu(service)
    changes = [{"landline": "028-86151234"}, {"residencePostcode": "610041"}]
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda details: update(citizen, card, **details), changes))
    assert [codes(payload) for payload in payloads] == [[], []]
    contact = me(citizen)["contact"]
    assert (contact["landline"], contact["residencePostcode"]) == ("028-86151234", "610041")
