"""What a form must ask, before anybody has said anything (QD-1, CD-1, NX-1)."""

from typing import Any

import pytest

from tests.graph.caller import DECISION
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService


def asked(decision: dict[str, Any]) -> dict[str, bool]:
    """Return what is required by rule, and whether it hangs on what is not known yet."""
    return {item["rule"]: item["conditional"] for item in decision["requirements"]}


def test_QD_1_everything_is_told_once_and_what_hangs_on_the_holder_is_marked(service: GraphService) -> None:
    found = service.caller(None).requirements(QINGDAO, "apply")
    rules = asked(found["decision"])
    assert rules["contact_details"] is False
    assert rules["photo"] is True
    assert {"foreigner_at_window", "child_at_window", "photo_at_window", "online_identity_document"} <= set(rules)
    assert "qingdao_app" in found["channels"]
    known = service.caller(None).requirements(
        QINGDAO, "apply", request__channel="qingdao_app", holder__photo_on_file="false", holder__type="citizen"
    )
    rules = asked(known["decision"])
    assert rules["photo"] is False
    assert "foreigner_at_window" not in rules


def test_SC_12_a_form_for_a_small_child_asks_for_no_photo(service: GraphService) -> None:
    rules = asked(service.caller(None).requirements(CHENGDU, "apply", holder__age="6")["decision"])
    assert "photo" not in rules
    assert "photo" in asked(service.caller(None).requirements(CHENGDU, "apply", holder__age="7")["decision"])


def test_SC_12_the_reason_to_delegate_is_a_field_with_its_choices(service: GraphService) -> None:
    found = service.caller(None).requirements(
        CHENGDU, "apply", request__channel="service_window", actor__relation="none"
    )
    [declaration] = [item for item in found["declarations"] if item["name"] == "declared.delegation_reason"]
    options = [option["value"] for option in declaration["options"]]
    assert options == ["long_away", "elderly_limited_mobility", "disabled_limited_mobility", "other_reason"]


def test_NX_1_fees_and_deadlines_are_part_of_a_form(service: GraphService) -> None:
    decision = service.caller(None).requirements(JINAN, "apply", request__channel="national_mini_program")["decision"]
    assert [(charge["fee"], charge["amount"]) for charge in decision["charges"]] == [("card_fee", 0)]
    assert [route["open"] for route in decision["routes"] if route["choice"] == "choice.bank"] == [["icbc", "ccb"]]


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("holder.age", "old"),
        ("holder.age", "9" * 4_000),
        ("holder.age", "9" * 30),
        ("holder.photo_on_file", "maybe"),
        ("holder.type", "martian"),
        ("holder.groups", "elderly,martian"),
        ("holder.insured_in", "Chengdu"),
        ("holder.photo_taken_on", "2026-13-01"),
        ("holder.address_region", "x"),
        ("request.time_of_day", "25:00"),
        ("nothing.like_it", "1"),
        ("history.applications_withdrawn_this_year", "3"),
    ],
)
def test_an_impossible_supposition_is_refused_in_words(service: GraphService, fact: str, value: str) -> None:
    query = (
        'query($suppose: [SuppositionInput!]){requirements(region: "510100", service: "apply", suppose: $suppose)'
        f"{{decision{{{DECISION}}}}}}}"
    )
    given = {"suppose": [{"fact": fact, "value": value}]}
    assert service.caller(None).failure(query, given) == "VALUE_NOT_POSSIBLE"


def test_a_form_of_an_unknown_region_or_service_says_so(service: GraphService) -> None:
    nobody = service.caller(None)
    query = "query($r: String!, $s: String!){requirements(region: $r, service: $s){decision{denials{code}}}}"
    assert nobody.failure(query, {"r": "999999", "s": "apply"}) == "REGION_UNKNOWN"
    found = nobody.ask(query, {"r": JINAN, "s": "dancing"})["requirements"]["decision"]["denials"]
    assert [denial["code"] for denial in found] == ["SERVICE_NOT_OFFERED"]


@pytest.mark.parametrize("number", ["510104199001011239", "13812345678"])
def test_no_long_number_of_a_supposition_is_repeated(service: GraphService, number: str) -> None:
    asked = f'region:"{CHENGDU}",service:"apply"'
    for field in (
        f'requirements({asked},suppose:[{{fact:"{number}",value:"1"}}]){{channels}}',
        f'requirements({asked},suppose:[{{fact:"holder.age",value:"{number}a"}}]){{channels}}',
        f'requirements({asked},suppose:[{{fact:"request.channel",value:"{number}"}}]){{channels}}',
        f'explain({asked},evidence:["{number}"]){{title{{zh}}}}',
        f'explain({asked},past:[{{name:"{number}",at:"2026-01-01"}}]){{title{{zh}}}}',
        f'explain({asked},past:[{{name:"apply",at:"{number}"}}]){{title{{zh}}}}',
        f'explain({asked},past:[{{name:"apply",at:"2026-01-01",attributes:[{{name:"{number}",value:"x"}}]}}]){{title{{zh}}}}',
        f'explain({asked},past:[{{name:"apply",at:"2026-01-01",attributes:[{{name:"state",value:"{number}"}}]}}]){{title{{zh}}}}',
    ):
        answer = service.http.post("/graphql", json={"query": f"{{{field}}}"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "VALUE_NOT_POSSIBLE"
        assert number not in answer.text
