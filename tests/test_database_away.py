"""The database away under the running service: whoever asks is told so, and what to do, and is answered once it is back."""

import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from composition.logs import telling
from gateways.payment_notice import PaymentNotice, sign_notice
from schema.kit.relay import global_id
from store import Keys
from tests.databases import TestServer
from tests.graph.caller import Caller
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import card_number
from tests.graph.service import NOW, REGIONS, GraphService, mobile, serve_graph
from tests.test_reload import until

AWAY = "SERVICE_UNAVAILABLE"
CODE = """mutation($to: String!, $key: String) {
    requestVerificationCode(input: {purpose: "personal_copy", mobile: $to, idempotencyKey: $key}) {
        expiresAt errors { code kind retryAfter message { zh en } }
    }
}"""


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fresh_database("postgresql", request, tmp_path_factory.mktemp("away")) as url:
        yield url


@pytest.fixture(scope="module")
def on_server(database: str, tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[GraphService]:
    with serve_graph(tmp_path_factory.mktemp("service"), database, REGIONS, key_variables(keys)) as running:
        yield running


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    written = io.StringIO()
    with telling("json", whole=False, to=written):
        yield written


def asked(caller: Caller, query: str, variables: dict[str, Any] | None = None) -> httpx.Response:
    body = {"query": query, "variables": variables or {}}
    return caller.http.post("/graphql", json=body, headers=caller.headers)


def code_for(caller: Caller, number: str, key: str | None = None) -> dict[str, Any]:
    """Ask for a verification code, which is a change in one transaction, and return the payload; who is refused is told when to ask again."""
    answer = asked(caller, CODE, {"to": number, "key": key})
    payload: dict[str, Any] = answer.json()["data"]["requestVerificationCode"]
    assert answer.status_code == 200
    assert answer.headers.get("Retry-After") == ("5" if payload["errors"] else None)
    return payload


def notice(service: GraphService) -> httpx.Response:
    """Send the notice of a payment that nobody has asked for."""
    secret, now = service.running.keys.secret("PAYMENT_SECRET"), service.clock.now()
    headers, body = sign_notice(secret, PaymentNotice("nobodys", "nobodys", 1600, "paid", now), now)
    return service.http.post("/callbacks/payment", content=body, headers=headers)


def counted(service: GraphService) -> float:
    """Return how many errors of whole answers were of this kind."""
    found = re.search(rf'^graphql_errors_total{{code="{AWAY}"}} (\S+)', service.http.get("/metrics").text, re.M)
    return float(found[1]) if found else 0.0


def lines_about(log: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if AWAY in line["message"]]


def test_while_a_server_is_stopped_every_address_tells_so_and_all_goes_on_once_it_is_back(
    on_server: GraphService, postgresql: TestServer, log: io.StringIO
) -> None:
    service = on_server
    service.clock.set(NOW)
    number = mobile()
    person = service.person(mobile=number)
    me, maker = service.citizen(person), service.card_maker()
    proof = me.verification_code("personal_copy", number)
    copy = urlsplit(me.changed("requestPersonalCopy", verificationCode=proof)["address"]["url"]).path
    csv = {**maker.headers, "Content-Type": "text/csv", "Idempotency-Key": "away"}
    produced = [f"third,{global_id('Operation', each)},{card_number()}" for each in ("one", "two")]
    rows = "\n".join(["generation,operationId,cardNumber", *produced])
    before = counted(service)
    with postgresql.away():
        told = asked(me, "{me{id} regions{code}}")
        assert told.status_code == 200
        assert told.headers["Retry-After"] == "5"
        [error] = told.json()["errors"]
        assert error["extensions"] == {"code": AWAY, "retryAfter": 5}
        assert "idempotency key" in error["message"]
        [refused] = code_for(me, mobile())["errors"]
        assert (refused["code"], refused["kind"], refused["retryAfter"]) == (AWAY, AWAY, 5)
        assert "nothing of this was saved" in refused["message"]["en"]
        assert "没有保存" in refused["message"]["zh"]
        answers = [
            notice(service),
            service.http.get(copy),
            service.http.post("/batches/recordProducedBatch", content=rows, headers=csv),
        ]
        assert [(each.status_code, each.headers["Retry-After"]) for each in answers] == [(503, "5")] * 3
        assert all(AWAY in each.text for each in answers)
        assert service.http.get("/health").status_code == 503
        assert service.http.get("/health/ready").status_code == 503
    # Once for each who was told, in the words of operators; what drivers say stays in the log, and out of the answers.
    lines = lines_about(log)
    assert len(lines) == 2 + len(answers)
    assert all("The database" in line["message"] and "error" not in line for line in lines)
    assert not any("atabase" in each.text for each in (told, *answers))
    assert counted(service) == before + 2
    until(lambda: "errors" not in asked(me, "{me{id}}").json())
    service.clock.advance(timedelta(minutes=1))
    assert code_for(me, mobile())["errors"] == []
    assert notice(service).json()["error"] == "PAYMENT_NOT_FOUND"
    assert service.http.get(copy).status_code == 200


@pytest.mark.parametrize("when", ["IMMEDIATE", "DEFERRED"])
def test_a_connection_that_is_lost_before_the_commit_saved_nothing_and_one_that_is_lost_in_it_may_have(
    on_server: GraphService, postgresql: TestServer, database: str, when: str
) -> None:
    service, name = on_server, urlsplit(database).path[1:]
    me, number = service.citizen(service.person(mobile=mobile())), mobile()
    postgresql.run(
        "CREATE OR REPLACE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER lost AFTER INSERT ON verification_codes "
        f"DEFERRABLE INITIALLY {when} FOR EACH ROW EXECUTE FUNCTION lose()",
        database=name,
    )
    try:
        [refused] = code_for(me, number, when)["errors"]
    finally:
        postgresql.run("DROP TRIGGER lost ON verification_codes", database=name)
    assert refused["code"] == AWAY
    assert ("nothing of this was saved" in refused["message"]["en"]) is (when == "IMMEDIATE")
    assert ("same idempotency key" in refused["message"]["en"]) is (when == "DEFERRED")
    assert code_for(me, number, when)["errors"] == []


def test_a_file_that_somebody_else_has_locked_is_told_alike(
    request: pytest.FixtureRequest, tmp_path: Path, keys: Keys
) -> None:
    with (
        fresh_database("sqlite", request, tmp_path) as url,
        serve_graph(tmp_path, f"{url}?busy_seconds=0.1", REGIONS, key_variables(keys)) as service,
        closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other,
    ):
        me = service.citizen(service.person(mobile=mobile()))
        other.execute("BEGIN IMMEDIATE")
        [refused] = code_for(me, mobile())["errors"]
        told = notice(service)
        other.execute("ROLLBACK")
        assert (refused["code"], refused["retryAfter"]) == (AWAY, 5)
        assert "nothing of this was saved" in refused["message"]["en"]
        assert (told.status_code, told.headers["Retry-After"], told.json()["error"]) == (503, "5", AWAY)
        assert code_for(me, mobile())["errors"] == []
