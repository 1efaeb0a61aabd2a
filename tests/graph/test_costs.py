"""What a request would cost is known before anything is computed, and too much is refused."""

from typing import Any

import pytest

from resolvers.looking_up.requirements import form_requirements
from tests.graph.journey import CHENGDU, JINAN
from tests.graph.service import GraphService

SUPPOSED = [{"fact": "holder.age", "value": str(age)} for age in range(6_600)]


def refusal(service: GraphService, text: str, **variables: Any) -> dict[str, Any]:
    """Ask without a token, and return the first error of a request that was not executed."""
    answer = service.http.post("/graphql", json={"query": text, "variables": variables}).json()
    assert "data" not in answer, answer
    error = answer["errors"][0]
    return {"code": error["extensions"]["code"], "field": error["extensions"].get("field")}


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that grows with each form that is worked out."""
    seen: list[Any] = []

    def noted(*given: Any) -> Any:
        seen.append(given)
        return form_requirements(*given)

    monkeypatch.setattr("schema.query.form_requirements", noted)
    return seen


def forms(count: int, suppose: str) -> str:
    """Return fields that ask for a form many times."""
    fields = (
        f'a{i}:requirements(region:"{CHENGDU}",service:"apply",suppose:{suppose}){{channels}}' for i in range(count)
    )
    return "{" + " ".join(fields) + "}"


def test_thousands_of_suppositions_are_refused_before_anything_is_decided(
    service: GraphService, decisions: list[Any]
) -> None:
    text = "query($s:[SuppositionInput!])" + forms(30, "$s")
    assert refusal(service, text, s=SUPPOSED) == {"code": "INVALID_INPUT", "field": "suppose"}
    assert refusal(service, "query($s:[SuppositionInput!])" + forms(1, "$s"), s=SUPPOSED[:101]) == {
        "code": "INVALID_INPUT",
        "field": "suppose",
    }
    # None of the lists is too long, but all together are.
    assert refusal(service, text, s=SUPPOSED[:100]) == {"code": "QUERY_TOO_COSTLY", "field": None}
    literal = "[" + ",".join('{fact:"holder.age",value:"1"}' for _ in range(101)) + "]"
    assert refusal(service, forms(1, literal)) == {"code": "INVALID_INPUT", "field": "suppose"}
    assert decisions == []
    few = {"query": "query($s:[SuppositionInput!])" + forms(1, "$s"), "variables": {"s": SUPPOSED[30:31]}}
    assert service.http.post("/graphql", json=few).json()["data"]["a0"]["channels"]
    assert len(decisions) == 1


def test_a_variable_within_a_list_that_the_document_writes_out_counts_too(
    service: GraphService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("schema.policy.explain.explain", lambda *given: asked.append(given))
    text = f'query($p:PastInput!){{explain(region:"{CHENGDU}",service:"apply",past:[{"$p " * 190}]){{title{{zh}}}}}}'
    past = {"name": "apply", "at": "2026-03-01", "attributes": [{"name": "state", "value": "x"}] * 3_000}
    assert refusal(service, text, p=past) == {"code": "INVALID_INPUT", "field": "past.attributes"}
    text = text.replace(
        "$p:PastInput!", '$p:PastInput={name:"apply",at:"2026-03-01",attributes:[{name:"a",value:"b"}]}'
    )
    given = past | {"attributes": past["attributes"][:11]}
    assert refusal(service, text, p=given) == {"code": "INVALID_INPUT", "field": "past.attributes"}
    assert asked == []


def test_a_text_is_refused_by_its_length_wherever_it_stands(service: GraphService, decisions: list[Any]) -> None:
    long = "a" * 4_097
    supposed = "query($s:[SuppositionInput!])" + forms(1, "$s")
    found = refusal(service, supposed, s=[{"fact": "choice.bank", "value": long}])
    assert found == {"code": "INVALID_INPUT", "field": "suppose.value"}
    for text, field in (
        (forms(1, f'[{{fact:"{long}",value:"1"}}]'), "suppose.fact"),
        (
            f'mutation{{requestVerificationCode(input:{{mobile:"{long}",purpose:"apply"}}){{errors{{code}}}}}}',
            "input.mobile",
        ),
        (f'{{node(id:"{long}"){{id}}}}', "id"),
        (f"{{node(id:1{'0' * 4_096}){{id}}}}", "id"),
        (f'{{explain(region:"{CHENGDU}",service:"apply",evidence:["{long}"]){{title{{zh}}}}}}', "evidence"),
    ):
        assert refusal(service, text) == {"code": "INVALID_INPUT", "field": field}
    assert decisions == []
    draft = f'{{policyDraft(files:[{{file:"china/apply.yaml",text:"{long}"}}]){{consequences}}}}'
    assert service.http.post("/graphql", json={"query": draft}).json()["errors"][0]["extensions"]["code"] == (
        "NOT_AUTHENTICATED"
    )


def test_a_long_text_weighs_wherever_it_is_used(service: GraphService, decisions: list[Any]) -> None:
    long = [{"fact": "choice.bank", "value": "a," * 2_000}] * 50
    text = "query($s:[SuppositionInput!])" + forms(25, "$s")
    assert refusal(service, text, s=long) == {"code": "QUERY_TOO_COSTLY", "field": None}
    assert decisions == []


def test_a_list_within_an_input_is_refused_with_the_way_to_it(service: GraphService) -> None:
    text = 'query($e:EvidenceInput){checkEligibility(input:{service:"apply",evidence:$e}){decision{allowed}}}'
    assert refusal(service, text, e={"documentIds": ["x"] * 51}) == {
        "code": "INVALID_INPUT",
        "field": "input.evidence.documentIds",
    }
    past = [{"name": "apply", "at": "2026-03-01", "attributes": [{"name": "state", "value": "x"}] * 11}]
    text = f'query($p:[PastInput!]){{explain(region:"{CHENGDU}",service:"apply",past:$p){{title{{zh}}}}}}'
    assert refusal(service, text, p=past) == {"code": "INVALID_INPUT", "field": "past.attributes"}


def nested(levels: int) -> str:
    """Return a query for delegations of holders of delegations …"""
    return "{me{" + "delegations{holder{" * levels + "id" + "}}" * levels + "}}"


def test_lists_that_are_no_connections_multiply(service: GraphService) -> None:
    assert refusal(service, nested(5)) == {"code": "QUERY_TOO_COSTLY", "field": None}
    caller = service.citizen(service.person())
    assert caller.ask(nested(2))["me"] == {"delegations": []}


def test_NX_0_what_all_cities_have_opened_is_asked_at_once_and_not_many_times_over(service: GraphService) -> None:
    opened = "regions{code name{zh} crossProvince{services{name label{zh} open} banks{name label{zh}}}}"
    found = service.http.post("/graphql", json={"query": f"{{{opened}}}"}).json()["data"]["regions"]
    assert JINAN in {region["code"] for region in found if region["crossProvince"]}
    many = "{" + " ".join(f"a{number}:{opened}" for number in range(5)) + "}"
    assert refusal(service, many) == {"code": "QUERY_TOO_COSTLY", "field": None}


@pytest.mark.parametrize(
    "text", ["{" + "regions{code}" * 480 + "}", "{" + "__typename " * 900 + "}", "{" + "\n" * 100_000 + "nothing}"]
)
def test_a_document_that_takes_long_to_check_is_refused_first(service: GraphService, text: str) -> None:
    assert refusal(service, text)["code"] in ("QUERY_TOO_COSTLY", "SYNTAX_ERROR")
