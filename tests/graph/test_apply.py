"""Applying for a card (NX-1, SC-1, CD-1)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from domain.holder import Actor, Holder
from gateways.mobile import normalise_mobile
from schema.kit.relay import global_id, split_id
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import IDENTITY_CARD, add_card
from tests.graph.delegations import delegate_on_record
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

MIANYANG = "510700"
CHENGDU_APPS = ["chengdu_wechat", "unionpay_app", "ping_an_app"]


def in_chengdu(
    service: GraphService, person: Holder, channel: str, acting: Holder | None = None
) -> tuple[Caller, dict[str, Any]]:
    """Return who asks for a card of Chengdu, and all that is needed: in an app the papers as files, at a window seen.

    Args:
        acting: who acts for the person; None for themselves.
    """
    given = {"regionCode": CHENGDU, "holderId": holder_id(person)}
    if channel != "service_window":
        citizen = service.citizen(acting or person, channel)
        papers = chengdu_papers(citizen, holderId=holder_id(person))
        return citizen, given | {"evidence": {"details": details(), "documentIds": papers}}
    clerk = service.clerk(CHENGDU)
    photo = clerk.document("photo", CHENGDU, two_inches(), holderId=holder_id(person))
    given["presentPersonId"] = holder_id(acting or person)
    return clerk, given | {"evidence": {"documentIds": [photo], "sightedDocuments": IDENTITY_CARD}}


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
        "agreement_not_accepted": ["declared.agreement_accepted"],
        "face_check": ["face_check"],
        "contact_details": ["mobile", "own_mobile", "residence_address"],
    }
    assert codes(payload) == ["MISSING"] * 4
    assert all(
        error["citation"]["document"] == "正式教职工省本级社保卡通办 五个事项操作说明" for error in payload["errors"]
    )


def test_NX_1_the_mobile_number_is_registered_in_the_name_of_who_applies(service: GraphService) -> None:
    citizen, borrowed = service.citizen(service.person()), details()
    service.mobiles.of_others.add(normalise_mobile(borrowed["mobile"]))
    given = application(citizen, details=borrowed)
    refused = citizen.change("applyForCard", **given)
    assert missing(refused["decision"]) == {"contact_details": ["own_mobile"]}
    assert refused["errors"][0]["message"]["zh"] == "请填写本人实名办理的手机号码和常住地地址。"
    assert missing(citizen.check("apply", **given)["decision"]) == missing(refused["decision"])
    # While nobody knows, nothing is refused for good, and the face check is not used up.
    service.mobiles.out_of_order = True
    try:
        assert codes(citizen.change("applyForCard", **given)) == ["GATEWAY_UNAVAILABLE"]
    finally:
        service.mobiles.out_of_order = False
    own = given | {"evidence": given["evidence"] | {"details": details()}}
    assert citizen.changed("applyForCard", **own)["operation"]["state"] == "SUBMITTED"


def test_NX_1_applications_online_take_holders_of_an_identity_card_only(service: GraphService) -> None:
    foreigner = service.citizen(service.person(holder_type="foreigner", identity_type="passport"))
    assert codes(foreigner.change("applyForCard", **application(foreigner))) == ["CROSS_PROVINCE_IDENTITY_CARD_ONLY"]


@pytest.mark.parametrize("holder_type", ["hong_kong_macao", "taiwan"])
def test_NX_1_nobody_from_hong_kong_macao_or_taiwan_is_told_who_is_a_citizen(
    service: GraphService, holder_type: str
) -> None:
    person = service.person(holder_type=holder_type, identity_type="residence_permit")
    applicant = service.citizen(person)
    [denial] = applicant.change("applyForCard", **application(applicant))["decision"]["denials"]
    assert "居民身份证" in denial["message"]["zh"]
    assert "请到参保地或就业地的社会保障卡服务网点申领" in denial["message"]["zh"]
    assert "公民" not in denial["message"]["zh"]
    assert "itizen" not in denial["message"]["en"]
    assert denial["citation"]["assumed"] is True


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
@pytest.mark.parametrize("channel", [*CHENGDU_APPS, "service_window"])
def test_SC_1_either_place_will_do_in_each_app_and_at_the_window(
    service: GraphService, place: str, channel: str
) -> None:
    places: dict[str, Any] = {place: (CHENGDU,)}
    person = service.person(**places)
    caller, given = in_chengdu(service, person, channel)
    operation = caller.changed("applyForCard", **given)["operation"]
    assert (operation["state"], operation["channel"]) == ("SUBMITTED", channel)
    assert operation["holder"]["id"] == holder_id(person)


@pytest.mark.parametrize("channel", [*CHENGDU_APPS, "service_window"])
def test_SC_1_who_is_neither_or_is_so_elsewhere_is_refused_in_each_app_and_at_the_window(
    service: GraphService, channel: str
) -> None:
    for places, code in (((), "NOT_INSURED_OR_EMPLOYED"), ((MIANYANG,), "NOT_AT_THE_PLACE")):
        caller, given = in_chengdu(service, service.person(employed_in=places), channel)
        payload = caller.change("applyForCard", **given)
        assert codes(payload) == [code]
        assert payload["errors"][0]["citation"]["clause"] == "01 申领 (SC-1)"


def test_SC_1_an_office_takes_applications_of_its_own_place(service: GraphService) -> None:
    """Mianyang has no document of its own: what holds there is what the province says."""
    clerk = service.clerk(MIANYANG)

    def handed_in(person: Holder, region: str) -> dict[str, Any]:
        photo = clerk.document("photo", MIANYANG, two_inches(), holderId=holder_id(person))
        evidence = {"documentIds": [photo], "sightedDocuments": IDENTITY_CARD}
        return clerk.change("applyForCard", regionCode=region, holderId=holder_id(person), evidence=evidence)

    assert codes(handed_in(service.person(insured_in=(CHENGDU,)), MIANYANG)) == ["NOT_AT_THE_PLACE"]
    assert codes(handed_in(service.person(insured_in=(CHENGDU,)), CHENGDU)) == ["NOT_PERMITTED"]
    operation = handed_in(service.person(insured_in=(MIANYANG,)), MIANYANG)["operation"]
    assert (operation["state"], operation["office"]) == ("SUBMITTED", f"window-{MIANYANG}")
    online = service.citizen(service.person(insured_in=(MIANYANG,)), "hotline_12333")
    assert "CHANNEL_NOT_OPEN" in codes(online.change("applyForCard", regionCode=MIANYANG))


def test_SC_12_who_is_refused_reads_the_clause_of_the_region_nearest_to_them(service: GraphService) -> None:
    born_on, sichuan = date(2011, 6, 1), "未满十八周岁的未成年人应由监护人代办 (SC-12)"
    caller, given = in_chengdu(service, service.person(born_on, insured_in=(CHENGDU,)), "unionpay_app")
    refused = caller.change("applyForCard", **given)["errors"][0]
    assert (refused["code"], refused["citation"]["clause"]) == ("UNDER_AGE_ALONE", sichuan)
    assert refused["citation"]["region"] == "510000"
    # Where no region says otherwise, the nation's own clause stands.
    citizen = service.citizen(service.person(born_on))
    refused = citizen.change("applyForCard", **application(citizen))["errors"][0]
    assert refused["code"] == "UNDER_AGE_ALONE"
    assert refused["citation"]["region"] == "000000"
    assert "NX-1" in refused["citation"]["clause"]


@pytest.mark.parametrize("channel", ["chengdu_wechat", "service_window"])
def test_SC_1_one_person_has_one_card_in_the_province(service: GraphService, channel: str) -> None:
    person = service.person(insured_in=(CHENGDU,))
    card = add_card(service, person, MIANYANG)
    caller, given = in_chengdu(service, person, channel)
    payload = caller.change("applyForCard", **given)
    assert codes(payload) == ["ONE_CARD_IN_PROVINCE"]
    assert payload["errors"][0]["citation"]["clause"] == "01 申领 (SC-1)"
    clerk = service.clerk(MIANYANG)
    settled = {"sightedDocuments": [*IDENTITY_CARD, "settlement_abroad_proof"]}
    clerk.changed("cancelCard", cardId=card.id, reason="settled_abroad", evidence=settled)
    assert caller.changed("applyForCard", **given)["operation"]["state"] == "SUBMITTED"
    # A card of another province is no obstacle.
    other = service.person(insured_in=(CHENGDU,))
    add_card(service, other, JINAN)
    caller, given = in_chengdu(service, other, channel)
    assert caller.changed("applyForCard", **given)["operation"]["state"] == "SUBMITTED"


@pytest.mark.parametrize("channel", CHENGDU_APPS)
def test_CD_1_photo_both_sides_of_the_card_and_details_make_an_application_in_each_app(
    service: GraphService, channel: str
) -> None:
    person = service.person(insured_in=(CHENGDU,))
    citizen = service.citizen(person, channel)
    payload = citizen.change("applyForCard", regionCode=CHENGDU)
    assert missing(payload["decision"]) == {
        "photo": ["photo"],
        "identity_card": ["identity_card_front", "identity_card_back"],
        "personal_details": ["mobile", "residence_address"],
    }
    assert codes(payload) == ["MISSING"] * 3
    assert {error["citation"]["document"] for error in payload["errors"]} == {"成都社会保障卡线上服务操作指南"}
    papers, filled_in = chengdu_papers(citizen), details()

    for kind, paper in zip(["photo", "identity_card_front", "identity_card_back"], papers, strict=True):
        others = [other for other in papers if other != paper]
        given = {"details": filled_in, "documentIds": others}
        payload = citizen.change("applyForCard", regionCode=CHENGDU, evidence=given)
        assert list(missing(payload["decision"]).values()) == [[kind]]
    for name, detail in (("mobile", "mobile"), ("residenceAddress", "residence_address")):
        given = {"details": filled_in | {name: ""}, "documentIds": papers}
        payload = citizen.change("applyForCard", regionCode=CHENGDU, evidence=given)
        assert missing(payload["decision"]) == {"personal_details": [detail]}

    evidence = {"details": filled_in, "documentIds": papers}
    payload = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=evidence)
    operation = payload["operation"]
    assert (operation["state"], operation["regionCode"], operation["channel"]) == ("SUBMITTED", CHENGDU, channel)
    # Who applies for a first card has none to bind in WeChat yet.
    told = [item for item in payload["decision"]["advice"] if "绑卡" in item["message"]["zh"]]
    assert bool(told) is (channel == "chengdu_wechat")
    kept = service.work(lambda work: work.operations.get(split_id(operation["id"], "id")[1]))
    assert kept.details == {
        "mobile": f"+86{filled_in['mobile']}",
        "residence_address": filled_in["residenceAddress"],
    }
    assert [split_id(paper, "id")[1] for paper in papers] == list(kept.documents)


def test_CD_1_is_closed_in_the_channels_of_other_cities_and_says_so(service: GraphService) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "qingdao_app")
    payload = citizen.check("apply", regionCode=CHENGDU)
    assert codes(payload) == ["CHANNEL_NOT_OPEN"]
    assert "“青岛人社”APP不能办理成都市的业务" in payload["errors"][0]["message"]["zh"]
    window = service.citizen(service.person(insured_in=(CHENGDU,)), "bank_window")
    decision = window.check("apply", regionCode=CHENGDU)["decision"]
    assert denials(decision) == ["CHANNEL_NOT_OPEN"]
    assert decision["denials"][0]["values"][0]["citation"]["region"] == CHENGDU


def test_SC_12_without_full_capacity_the_guardian_applies(service: GraphService) -> None:
    person = service.person(full_capacity=False, insured_in=(CHENGDU,))
    alone, given = in_chengdu(service, person, "chengdu_wechat")
    refused = alone.change("applyForCard", **given)
    assert codes(refused) == ["WITHOUT_CAPACITY_ALONE"]
    assert refused["errors"][0]["citation"]["clause"] == "温馨提示 (SC-12)"
    guardian = service.citizen(service.guardian(person), "chengdu_wechat")
    proof = guardian.document("guardianship_proof", CHENGDU, card_picture(), holderId=holder_id(person))
    papers = chengdu_papers(guardian, holderId=holder_id(person))
    asked = given | {"holderId": holder_id(person), "evidence": {"details": details(), "documentIds": papers}}
    payload = guardian.change("applyForCard", **asked)
    assert set(missing(payload["decision"])) == {"guardianship"}
    asked["evidence"]["documentIds"].append(proof)
    operation = guardian.changed("applyForCard", **asked)["operation"]
    assert (operation["state"], operation["relation"]) == ("SUBMITTED", "guardian")
    assert operation["holder"]["id"] == holder_id(person)


@pytest.mark.parametrize("channel", [*CHENGDU_APPS, "service_window"])
def test_SC_12_a_delegate_on_record_applies_online_and_at_the_window_without_a_letter(
    service: GraphService, channel: str
) -> None:
    person = service.person(insured_in=(CHENGDU,))
    delegate = delegate_on_record(service, person, "apply")
    caller, given = in_chengdu(service, person, channel, delegate)
    operation = caller.changed("applyForCard", **given)["operation"]
    assert (operation["state"], operation["relation"]) == ("SUBMITTED", "delegate")
    assert operation["holder"]["id"] == holder_id(person)
    # The delegate of a request sees how far it is, the holder as well.
    for asked in (delegate, person):
        assert service.citizen(asked, "chengdu_wechat").operation(operation["id"])["state"] == "SUBMITTED"


def test_SC_12_a_delegation_for_something_else_or_somewhere_else_or_that_is_over_is_none(
    service: GraphService,
) -> None:
    person, today = service.person(insured_in=(CHENGDU,)), service.clock.now().date()
    # Whoever may act for somebody in nothing is told nothing; who was trusted otherwise, that it is not for this.
    refused = {
        delegate_on_record(service, person, "activate").id: "NOBODY_ON_RECORD",
        delegate_on_record(service, person, "apply", region=MIANYANG).id: "NOBODY_ON_RECORD",
        delegate_on_record(service, person, "apply", until=today).id: "NOT_FOUND",
    }
    service.clock.advance(timedelta(days=1))
    clerk, given = in_chengdu(service, person, "service_window")
    for delegate, code in refused.items():
        online = service.caller(Actor(delegate, "citizen", "chengdu_wechat"))
        payload = online.change("applyForCard", regionCode=CHENGDU, holderId=holder_id(person))
        assert codes(payload)[0] == code
        at_window = clerk.change("applyForCard", **given | {"presentPersonId": global_id("Holder", delegate)})
        assert "delegation" in missing(at_window["decision"])


def test_the_same_application_gets_different_cited_decisions_in_three_cities(service: GraphService) -> None:
    citizen = service.citizen(service.person(date(2009, 6, 1), insured_in=(CHENGDU,)))
    given = application(citizen, bank="icbc")
    jinan = citizen.check("apply", **given)["decision"]
    qingdao = citizen.check("apply", **given | {"regionCode": QINGDAO})["decision"]
    chengdu = citizen.check("apply", **given | {"regionCode": CHENGDU})["decision"]
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


@pytest.mark.parametrize(("width", "fits"), [(329, False), (330, True), (370, True), (371, False)])
def test_CD_1_a_photo_of_exactly_the_narrowest_or_widest_size_fits(
    service: GraphService, width: int, fits: bool
) -> None:
    # At 254 dots per inch ten pixels are a millimetre; 35 mm, give or take 2, are wanted.
    citizen = service.citizen(service.person(), "chengdu_wechat")
    papers = chengdu_papers(citizen, portrait(True, width, 490, 254))
    evidence = {"details": details(), "documentIds": papers}
    payload = citizen.change("applyForCard", regionCode=CHENGDU, evidence=evidence)
    assert ("photo" not in missing(payload["decision"])) == fits
