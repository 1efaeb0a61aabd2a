"""Choosing how to receive the card, and its postage (NX-1)."""

from typing import Any

import pytest

from tests.graph.caller import codes, missing
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    address,
    application,
    chengdu_papers,
    delivered_to,
    details,
    paid,
    pay,
    submitted,
)
from tests.graph.replacements import lost_card, request
from tests.graph.service import GraphService


@pytest.mark.parametrize(("region", "postage"), [(JINAN, 1000), ("370102", 1000), (QINGDAO, 1200), (CHENGDU, 1600)])
def test_NX_1_postage_is_10_12_16_by_the_two_addresses(service: GraphService, region: str, postage: int) -> None:
    citizen = service.citizen(service.person())
    operation = submitted(citizen)
    payload = citizen.changed("setDelivery", operationId=operation["id"], delivery=address(region))
    assert payload["decision"]["totalDue"] == postage
    assert payload["operation"]["due"] == postage
    charge = payload["decision"]["charges"][0]
    assert (charge["fee"], charge["citation"]["clause"]) == ("postage", "邮寄费用，同城10元、省内12元、省外16元 (NX-1)")


def test_NX_1_another_address_replaces_the_postage(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen), CHENGDU)
    assert operation["due"] == 1600
    again = delivered_to(citizen, operation, JINAN)
    assert [(fee["fee"], fee["amount"]) for fee in again["fees"]] == [("card_fee", 0), ("postage", 1000)]


def test_NX_1_the_parts_of_an_address_are_asked_for_at_once(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = submitted(citizen)
    payload = citizen.change("setDelivery", operationId=operation["id"], delivery={"method": "post"})
    assert codes(payload) == ["ADDRESS_REGION_MISSING", "MISSING"]
    assert missing(payload["decision"]) == {"address": ["recipient", "delivery_mobile", "delivery_address"]}


def test_NX_1_the_cross_province_service_posts(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = submitted(citizen)
    given = {"operationId": operation["id"], "delivery": {"method": "outlet"}}
    # Neither the applicant nor a window changes that: what counts is how the application came in.
    for caller in (citizen, service.clerk(JINAN)):
        payload = caller.change("setDelivery", **given)
        assert codes(payload) == ["CROSS_PROVINCE_POSTS"]
        assert payload["operation"] is None
        [refused] = payload["decision"]["denials"]
        assert refused["message"]["zh"] == "领卡方式不能选“网点领取”。跨省通办只能邮寄领卡，请选择邮寄。"
        assert refused["citation"]["clause"] == "邮寄费用，同城10元、省内12元、省外16元 (NX-1)"
    assert citizen.operation(operation["id"])["delivery"] is None
    posted = citizen.changed("setDelivery", operationId=operation["id"], delivery=address(JINAN))["operation"]
    assert (posted["delivery"]["method"], posted["due"]) == ("post", 1000)


def test_what_came_in_through_a_citys_own_channel_is_collected_at_an_outlet_free_of_charge(
    service: GraphService,
) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "unionpay_app")
    papers = {"details": details(), "documentIds": chengdu_papers(citizen)}
    operation = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=papers)["operation"]
    given = {"operationId": operation["id"], "delivery": {"method": "outlet", "outlet": "chengdu_sample_ccb"}}
    chosen = citizen.changed("setDelivery", **given)["operation"]
    assert (chosen["delivery"]["method"], chosen["delivery"]["outlet"]) == ("outlet", "chengdu_sample_ccb")
    assert chosen["due"] == 0
    assert (
        service.card_maker().changed("acceptForProduction", operationId=operation["id"])["operation"]["state"]
        == "ACCEPTED"
    )


def test_NX_1_delivery_cannot_be_changed_after_payment(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = paid(citizen)
    payload = citizen.change("setDelivery", operationId=operation["id"], delivery=address(JINAN))
    assert codes(payload) == ["TOO_LATE_TO_CHOOSE"]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"method": "pigeon"}, "VALUE_NOT_POSSIBLE", "input.delivery.method"),
        ({"regionCode": "Jinan"}, "VALUE_NOT_POSSIBLE", "input.delivery.regionCode"),
        ({"regionCode": "999999"}, "INVALID_INPUT", "input.delivery.regionCode"),
        ({"regionCode": "519901"}, "INVALID_INPUT", "input.delivery.regionCode"),
        ({"postcode": "2500"}, "INVALID_INPUT", "input.delivery.postcode"),
        ({"postcode": "２５００００"}, "INVALID_INPUT", "input.delivery.postcode"),
        ({"recipient": "王\u202e芳"}, "INVALID_INPUT", "input.delivery.recipient"),
        ({"address": "泉城路\n1号"}, "INVALID_INPUT", "input.delivery.address"),
        ({"mobile": "12345"}, "MOBILE_NUMBER_INVALID", "input.delivery.mobile"),
        ({"outlet": "nowhere"}, "VALUE_NOT_POSSIBLE", "input.delivery.outlet"),
    ],
)
def test_an_impossible_delivery_is_refused_by_its_field(
    service: GraphService, given: dict[str, str], code: str, field: str
) -> None:
    citizen = service.citizen(service.person())
    operation = submitted(citizen)
    payload = citizen.change("setDelivery", operationId=operation["id"], delivery=address(JINAN) | given)
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [(code, field)]


@pytest.mark.parametrize(("region", "postage"), [(JINAN, 1000), (QINGDAO, 1200), (CHENGDU, 1600)])
def test_NX_1_a_delivery_chosen_with_the_application_is_kept_and_charged(
    service: GraphService, region: str, postage: int
) -> None:
    citizen = service.citizen(service.person())
    given = {**application(citizen), "delivery": address(region)}
    tried = citizen.check("apply", **given)["decision"]
    payload = citizen.changed("applyForCard", **given)
    operation = payload["operation"]
    # As if it had been chosen right after.
    later = service.citizen(service.person())
    chosen = delivered_to(later, submitted(later), region)
    for name in ("delivery", "fees", "due"):
        assert operation[name] == chosen[name], name
    assert operation["due"] == tried["totalDue"] == payload["decision"]["totalDue"] == postage
    assert tried["allowed"] is True
    assert sorted(d["service"] for d in operation["decisions"]) == ["apply", "deliver"]
    # Another choice later replaces it.
    again = delivered_to(citizen, operation, JINAN)
    assert [(fee["fee"], fee["amount"]) for fee in again["fees"]] == [("card_fee", 0), ("postage", 1000)]
    assert pay(citizen, again) == "paid"


def test_NX_1_a_delivery_that_is_not_open_or_not_complete_refuses_the_application(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    incomplete = {**application(citizen), "delivery": {"method": "post"}}
    collected = {**incomplete, "delivery": {"method": "outlet"}}
    for given, expected in ((incomplete, ["ADDRESS_REGION_MISSING", "MISSING"]), (collected, ["CROSS_PROVINCE_POSTS"])):
        tried = citizen.check("apply", **given)["decision"]
        payload = citizen.change("applyForCard", **given)
        assert codes(payload) == expected
        assert payload["operation"] is None
        assert (payload["decision"]["denials"], payload["decision"]["missing"]) == (tried["denials"], tried["missing"])
        assert tried["allowed"] is False
    # Nothing is kept of it, nor has the face check been used up.
    citizen.changed("applyForCard", **{**incomplete, "delivery": address(JINAN)})


def test_all_that_is_missing_for_card_and_delivery_is_told_at_once(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = {"regionCode": JINAN, "bank": "ccb", "delivery": {"method": "post", "regionCode": JINAN}}
    told = missing(citizen.change("applyForCard", **given)["decision"])
    assert told == missing(citizen.check("apply", **given)["decision"])
    assert {"face_check", "contact_details", "address"} <= set(told)


@pytest.mark.parametrize("method", ["post", "outlet"])
def test_a_delivery_chosen_at_a_window_or_locally_is_kept_whatever_it_is(service: GraphService, method: str) -> None:
    person = service.person(insured_in=(CHENGDU,))
    citizen = service.citizen(person, "unionpay_app")
    chosen = address(QINGDAO) if method == "post" else {"method": "outlet", "outlet": "chengdu_sample_ccb"}
    papers = {"details": details(), "documentIds": chengdu_papers(citizen)}
    given = {"regionCode": CHENGDU, "bank": "ccb", "delivery": chosen, "evidence": papers}
    operation = citizen.changed("applyForCard", **given)["operation"]
    mobile = {"mobile": "+8613812345678"} if method == "post" else {}
    assert {name: operation["delivery"][name] for name in chosen} == chosen | mobile
    assert operation["due"] == (1600 if method == "post" else 0)


@pytest.mark.parametrize(
    ("outlet", "collected_at", "field"),
    [
        ("nowhere", "qingdao_sample_ordinary", "input.outlet"),
        ("qingdao_sample_ordinary", "nowhere", "input.delivery.outlet"),
        (None, "nowhere", "input.delivery.outlet"),
    ],
)
def test_QD_1_neither_outlet_of_an_application_is_one_that_does_not_exist(
    service: GraphService, outlet: str | None, collected_at: str, field: str
) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    delivery = {"method": "outlet", "outlet": collected_at}
    given: dict[str, Any] = {"regionCode": QINGDAO, "bank": "icbc", "outlet": outlet, "delivery": delivery}
    for payload in (citizen.change("applyForCard", **given), citizen.check("apply", **given)):
        assert [(e["code"], e["field"]) for e in payload["errors"]] == [("VALUE_NOT_POSSIBLE", field)]


def test_NX_3_a_delivery_chosen_with_a_replacement_is_kept_and_charged(service: GraphService) -> None:
    person = service.person()
    citizen, card = service.citizen(person), lost_card(service, person)
    payload = citizen.changed("reissueCard", **request(citizen, card), delivery=address(CHENGDU))
    operation = payload["operation"]
    assert (operation["delivery"]["method"], operation["delivery"]["regionCode"]) == ("post", CHENGDU)
    assert ("postage", 1600) in [(fee["fee"], fee["amount"]) for fee in operation["fees"]]
    other = service.person()
    citizen, card = service.citizen(other), lost_card(service, other)
    refused = citizen.change("reissueCard", **request(citizen, card), delivery={"method": "outlet"})
    assert "CROSS_PROVINCE_POSTS" in codes(refused)
