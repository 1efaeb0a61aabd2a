"""File uploads by the GraphQL multipart request specification."""

import json
from typing import Any

import httpx
import pytest

from tests.web.conftest import LIMITS, Shop

SEND = 'mutation($files: [Upload!]!, $note: String! = ""){send(files: $files, note: $note)}'
PREFLIGHT = {"GraphQL-Preflight": "1", "Accept-Language": "en"}


def operations(count: int = 1) -> str:
    return json.dumps({"query": SEND, "variables": {"files": [None] * count}})


def places(count: int = 1) -> str:
    return json.dumps({str(index): [f"variables.files.{index}"] for index in range(count)})


def upload(
    shop: Shop, fields: dict[str, Any], files: dict[str, bytes], headers: dict[str, str] | None = None
) -> httpx.Response:
    parts = [(name, (f"{name}.jpg", content, "image/jpeg")) for name, content in files.items()]
    return shop.client.post("/graphql", data=fields, files=parts, headers=PREFLIGHT if headers is None else headers)


def test_files_arrive_where_the_map_says(shop: Shop) -> None:
    fields = {"operations": operations(2), "map": places(2)}
    response = upload(shop, fields, {"0": b"abc", "1": b"x" * LIMITS.max_upload_bytes})
    assert response.json() == {"data": {"send": ["0.jpg:3", f"1.jpg:{LIMITS.max_upload_bytes}"]}}


@pytest.mark.parametrize("header", ["GraphQL-Preflight", "X-Requested-With"])
def test_a_form_needs_a_header_that_other_sites_cannot_send(shop: Shop, header: str) -> None:
    fields = {"operations": operations(), "map": places()}
    refused = upload(shop, fields, {"0": b"abc"}, {})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["extensions"]["code"] == "PREFLIGHT_REQUIRED"
    assert upload(shop, fields, {"0": b"abc"}, {header: "1"}).json() == {"data": {"send": ["0.jpg:3"]}}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"operations": operations()}, "no text part map"),
        ({"map": places()}, "no text part operations"),
        ({"operations": "{", "map": places()}, "not JSON"),
        ({"operations": "[]", "map": places()}, "Batching"),
        ({"operations": operations(), "map": "{"}, "not JSON"),
        ({"operations": operations(), "map": "[]"}, "part map must be"),
        ({"operations": operations(), "map": '{"0": "variables.files.0"}'}, "part map must be"),
        ({"operations": operations(), "map": '{"0": []}'}, "part map must be"),
        ({"operations": operations(), "map": '{"0": [1]}'}, "part map must be"),
        ({"operations": operations(), "map": "{}"}, "part 0 is in the map or among the files"),
        ({"operations": operations(), "map": '{"0": ["variables.files.0"], "7": ["variables.files.0"]}'}, "part 7"),
        ({"operations": operations(), "map": '{"0": ["query"]}'}, "path query of the map leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables"]}'}, "path variables of the map leads to no null"),
        ({"operations": operations(), "map": '{"0": ["operationName"]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": [""]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables.files"]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables.files.1"]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables.files.-1"]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables.files.x"]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables.files.99999999999"]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables.nothing.0"]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables.files.0.a"]}'}, "leads to no null"),
        ({"operations": operations(), "map": '{"0": ["variables.files.0", "variables.files.0"]}'}, "leads to no null"),
        ({"operations": json.dumps({"query": SEND, "variables": None}), "map": places()}, "leads to no null"),
    ],
)
def test_a_form_that_does_not_fit_together_is_refused(shop: Shop, fields: dict[str, str], words: str) -> None:
    response = upload(shop, fields, {"0": b"abc"})
    assert response.status_code == 400
    assert words in response.json()["errors"][0]["message"]
    assert not shop.unexpected


@pytest.mark.parametrize(
    ("fields", "files", "code"),
    [
        ({"operations": operations(), "map": places()}, {"0": b"x" * 50_001}, "UPLOAD_TOO_LARGE"),
        ({"operations": operations(3), "map": places(3)}, {"0": b"", "1": b"", "2": b""}, "TOO_MANY_UPLOADS"),
        ({"operations": operations() + " " * 20_000, "map": places()}, {"0": b""}, "BODY_TOO_LARGE"),
        ({"operations": operations(), "map": places()}, {"0": b"x" * 200_000}, "BODY_TOO_LARGE"),
    ],
)
def test_a_form_beyond_a_limit_is_413(shop: Shop, fields: dict[str, str], files: dict[str, bytes], code: str) -> None:
    response = upload(shop, fields, files)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (413, code)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"nonsense"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n{}'),
        ("multipart/form-data; boundary=b", b"--b\r\n\xff\xfe: \x00\r\n\r\nx\r\n--b--\r\n"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(shop: Shop, content_type: str, body: bytes) -> None:
    response = shop.client.post("/graphql", content=body, headers={**PREFLIGHT, "Content-Type": content_type})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "INVALID_UPLOAD"
    assert not shop.unexpected


def test_the_files_of_a_form_are_closed_when_the_request_ends(shop: Shop) -> None:
    upload(shop, {"operations": operations(2), "map": places(2)}, {"0": b"abc", "1": b"x" * 40_000})
    assert [file.filename for file in shop.contexts.uploads] == ["0.jpg", "1.jpg"]
    assert all(file.file.closed for file in shop.contexts.uploads)
