"""What is said of values that do not fit: the field of each, and nothing of what they are."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, NewType
from uuid import UUID

import httpx
import pytest
import strawberry
from graphql import GraphQLError
from strawberry.file_uploads import Upload
from strawberry.schema.config import StrawberryConfig

from schema.kit.scalars import SCALARS, Fen
from tests.http_server import serve
from tests.web.bookshop import Contexts, Number, parse_number
from tests.web.conftest import healthy
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint

NUMBER = "510100199001011234"
NAME = "张秘密"
WORD = "Hunter2!"
SECRETS = (NUMBER, NAME, WORD, NUMBER[:8], NUMBER[-8:])
Blunt = NewType("Blunt", str)
Talking = NewType("Talking", str)


def refuse_bluntly(value: object) -> Blunt:
    raise ValueError(f"what is {value!r}")


def refuse_talking(value: object) -> Talking:
    raise GraphQLError(f"found: {value!r}. Did you mean {value!r}?")


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.input(one_of=True)
class Key:
    title: strawberry.Maybe[str]
    number: strawberry.Maybe[int]


@strawberry.input
class Details:
    mobile: str
    colours: list[Colour] | None = None


@strawberry.input
class Everything:
    text: str | None = None
    whole: int | None = None
    part: float | None = None
    yes: bool | None = None
    id: strawberry.ID | None = None
    colour: Colour | None = None
    day: date | None = None
    moment: datetime | None = None
    hour: time | None = None
    money: Decimal | None = None
    uuid: UUID | None = None
    fen: Fen | None = None
    number: Number | None = None
    blunt: Blunt | None = None
    talking: Talking | None = None
    file: Upload | None = None
    wholes: list[int] | None = None
    table: list[list[int]] | None = None
    details: Details | None = None
    people: list[Details] | None = None
    key: Key | None = None


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def take(self, i: Everything, again: Everything | None = None) -> int:
        return 1

    @strawberry.field
    def count(self) -> int | None:
        return WORD  # type: ignore[return-value]


WRONG: dict[str, tuple[object, list[str]]] = {
    "text": (int(NUMBER), ["text"]),
    "whole": (NUMBER, ["whole"]),
    "part": (NAME, ["part"]),
    "yes": (WORD, ["yes"]),
    "id": ([WORD], ["id"]),
    "colour": (WORD, ["colour"]),
    "day": (NUMBER, ["day"]),
    "moment": (NAME, ["moment"]),
    "hour": (int(NUMBER), ["hour"]),
    "money": (WORD, ["money"]),
    "uuid": (NUMBER, ["uuid"]),
    "fen": (NUMBER, ["fen"]),
    "number": (WORD, ["number"]),
    "blunt": (NUMBER, ["blunt"]),
    "talking": (WORD, ["talking"]),
    "file": (NAME, ["file"]),
    "wholes": ([1, NUMBER, 2, WORD, None], ["wholes.1", "wholes.3", "wholes.4"]),
    "table": ([[1], [NUMBER]], ["table.1.0"]),
    "details": ({"mobile": int(NUMBER), "colours": [WORD]}, ["details.mobile", "details.colours.0"]),
    "people": ([{"mobile": NUMBER}, WORD, {}], ["people.1", "people.2.mobile"]),
    "key": ({"title": WORD, "number": int(NUMBER)}, ["key", "key.number"]),
    "nickname": (WORD, ["nickname"]),
}
"""A wrong value for each field, and where it is wrong."""


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    scalars: dict[object, Any] = {
        **SCALARS,
        Number: strawberry.scalar(name="Number", parse_value=parse_number, serialize=str),
        Blunt: strawberry.scalar(name="Blunt", parse_value=refuse_bluntly),
        Talking: strawberry.scalar(name="Talking", parse_value=refuse_talking),
    }
    schema = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=scalars))
    endpoint = GraphQLEndpoint(schema, Contexts())
    with (
        serve(create_app(endpoint=endpoint, health=healthy)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        yield client


def errors_of(
    client: httpx.Client, query: str, variables: dict[str, Any] | None = None, language: str = "en"
) -> list[dict[str, Any]]:
    """Return the errors of an answer, in which no secret is."""
    headers = {"Accept": "application/graphql-response+json", "Accept-Language": language}
    answer = client.post("/graphql", json={"query": query, "variables": variables or {}}, headers=headers)
    shown = json.dumps(answer.json(), ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret in shown], shown
    errors: list[dict[str, Any]] = answer.json()["errors"]
    return errors


def fields_of(errors: list[dict[str, Any]]) -> list[str]:
    return [error["extensions"]["field"] for error in errors]


def literal(value: object) -> str:
    """Return a value as it is written in a document."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {literal(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_told_by_its_field(client: httpx.Client, name: str, language: str) -> None:
    value, fields = WRONG[name]
    variable = errors_of(client, "query($i: Everything!){take(i: $i)}", {"i": {name: value}}, language)
    written = errors_of(client, f"{{take(i: {literal({name: value})})}}", None, language)
    default = errors_of(client, f"query($i: Everything = {literal({name: value})}){{take(i: $i)}}", None, language)
    for errors, root in ((variable, "i"), (written, "i"), (default, "$i")):
        if name != "number":  # That scalar names a field of its own.
            assert sorted(fields_of(errors)) == sorted(f"{root}.{field}" for field in fields)
        assert all(
            field in error["message"] for field, error in zip(fields_of(errors), errors, strict=True)
        ) or name in (
            "number",
            "file",
        )


def test_everything_that_is_wrong_is_told_at_once(client: httpx.Client) -> None:
    given = {name: value for name, (value, _) in WRONG.items()}
    wanted = sorted(f"i.{field}" for name, (_, fields) in WRONG.items() for field in fields if name != "number")
    query = "query($i: Everything!, $n: Int!, $e: Everything!){take(i: $i, again: $e) hello}"
    errors = errors_of(client, query.replace(", $n: Int!", ""), {"i": given})
    assert sorted(set(fields_of(errors)) - {"number"}) == ["again", *wanted]
    assert {error["extensions"]["code"] for error in errors} == {
        "INVALID_VARIABLES",
        "NUMBER_INVALID",
        "INVALID_UPLOAD",
    }


def test_a_multitude_of_wrong_values_is_told_in_part(client: httpx.Client) -> None:
    query = "query($i: Everything!){take(i: $i)}"
    assert len(errors_of(client, query, {"i": {"wholes": [NUMBER] * 100}})) == 50


@pytest.mark.parametrize("name", [NUMBER, f"id_{NUMBER}", NAME, WORD, "x" * 200, ""])
def test_an_unknown_field_is_named_only_if_its_name_can_be_no_value(client: httpx.Client, name: str) -> None:
    given = {"details": {"mobile": "1", name: True}}
    errors = errors_of(client, "query($i: Everything!){take(i: $i)}", {"i": given})
    assert fields_of(errors) == ["i.details"]
    assert "unknown" in errors[0]["message"]


@pytest.mark.parametrize("field", ["nickname", "address2", "mobile_phone"])
def test_an_unknown_field_is_told(client: httpx.Client, field: str) -> None:
    errors = errors_of(client, "query($i: Everything!){take(i: $i)}", {"i": {"details": {"mobile": "1", field: WORD}}})
    assert fields_of(errors) == [f"i.details.{field}"]
    assert errors[0]["message"] == f"i.details.{field} is unknown: Details has no such field; leave it out."


def test_the_words_say_what_would_do(client: httpx.Client) -> None:
    query = "query($i: Everything!){take(i: $i)}"

    def said(given: object, language: str = "en") -> str:
        (error,) = errors_of(client, query, {"i": given}, language)
        assert error["extensions"]["code"] == "INVALID_VARIABLES"
        message: str = error["message"]
        return message

    assert said({"colour": WORD}) == "i.colour does not fit its type; give one of RED, BLUE."
    assert said({"details": {}}) == "i.details.mobile is missing; give a text."
    assert said({"details": {"mobile": None}}) == "i.details.mobile is null; give a text."
    assert said(WORD) == "i does not fit its type; give an object of type Everything."
    assert said({"day": NUMBER}, "zh-CN") == "填写的内容格式不对，请检查后重新提交（`i.day`：应为日期，如2026-11-20）。"
    assert (
        said({"details": {}}, "zh-CN") == "填写的内容格式不对，请检查后重新提交（`i.details.mobile`：必填，应为文字）。"
    )


@pytest.mark.parametrize(
    "document",
    [
        f"{{hello{NUMBER}}}",
        f"{{n{NUMBER}: nothing}}",
        f"{{n{NUMBER}: hello n{NUMBER}: count}}",
        f"{{hello(n{NUMBER}: 1)}}",
        f"{{hello @n{NUMBER}}}",
        f"{{hello @skip(n{NUMBER}: 1)}}",
        f"{{hello {{n{NUMBER}}}}}",
        f"{{...n{NUMBER}}}",
        f"fragment n{NUMBER} on Query {{hello}} {{hello}}",
        f"fragment f on n{NUMBER} {{hello}} {{...f}}",
        f"fragment n{NUMBER} on Query {{...n{NUMBER}}} {{...n{NUMBER}}}",
        f"query n{NUMBER} {{hello}} query n{NUMBER} {{hello}}",
        f"query($n{NUMBER}: String) {{hello}}",
        f"query($n: n{NUMBER}) {{hello(name: $n)}}",
        f"query($n{NUMBER}: Int) {{hello(name: $n{NUMBER})}}",
        f"query($n{NUMBER}: Int, $n{NUMBER}: Int) {{hello(name: $n{NUMBER})}}",
        f"{{hello(name: $n{NUMBER})}}",
        f"{{hello(name: n{NUMBER})}}",
        f'{{take(i: {{text: "{WORD}", text: "{WORD}"}})}}',
        f"{{take(i: {{n{NUMBER}: 1}})}}",
        f"{{take(i: {{id: {NUMBER}.5}})}}",
        f'{{hello(name: "a" "{WORD}")}}',
        f'{{hello(name: """{WORD}""" {NUMBER})}}',
        f'"{NAME}" {{hello}} "{WORD}"',
        f"{{hello(name: {NUMBER} {NUMBER})}}",
        f"{{hello(name: {NUMBER}.1 {NUMBER}.2)}}",
        f"{{hello(name: .{NUMBER})}}",
        f"{{hello(name: {NUMBER}x)}}",
        f"{{hello(name: '{WORD}')}}",
        f"type n{NUMBER} {{a: Int}}",
        f"n{NUMBER} {{hello}}",
    ],
)
def test_what_is_said_of_a_document_repeats_none_of_its_values(client: httpx.Client, document: str) -> None:
    for language in ("en", "zh-CN"):
        errors = errors_of(client, document, None, language)
        assert errors[0]["extensions"]["code"] in ("SYNTAX_ERROR", "VALIDATION_FAILED")
        assert errors[0]["message"].startswith("查询语句有误，请开发人员检查：" if language == "zh-CN" else "") or (
            errors[0]["message"].startswith("填写的内容格式不对，请检查后重新提交")
        )


def test_an_operation_that_is_not_there_is_named_only_if_its_name_can_be_no_value(client: httpx.Client) -> None:
    for name in (NUMBER, NAME, WORD):
        answer = client.post("/graphql", json={"query": "{hello}", "operationName": name})
        assert answer.json()["errors"][0]["extensions"]["code"] == "OPERATION_UNKNOWN"
        assert not [secret for secret in SECRETS if secret in answer.text]


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ('query($n: String = "a"){hello(name: $n)}', {"n": None}, "EXECUTION_FAILED"),
        ("query($v: String){take(i: {blunt: [$v]})}", {"v": WORD}, None),
        ("query($v: String){take(i: {fen: {a: $v}})}", {"v": WORD}, None),
        ("{count}", {}, "INTERNAL_ERROR"),
    ],
)
def test_what_fails_within_an_execution_repeats_no_value(
    client: httpx.Client, query: str, variables: dict[str, Any], code: str | None
) -> None:
    for language in ("en", "zh-CN"):
        errors = errors_of(client, query, variables, language)
        assert code is None or [error["extensions"]["code"] for error in errors] == [code]


@pytest.mark.parametrize(
    "body", [b'{"query": "{hello}", "a": 5101001990010112345678}', b'{"5101001990": 1, "5101001990": 2}']
)
def test_json_that_cannot_be_taken_is_not_repeated(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_JSON"
    assert "51010019" not in answer.text
