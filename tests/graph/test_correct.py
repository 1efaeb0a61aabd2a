"""The correction loop (NX-1)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.graph.caller import Caller, codes
from tests.graph.journey import (
    CHENGDU,
    accepted,
    address,
    chengdu_papers,
    details,
    paid,
    pay,
    portrait,
    produced,
    submitted,
    two_inches,
)
from tests.graph.service import GraphService


def test_NX_1_information_is_corrected_from_the_same_entrance_and_accepted_again(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen)
    maker = service.card_maker()
    asked = maker.changed("requestCorrection", operationId=operation["id"], reason="手机号码有误")["operation"]
    assert (asked["state"], asked["correctionReason"]) == ("CORRECTION_REQUESTED", "手机号码有误")
    assert citizen.operation(operation["id"])["correctionReason"] == "手机号码有误"
    assert codes(
        maker.change("recordProduced", operationId=operation["id"], cardNumber="ABC123", generation="third")
    ) == ["NOT_ACCEPTED"]
    payload = citizen.changed("correctApplication", operationId=operation["id"], evidence={"details": details()})
    assert payload["operation"]["state"] == "ACCEPTED"
    assert payload["operation"]["correctionReason"] is None
    events = [entry["event"] for entry in payload["operation"]["timeline"]]
    assert events == ["apply", "deliver", "pay", "accept", "request_correction", "correct"]
    assert payload["operation"]["timeline"][-2]["note"] == "手机号码有误"
    again = maker.changed("requestCorrection", operationId=operation["id"], reason="地址有误")["operation"]
    assert again["state"] == "CORRECTION_REQUESTED"


@pytest.mark.parametrize(("reached", "state"), [(submitted, "SUBMITTED"), (paid, "PAID"), (None, "ACCEPTED")])
def test_NX_1_while_the_card_is_waited_for_one_corrects_unasked(
    service: GraphService, reached: Callable[[Caller], dict[str, Any]] | None, state: str
) -> None:
    citizen = service.citizen(service.person())
    operation = reached(citizen) if reached else accepted(service, citizen)
    moved = details(residenceAddress="济南市市中区经四路2号")
    payload = citizen.changed("correctApplication", operationId=operation["id"], evidence={"details": moved})
    assert payload["operation"]["state"] == state
    assert payload["operation"]["timeline"][-1]["event"] == "correct"
    kept = {detail["name"]: detail["value"] for detail in payload["operation"]["details"]}
    assert kept["residence_address"] == moved["residenceAddress"]


def test_NX_1_nothing_is_corrected_once_the_card_is_made(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    made = produced(service, citizen)
    payload = citizen.change("correctApplication", operationId=made["id"], evidence={"details": details()})
    assert codes(payload) == ["TOO_LATE_TO_CORRECT"]
    gone = submitted(other := service.citizen(service.person()))
    other.changed("withdrawApplication", operationId=gone["id"])
    payload = other.change("correctApplication", operationId=gone["id"], evidence={"details": details()})
    assert codes(payload) == ["TOO_LATE_TO_CORRECT"]


def test_a_correction_changes_something(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen)
    service.card_maker().changed("requestCorrection", operationId=operation["id"], reason="请核对")
    [error] = citizen.change("correctApplication", operationId=operation["id"])["errors"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", "input.evidence")


def test_a_correction_is_asked_for_with_a_reason_and_only_in_production(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = paid(citizen)
    maker = service.card_maker()
    assert codes(maker.change("requestCorrection", operationId=operation["id"], reason="x")) == ["NOT_IN_PRODUCTION"]
    for reason in ("", " ", "长" * 501, "手机\u202e号码", "一\u0007二"):
        assert codes(maker.change("requestCorrection", operationId=operation["id"], reason=reason)) == ["INVALID_INPUT"]
    done = produced(service, service.citizen(service.person()))
    assert codes(maker.change("requestCorrection", operationId=done["id"], reason="x")) == ["NOT_IN_PRODUCTION"]


def test_CD_1_a_photo_that_the_city_would_not_take_corrects_nothing(service: GraphService) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "chengdu_wechat")
    given = {"details": details(), "documentIds": chengdu_papers(citizen)}
    operation = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=given)["operation"]
    citizen.changed("setDelivery", operationId=operation["id"], delivery=address(CHENGDU))
    assert pay(citizen, operation) == "paid"
    maker = service.card_maker()
    maker.changed("acceptForProduction", operationId=operation["id"])
    maker.changed("requestCorrection", operationId=operation["id"], reason="照片不清晰")
    small = citizen.document("photo", CHENGDU, portrait(True, 200, 200, 300))
    refused = citizen.change("correctApplication", operationId=operation["id"], evidence={"documentIds": [small]})
    assert codes(refused) == ["DOCUMENT_NOT_AS_REQUIRED"]
    assert "should be 35 mm (give or take 2 mm)" in refused["errors"][0]["message"]["en"]
    right = citizen.document("photo", CHENGDU, two_inches())
    corrected = citizen.changed("correctApplication", operationId=operation["id"], evidence={"documentIds": [right]})
    assert corrected["operation"]["state"] == "ACCEPTED"
