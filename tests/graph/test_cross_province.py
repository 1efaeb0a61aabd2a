"""The national cross-province service: who has opened what, and the face check before it (NX-0, NX-1)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.graph.caller import OPERATION, codes, missing
from tests.graph.cards import add_active_card, add_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, ZAOZHUANG, ZIBO, application, details
from tests.graph.replacements import IN_PERSON, lost_card, request
from tests.graph.service import GraphService, holder_id

OPENINGS = """query($code: String!, $on: Date) {region(code: $code) {
    crossProvince(on: $on) {services {name open citation {clause}} banks {name label {zh} open citation {clause}}}}}"""

OPENED = {ZIBO: "图13、图14 山东省淄博市 (NX-0)", ZAOZHUANG: "图18–26 枣庄市 (NX-0)"}
"""The clauses that say what these cities have opened: errors cite them before those of the whole country."""


def openings(service: GraphService, code: str, on: str | None = None) -> dict[str, Any]:
    """Return what a region has opened, as anybody may look it up."""
    found: dict[str, Any] = service.caller(None).ask(OPENINGS, {"code": code, "on": on})["region"]["crossProvince"]
    return found


@pytest.mark.parametrize(
    ("region", "services", "banks"),
    [
        (JINAN, {"apply", "activate", "report_temporary_loss", "reissue", "progress"}, ["icbc", "ccb"]),
        (ZIBO, {"apply", "progress"}, ["ccb"]),
        (ZAOZHUANG, {"activate", "reissue", "progress"}, []),
        (CHENGDU, set(), []),
    ],
)
def test_NX_0_each_city_tells_its_open_services_and_banks_before_applying(
    service: GraphService, region: str, services: set[str], banks: list[str]
) -> None:
    found = openings(service, region)
    assert {item["name"] for item in found["services"] if item["open"]} == services
    assert {"apply", "activate", "report_temporary_loss", "reissue", "progress"} == {
        i["name"] for i in found["services"]
    }
    assert [item["name"] for item in found["banks"]] == banks


def test_NX_0_jinan_opened_its_services_and_banks_as_the_picture_shows(service: GraphService) -> None:
    found = openings(service, JINAN)
    assert [item["label"]["zh"] for item in found["banks"]] == ["中国工商银行", "中国建设银行"]
    assert {item["citation"]["clause"] for item in found["services"]} == {"图4 山东省济南市 (NX-0)"}
    before = openings(service, JINAN, "2021-11-30")
    assert [item for item in before["services"] if item["open"]] == []


def test_NX_0_a_bank_that_the_city_has_not_opened_is_refused_with_its_clause(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    payload = citizen.change("applyForCard", **application(citizen, region=ZIBO, bank="icbc"))
    assert codes(payload) == ["CROSS_PROVINCE_BANK"]
    [error] = payload["errors"]
    assert error["citation"]["clause"] == OPENED[ZIBO]
    assert error["values"][0]["citation"]["region"] == ZIBO
    assert (
        citizen.changed("applyForCard", **application(citizen, region=ZIBO, bank="ccb"))["operation"]["bank"] == "ccb"
    )


def applying(service: GraphService, region: str) -> dict[str, Any]:
    """Apply in the cross-province service."""
    citizen = service.citizen(service.person(insured_in=(region,)))
    return citizen.change("applyForCard", **application(citizen, region=region))


def activating(service: GraphService, region: str) -> dict[str, Any]:
    """Activate a sealed card in the cross-province service."""
    person = service.person()
    citizen, card = service.citizen(person), add_card(service, person, region)
    face = {"faceAssertion": citizen.face_assertion("activate")}
    return citizen.change("activateCard", cardId=card.id, evidence=face)


def reporting(service: GraphService, region: str) -> dict[str, Any]:
    """Report a card lost for a time in the cross-province service."""
    person = service.person()
    card = add_active_card(service, person, region)
    return service.citizen(person).change("reportTemporaryLoss", cardId=card.id)


def replacing(service: GraphService, region: str) -> dict[str, Any]:
    """Ask for a new card in the cross-province service."""
    person = service.person()
    citizen = service.citizen(person)
    return citizen.change("reissueCard", **request(citizen, lost_card(service, person, region)))


def following(service: GraphService, region: str) -> dict[str, Any]:
    """Look up in the cross-province service how far a request is that was handed in at a window of the city."""
    person = service.person()
    given = {"cardId": lost_card(service, person, region).id, "reason": "lost", "evidence": IN_PERSON}
    handed_in = service.clerk(region).changed("reissueCard", **given)["operation"]["id"]
    citizen = service.citizen(person)
    tried = citizen.check("progress", operationId=handed_in)
    shown = citizen.answer(f"query($id: ID!){{operation(id: $id){{{OPERATION}}}}}", {"id": handed_in})
    allowed = tried["decision"]["allowed"]
    assert [e["extensions"]["code"] for e in shown.get("errors", ())] == ([] if allowed else ["DECISION_REFUSED"])
    return {"errors": tried["decision"]["denials"], "operation": (shown["data"] or {}).get("operation")}


@pytest.mark.parametrize(
    ("name", "attempt", "cities"),
    [
        pytest.param("apply", applying, {JINAN, ZIBO}, id="NX-0 apply"),
        pytest.param("activate", activating, {JINAN, ZAOZHUANG}, id="NX-0 activate"),
        pytest.param("report_temporary_loss", reporting, {JINAN}, id="NX-0 report a temporary loss"),
        pytest.param("reissue", replacing, {JINAN, ZAOZHUANG}, id="NX-0 reissue"),
        pytest.param("progress", following, {JINAN, ZIBO, ZAOZHUANG}, id="NX-0 progress"),
    ],
)
def test_NX_0_each_service_is_done_where_it_is_open_and_refused_where_it_is_closed(
    service: GraphService, name: str, attempt: Callable[[GraphService, str], dict[str, Any]], cities: set[str]
) -> None:
    for region in (JINAN, ZIBO, ZAOZHUANG, QINGDAO, CHENGDU):
        told = {item["name"]: item["open"] for item in openings(service, region)["services"]}
        assert told[name] is (region in cities)
        payload = attempt(service, region)
        if region in cities:
            assert (codes(payload), payload["operation"]["regionCode"]) == ([], region)
            continue
        [closed] = [error for error in payload["errors"] if error["code"] == "CROSS_PROVINCE_CLOSED"]
        assert closed["citation"]["clause"] == OPENED.get(region, "社保卡跨省通办开通地区 (NX-0)")
        assert payload["operation"] is None
        # But for an open bank and a city's own papers, which applying asks for, nothing else stands in the way.
        assert set(codes(payload)) - {"CROSS_PROVINCE_BANK", "MISSING"} == {"CROSS_PROVINCE_CLOSED"}


def test_NX_0_a_service_is_open_from_the_day_on_which_the_city_opened_it(service: GraphService) -> None:
    service.clock.set(datetime(2021, 11, 30, 15, 59, 59, tzinfo=UTC))
    assert "CROSS_PROVINCE_CLOSED" in codes(applying(service, JINAN))
    assert codes(activating(service, JINAN)) == ["CROSS_PROVINCE_CLOSED"]
    service.clock.advance(timedelta(seconds=1))
    assert codes(applying(service, JINAN)) == codes(activating(service, JINAN)) == []


def test_NX_1_the_face_check_is_of_the_person_for_the_service_and_counts_once(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = application(citizen)
    operation = citizen.changed("applyForCard", **given)["operation"]
    citizen.changed("withdrawApplication", operationId=operation["id"])
    assert codes(citizen.change("applyForCard", **given)) == ["FACE_CHECK_USED"]
    wrong = citizen.face_assertion("activate")
    payload = citizen.change("applyForCard", **application(citizen, faceAssertion=wrong))
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [
        ("FACE_ASSERTION_INVALID", "input.evidence.faceAssertion")
    ]


def test_NX_1_somebody_elses_face_does_not_count_whatever_the_caller_says_of_it(service: GraphService) -> None:
    thief, victim = service.person(), service.person()
    assertion = service.citizen(thief).face_assertion("apply")
    stolen = service.citizen(victim)
    given = application(stolen) | {"evidence": {"details": details(), "faceAssertion": assertion}}
    assert codes(stolen.change("applyForCard", **given)) == ["FACE_ASSERTION_INVALID"]
    payload = stolen.change("applyForCard", **given, presentPersonId=holder_id(thief))
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [
        ("NOT_PERMITTED", "input.presentPersonId")
    ]
    asked = stolen.change("requestFaceCheck", purpose="apply", presentPersonId=holder_id(thief))
    assert codes(asked) == ["NOT_PERMITTED"]


@pytest.mark.parametrize("assertion", ["", "nonsense", "a.b.c", "\u4e2d" * 4_000])
def test_NX_1_nonsense_is_no_face_check(service: GraphService, assertion: str) -> None:
    citizen = service.citizen(service.person())
    payload = citizen.change("applyForCard", regionCode=JINAN, evidence={"faceAssertion": assertion})
    assert codes(payload) == ["FACE_ASSERTION_INVALID"] or "face_check" in missing(payload["decision"])


def test_NX_1_a_face_check_grows_old(service: GraphService) -> None:

    citizen = service.citizen(service.person())
    given = application(citizen)
    service.clock.advance(timedelta(minutes=11))
    assert codes(citizen.change("applyForCard", **given)) == ["FACE_ASSERTION_INVALID"]


def test_a_face_check_is_for_a_service_and_a_person_on_record(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    assert codes(citizen.change("requestFaceCheck", purpose="dancing")) == ["VALUE_NOT_POSSIBLE"]
    assert codes(service.card_maker().change("requestFaceCheck", purpose="apply")) == ["NOT_FOUND"]
