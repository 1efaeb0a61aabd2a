"""Applying for a card (NX-1, SC-1, CD-1, QD-1)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from tests.graph.caller import codes, denials, missing
from tests.graph.cards import add_card
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    ZIBO,
    application,
    card_picture,
    chengdu_papers,
    details,
    portrait,
    submitted,
    two_inches,
)
from tests.graph.service import GraphService, holder_id


def test_NX_1_a_first_card_is_free_and_its_application_is_submitted(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    payload = citizen.changed("applyForCard", **application(citizen))
    operation = payload["operation"]
    assert operation["state"] == "SUBMITTED"
    assert [(fee["fee"], fee["amount"]) for fee in operation["fees"]] == [("card_fee", 0)]
    assert payload["decision"]["charges"][0]["values"][0]["citation"]["clause"] == "首次申领社保卡免费 (NX-1)"
    assert operation["timeline"][0]["toState"] == "SUBMITTED"
    assert operation["policyDigest"] == payload["decision"]["policyDigest"]


def test_NX_1_under_16_nobody_applies_alone_and_from_the_16th_birthday_one_does(service: GraphService) -> None:
    young = service.citizen(service.person(date(2010, 11, 21)))
    payload = young.change("applyForCard", **application(young))
    assert codes(payload) == ["UNDER_AGE_ALONE"]
    [error] = payload["errors"]
    assert "16" in error["message"]["en"]
    assert "16" in error["message"]["zh"]
    assert error["citation"]["clause"].startswith("一、社会保障卡申领")
    assert error["values"][0]["citation"]["clause"] == "面向年龄满16周岁的全体中国公民 (NX-1)"
    assert payload["operation"] is None
    sixteen = service.citizen(service.person(date(2010, 11, 20)))
    assert submitted(sixteen)["state"] == "SUBMITTED"


def test_NX_1_a_parent_on_record_acts_for_a_minor_child_with_a_proof(service: GraphService) -> None:
    child = service.person(date(2015, 5, 5))
    parent = service.citizen(service.guardian(child))
    given = application(parent) | {"holderId": holder_id(child)}
    payload = parent.change("applyForCard", **given)
    proofs = ["birth_certificate", "household_register", "guardianship_proof"]
    assert missing(payload["decision"]) == {"guardianship": proofs}
    proof = parent.document("birth_certificate", JINAN, card_picture(), holderId=holder_id(child))
    given["evidence"]["documentIds"] = [proof]
    operation = parent.changed("applyForCard", **given)["operation"]
    assert operation["relation"] == "guardian"
    assert operation["holder"]["id"] == holder_id(child)


def test_NX_1_a_parent_does_not_apply_for_a_grown_child(service: GraphService) -> None:
    grown = service.person(date(2005, 5, 5))
    parent = service.citizen(service.guardian(grown))
    payload = parent.change("applyForCard", **(application(parent) | {"holderId": holder_id(grown)}))
    assert "GUARDIAN_OF_CAPABLE_ADULT" in codes(payload)


def test_NX_1_the_pre_check_the_details_and_the_bank_are_all_asked_for_at_once(service: GraphService) -> None:
    payload = service.citizen(service.person()).change("applyForCard", regionCode=JINAN)
    assert missing(payload["decision"]) == {
        "cross_province_bank": ["choice.bank"],
        "face_check": ["face_check"],
        "contact_details": ["mobile", "residence_address"],
    }
    assert codes(payload) == ["MISSING"] * 3
    assert all(error["citation"]["document"] == "社会保障卡跨省通办五个事项操作说明" for error in payload["errors"])


def test_NX_1_is_for_citizens(service: GraphService) -> None:
    foreigner = service.citizen(service.person(holder_type="foreigner", identity_type="passport"))
    assert codes(foreigner.change("applyForCard", **application(foreigner))) == ["CROSS_PROVINCE_CITIZENS_ONLY"]


def test_a_second_application_in_the_province_is_refused_and_after_withdrawal_allowed(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    first = submitted(citizen)
    again = citizen.change("applyForCard", **application(citizen, region=ZIBO))
    assert codes(again) == ["ONE_CARD_IN_PROVINCE"]
    citizen.changed("withdrawApplication", operationId=first["id"])
    assert submitted(citizen, region=ZIBO)["regionCode"] == ZIBO


def test_SC_1_only_people_insured_or_employed_in_the_province_apply_and_at_that_place(service: GraphService) -> None:
    elsewhere = service.citizen(service.person(), "chengdu_wechat")
    given = {"evidence": {"details": details(), "documentIds": chengdu_papers(elsewhere)}}
    payload = elsewhere.change("applyForCard", regionCode=CHENGDU, **given)
    assert codes(payload) == ["NOT_INSURED_OR_EMPLOYED"]
    assert payload["errors"][0]["citation"]["document"] == "社会保障卡简介"
    mianyang = service.citizen(service.person(insured_in=("510700",)), "chengdu_wechat")
    given = {"evidence": {"details": details(), "documentIds": chengdu_papers(mianyang)}}
    assert codes(mianyang.change("applyForCard", regionCode=CHENGDU, **given)) == ["NOT_AT_THE_PLACE"]


@pytest.mark.parametrize("place", ["insured_in", "employed_in"])
def test_SC_1_either_place_will_do(service: GraphService, place: str) -> None:
    insured, employed = ((CHENGDU,), ()) if place == "insured_in" else ((), (CHENGDU,))
    citizen = service.citizen(service.person(insured_in=insured, employed_in=employed), "chengdu_wechat")
    given = {"evidence": {"details": details(), "documentIds": chengdu_papers(citizen)}}
    payload = citizen.changed("applyForCard", regionCode=CHENGDU, **given)
    assert payload["operation"]["state"] == "SUBMITTED"


def test_SC_1_one_person_has_one_card_in_the_province(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    add_card(service, person, "510700")
    citizen = service.citizen(person, "chengdu_wechat")
    given = {"evidence": {"details": details(), "documentIds": chengdu_papers(citizen)}}
    payload = citizen.change("applyForCard", regionCode=CHENGDU, **given)
    assert codes(payload) == ["ONE_CARD_IN_PROVINCE"]
    assert payload["errors"][0]["citation"]["clause"] == "01 申领 (SC-1)"


def test_CD_1_photo_both_sides_of_the_card_and_details_are_told_missing_all_at_once(service: GraphService) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "chengdu_wechat")
    payload = citizen.change("applyForCard", regionCode=CHENGDU)
    assert missing(payload["decision"]) == {
        "photo": ["photo"],
        "identity_card": ["identity_card_front", "identity_card_back"],
        "personal_details": ["mobile", "residence_address"],
    }
    assert {error["citation"]["document"] for error in payload["errors"]} == {"成都社会保障卡线上服务操作指南"}
    given = {"evidence": {"details": details(), "documentIds": chengdu_papers(citizen)}}
    payload = citizen.changed("applyForCard", regionCode=CHENGDU, **given)
    assert any("绑卡" in advice["message"]["zh"] for advice in payload["decision"]["advice"])


@pytest.mark.parametrize("channel", ["chengdu_wechat", "unionpay_app", "ping_an_app"])
def test_CD_1_is_open_in_three_apps(service: GraphService, channel: str) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), channel)
    decision = citizen.check("apply", regionCode=CHENGDU)["decision"]
    assert denials(decision) == []
    advice = [item for item in decision["advice"] if "绑卡" in item["message"]["zh"]]
    assert bool(advice) == (channel == "chengdu_wechat")


def test_CD_1_is_closed_in_the_channels_of_other_cities_and_says_so(service: GraphService) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "qingdao_app")
    payload = citizen.check("apply", regionCode=CHENGDU)
    assert codes(payload) == ["CHANNEL_NOT_OPEN"]
    assert "成都市没有渠道“qingdao_app”" in payload["errors"][0]["message"]["zh"]
    window = service.citizen(service.person(insured_in=(CHENGDU,)), "bank_window")
    decision = window.check("apply", regionCode=CHENGDU)["decision"]
    assert denials(decision) == ["CHANNEL_NOT_OPEN"]
    assert decision["denials"][0]["values"][0]["citation"]["region"] == CHENGDU


def test_QD_1_online_asks_for_everything_at_once_and_for_a_photo_only_where_none_is_on_file(
    service: GraphService,
) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    decision = citizen.change("applyForCard", regionCode=QINGDAO)["decision"]
    assert missing(decision) == {
        "bank": ["choice.bank"],
        "outlet": ["choice.outlet"],
        "delivery": ["choice.delivery"],
        "online_identity_document": ["identity_card_front", "identity_card_back"],
        "photo": ["photo"],
        "contact_details": ["mobile", "residence_address"],
    }
    assert all("(QD-1)" in (item["citation"]["clause"] or "(QD-1)") for item in decision["missing"])
    on_file = service.citizen(service.person(photo_on_file=True), "qingdao_website")
    assert "photo" not in missing(on_file.change("applyForCard", regionCode=QINGDAO)["decision"])


def test_QD_1_online_no_form_is_archived_and_issue_is_promised_in_7_working_days(service: GraphService) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    papers = [
        citizen.document("photo", QINGDAO, portrait(True, 358, 441, 350)),
        citizen.document("identity_card_front", QINGDAO, card_picture()),
        citizen.document("identity_card_back", QINGDAO, card_picture()),
    ]
    payload = citizen.changed(
        "applyForCard",
        regionCode=QINGDAO,
        bank="icbc",
        outlet="qingdao_sample_ordinary",
        delivery={"method": "outlet"},
        evidence={"details": details(), "documentIds": papers},
    )
    assert payload["operation"]["archive"] == ["identity_document_copy"]
    assert payload["operation"]["delivery"]["outlet"] == "qingdao_sample_ordinary"
    [promise] = payload["decision"]["promises"]
    assert (promise["within"]["en"], promise["countedFrom"]) == ("7 working days", "accepted")
    assert promise["citation"]["clause"] == "四、办理时限 (QD-1)"


def test_QD_1_an_outlet_must_be_one_of_the_chosen_bank(service: GraphService) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    payload = citizen.check("apply", regionCode=QINGDAO, bank="icbc", outlet="qingdao_sample_instant")
    assert denials(payload["decision"]) == ["OUTLET"]


def test_the_same_application_gets_different_cited_decisions_in_three_cities(service: GraphService) -> None:
    citizen = service.citizen(service.person(date(2009, 6, 1), insured_in=(CHENGDU,)))
    given = {"bank": "icbc", "evidence": {"details": details(), "faceAssertion": citizen.face_assertion("apply")}}
    jinan = citizen.check("apply", regionCode=JINAN, **given)["decision"]
    qingdao = citizen.check("apply", regionCode=QINGDAO, **given)["decision"]
    chengdu = citizen.check("apply", regionCode=CHENGDU, **given)["decision"]
    assert jinan["allowed"]
    assert jinan["charges"][0]["citation"]["level"] == "nation"
    assert denials(qingdao) == ["CROSS_PROVINCE_CLOSED", "CROSS_PROVINCE_BANK"]
    assert qingdao["denials"][0]["citation"]["clause"] == "社保卡跨省通办开通地区 (NX-0)"
    assert set(missing(qingdao)) >= {"photo"}
    # 17 years: of age nationally, but not in Sichuan, whose own document is cited for the age.
    assert set(denials(chengdu)) == {"CROSS_PROVINCE_CLOSED", "CROSS_PROVINCE_BANK", "UNDER_AGE_ALONE"}
    age = next(d for d in chengdu["denials"] if d["code"] == "UNDER_AGE_ALONE")
    assert age["values"][0]["shown"]["en"].startswith("18")
    assert age["values"][0]["citation"]["region"] == "510000"
    assert len({jinan["policyDigest"], qingdao["policyDigest"], chengdu["policyDigest"]}) == 3


def test_two_applications_at_the_same_moment_give_one_card(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = [application(citizen), application(citizen)]
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda one: citizen.change("applyForCard", **one), given))
    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 1]


def test_a_photo_that_is_good_in_one_city_is_not_in_the_other(service: GraphService) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "chengdu_wechat")
    papers = chengdu_papers(citizen, photo=portrait(True, 358, 441, 350))
    payload = citizen.change("applyForCard", regionCode=CHENGDU, evidence={"details": details(), "documentIds": papers})
    assert missing(payload["decision"]) == {"photo": ["photo"]}
    assert "26.0 mm" in payload["errors"][0]["message"]["en"]
    good = [citizen.document("photo", CHENGDU, two_inches()), *papers[1:]]
    citizen.changed("applyForCard", regionCode=CHENGDU, evidence={"details": details(), "documentIds": good})
