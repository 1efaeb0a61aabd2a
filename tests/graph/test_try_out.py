"""A change is tried out with the very input of its mutation, and both decide alike."""

from itertools import product
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_nullable_type

from domain.services import SERVICES
from schema.kit.relay import global_id
from schema.services.request_input import RequestInput
from tests.graph.caller import codes, denials, missing
from tests.graph.cards import add_card
from tests.graph.changes import CHANGES
from tests.graph.journey import JINAN, application, submitted
from tests.graph.service import GraphService
from tests.graph.test_bad_input import SCHEMA

CHANGED_ONLY = {"postAccountEntries", "registerMyself"}
"""Decided without anybody whom it is about, so that there is nobody to try it out for."""


def _decided() -> list[str]:
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    answers = {name: get_nullable_type(field.type) for name, field in mutations.fields.items()}
    found = {name: kind for name, kind in answers.items() if isinstance(kind, GraphQLObjectType)}
    return [name for name, kind in found.items() if "decision" in kind.fields and name not in CHANGED_ONLY]


def test_every_change_that_policies_decide_can_be_tried_out_with_the_type_of_its_mutation() -> None:
    mutations, request = SCHEMA.mutation_type, SCHEMA.type_map["RequestInput"]
    assert mutations is not None
    assert isinstance(request, GraphQLInputObjectType)
    taken = {name: str(field.type) for name, field in request.fields.items()}
    assert taken == {name: str(mutations.fields[name].args["input"].type).rstrip("!") for name in _decided()}
    assert len(taken) == len(RequestInput.__annotations__)


@pytest.mark.parametrize("mutation", _decided())
def test_what_is_tried_out_is_what_is_decided(service: GraphService, mutation: str) -> None:
    change = CHANGES[mutation](service, f"try {mutation}")
    tried = change.caller.try_out(mutation, **change.given)
    assert tried["errors"] == []
    done = change.send()
    assert done["errors"] == []
    before, after = tried["decision"], done["decision"]
    for name in ("service", "region", "allowed", "policyDigest", "totalDue", "facts", "charges", "promises", "routes"):
        assert after[name] == before[name], name
    assert (denials(after), missing(after)) == (denials(before), missing(before))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"bank": "ccb"},
        {"service": "apply", "request": {"applyForCard": {"regionCode": JINAN}}},
        {"regionCode": JINAN, "request": {"applyForCard": {"regionCode": JINAN}}},
    ],
)
def test_either_a_change_or_a_service_is_tried_out(service: GraphService, given: dict[str, Any]) -> None:
    document = (
        "query($input: CheckEligibilityInput!){checkEligibility(input: $input){decision{allowed} errors{code field}}}"
    )
    payload = service.citizen(service.person()).ask(document, {"input": given})["checkEligibility"]
    assert payload == {"decision": None, "errors": [{"code": "INVALID_INPUT", "field": "input.request"}]}


def test_a_service_that_there_is_none_of_is_refused(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    for name in ("", "constructor", "applyForCard"):
        payload = citizen.check(name, regionCode=JINAN)
        assert payload["decision"] is None
        assert [(error["code"], error["field"]) for error in payload["errors"]] == [("INVALID_INPUT", "input.service")]


def test_any_service_can_be_tried_out_on_anything(service: GraphService) -> None:
    """What a service is not about is refused or left out, whoever asks; nothing breaks."""
    holder = service.person()
    citizen = service.citizen(holder)
    operation, card = submitted(citizen), add_card(service, holder, JINAN)
    abouts = ({"regionCode": JINAN}, {"cardId": card.id}, {"operationId": operation["id"]})
    document = "query($input: CheckEligibilityInput!){checkEligibility(input: $input){decision{allowed} errors{code}}}"
    broken = []
    for caller in (citizen, service.clerk(JINAN), service.card_maker(), service.bank("ccb")):
        for name, about in product(SERVICES, abouts):
            given = {"service": name, "holderId": global_id("Holder", holder.id), **about}
            if "errors" in (found := caller.answer(document, {"input": given})):
                broken.append((name, about, found["errors"]))
    assert broken == []


@pytest.mark.parametrize(
    "request_given",
    [
        {},
        {"applyForCard": {"regionCode": JINAN}, "payOperation": {"operationId": "x"}},
        {"applyForCard": None},
        {"applyForCard": {"regionCode": JINAN}, "payOperation": None},
    ],
)
@pytest.mark.parametrize("as_variable", [True, False])
def test_exactly_one_change_is_tried_out(
    service: GraphService, request_given: dict[str, Any], as_variable: bool
) -> None:
    citizen = service.citizen(service.person())
    if as_variable:
        found = citizen.answer(
            "query($input: CheckEligibilityInput!){checkEligibility(input: $input){errors{code}}}",
            {"input": {"request": request_given}},
        )
    else:
        written = ", ".join(
            f"{name}: {'null' if given is None else '{' + ', '.join(f'{k}: {chr(34)}{v}{chr(34)}' for k, v in given.items()) + '}'}"
            for name, given in request_given.items()
        )
        found = citizen.answer(f"{{checkEligibility(input: {{request: {{{written}}}}}){{errors{{code}}}}}}")
    assert found.get("data") is None
    [error] = found["errors"]
    assert error["extensions"]["code"] in {"INVALID_VARIABLES", "VALIDATION_FAILED"}
    assert "needs exactly one of its fields" in error["message"]


def test_what_is_wrong_is_named_where_it_stands(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = {**application(citizen), "delivery": {"method": "pigeon"}}
    tried, done = citizen.try_out("applyForCard", **given), citizen.change("applyForCard", **given)
    assert [(e["code"], e["field"]) for e in tried["errors"]] == [
        ("VALUE_NOT_POSSIBLE", "input.request.applyForCard.delivery.method")
    ]
    assert [e["message"] for e in tried["errors"]] == [e["message"] for e in done["errors"]]
    assert [(e["code"], e["field"]) for e in done["errors"]] == [("VALUE_NOT_POSSIBLE", "input.delivery.method")]
    assert codes(citizen.check("apply", **given)) == ["VALUE_NOT_POSSIBLE"]
