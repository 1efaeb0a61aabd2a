"""Everybody may ask why a region decides as it does, on suppositions alone (SC-12, NX-0)."""

from typing import Any

import pytest

from tests.graph.journey import CHENGDU, JINAN
from tests.graph.service import GraphService

EXPLAIN = """query($region: String!, $service: String!, $suppose: [SuppositionInput!], $evidence: [String!], $on: Date,
$bornOn: Date, $past: [PastInput!]) {explain(region: $region, service: $service, suppose: $suppose, evidence: $evidence, on: $on,
bornOn: $bornOn, past: $past) {title{zh} regionName{en} decision{allowed denials{code conditional}}
rules{rule outcome verdict sentence{zh en} effect{en} tests{holds text{en} facts} inherited replaces{file line}
citation{file line clause}} values{name shown{en} inherited replaces{shown{en} file} citation{level}} removed{file}
wouldChange{complete ways{text{zh en} day until facts{fact values} bring{kind name} certain}}}}"""
COMING = """query($region: String, $until: Date) {comingChanges(region: $region, until: $until)
{on kind region services name text{zh en} citation{file line}}}"""
ALONE = [
    {"fact": "request.channel", "value": "chengdu_wechat"},
    {"fact": "actor.relation", "value": "self"},
]


def explained(service: GraphService, **given: Any) -> dict[str, Any]:
    asked = {"region": CHENGDU, "service": "apply", "suppose": ALONE, "on": "2026-11-20", **given}
    found: dict[str, Any] = service.caller(None).ask(EXPLAIN, asked)["explain"]
    return found


def test_SC_12_a_child_learns_why_and_what_would_change_it(service: GraphService) -> None:
    found = explained(service, bornOn="2010-03-02")
    assert found["regionName"]["en"] == "Chengdu"
    sure = [denial["code"] for denial in found["decision"]["denials"] if not denial["conditional"]]
    assert sure == ["UNDER_AGE_ALONE"]
    [rule] = [rule for rule in found["rules"] if rule["rule"] == "under_age_alone"]
    assert (rule["verdict"], rule["outcome"], rule["inherited"]) == ("applies", "deny", True)
    assert rule["sentence"]["en"].startswith("applies because the age (16) is below 18 (")
    assert [test["holds"] for test in rule["tests"]] == [True, True]
    ways = found["wouldChange"]
    assert ways["complete"]
    assert [(way["day"], way["facts"]) for way in ways["ways"]] == [
        (None, [{"fact": "actor.relation", "values": ["guardian"]}]),
        ("2028-03-02", []),
    ]
    assert {"kind": "document", "name": "photo"} in ways["ways"][1]["bring"]
    [age] = [value for value in found["values"] if value["name"] == "acts_alone_from_age"]
    assert (age["citation"]["level"], age["replaces"][0]["shown"]["en"]) == ("province", "16")


def test_what_nobody_said_is_named(service: GraphService) -> None:
    [rule] = [rule for rule in explained(service)["rules"] if rule["rule"] == "under_age_alone"]
    assert (rule["verdict"], rule["tests"][0]["holds"], rule["tests"][0]["facts"]) == (
        "may_apply",
        None,
        ["holder.age"],
    )


def test_what_happened_before_can_be_supposed(service: GraphService) -> None:
    past = [
        {"name": "formally_lost", "at": "2026-03-01T09:00+08:00", "attributes": [{"name": "bank", "value": "icbc"}]}
    ]
    assert explained(service, bornOn="1990-01-01", past=past) == explained(service, bornOn="1990-01-01", past=[])


def test_evidence_can_be_supposed(service: GraphService) -> None:
    found = explained(service, bornOn="1990-01-01", evidence=["mobile", "residence_address"])
    assert [way["bring"] for way in found["wouldChange"]["ways"]] == [[{"kind": "document", "name": "photo"}]]


@pytest.mark.parametrize(
    "given",
    [
        {"service": "dance"},
        {"suppose": [{"fact": "holder.agee", "value": "3"}]},
        {"suppose": [{"fact": "choice.outlet.bank", "value": "icbc"}]},
        {"evidence": ["papyrus"]},
        {"bornOn": "2030-01-01"},
        {"past": [{"name": "dance", "at": "2026-01-01"}]},
        {"past": [{"name": "apply", "at": "soon"}]},
        {"past": [{"name": "apply", "at": "2026-11-21"}]},
        {"past": [{"name": "apply", "at": "9999-12-31T23:59-12:00"}]},
        {"past": [{"name": "apply", "at": "2026-01-01", "attributes": [{"name": "colour", "value": "red"}]}]},
    ],
)
def test_a_supposition_that_cannot_be_is_refused(service: GraphService, given: dict[str, Any]) -> None:
    asked = {"region": CHENGDU, "service": "apply", "suppose": ALONE, "on": "2026-11-20", **given}
    assert service.caller(None).failure(EXPLAIN, asked) == "VALUE_NOT_POSSIBLE"


def test_days_at_the_ends_of_the_calendar_are_answered(service: GraphService) -> None:
    for on in ("0001-01-01", "9999-12-31"):
        asked = {"region": CHENGDU, "service": "apply", "suppose": ALONE, "on": on, "bornOn": "0001-01-01"}
        answer = service.caller(None).answer(EXPLAIN, asked)
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert "INTERNAL_ERROR" not in codes, on


def test_a_region_that_is_not_there_is_named(service: GraphService) -> None:
    asked = {"region": "999999", "service": "apply"}
    assert service.caller(None).failure(EXPLAIN, asked) == "REGION_UNKNOWN"
    assert service.caller(None).failure(COMING, {"region": "999999"}) == "REGION_UNKNOWN"


def test_NX_0_nothing_is_announced_for_a_city_whose_dates_are_all_past(service: GraphService) -> None:
    assert service.caller(None).ask(COMING, {"region": JINAN})["comingChanges"] == []
