"""Status codes, media types, and what of a failure is shown to whom."""

import logging
from typing import Any

import httpx
import pytest

from tests.http_server import serve
from tests.patience import PATIENCE
from tests.web.bookshop import Contexts, CountOperations, make_schema
from tests.web.conftest import LIMITS, Shop, healthy
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
DEEP = "{books(first: 1)" + "{related(first: 1)" * 5 + "{title}" + "}" * 6


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("{hello}", 200, None),
        ("{", 400, "SYNTAX_ERROR"),
        ("{" * 300 + "a" + "}" * 300, 400, "SYNTAX_ERROR"),
        ("{" + "a " * 1_001 + "}", 400, "SYNTAX_ERROR"),
        ("{nothing}", 400, "VALIDATION_FAILED"),
        ("fragment F on Query {hello}", 400, "VALIDATION_FAILED"),
        ("type Query {a: Int}", 400, "VALIDATION_FAILED"),
        ("query($n: String!){hello(name: $n)}", 400, "INVALID_VARIABLES"),
        ("query a {hello} query b {hello}", 400, "OPERATION_UNKNOWN"),
        ('{hello(name: "\\u0000")}', 400, "INVALID_INPUT"),
        (DEEP, 400, "QUERY_TOO_DEEP"),
        ("{a:hello b:hello c:hello d:hello e:hello f:hello}", 400, "TOO_MANY_ALIASES"),
        ("{books(first: 1000){title price}}", 400, "QUERY_TOO_COSTLY"),
        ("{books(first: " + "9" * 500 + "){title}}", 400, "QUERY_TOO_COSTLY"),
    ],
)
def test_what_was_never_executed_is_400_or_200_for_old_clients(
    shop: Shop, query: str, status: int, code: str | None
) -> None:
    modern, legacy = shop.ask(query), shop.ask(query, accept=JSON)
    assert (modern.status_code, modern.headers["content-type"]) == (status, f"{GRAPHQL}; charset=utf-8")
    assert (legacy.status_code, legacy.headers["content-type"]) == (200, f"{JSON}; charset=utf-8")
    assert legacy.json() == modern.json()
    codes = [error["extensions"]["code"] for error in modern.json().get("errors", [])]
    assert set(codes) == ({code} if code else set())
    assert ("data" in modern.json()) is (code is None)


def test_syntax_and_validation_messages_are_shown_as_they_are(shop: Shop) -> None:
    (error,) = shop.ask("{helo}").json()["errors"]
    assert error["message"] == "Cannot query field 'helo' on type 'Query'. Did you mean 'hello'?"
    assert error["locations"] == [{"line": 1, "column": 2}]


def test_the_operation_that_is_named_is_executed(shop: Shop) -> None:
    query = 'query a {hello} query b {hello(name: "b")}'
    assert shop.ask(query, operationName="b").json() == {"data": {"hello": "hello b"}}
    refused = shop.ask(query, operationName="c")
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (
        400,
        "The document holds no operation named c; check operationName",
    )


def test_requests_that_http_itself_refuses(shop: Shop) -> None:
    wrong_method = shop.client.put("/graphql", json={"query": "{hello}"})
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "GET, POST")
    by_get = shop.client.get("/graphql", params={"query": 'mutation {rename(title: "x")}'})
    assert (by_get.status_code, by_get.headers["allow"]) == (405, "POST")
    assert shop.ask("{hello}", accept="text/plain").status_code == 406
    assert shop.ask("subscription {ticks}").json()["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_NOT_SUPPORTED"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_a_body_of_another_type_is_415(shop: Shop, headers: dict[str, str]) -> None:
    response = shop.client.post("/graphql", content=b'{"query": "{hello}"}', headers=headers)
    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_failures_within_an_execution_are_part_of_a_200(shop: Shop) -> None:
    partial, empty = shop.ask("{hello broken}"), shop.ask("{brokenRoot}")
    assert (partial.status_code, partial.json()["data"]) == (200, {"hello": "hello world", "broken": None})
    assert (empty.status_code, empty.json()["data"]) == (200, None)


def test_an_unexpected_exception_is_masked_and_found_in_the_log_by_its_id(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    response = shop.ask("{broken}")
    assert "hunter2" not in response.text
    (error,) = response.json()["errors"]
    error_id = error["extensions"]["id"]
    assert error["message"] == f"Internal error; quote id {error_id}"
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert error["path"] == ["broken"]
    (record,) = [record for record in caplog.records if error_id in record.getMessage()]
    assert record.levelno == logging.ERROR
    assert "hunter2" in caplog.text
    assert "Traceback" in caplog.text
    ((reported_id, exception),) = shop.unexpected
    assert (reported_id, str(exception)) == (error_id, "password=hunter2")


def test_the_masked_message_is_chinese_for_those_who_read_chinese(shop: Shop) -> None:
    error = shop.ask("{broken}", headers={"Accept-Language": "zh-CN"}).json()["errors"][0]
    assert error["message"] == f"系统出错，没有办成，请稍后再试。反映问题时请提供编号 `{error['extensions']['id']}`。"


def test_a_value_that_cannot_be_written_is_masked_too(shop: Shop) -> None:
    response = shop.ask("{unwritable}")
    assert response.status_code == 500
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"


def test_an_expected_failure_is_shown_in_the_language_asked_for_and_not_logged(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    english = shop.ask("{missing}").json()["errors"][0]
    chinese = shop.ask("{missing}", headers={"Accept-Language": "zh"}).json()["errors"][0]
    assert (english["message"], chinese["message"]) == ("There is no such book", "没有这本书")
    assert english["extensions"] == {"code": "NOT_FOUND", "field": "input.title"}
    assert english["path"] == ["missing"]
    assert not caplog.records
    assert not shop.unexpected


def test_a_value_that_a_scalar_refuses_is_the_callers_fault(shop: Shop) -> None:
    literal = shop.ask('{number(number: "x")}')
    variable = shop.ask("query($n: Number!){number(number: $n)}", variables={"n": "x"})
    for response in (literal, variable):
        assert response.status_code == 400
        (error,) = response.json()["errors"]
        assert error["message"] == "The number is wrong"
        assert error["extensions"] == {"code": "NUMBER_INVALID", "field": "number"}
    assert not shop.unexpected


def test_a_context_that_refuses_or_breaks_keeps_the_request_from_being_executed(shop: Shop) -> None:
    refused = shop.ask("{hello}", headers={"Authorization": "wrong"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.json() == {
        "errors": [{"message": "The token is not valid", "extensions": {"code": "NOT_AUTHENTICATED"}}]
    }
    broken = shop.ask("{hello}", headers={"Authorization": "broken"})
    assert broken.status_code == 500
    assert "hunter2" not in broken.text
    assert broken.json()["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"


def test_strawberry_features_work_through_the_endpoint(shop: Shop) -> None:
    answer = shop.ask("{books(first: 2){title author price published}}").json()
    first = {"title": "b0", "author": "author of b0", "price": "9.90", "published": "2026-11-20"}
    assert answer["data"]["books"][0] == first
    denied = shop.ask("{till}").json()
    assert denied["errors"][0]["message"] == "Only the owner"
    assert denied["errors"][0]["extensions"]["code"] == "EXECUTION_FAILED"
    assert shop.ask("{till}", headers={"Authorization": "owner"}).json() == {"data": {"till": 42}}
    echo = shop.ask("{operationExtensions}", extensions={"a": 1}).json()
    assert echo["data"]["operationExtensions"] == "{'a': 1}"
    assert shop.ask('mutation {rename(title: "x")}').json() == {"data": {"rename": "x"}}


@pytest.mark.parametrize(
    ("query", "variables", "status"),
    [
        ('{book(key: {title: "a"}){title}}', {}, 200),
        ('{book(key: {title: "a", number: 1}){title}}', {}, 400),
        ("fragment F on Query {book(key: {title: $t}){title}} query($t: String!){...F}", {"t": "a"}, 200),
        ("fragment F on Query {book(key: {title: $t}){title}} query($t: String){...F}", {"t": "a"}, 400),
        ("{book(key: {title: $t}){title}}", {}, 400),
        ("query($k: Key!){book(key: $k){title}}", {"k": {"title": "a", "number": 1}}, 400),
    ],
)
def test_one_of_inputs_are_checked_wherever_the_variable_is_defined(
    shop: Shop, query: str, variables: dict[str, Any], status: int
) -> None:
    assert shop.ask(query, variables=variables).status_code == status
    assert not shop.unexpected


def test_answers_are_not_to_be_cached_and_vary_by_what_was_asked_for(shop: Shop) -> None:
    headers = shop.ask("{hello}").headers
    assert (headers["cache-control"], headers["vary"]) == ("no-store", "Accept, Accept-Language")


def test_extensions_of_the_schema_see_operations_and_add_to_the_answer() -> None:
    endpoint = GraphQLEndpoint(make_schema((CountOperations,)), Contexts(), limits=LIMITS)
    app = create_app(endpoint=endpoint, health=healthy)
    with serve(app) as address, httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as client:
        answer = client.post("/graphql", json={"query": "query q {hello}"}).json()
    assert answer == {"data": {"hello": "hello world"}, "extensions": {"operation": "q"}}
    assert CountOperations.seen == 1


def test_extensions_that_would_never_be_called_are_refused_at_the_start() -> None:
    class Parsing(CountOperations):
        def on_parse(self) -> Any:
            yield

    with pytest.raises(ValueError, match="Parsing hooks into parsing"):
        GraphQLEndpoint(make_schema((Parsing,)), Contexts(), limits=LIMITS)
