"""Whatever is sent, the answer is in words: never an internal error, and never a traceback."""

import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    build_schema,
    get_named_type,
)

from domain.holder import Holder
from schema.build import build_schema as build_strawberry
from schema.kit.pages import cursor_of
from schema.kit.relay import global_id
from tests.graph.caller import Caller
from tests.graph.cards import add_active_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, submitted
from tests.graph.service import NOW, GraphService, holder_id
from tests.graph.test_death import PEOPLE_ONLY

ROOT = Path(__file__).parents[2]
ALL = ("String", "ID", "Date", "DateTime", "Fen", "Int", "Boolean", "Upload", "Answers")
SCHEMA = build_schema(build_strawberry().as_str())
NASTY = {
    "nothing": "",
    "a space": " ",
    "nul": "a\0b",
    "lone surrogate": "\ud800x",
    "right to left": "\u202eabc\u200b",
    "long": "長" * 10_000,
    "emoji": "👩‍👩‍👧" * 50,
    "markup": "<script>'\";--%s{0}{x}${y}\\",
    "number": "9" * 400,
    "negative": "-1",
    "base64": b64encode(b"Operation:\0").decode(),
    "other id": global_id("Region", JINAN),
}
STAFF = (
    "acceptForProduction",
    "requestCorrection",
    "recordProduced",
    "recordShipped",
    "registerHolder",
    "recordGuardianship",
    "endGuardianship",
)
IN_REGION = {"transferCardIn": CHENGDU, "grantDelegation": CHENGDU, "postAccountEntries": QINGDAO}
"""Where mutations are asked for that Jinan does not offer."""
SOME_OPERATION, SOME_CARD, SOME_DELEGATION, SOME_HOLDER = (
    global_id(kind, "00000000-0000-4000-8000-00000000abcd") for kind in ("Operation", "Card", "Delegation", "Holder")
)
UNSTORABLE = ("nul", "lone surrogate")
"""What is refused before anything reads it, since no database takes it."""


def leaves(
    kind: GraphQLInputType, path: tuple[str, ...] = (), scalars: tuple[str, ...] = ("String", "ID", "Date")
) -> list[tuple[str, ...]]:
    """Return the way to each text within an input, or to what is of other scalars."""
    if isinstance(kind, GraphQLNonNull | GraphQLList):
        return leaves(kind.of_type, path, scalars)
    if isinstance(kind, GraphQLInputObjectType):
        return [way for name, field in kind.fields.items() for way in leaves(field.type, (*path, name), scalars)]
    return [path] if isinstance(kind, GraphQLScalarType) and kind.name in scalars else []


def sample(kind: GraphQLInputType, way: tuple[str, ...], text: str, usual: dict[str, Any], name: str = "") -> object:
    """Return an input with a text at the end of one way, and the usual values wherever else there must be some."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, way, text, usual, name)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type, way, text, usual, name)]
    if isinstance(kind, GraphQLInputObjectType):
        return {
            field: sample(inner.type, way[1:], text, usual, field)
            if way[:1] == (field,)
            else sample(inner.type, ("",), text, usual, field)
            for field, inner in kind.fields.items()
            if way[:1] == (field,) or isinstance(inner.type, GraphQLNonNull)
        }
    return text if way == () else usual.get(name, "x")


def mutations() -> list[str]:
    assert SCHEMA.mutation_type is not None
    return [name for name in SCHEMA.mutation_type.fields if name != "uploadDocument"]


def sent(caller: Caller, document: str, variables: dict[str, Any], what: str) -> None:
    """Send a request and make sure that the answer is no internal error."""
    text = json.dumps(caller.answer(document, variables))
    assert "INTERNAL_ERROR" not in text, what
    assert "ROW_FAILED" not in text, what
    assert "ENGINE_FAULT" not in text, what
    assert "BAD_FACT" not in text, what
    assert "Traceback" not in text, what


def asking(service: GraphService, mutation: str, person: Holder) -> Caller:
    """Return somebody who comes as far as possible with a mutation."""
    if mutation == "postAccountEntries":
        return service.settlement_system(QINGDAO)
    if mutation in STAFF:
        return service.clerk(JINAN, "partner_system")
    on_card = any(name == "cardId" for name in input_of(mutation).fields) or mutation in IN_REGION
    return service.citizen(person, "unionpay_app" if on_card else "national_mini_program")


def input_of(mutation: str) -> GraphQLInputObjectType:
    """Return the type of a mutation's input."""
    kind = SCHEMA.type_map[f"{mutation[0].upper()}{mutation[1:]}Input"]
    assert isinstance(kind, GraphQLInputObjectType)
    return kind


@pytest.mark.parametrize("mutation", mutations())
def test_no_text_in_any_field_of_a_mutation_breaks_anything(service: GraphService, mutation: str) -> None:
    person = service.person(insured_in=(CHENGDU,))
    operation = submitted(service.citizen(person))["id"]
    card = add_active_card(service, person, QINGDAO if mutation == "postAccountEntries" else CHENGDU)
    usual: dict[str, Any] = {
        "operationId": operation,
        "cardId": card.id,
        "regionCode": IN_REGION.get(mutation, JINAN),
        "kind": "CREDIT",
        "amount": 1,
        "occurredAt": NOW.isoformat(),
        "until": "2026-12-31",
        "newPassword": "20481973",
        "newPasswordAgain": "20481973",
        "method": "post",
        "guardianId": holder_id(person),
        "wardId": holder_id(service.person()),
        "purpose": "apply",
        "mobile": "13812345678",
        "identityType": "passport",
        "generation": "third",
        "cardNumber": card.number if mutation == "postAccountEntries" else "ABC12345",
        "name": "张",
    }
    kind = input_of(mutation)
    storable = [text for what, text in NASTY.items() if what not in UNSTORABLE]
    caller = asking(service, mutation, person)
    for way in leaves(kind):
        inputs = {f"i{index}": sample(kind, way, text, usual) for index, text in enumerate(storable)}
        sent(caller, at_once(mutation, kind.name, list(inputs)), inputs, f"{mutation} {way}")
    for what in UNSTORABLE:
        given = {"i0": sample(kind, leaves(kind)[-1], NASTY[what], usual)}
        assert caller.failure(at_once(mutation, kind.name, ["i0"]), given) == "INVALID_JSON"


def at_once(mutation: str, kind: str, names: list[str]) -> str:
    """Return a document that sends a mutation several inputs."""
    variables = ", ".join(f"${name}: {kind}!" for name in names)
    return f"mutation({variables}){{{' '.join(f'{n}: {mutation}(input: ${n}){{errors{{code}}}}' for n in names)}}}"


QUERIES = [
    "query($t: ID!){node(id: $t){id}}",
    "query($t: ID!){holder(id: $t){name}}",
    "query($t: ID!){card(id: $t){number}}",
    "query($t: ID!){operation(id: $t){state}}",
    "query($t: String!){operations(after: $t){totalCount}}",
    "query($t: String!){operations(filter: {regionCode: $t}){totalCount}}",
    "query($t: String!){operations(filter: {service: $t, bank: $t}){totalCount}}",
    "query($t: ID!){operations(filter: {holderId: $t}){totalCount}}",
    "query($t: String!){region(code: $t){code}}",
    'query($t: String!){policy(region: "510100", service: $t){digest}}',
    'query($t: String!){requirements(region: "510100", service: $t){channels}}',
    'query($t: String!){requirements(region: "510100", service: "apply", suppose: [{fact: $t, value: $t}]){channels}}',
    'query($t: String!){checkEligibility(input: {service: $t, regionCode: "510100"}){errors{code}}}',
    'query($t: String!){checkEligibility(input: {service: "apply", regionCode: $t}){errors{code}}}',
    'query($t: String!){checkEligibility(input: {service: "apply", regionCode: "370100", bank: $t}){errors{code}}}',
    "query($t: Date!){regions{crossProvince(on: $t){banks{name}}}}",
    "query($t: String!){cardUsable(cardNumber: $t){usable}}",
    "query($t: String!){cardFunctions(region: $t, generation: $t){name}}",
    'query($t: String!){cardFunctions(region: "510100", generation: $t){name}}',
    "query($t: String!){accountEntries(region: $t){totalCount}}",
    'query($t: ID!){accountEntries(region: "370200", holderId: $t){totalCount}}',
    'query($t: String!){accountEntries(region: "370200", after: $t){totalCount}}',
    'query($t: Date!){accountEntries(region: "370200", since: $t, until: $t){totalCount}}',
    'query($t: ID!){heldInsurance(cardId: $t, region: "510100"){name}}',
]


@pytest.mark.parametrize("query", QUERIES)
def test_no_text_in_any_argument_of_a_query_breaks_anything(service: GraphService, query: str) -> None:
    person = service.person()
    for caller in (service.citizen(person), service.clerk(JINAN)):
        for what, text in NASTY.items():
            sent(caller, query, {"t": text}, what)


@pytest.mark.parametrize("on", ["0001-01-01", "1999-12-31", "9999-12-31"])
def test_days_far_away_break_nothing(service: GraphService, on: str) -> None:
    for query in (
        'query($on: Date!){policy(region: "510100", service: "apply", on: $on, known: $on){digest}}',
        'query($on: Date!){requirements(region: "370200", service: "apply", on: $on){channels}}',
        'query($on: Date!){region(code: "370100"){crossProvince(on: $on){services{open} banks{name}}}}',
    ):
        sent(service.caller(None), query, {"on": on}, on)


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
def test_a_page_has_1_to_100_items(service: GraphService, first: int) -> None:
    code = service.citizen(service.person()).failure("query($n: Int){operations(first: $n){totalCount}}", {"n": first})
    assert code in ("INVALID_INPUT", "QUERY_TOO_COSTLY")


CURSORS = [
    "x",
    "",
    b64encode(b":x").decode(),
    b64encode(b"2026-11-20T00:00:00+00:00:x").decode(),
    b64encode(b"operations").decode(),
    b64encode(b"operations:yesterday:x").decode(),
    b64encode(b"operations:2026-11-20T00:00:00:x").decode(),
    b64encode(b"operations:2026-11-20T00:00:00+00:00:\0").decode(),
    b64encode(b"operations:0001-01-01T00:00:00+23:59:x").decode(),
    b64encode(b"operations:9999-12-31T23:59:59-23:59:x").decode(),
]


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("given_as", ["after", "before"])
def test_a_wrong_cursor_is_told(service: GraphService, cursor: str, given_as: str) -> None:
    citizen = service.citizen(service.person())
    query = f"query($c: String){{operations({given_as}: $c){{totalCount}}}}"
    [error] = citizen.answer(query, {"c": cursor})["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("CURSOR_INVALID", given_as)


@pytest.mark.parametrize(
    "day",
    [
        "20261120",
        "2026-W47-5",
        "2026-W47",
        "2026-11-20T00:00:00",
        "２０２６-11-20",
        "2026-11-20 ",
        "2026-11-31",
        "26-11-20",
        20261120,
    ],
)
def test_a_day_is_written_in_one_form(service: GraphService, day: object) -> None:
    caller = service.caller(None)
    query = 'query($on: Date!){requirements(region: "510100", service: "apply", on: $on){channels}}'
    assert caller.failure(query, {"on": day}) == "INVALID_VARIABLES"
    literal = (
        f'{{requirements(region: "510100", service: "apply", on: {json.dumps(day, ensure_ascii=False)}){{channels}}}}'
    )
    assert caller.failure(literal) in ("VALIDATION_FAILED", "INVALID_VALUE")
    assert caller.ask(query, {"on": "2026-11-20"})


def test_pages_hold_their_place(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    ids: list[str] = []
    for _ in range(5):
        operation = submitted(citizen)
        citizen.changed("withdrawApplication", operationId=operation["id"])
        ids.insert(0, operation["id"])
    query = (
        "query($a: String){operations(first: 2, after: $a){totalCount pageInfo{hasNextPage endCursor} edges{node{id}}}}"
    )
    found, after = [], None
    while True:
        page = citizen.ask(query, {"a": after})["operations"]
        assert page["totalCount"] == 5
        found += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(found) == sorted(ids)
    assert len(found) == 5
    far = cursor_of("operations", NOW.replace(year=1990), "x")
    assert citizen.ask(query, {"a": far})["operations"]["edges"] == []


@pytest.mark.parametrize("identifier", ["x", "", global_id("Holder", "x"), global_id("Pigeon", "x"), "\u00fc", "T3Bl"])
def test_a_wrong_id_is_told(service: GraphService, identifier: str) -> None:
    citizen = service.citizen(service.person())
    code = citizen.failure("query($id: ID!){operation(id: $id){id}}", {"id": identifier})
    assert code in ("ID_INVALID", "INVALID_INPUT")
    assert citizen.change("payOperation", operationId=identifier)["errors"][0]["field"] == "input.operationId"


def id_arguments() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the way to each id that the graph takes: query or mutation, its field, and the names below that."""
    queries, changes = SCHEMA.query_type, SCHEMA.mutation_type
    assert queries is not None
    assert changes is not None
    fields = [("query", name, field) for name, field in queries.fields.items()]
    fields += [("mutation", name, changes.fields[name]) for name in mutations()]
    return [
        (operation, name, way)
        for operation, name, field in fields
        for argument, item in field.args.items()
        for way in leaves(item.type, (argument,), ("ID",))
    ]


@pytest.mark.parametrize(("operation", "name", "way"), id_arguments())
def test_an_empty_text_is_no_id_wherever_an_id_goes(
    service: GraphService, operation: str, name: str, way: tuple[str, ...]
) -> None:
    """It is not taken for an id left out, which often means whoever asks."""
    root = SCHEMA.query_type if operation == "query" else SCHEMA.mutation_type
    assert root is not None
    usual = {
        "until": "2026-12-31",
        "diedOn": "2026-11-18",
        "amount": 1,
        "occurredAt": NOW.isoformat(),
        "kind": "CREDIT",
    }
    usual |= {"operationId": SOME_OPERATION, "cardId": SOME_CARD, "delegationId": SOME_DELEGATION}
    usual |= {"regionCode": IN_REGION.get(name, JINAN)} | dict.fromkeys(
        ("guardianId", "wardId", "duplicateId"), SOME_HOLDER
    )
    if "holderId" not in way:
        usual |= {"holderId": SOME_HOLDER}
    arguments = root.fields[name].args
    given: dict[str, Any] = {
        argument: sample(item.type, way[1:] if argument == way[0] else ("",), "", usual, argument)
        for argument, item in arguments.items()
        if argument == way[0] or isinstance(item.type, GraphQLNonNull)
    }
    if name == "checkEligibility" and "request" not in way:
        given["input"]["service"] = "apply"
    definitions = ", ".join(f"${argument}: {arguments[argument].type}" for argument in given)
    passed = ", ".join(f"{argument}: ${argument}" for argument in given)
    answers = get_named_type(root.fields[name].type)
    assert isinstance(answers, GraphQLObjectType | GraphQLInterfaceType)
    shown = "errors{code field}" if "errors" in answers.fields else "__typename"
    if "rows" in answers.fields:
        shown += " rows{errors{code field}}"
    asker = service.citizen(service.person()) if name in PEOPLE_ONLY else service.clerk(JINAN)
    answer = asker.answer(f"{operation}({definitions}){{{name}({passed}){{{shown}}}}}", given)
    failures = [error["extensions"] for error in answer.get("errors", ())] or answer["data"][name]["errors"]
    for row in answer["data"][name].get("rows", ()) if not failures else ():
        failures += row["errors"]
    # Which of several it is is told too.
    failures = [{**error, "field": re.sub(r"\.\d+", "", error["field"])} for error in failures]
    # Beside it, what else is filled in is told to be no word of the region.
    assert {error["code"] for error in failures} <= {"ID_INVALID", "VALUE_NOT_POSSIBLE"}
    assert [error for error in failures if error["code"] == "ID_INVALID"] == [
        {"code": "ID_INVALID", "field": ".".join(way)}
    ]


def test_a_document_about_an_empty_id_is_nobodys(service: GraphService) -> None:
    payload = service.citizen(service.person()).upload("photo", QINGDAO, b"", holderId="")
    assert [(each["code"], each["field"]) for each in payload["errors"]] == [("ID_INVALID", "input.holderId")]


def test_a_file_that_is_none_is_told_by_its_field_and_what_to_do(service: GraphService) -> None:
    caller = service.citizen(service.person())
    usual = {"type": "photo", "regionCode": QINGDAO}
    document = "mutation($input: UploadDocumentInput!){uploadDocument(input: $input){errors{code}}}"
    no_files: list[object] = ["photo.jpg", "510100199001011234", {}, [], 1]
    for file in no_files:
        [error] = caller.answer(document, {"input": {"file": file, **usual}})["errors"]
        assert error["extensions"] == {"code": "INVALID_UPLOAD", "field": "input.file"}
        assert "multipart/form-data" in error["message"]
    for given in ({"file": None, **usual}, usual):
        [error] = caller.answer(document, {"input": given})["errors"]
        assert error["extensions"] == {"code": "INVALID_VARIABLES", "field": "input.file"}
        assert "multipart/form-data" in error["message"]
    written = 'mutation{uploadDocument(input: {file: "x", type: "photo", regionCode: "370200"}){errors{code}}}'
    [error] = caller.answer(written)["errors"]
    assert error["extensions"] == {"code": "INVALID_UPLOAD", "field": "input.file"}
    [error] = caller.in_chinese.answer(written)["errors"]
    assert error["message"] == "上传的文件没有收到，请选择文件后重新上传。"


def test_wrong_fields_of_a_form_are_told_by_their_paths_and_never_their_values(service: GraphService) -> None:
    caller = service.citizen(service.person())
    number = "510100199001011234"
    details = {"mobile": int(number), "mobil": number, number: "张三"}
    given = {"regionCode": [QINGDAO], "evidence": {"details": details, "declarations": [{"name": number}]}}
    document = "mutation($input: ApplyForCardInput!){applyForCard(input: $input){errors{code}}}"
    for language in (caller, caller.in_chinese):
        answer = language.answer(document, {"input": given})
        assert sorted(error["extensions"]["field"] for error in answer["errors"]) == [
            "input.evidence.declarations.0.value",
            "input.evidence.details",
            "input.evidence.details.mobil",
            "input.evidence.details.mobile",
            "input.regionCode",
        ]
        assert number not in str(answer)
        assert "张三" not in str(answer)
    assert answer["errors"][0]["message"].startswith("填写的内容格式不对，请检查后重新提交（`input.")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"regionCode": "{}"}, "input.regionCode"),
        ({"bank": "{}"}, "input.bank"),
        ({"outlet": "{}"}, "input.outlet"),
        ({"delivery": {"method": "{}"}}, "input.delivery.method"),
        ({"delivery": {"method": "post", "regionCode": "{}"}}, "input.delivery.regionCode"),
        ({"evidence": {"declarations": [{"name": "{}", "value": "true"}]}}, "input.evidence.declarations.0"),
        ({"evidence": {"choices": [{"fact": "{}", "value": "true"}]}}, "input.evidence.choices.0"),
    ],
)
def test_a_value_in_the_wrong_place_is_told_by_its_input_and_not_repeated(
    service: GraphService, given: dict[str, Any], field: str
) -> None:
    number = "510104199003071018"
    citizen = service.citizen(service.person())
    filled = json.loads(json.dumps({"regionCode": JINAN, **given}).replace("{}", number))
    for payload in (citizen.change("applyForCard", **filled), citizen.check("apply", **filled)):
        [error] = payload["errors"]
        assert error["field"] == field
        assert number not in json.dumps(payload)


def test_every_input_that_an_error_names_is_in_the_contract() -> None:
    named = {
        way
        for room in ("resolvers", "gateways", "schema")
        for file in (ROOT / room).rglob("*.py")
        for way in re.findall(r'"input\.([A-Za-z]+(?:\.[A-Za-z]+)*)"', file.read_text())
    }
    assert SCHEMA.mutation_type is not None
    assert SCHEMA.query_type is not None
    asked = [*SCHEMA.mutation_type.fields.values(), SCHEMA.query_type.fields["checkEligibility"]]
    inputs = [field.args["input"].type for field in asked]
    ways = [way for kind in inputs for way in leaves(kind, scalars=ALL)]
    # What is wrong in a row is told beside the row, by the way within it.
    ways += [way[1:] for way in ways if way[0] == "rows"]
    known = {".".join(way[:length]) for way in ways for length in range(1, 9)}
    assert len(named) > 20
    assert named <= known
