"""Errors of mutations: all at once, each with the input at fault, and with the words that there are."""

from typing import Any

from domain.error_codes import ErrorCode
from tests.graph.caller import Caller
from tests.graph.input_paths import leads_somewhere
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, details, submitted
from tests.graph.service import GraphService, mobile

WRONG = {
    "regionCode": JINAN,
    "bank": "nobank",
    "delivery": {"method": "pigeon", "postcode": "12", "mobile": "13"},
    "evidence": {
        "details": {"mobile": "12345", "landline": "x", "residencePostcode": "1", "residenceAddress": "一路\u0007"},
        "declarations": [{"name": "declared.nothing", "value": "true"}],
        "declared": {"agreement_accepted": "perhaps"},
        "chosen": {"nothing": True},
    },
}
FIELDS = {
    "input.bank",
    "input.delivery.method",
    "input.delivery.postcode",
    "input.delivery.mobile",
    "input.evidence.details.mobile",
    "input.evidence.details.landline",
    "input.evidence.details.residencePostcode",
    "input.evidence.details.residenceAddress",
    "input.evidence.declarations.0",
    "input.evidence.declared.agreement_accepted",
    "input.evidence.chosen.nothing",
}
"""Everything that is wrong there."""


def by_field(payload: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the errors of a payload by their fields; no two are about the same."""
    found = {error["field"]: error for error in payload["errors"]}
    assert len(found) == len(payload["errors"])
    return found


def test_all_wrong_fields_are_told_at_once(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    assert by_field(citizen.change("applyForCard", **WRONG)).keys() == FIELDS
    tried = by_field(citizen.try_out("applyForCard", **WRONG))
    assert {field.replace("input.request.applyForCard", "input") for field in tried} == FIELDS


def test_a_wrong_word_is_told_with_those_that_there_are(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    errors = by_field(citizen.change("applyForCard", **WRONG))
    assert [(term["name"], term["label"]["zh"]) for term in errors["input.delivery.method"]["choices"]] == [
        ("post", "邮寄"),
        ("outlet", "网点领取"),
    ]
    assert "icbc" in [term["name"] for term in errors["input.bank"]["choices"]]
    assert errors["input.evidence.details.mobile"]["choices"] == []
    assert {errors[field]["kind"] for field in ("input.bank", "input.delivery.method")} == {"VALUE_NOT_POSSIBLE"}
    for payload, field, term in (
        (citizen.change("requestFaceCheck", purpose="dancing"), "input.purpose", "apply"),
        (
            service.clerk(JINAN).change(
                "registerHolder", name="王", identityType="library_card", identityNumber="1", idempotencyKey=mobile()
            ),
            "input.identityType",
            "passport",
        ),
    ):
        assert term in [each["name"] for each in by_field(payload)[field]["choices"]]


def test_a_declared_word_that_there_is_not_is_told_like_any_other(service: GraphService) -> None:
    citizen = service.citizen(service.person(), "chengdu_wechat")
    for given, field in (
        ({"declared": {"delegation_reason": "whim"}}, "input.evidence.declared.delegation_reason"),
        ({"declarations": [{"name": "declared.delegation_reason", "value": "whim"}]}, "input.evidence.declarations.0"),
    ):
        error = by_field(citizen.change("applyForCard", regionCode=CHENGDU, evidence=given))[field]
        assert "long_away" in [term["name"] for term in error["choices"]]


def test_what_is_answered_by_name_is_what_is_answered_in_a_list(service: GraphService) -> None:
    def asked(citizen: Caller, **evidence: Any) -> dict[str, Any]:
        given = {"details": details(), "faceAssertion": citizen.face_assertion("apply"), **evidence}
        return citizen.change("applyForCard", regionCode=JINAN, bank="ccb", evidence=given)

    citizen = service.citizen(service.person())
    assert asked(citizen, declared={"agreement_accepted": True})["errors"] == []
    twice = {
        "declared": {"agreement_accepted": True},
        "declarations": [{"name": "declared.agreement_accepted", "value": "true"}],
    }
    error = asked(service.citizen(service.person()), **twice)["errors"][0]
    assert (error["kind"], error["field"]) == ("INVALID_INPUT", "input.evidence.declared.agreement_accepted")


def test_what_is_missing_is_told_with_the_input_that_it_is_missing_from(service: GraphService) -> None:
    errors = service.citizen(service.person(), "qingdao_app").change("applyForCard", regionCode=QINGDAO)["errors"]
    fields = {error["field"] for error in errors if error["kind"] == "MISSING"}
    assert {
        "input.bank",
        "input.outlet",
        "input.delivery.method",
        "input.evidence.documentIds",
        "input.evidence.details.mobile",
    } <= fields
    assert all(leads_somewhere("applyForCard", field) for field in fields if field)


def test_a_policy_that_refuses_is_one_kind_whatever_its_rules_are_called(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    submitted(citizen)
    again = citizen.change("applyForCard", regionCode=JINAN, bank="ccb", evidence={"details": details()})
    refusals = [error for error in again["errors"] if error["kind"] == "POLICY_REFUSES"]
    assert refusals
    assert all(error["code"] not in ErrorCode.__members__ and error["citation"] for error in refusals)


def test_every_kind_is_described_in_the_graph(service: GraphService) -> None:
    query = '{__type(name: "ErrorCode"){enumValues{name description}}}'
    found = {each["name"]: each["description"] for each in service.caller(None).ask(query)["__type"]["enumValues"]}
    assert found == {code.name: code.value for code in ErrorCode}
