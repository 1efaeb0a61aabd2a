"""A production's processes seen by whoever runs them: their log, their traces, whether they live, and whether requests should come to them."""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import pytest

from composition.demo_people import signer_of
from composition.keys import KeyRing
from composition.service import telling
from composition.settings import Settings
from domain.holder import Actor
from policies.live import PoliciesStatus, Reload
from schema.kit.relay import global_id
from store import Keys
from tests.commands import ROOT, environment
from tests.databases import TestServer
from tests.otlp_collector import Collector, collecting
from tests.patience import PATIENCE
from tests.test_reload import until
from tests.test_workers import Served, several

NUMBER = "11010119900307747X"
NAME = "欧阳种植"
MOBILE = "13987650001"
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACED = {
    "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
    "tracestate": f"planted={NUMBER}",
    "baggage": f"name={NUMBER}",
    "User-Agent": NUMBER,
}
SERVER, CLIENT = 2, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operating") / "var"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture(scope="module")
def database(postgresql: TestServer, postgresql_template: str) -> Iterator[str]:
    name = postgresql.create(postgresql_template)
    yield name
    postgresql.drop(name)


@pytest.fixture(scope="module")
def served(folder: Path, collector: Collector, postgresql: TestServer, database: str, keys: Keys) -> Iterator[Served]:
    encryption, index = keys.render()
    values = {
        "LOG_FORMAT": "json", "ACCESS_LOG": "on", "DRAIN_SECONDS": "300", "DATABASE_URL": postgresql.url(database),
        "ENCRYPTION_KEYS": encryption, "INDEX_KEY": index,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "cards-of-a-test", "OTEL_BSP_SCHEDULE_DELAY": "100",
    }  # fmt: skip
    with several(folder, values) as found:
        yield found


def entries(folder: Path) -> list[dict[str, Any]]:
    """Return the log so far; every line that the processes wrote is one of JSON."""
    console = folder.with_name(f"{folder.name}-console.txt").read_text("utf-8")
    return [json.loads(line) for line in console.splitlines()]


def planted_in(content: str) -> list[str]:
    return [
        form
        for value in (NUMBER, NAME, MOBILE)
        for form in (value, quote(value), json.dumps(value)[1:-1])
        if form in content
    ]


@pytest.fixture(scope="module")
def token(served: Served, folder: Path) -> str:
    """Return the token of somebody whom nobody has on record."""
    settings = Settings("development", folder, "", ROOT / "regions")
    actor = Actor("0b5c1c1e-8e9c-4c47-9b0b-2b8f0a5a0001", "citizen", "national_mini_program")
    return signer_of(KeyRing(settings)).sign(actor, datetime.now(UTC), timedelta(hours=1))


def ask(served: Served, token: str, name: str, headers: Mapping[str, str]) -> None:
    """Ask for an operation, with planted values wherever a caller can put some."""
    document = f"""
        query Looked($id: ID!, $to: [SuppositionInput!]) {{
            holder(id: $id) {{ id }}
            requirements(region: "510100", service: "apply", suppose: $to) {{ decision {{ allowed }} }}
        }}
        query Q{NUMBER} {{ regions {{ code }} holder(id: "{NUMBER}") {{ id }} }}  # {NAME}
        mutation Refused {{ requestVerificationCode(input: {{purpose: "apply", mobile: "{NUMBER}"}}) {{ errors {{ code }} }} }}
        mutation Sent($mobile: String!) {{
            requestVerificationCode(input: {{purpose: "apply", mobile: $mobile}}) {{ errors {{ code }} }}
        }}
    """
    variables = {
        "id": global_id("Holder", NUMBER),
        "mobile": MOBILE,
        "to": [{"fact": "holder.type", "value": "citizen"}],
    }
    asked = {"query": document, "operationName": name, "variables": variables}
    allowed = {"Authorization": f"Bearer {token}", **headers}
    answer = served.http.post(f"/graphql?name={quote(NAME)}", json=asked, headers=allowed)
    assert (answer.status_code, "data" in answer.json()) == (200, True), answer.text


def test_each_request_is_a_line_without_what_was_sent(served: Served, token: str, folder: Path) -> None:
    ask(served, token, "Refused", {})
    for name in ("Looked", f"Q{NUMBER}", "Looked", "Looked", "Looked", "Looked"):
        ask(served, token, name, {"X-Request-Id": f"planted-{name[:6]}"})
    served.http.get(f"/documents/{NUMBER}?name={NAME}")
    served.http.get("/graphql", params={"query": "query($n: String){regions{code}}", "variables": NUMBER})
    until(lambda: sum(entry["logger"] == "access" for entry in entries(folder)) >= 9)
    lines = [entry for entry in entries(folder) if entry["logger"] == "access"]
    [refused] = [line for line in lines if line.get("kind") == "mutation"]
    assert (refused["outcome"], refused["codes"], refused["role"]) == ("ok", ["MOBILE_NUMBER_INVALID"], "citizen")
    looked = [line for line in lines if line["request"] == "planted-Looked"]
    # A document is new to each of the two processes once, and of five requests one has the second at least.
    assert "operation" not in refused
    assert {"Looked"} <= {line.get("operation") for line in looked} <= {None, "Looked"}
    assert {line["route"] for line in lines} >= {"/graphql", "/health"}
    assert {(line["method"], line["status"], line["kind"]) for line in looked} == {("POST", 200, "query")}
    assert all(line["bytes"] > 0 and line["pid"] in served.pids() and len(line["trace"]) == 32 for line in looked)
    assert planted_in(json.dumps(entries(folder), ensure_ascii=False)) == []


def test_a_request_is_followed_from_the_caller_to_the_statements(
    served: Served, token: str, collector: Collector
) -> None:
    for _ in range(4):
        ask(served, token, "Looked", TRACED)
    ask(served, token, "Sent", TRACED)
    until(lambda: sum(span["trace"] == TRACE and span["kind"] == SERVER for span in collector.spans) == 5)
    spans = [span for span in collector.spans if span["trace"] == TRACE]
    by_id = {span["id"]: span for span in spans}
    requests = [span for span in spans if span["kind"] == SERVER]
    assert {(span["name"], span["parent"], span["http.response.status_code"]) for span in requests} == {
        ("POST /graphql", "b7ad6b7169203331", 200)
    }
    assert {span["service"] for span in spans} == {"cards-of-a-test"}
    assert all(len(span["card.request"]) >= 8 for span in requests)
    operations = [span for span in spans if "graphql.operation.type" in span]
    names = {span["name"] for span in operations}
    assert {"query Looked"} <= names <= {"query", "query Looked", "mutation", "mutation Sent"}
    assert {span["card.role"] for span in operations} == {"citizen"}
    assert all(by_id[span["parent"]]["kind"] == SERVER for span in operations)
    decisions = [span for span in spans if span["name"] == "decide"]
    assert {(span["card.service"], span["card.region"]) for span in decisions} == {("apply", "510100")}
    statements = [span for span in spans if span.get("db.system.name") == "postgresql"]
    assert {span["name"] for span in statements} >= {"SELECT"}
    assert all(span["parent"] in by_id for span in (*decisions, *statements))
    assert any(span["name"] == "transaction" for span in spans)


def test_nothing_of_anybody_is_in_a_trace(served: Served, token: str, collector: Collector) -> None:
    ask(served, token, f"Q{NUMBER}", TRACED)
    view = f"/document-views/{NUMBER}?name={quote(NAME)}"
    for path in (view, f"/{NUMBER}", f"/graphql?query={{regions{{code}}}}&variables={NUMBER}"):
        served.http.get(path, headers=TRACED | {"Host": NUMBER})
    wanted = {"GET -", "GET /graphql", "POST /graphql"}
    until(lambda: wanted <= {span["name"] for span in collector.spans})
    assert not any(planted_in(body.decode("utf-8", "replace")) for body in collector.raw)
    assert {span["events"] for span in collector.spans} == {0}
    assert [span for span in collector.spans if span["kind"] == CLIENT and not span["parent"]] == [], "of no request"


CALLS_OUT = f"""
import asyncio, sys
from opentelemetry import trace
from composition.traces import TraceParents, following
import httpx

async def main():
    async with following():
        caller = TraceParents().extract(dict(traceparent="00-{TRACE}-b7ad6b7169203331-01", tracestate="planted={NUMBER}"))
        tracer = trace.get_tracer("test")
        async with httpx.AsyncClient(trust_env=False) as client:
            with tracer.start_as_current_span("asked", context=caller, kind=trace.SpanKind.SERVER) as span:
                span.set_attribute("http.url", "http://here/?id={NUMBER}")
                await client.post(sys.argv[1] + "/of-a-provider?id={NUMBER}", json=dict(id="{NUMBER}"))
                try:
                    with tracer.start_as_current_span("broken"):
                        raise ValueError("{NUMBER}")
                except ValueError:
                    pass
                with tracer.start_as_current_span("SELECT", kind=trace.SpanKind.CLIENT) as stated:
                    stated.set_attribute("db.query.text", "SELECT 'a''{NUMBER}', 7 FROM t1 WHERE id = $1 AND x = 'it'")

asyncio.run(main())
"""


def test_a_provider_is_told_the_trace_and_nothing_else(collector: Collector, folder: Path) -> None:
    values = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    done = subprocess.run(
        [sys.executable, "-c", CALLS_OUT, collector.url],
        cwd=ROOT, env=environment(folder, values), capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    [(path, headers)] = [asked for asked in collector.asked if asked[0].startswith("/of-a-provider")]
    assert path.endswith(NUMBER)
    assert headers["traceparent"].startswith(f"00-{TRACE}-")
    assert headers.keys() & {"tracestate", "baggage"} == set()
    spans = {span["name"]: span for span in collector.spans if span["service"] == "social-security-card"}
    assert spans.keys() == {"asked", "POST", "broken", "SELECT"}
    assert spans["POST"]["server.address"] == "127.0.0.1"
    assert spans["SELECT"]["db.query.text"] == "SELECT ?, ? FROM t1 WHERE id = $1 AND x = ?"
    assert not any(planted_in(body.decode("utf-8", "replace")) for body in collector.raw)


def test_who_lives_says_nothing_of_the_database_and_who_is_ready_does(
    served: Served, folder: Path, postgresql: TestServer, database: str
) -> None:
    assert (served.get("/health/live").json(), served.get("/health/ready").json()) == ({"status": "ok"},) * 2
    future = "'store', '9999_future', now()"
    postgresql.run(f"INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ({future})", database=database)
    answers: list[Any] = []

    def is_told() -> bool:  # what was seen is told for a second, by each process
        answers[:] = [served.get("/health/live"), served.get("/health/ready")]
        return bool(answers[-1].status_code == 503)

    until(is_told)
    live, ready = answers
    postgresql.run("DELETE FROM tortoise_migrations WHERE name = '9999_future'", database=database)
    assert (live.status_code, ready.status_code, ready.json()) == (200, 503, {"status": "failed"})
    [told, *_] = [entry for entry in entries(folder) if "is not ready" in entry["message"]]
    assert "newer than this code" in told["message"]
    until(lambda: {served.get("/health/ready").status_code for _ in range(4)} == {200})


def test_who_is_to_end_is_not_ready_and_answers_on_until_told_once_more(served: Served, folder: Path) -> None:
    served.process.send_signal(signal.SIGTERM)
    until(lambda: {served.get("/health/ready").status_code for _ in range(4)} == {503})
    assert served.get("/health/ready").json() == {"status": "draining"}
    assert served.get("/health/live").status_code == 200
    served.ask()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(PATIENCE) == 0
    wrong = [entry["message"] for entry in entries(folder) if entry["level"] in ("error", "critical")]
    assert [message for message in wrong if "is not ready" not in message] == []


def test_policies_that_are_refused_are_an_error_of_the_log_and_what_ends_soon_a_warning() -> None:
    """As information they were found by nobody who looks for what is wrong."""
    lines: list[tuple[str, int]] = []
    ends = SimpleNamespace(text=lambda _: "a value ends")
    status = SimpleNamespace(
        digest="sha256:1",
        regions=9,
        faults=["a.yaml:1: WRONG"],
        consequences=0,
        loaded_at=datetime.now(UTC),
        warnings=[ends],
    )
    tell = telling(lambda line, level: lines.append((line, level)))
    for result in (Reload.REFUSED, Reload.REPLACED):
        tell(result, cast(PoliciesStatus, status))
    assert [level for _, level in lines] == [logging.ERROR, logging.ERROR, logging.WARNING, logging.INFO]
    assert lines[0][0] == "a.yaml:1: WRONG"
