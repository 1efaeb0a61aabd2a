"""A production's process seen by whoever runs it: its log, whether it lives, and whether requests should come to it."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE
from tests.test_reload import until
from tests.test_workers import Served, several

SET_UP = {"LOG_FORMAT": "json", "ACCESS_LOG": "on", "DRAIN_SECONDS": "300"}
NUMBER = "11010119900307747X"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operating") / "var"


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with several(folder, SET_UP) as found:
        yield found


def entries(folder: Path) -> list[dict[str, Any]]:
    """Return the log so far; every line that the processes wrote is one of JSON."""
    console = folder.with_name(f"{folder.name}-console.txt").read_text("utf-8")
    return [json.loads(line) for line in console.splitlines()]


def test_each_request_is_a_line_without_what_was_sent(served: Served, folder: Path) -> None:
    document = f"query Looked($id: ID!) {{ holder(id: $id) {{ id }} }} query Q{NUMBER} {{ regions {{ code }} }}"
    variables = {"id": NUMBER}
    for name in ("Looked", f"Q{NUMBER}", "Looked"):
        asked = {"query": document, "operationName": name, "variables": variables}
        answer = served.http.post("/graphql", json=asked, headers={"X-Request-Id": f"planted-{name[:6]}"})
        assert answer.status_code in (200, 400), answer.text
    served.http.get(f"/documents/{NUMBER}?name={NUMBER}")
    served.http.get("/graphql", params={"query": "query($n: String){regions{code}}", "variables": NUMBER})
    until(lambda: sum(entry["logger"] == "access" for entry in entries(folder)) >= 5)
    lines = [entry for entry in entries(folder) if entry["logger"] == "access"]
    looked = [line for line in lines if line["request"] == "planted-Looked"]
    assert {line.get("operation") for line in looked} <= {None, "Looked"}
    assert {line["route"] for line in lines} >= {"/graphql", "/health"}
    assert {(line["method"], line["status"], line["kind"]) for line in looked} == {("POST", 200, "query")}
    assert all(line["bytes"] > 0 and line["pid"] in served.pids() for line in looked)
    assert NUMBER not in json.dumps(entries(folder))


def test_who_lives_says_nothing_of_the_database_and_who_is_ready_does(served: Served, folder: Path) -> None:
    assert (served.get("/health/live").json(), served.get("/health/ready").json()) == ({"status": "ok"},) * 2
    with closing(sqlite3.connect(folder / "service.db")) as database:
        database.execute("INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('store', '9999_future', '')")
        database.commit()
        live, ready = served.get("/health/live"), served.get("/health/ready")
        database.execute("DELETE FROM tortoise_migrations WHERE name = '9999_future'")
        database.commit()
    assert (live.status_code, ready.status_code, ready.json()) == (200, 503, {"status": "failed"})
    [told] = [entry for entry in entries(folder) if "is not ready" in entry["message"]]
    assert "newer than this code" in told["message"]
    assert served.get("/health/ready").status_code == 200


def test_who_is_to_end_is_not_ready_and_answers_on_until_told_once_more(served: Served, folder: Path) -> None:
    served.process.send_signal(signal.SIGTERM)
    until(lambda: {served.get("/health/ready").status_code for _ in range(4)} == {503})
    assert served.get("/health/ready").json() == {"status": "draining"}
    assert served.get("/health/live").status_code == 200
    served.ask()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(PATIENCE) == 0
    assert [entry["message"] for entry in entries(folder) if entry["level"] in ("error", "critical")][1:] == []
