"""The form of each service in each region: its fields, its JSON Schema, and that the mutation reads what the form accepts."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.holder import Holder
from domain.operation import Operation, OperationState
from domain.region import province_of
from resolvers.looking_up.forms.building import FormQuestion, form_of
from resolvers.looking_up.forms.form import Form
from schema.kit.relay import global_id
from tests.graph.cards import add_active_card
from tests.graph.input_paths import leads_somewhere
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService, holder_id

FORM = """query($r: String!, $s: String!, $suppose: [SuppositionInput!]) { requirements(region: $r, service: $s, suppose: $suppose) {
  channels
  decision { missing { rule } requirements { rule conditional waitsFor alternatives { needs { kind name } } } denials { rule conditional waitsFor } }
  form { mutation title { zh en } formSchema uiSchema groups { group label { zh } } fields {
    path type label { zh en } help { zh } group order needed waitsFor insteadOf hidden pattern
    choices { name label { zh } } document { name } specification
  } }
} }"""
CHECK = """query($input: CheckEligibilityInput!) { checkEligibility(input: $input) { decision { allowed } errors { code field message { en } } } }"""
MALFORMED = {"INVALID_INPUT", "VALUE_NOT_POSSIBLE", "ID_INVALID", "MOBILE_NUMBER_INVALID"}
"""Codes of what cannot be read or cannot be meant, whatever is on record and whatever policies say.

IDENTITY_NUMBER_INVALID is none of them: a check digit is nothing that a form's schema can hold a number to.
"""


def asked(service: GraphService, region: str, name: str, language: str = "zh-CN", **suppose: str) -> dict[str, Any]:
    """Return what is asked for; `request__channel="x"` supposes `request.channel`."""
    supposed = [{"fact": fact.replace("__", "."), "value": value} for fact, value in suppose.items()]
    caller = service.caller(None, language)
    found: dict[str, Any] = caller.ask(FORM, {"r": region, "s": name, "suppose": supposed})["requirements"]
    return found


def forms(service: GraphService) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the form of every service in every region that has one."""
    for region in service.caller(None).ask("{regions{code services}}")["regions"]:
        for name in region["services"]:
            found = asked(service, region["code"], name)
            if found["form"] is not None:
                yield region["code"], name, found


def _orders(schema: dict[str, Any], hints: dict[str, Any]) -> Iterator[tuple[set[str], set[str]]]:
    """Yield, for each object, the names of its properties and those that the hints bring into order."""
    yield set(schema["properties"]), set(hints.get("ui:order", ()))
    for name, below in schema["properties"].items():
        if below.get("type") == "object":
            yield from _orders(below, hints[name])


def test_each_form_is_json_schema_of_the_input_and_its_paths_lead_somewhere(service: GraphService) -> None:
    seen = 0
    for region, name, found in forms(service):
        form, where = found["form"], (region, name)
        Draft202012Validator.check_schema(form["formSchema"])
        assert form["formSchema"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert all(ordered == there for there, ordered in _orders(form["formSchema"], form["uiSchema"])), where
        assert [field["order"] for field in form["fields"]] == list(range(1, len(form["fields"]) + 1))
        for field in form["fields"]:
            assert leads_somewhere(form["mutation"], field["path"]), (*where, field["path"])
            assert all(leads_somewhere(form["mutation"], path) for path in field["insteadOf"]), (*where, field["path"])
            assert all(field["label"].values())
            assert bool(field["waitsFor"]) is (field["needed"] == "PERHAPS"), (*where, field["path"])
        seen += 1
    assert seen > 200


def test_whatever_is_conditional_says_what_it_waits_for(service: GraphService) -> None:
    for region, name, found in forms(service):
        decision = found["decision"]
        for part in (*decision["requirements"], *decision["denials"]):
            assert bool(part["waitsFor"]) is part["conditional"], (region, name, part)


def test_a_bare_request_is_not_asked_why_it_is_delegated(service: GraphService) -> None:
    bare = asked(service, CHENGDU, "apply")["decision"]
    assert "delegate_without_reason" not in [each["rule"] for each in bare["missing"]]
    [asking] = [each for each in bare["requirements"] if each["rule"] == "delegate_without_reason"]
    assert (asking["conditional"], asking["waitsFor"]) == (True, ["actor.relation", "request.channel"])
    known = asked(service, CHENGDU, "apply", actor__relation="none", request__channel="service_window")["decision"]
    assert "delegate_without_reason" in [each["rule"] for each in known["missing"]]


def by_path(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of a form by path; documents by their words."""
    fields = found["form"]["fields"]
    return {f["document"]["name"] if f["document"] else f["path"].removeprefix("input."): f for f in fields}


def test_QD_1_a_field_has_its_label_choices_pattern_and_whether_it_must_be_filled_in(service: GraphService) -> None:
    fields = by_path(asked(service, QINGDAO, "apply", request__channel="qingdao_app", holder__photo_on_file="false"))
    address = fields["evidence.details.residenceAddress"]
    assert (address["type"], address["needed"], address["label"]["zh"]) == ("TEXT", "ALWAYS", "常住地地址")
    assert address["help"]["zh"].startswith("请填写手机号码")
    assert [term["name"] for term in fields["bank"]["choices"]] == ["icbc", "ccb", "abc", "boc"]
    assert fields["photo"]["specification"]["width_px"] == 358
    assert (fields["identity_card_front"]["needed"], fields["identity_card_front"]["waitsFor"]) == (
        "PERHAPS",
        ["holder.identity_type"],
    )
    assert (fields["regionCode"]["hidden"], fields["bank"]["hidden"]) == (True, False)
    assert "presentPersonId" not in fields
    assert "presentPersonId" in by_path(asked(service, QINGDAO, "apply", request__role="clerk"))


def test_NX_1_what_was_supposed_is_settled_and_stays_in_the_form(service: GraphService) -> None:
    given = {"request__channel": "national_mini_program", "declared__agreement_accepted": "true"}
    fields = by_path(asked(service, JINAN, "apply", **given))
    agreed = fields["evidence.declared.agreement_accepted"]
    assert (agreed["type"], agreed["needed"]) == ("BOOLEAN", "ALWAYS")
    assert [term["name"] for term in fields["bank"]["choices"]] == ["icbc", "ccb"]
    assert "evidence.declared.delegation_reason" not in fields


def test_CD_8_a_choice_shows_what_every_rule_about_it_leaves_open(service: GraphService) -> None:
    """The province opens eight reasons for a new card, the city one of them online."""

    def reasons(**known: str) -> list[str]:
        found = by_path(asked(service, CHENGDU, "reissue", **known))
        return [choice["name"] for choice in found["reason"]["choices"]]

    assert reasons(request__channel="chengdu_wechat") == ["lost"]
    assert len(reasons(request__channel="service_window")) == 8


def test_CD_1_what_was_applied_with_can_be_corrected_in_a_form_of_its_own(service: GraphService) -> None:
    """A correction asks for nothing itself, and yet people have to see what they can put right."""
    person = {"holder__identity_type": "resident_identity_card", "holder__age": "36", "actor__relation": "self"}
    known = person | {"request__channel": "chengdu_wechat", "operation__service": "apply"}
    applied = by_path(asked(service, CHENGDU, "apply", **known))
    found = asked(service, CHENGDU, "correct", **known)
    fields = by_path(found)
    papers = {"photo", "identity_card_front", "identity_card_back"}
    assert fields.keys() == papers | {
        "operationId",
        "bank",
        "evidence.details.mobile",
        "evidence.details.residenceAddress",
    }
    assert {name: field["needed"] for name, field in fields.items() if field["needed"] != "NEVER"} == {
        "operationId": "ALWAYS"
    }
    same = ("path", "label", "pattern", "specification")
    assert all(fields[name][part] == applied[name][part] for name in fields.keys() & applied.keys() for part in same)
    assert found["form"]["formSchema"]["required"] == ["operationId"]
    # Until it is said what is corrected, each field waits for that.
    bare = by_path(asked(service, CHENGDU, "correct"))
    assert fields.keys() < bare.keys()
    assert all("operation.service" in field["waitsFor"] for name, field in bare.items() if name != "operationId")
    assert "evidence.verificationCode" not in by_path(
        asked(service, CHENGDU, "correct", operation__service="reissue", request__channel="chengdu_wechat")
    )


def test_the_schema_is_in_the_language_of_the_request(service: GraphService) -> None:
    titles = [
        asked(service, JINAN, "apply", language)["form"]["formSchema"]["properties"]["bank"]["title"]
        for language in ("zh-CN", "en")
    ]
    assert titles == ["发卡银行", "issuing bank"]


def test_a_form_is_laid_out_once_for_a_policy_and_what_is_supposed(
    service: GraphService, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def noted(question: FormQuestion) -> Form:
        made.append(question.supposed)
        return form_of(question)

    monkeypatch.setattr("schema.services.forms.form_of", noted)
    first = asked(service, CHENGDU, "apply", holder__age="31")
    assert asked(service, CHENGDU, "apply", holder__age="31") == first
    assert asked(service, CHENGDU, "apply", holder__age="6") != first
    assert made == [{"holder.age": 31}, {"holder.age": 6}]


def filled(schema: dict[str, Any], known: dict[str, str]) -> st.SearchStrategy[Any]:
    """Return values that a schema accepts; ids are those on record."""
    if "const" in schema:
        return st.just(schema["const"])
    if "oneOf" in schema:
        return st.sampled_from([each["const"] for each in schema["oneOf"]])
    kind = schema["type"]
    if kind == "object":
        needed = {
            name: filled(below, known) for name, below in schema["properties"].items() if name in schema["required"]
        }
        others = {
            name: st.just(known[name]) if name in known else filled(below, known)
            for name, below in schema["properties"].items()
            if name not in schema["required"] and name not in UNASKED
        }
        ids = {name: st.just(known[name]) for name in needed if name in known}
        return st.fixed_dictionaries({**needed, **ids}, optional=others)
    if kind == "array":
        least, item = schema.get("minItems", 0), schema["items"]
        if "pattern" in item and "RG9j" in item["pattern"]:
            return st.just([])
        return st.lists(filled(item, known), min_size=least, max_size=3, unique=True)
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    if schema.get("format") == "date":
        return st.dates().map(lambda day: f"{day:%Y-%m-%d}".rjust(10, "0"))
    return _texts(schema)


UNASKED = {"verificationCode", "faceAssertion"}
"""Proofs that nobody can make up."""


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 4_096)
    pattern = schema.get("pattern")
    if pattern is None:
        return st.text(
            st.characters(codec="utf-8", categories=("L", "N")), min_size=max(least, 1), max_size=min(most, 30)
        )
    if "\\u0000" in pattern:  # anything that can be seen
        return st.text(
            st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=max(least, 1), max_size=min(most, 500)
        )
    # Of numbers from elsewhere a form cannot know which there are.
    mine = pattern.partition(r"$|^\+")[0].removesuffix("$") + "$"
    return st.from_regex(mine.removesuffix("$") + r"\Z").filter(lambda text: least <= len(text) <= most)


def on_record(service: GraphService, person: Holder, region: str) -> dict[str, str]:
    """Put a card and an open application on record, and return ids by the fields of inputs that take them."""
    now, card = service.clock.now(), add_active_card(service, person, region)
    operation = Operation(
        id=str(uuid4()),
        service="apply",
        region=region,
        province=province_of(region),
        holder_id=person.id,
        actor_id=person.id,
        relation="self",
        state=OperationState.SUBMITTED,
        channel="national_mini_program",
        office=None,
        created_at=now,
        updated_at=now,
        policy_digest="sha256:0",
    )
    service.work(lambda work: work.operations.add(operation))
    somebody = service.person()
    return {
        "cardId": card.id,
        "operationId": global_id("Operation", operation.id),
        "holderId": holder_id(person),
        "delegationId": global_id("Delegation", str(uuid4())),
        "guardianId": holder_id(person),
        "wardId": holder_id(somebody),
        "duplicateId": holder_id(somebody),
        "presentPersonId": holder_id(somebody),
        "replacesId": global_id("IdentityDocument", str(uuid4())),
    }


@pytest.fixture(scope="module")
def every_form(one_service: GraphService) -> list[tuple[str, str, dict[str, Any], dict[str, str], Holder]]:
    """Return every form with what is on record for it, of one person in each region."""
    made: dict[str, tuple[dict[str, str], Holder]] = {}
    found = []
    for region, name, form in forms(one_service):
        if region not in made:
            person = one_service.person()
            made[region] = on_record(one_service, person, region), person
        found.append((region, name, form, *made[region]))
    return found


@given(data=st.data())
@settings(
    max_examples=2, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_what_a_form_accepts_the_mutation_can_read(
    service: GraphService,
    every_form: list[tuple[str, str, dict[str, Any], dict[str, str], Holder]],
    data: st.DataObject,
) -> None:
    decided = 0
    for region, name, found, known, person in every_form:
        form = found["form"]
        accepts = Draft202012Validator(form["formSchema"])
        given_input = data.draw(filled(form["formSchema"], known).filter(accepts.is_valid))
        citizen = service.citizen(person, (found["channels"] or ["service_window"])[0])
        answer = citizen.ask(CHECK, {"input": {"request": {form["mutation"]: given_input}}})["checkEligibility"]
        wrong = [error for error in answer["errors"] if error["code"] in MALFORMED]
        assert not wrong, (region, name, given_input, wrong)
        decided += answer["decision"] is not None
    # The others ask for somebody who is not there, or are not for citizens.
    assert decided > len(every_form) * 0.6


def test_what_belongs_to_a_choice_not_made_yet_says_to_which_so_that_nothing_adds_up(service: GraphService) -> None:
    """Three postages are asked of nobody: each is that of one zone, and none where the card is collected."""
    shown = "onlyIf{fact label{zh} values valueTerms{name label{zh}}}"
    document = (
        'query($region: String!, $suppose: [SuppositionInput!]){requirements(region: $region, service: "deliver", suppose: $suppose)'
        f"{{decision{{totalDue charges{{fee amount conditional {shown}}} requirements{{rule conditional {shown}}}}}}}}}"
    )
    citizen = service.caller(None)

    def asked(**suppose: str) -> dict[str, Any]:
        facts = [{"fact": fact.replace("_", ".", 1), "value": value} for fact, value in suppose.items()]
        answer = citizen.ask(document, {"region": CHENGDU, "suppose": facts})
        found: dict[str, Any] = answer["requirements"]["decision"]
        return found

    def under(part: dict[str, Any]) -> dict[str, list[str]]:
        return {each["fact"]: each["values"] for each in part["onlyIf"]}

    bare = asked()
    assert bare["totalDue"] == 0
    assert {charge["amount"]: under(charge) for charge in bare["charges"]} == {
        1000: {"choice.delivery": ["post"], "delivery.zone": ["same_city"]},
        1200: {"choice.delivery": ["post"], "delivery.zone": ["same_province"]},
        1600: {"choice.delivery": ["post"], "delivery.zone": ["other_province"]},
    }
    by_delivery = next(each for each in bare["charges"][0]["onlyIf"] if each["fact"] == "choice.delivery")
    assert by_delivery["label"] == {"zh": "领卡方式"}
    assert by_delivery["valueTerms"] == [{"name": "post", "label": {"zh": "邮寄"}}]
    needed = {part["rule"]: under(part) for part in bare["requirements"]}
    assert needed["address"] == {"choice.delivery": ["post"]}
    assert needed["place_of_collection"]["choice.delivery"] == ["outlet"]
    assert needed["method"] == {}
    posted = asked(choice_delivery="post")
    assert [under(charge) for charge in posted["charges"]] == [
        {"delivery.zone": [zone]} for zone in ("same_city", "same_province", "other_province")
    ]
    assert asked(choice_delivery="outlet")["charges"] == []
    [nearby] = asked(choice_delivery="post", delivery_zone="same_city")["charges"]
    assert (nearby["conditional"], nearby["onlyIf"]) == (False, [])
