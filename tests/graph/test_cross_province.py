"""The national cross-province service: who has opened what, and the face check before it (NX-0, NX-1)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.graph.caller import codes, denials, missing
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, ZAOZHUANG, ZIBO, application, details
from tests.graph.service import GraphService, holder_id

OPENINGS = """query($code: String!, $on: Date) {region(code: $code) {
    crossProvince(on: $on) {services {name open citation {clause}} banks {name label {zh} open citation {clause}}}}}"""


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
    assert error["citation"]["clause"] == "已开通银行 (NX-0)"
    assert error["values"][0]["citation"]["region"] == ZIBO
    assert (
        citizen.changed("applyForCard", **application(citizen, region=ZIBO, bank="ccb"))["operation"]["bank"] == "ccb"
    )


def test_NX_0_applying_is_refused_where_it_is_not_open(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    for region in (ZAOZHUANG, QINGDAO):
        decision = citizen.check("apply", regionCode=region)["decision"]
        assert "CROSS_PROVINCE_CLOSED" in denials(decision)


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


@pytest.mark.parametrize("assertion", ["", "nonsense", "a.b.c", "\u4e2d" * 5000])
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
    assert codes(citizen.change("requestFaceCheck", purpose="dancing")) == ["INVALID_INPUT"]
    assert codes(service.card_maker().change("requestFaceCheck", purpose="apply")) == ["NOT_FOUND"]
