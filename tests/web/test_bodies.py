"""No body whatsoever is answered with a 500, and each bad one says what is wrong with it."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.patience import PATIENCE
from tests.web.conftest import LIMITS, Shop

JSON_TYPE = "application/json"


def post(shop: Shop, body: bytes, content_type: str = JSON_TYPE, **headers: str) -> Any:
    return shop.client.post(
        "/graphql", content=body, headers={"Content-Type": content_type, "Accept-Language": "en", **headers}
    )


def with_variables(text: str) -> bytes:
    return b'{"query": "{hello}", "variables": {"x": ' + text.encode() + b"}}"


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"", "INVALID_JSON", "not JSON"),
        (b"{", "INVALID_JSON", "line 1 column 2"),
        (b"null", "INVALID_REQUEST", "not null"),
        (b"12", "INVALID_REQUEST", "not a number"),
        (b"1.5", "INVALID_REQUEST", "not a number"),
        (b'"{hello}"', "INVALID_REQUEST", "not a string"),
        (b"true", "INVALID_REQUEST", "not a boolean"),
        (b"[]", "BATCHING_NOT_SUPPORTED", "one JSON object"),
        (b'[{"query": "{hello}"}]', "BATCHING_NOT_SUPPORTED", "one JSON object"),
        (b"{}", "INVALID_REQUEST", "query is missing"),
        (b'{"qeury": "{hello}"}', "INVALID_REQUEST", "query is missing"),
        (b'{"query": ""}', "INVALID_REQUEST", "query is missing"),
        (b'{"query": null}', "INVALID_REQUEST", "query is missing"),
        (b'{"query": 1}', "INVALID_REQUEST", "query must be a string, not a number"),
        (b'{"query": ["{hello}"]}', "INVALID_REQUEST", "query must be a string, not a list"),
        (b'{"query": "{hello}", "variables": []}', "INVALID_REQUEST", "variables must be an object, not a list"),
        (b'{"query": "{hello}", "variables": "{}"}', "INVALID_REQUEST", "variables must be an object, not a string"),
        (b'{"query": "{hello}", "operationName": 1}', "INVALID_REQUEST", "operationName must be a string"),
        (b'{"query": "{hello}", "operationName": {}}', "INVALID_REQUEST", "operationName must be a string"),
        (b'{"query": "{hello}", "extensions": true}', "INVALID_REQUEST", "extensions must be an object, not a boolean"),
        (b'{"query": "{hello}", "query": "{books{title}}"}', "INVALID_JSON", "'query' more than once"),
        (with_variables('{"a": 1, "a": 2}'), "INVALID_JSON", "'a' more than once"),
        (with_variables("9" * 5_000), "INVALID_JSON", "out of range"),
        (with_variables("-" + "9" * 5_000), "INVALID_JSON", "out of range"),
        (with_variables(str(2**63)), "INVALID_JSON", "out of range"),
        (with_variables("1e999"), "INVALID_JSON", "out of range"),
        (with_variables("NaN"), "INVALID_JSON", "NaN"),
        (with_variables("-Infinity"), "INVALID_JSON", "Infinity"),
        (with_variables("[" * 70 + "]" * 70), "INVALID_JSON", "levels deep"),
        (b"[" * 9_000 + b"]" * 9_000, "INVALID_JSON", "levels deep"),
        (b'{"a":' * 3_000 + b"1" + b"}" * 3_000, "INVALID_JSON", "levels deep"),
        (b'{"query": "{hello(name: \\"\xff\\")}"}', "INVALID_JSON", "not UTF-8 at byte 26"),
        ('{"query": "{hello}"}'.encode("utf-16"), "INVALID_JSON", "not UTF-8"),
        (b'\xef\xbb\xbf{"query": "{hello}"}', "INVALID_JSON", "not JSON"),
        (with_variables('"\\ud800"'), "INVALID_JSON", "not allowed"),
        (with_variables('{"\\udfff": 1}'), "INVALID_JSON", "not allowed"),
        (with_variables('"\\u0000"'), "INVALID_JSON", "not allowed"),
        (b'{"query": "{hello} # \\ud800"}', "INVALID_JSON", "not allowed"),
        (b'{"query": "' + b"x" * LIMITS.max_body_bytes + b'"}', "BODY_TOO_LARGE", "longer than 20000 bytes"),
    ],
)
def test_a_bad_body_is_refused_with_a_reason(shop: Shop, body: bytes, code: str, words: str) -> None:
    response = post(shop, body)
    assert response.status_code == (413 if code == "BODY_TOO_LARGE" else 400)
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == code
    assert words in error["message"]
    assert not shop.unexpected


def test_messages_of_refusals_are_chinese_unless_english_is_asked_for(shop: Shop) -> None:
    response = shop.client.post("/graphql", content=b"null", headers={"Content-Type": JSON_TYPE})
    assert "请求内容应为" in response.json()["errors"][0]["message"]


def test_members_that_nobody_knows_and_empty_optional_ones_are_ignored(shop: Shop) -> None:
    body = {"query": "{hello}", "variables": None, "operationName": None, "extensions": None, "other": 1}
    assert post(shop, json.dumps(body).encode()).json() == {"data": {"hello": "hello world"}}


def test_the_largest_numbers_and_deepest_values_that_are_taken_can_be_echoed(shop: Shop) -> None:
    for text in (str(2**63 - 1), str(-(2**63)), "[" * 60 + "]" * 60):
        body = b'{"query": "{operationExtensions}", "extensions": {"x": ' + text.encode() + b"}}"
        assert text.strip("[]") in post(shop, body).json()["data"]["operationExtensions"]


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%ff%fe",
        "query=%7Bhello%7D%00",
        "query=%7Bhello%7D&query=%7Bhello%7D",
        "query=%7Bhello%7D&variables=%5B%5D",
        "query=%7Bhello%7D&variables=%7B",
        "query=%7Bhello%7D&variables=1",
        "query=%7Bhello%7D&extensions=null%20null",
        "query=%7Bhello%7D&variables=%7B%22a%22%3ANaN%7D",
        "variables=%7B%7D",
    ],
)
def test_a_bad_address_is_refused(shop: Shop, query_string: str) -> None:
    response = shop.client.get(f"/graphql?{query_string}")
    assert response.status_code == 400
    assert response.json()["errors"]


def test_a_get_request_takes_all_parameters_and_empty_ones_count_as_absent(shop: Shop) -> None:
    parameters = {"query": "query q($n: String!){hello(name: $n)}", "variables": '{"n": "卡"}', "operationName": "q"}
    assert shop.client.get("/graphql", params=parameters).json() == {"data": {"hello": "hello 卡"}}
    bare = {"query": "{hello}", "variables": "", "operationName": "", "extensions": ""}
    assert shop.client.get("/graphql", params=bare).json() == {"data": {"hello": "hello world"}}


def test_a_body_without_an_end_is_left_unread_beyond_the_limit(shop: Shop) -> None:
    url = urlsplit(str(shop.client.base_url))
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"400\r\n" + b" " * 0x400 + b"\r\n"
    with socket.create_connection((str(url.hostname), url.port or 80), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        # One chunk more than the limit allows, and then nothing: an endpoint that waits for the end never answers.
        connection.sendall(chunk * (LIMITS.max_body_bytes // 0x400 + 1))
        answer = b""
        while b"BODY_TOO_LARGE" not in answer and (piece := connection.recv(65_536)):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"BODY_TOO_LARGE" in answer


def test_an_announced_length_beyond_the_limit_is_refused_before_anything_is_read(shop: Shop) -> None:
    url = urlsplit(str(shop.client.base_url))
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {LIMITS.max_body_bytes + 1}\r\n\r\n"
    )
    with socket.create_connection((str(url.hostname), url.port or 80), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_a_caller_who_hangs_up_within_the_body_leaves_no_trace(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    url = urlsplit(str(shop.client.base_url))
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    )
    with socket.create_connection((str(url.hostname), url.port or 80), timeout=PATIENCE) as connection:
        connection.sendall(head.encode() + b"{")
    assert shop.ask("{hello}").status_code == 200
    assert not shop.unexpected
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
PARAMETERS = st.dictionaries(
    st.sampled_from(["query", "variables", "operationName", "extensions", "other"]),
    JSON_VALUES | st.sampled_from(["{hello}", "query q($n: Int){books(first: $n){title}}", "{number(number: 1)}"]),
)
PUNCTUATION = st.text(alphabet='{}()[]":,.!$@#&|=\\ \nabhello…\u0000é卡', max_size=60)
DOCUMENTS = PUNCTUATION.map(lambda text: json.dumps({"query": text}).encode())


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(body=st.binary(max_size=60) | JSON_VALUES.map(lambda v: json.dumps(v).encode()) | DOCUMENTS)
def test_no_body_is_answered_with_a_500(shop: Shop, body: bytes) -> None:
    response = post(shop, body, Accept="application/graphql-response+json")
    assert response.status_code in (200, 400)
    assert "data" in response.json() or response.json()["errors"][0]["message"]
    assert not shop.unexpected


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(parameters=PARAMETERS)
def test_no_parameters_are_answered_with_a_500(shop: Shop, parameters: dict[str, Any]) -> None:
    response = post(shop, json.dumps(parameters).encode(), Accept="application/graphql-response+json")
    assert response.status_code in (200, 400)
    assert not shop.unexpected


@pytest.mark.parametrize("by", ["GET", "POST"])
@pytest.mark.parametrize("accept", ["application/graphql-response+json", "application/json", "*/*"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_hash_alone_is_answered_so_that_the_client_sends_the_query(
    shop: Shop, by: str, accept: str, language: str
) -> None:
    hashed = {"persistedQuery": {"version": 1, "sha256Hash": "ab" * 32}}
    headers = {"Accept": accept, "Accept-Language": language}
    if by == "GET":
        parameters = {"operationName": "q", "variables": "{}", "extensions": json.dumps(hashed)}
        response = shop.client.get("/graphql", params=parameters, headers=headers)
    else:
        body = {"operationName": "q", "variables": {}, "extensions": hashed}
        response = shop.client.post("/graphql", json=body, headers=headers)
    refusal = {"message": "PersistedQueryNotSupported", "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}
    assert (response.status_code, response.json()) == (200, {"errors": [refusal]})
    assert shop.ask("{hello}", extensions=hashed).json() == {"data": {"hello": "hello world"}}
