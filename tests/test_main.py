"""The command line in processes of its own: what keeps it from working is one clear line, never a traceback."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from composition.demo_people import demo_data
from composition.keys import KeyRing
from composition.production import PROVIDERS
from composition.settings import Settings
from demo.running import free_port
from domain.card import CardState
from store import Keys, Store
from tests.commands import ROOT, Run, ask, production, refused, run, run_anew, serving, taken_port
from tests.databases import TestServer
from tests.patience import PATIENCE
from tests.policies.source.test_consequences import gbk, instead, tab
from tests.resolvers.world import settle
from tests.store import samples

__all__ = ["run"]

ONLY_WHERE_USED = {
    "z3",
    "matplotlib",
    "numpy",
    "rich",
    "pygments",
    "ruamel",
    "PIL",
    "hypothesis",
    "opentelemetry",
    "wrapt",
}
"""What a service need not have loaded to answer: the solver, drawing, tables, the editor of policy files, pictures, tests' own."""


def test_a_taken_port(tmp_path: Path) -> None:
    with taken_port() as port:
        refused(run_anew(tmp_path, "serve", "--port", str(port)), str(port), "in use", "choose another")


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_cannot_be(run: Run, tmp_path: Path, port: str) -> None:
    refused(run(tmp_path, "serve", "--port", port), port)


def test_a_host_that_is_not_here(run: Run, tmp_path: Path) -> None:
    refused(run(tmp_path, "serve", "--host", "no.such.host.invalid"), "no.such.host.invalid")


def test_a_database_that_another_process_has_locked(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "service.db"
    values = {"DATABASE_URL": f"sqlite:///{file}?busy_seconds=0.2"}
    assert run(tmp_path, "migrate", values=values).returncode == 0
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused(run(tmp_path, "migrate", values=values), "service.db", "locked by another process")


def test_a_database_that_is_newer_than_the_code(run: Run, tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    with closing(sqlite3.connect(tmp_path / "service.db")) as database:
        database.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('store', '9999_future', '2030-01-01')"
        )
        database.commit()
    refused(run(tmp_path, "migrate"), "newer than this code", "9999_future")
    refused(run(tmp_path, "serve", "--port", str(free_port())), "newer than this code")


def test_a_file_that_is_no_database(run: Run, tmp_path: Path) -> None:
    (tmp_path / "service.db").write_text("這不是資料庫" * 1000)
    refused(run(tmp_path, "migrate"), "service.db", "not an SQLite database")


@pytest.mark.parametrize("command", ["serve", "migrate", "demo", "sweep"])
def test_a_folder_that_cannot_be_made(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("in the way")
    more = ["--port", str(free_port())] if command == "serve" else []
    refused(run(tmp_path / "file" / "folder", command, *more), "folder")


def test_a_token_without_a_folder_for_its_key(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused(run(tmp_path / "file" / "folder", "token", "clerk"), "Make it writable")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://somewhere/x", "must start with sqlite:/// or postgresql://"),
        ("postgresql://nobody@127.0.0.1:1/x", "127.0.0.1:1/x cannot be reached"),
        ("sqlite://", "An SQLite URL names a file"),
    ],
)
def test_a_database_url_that_leads_nowhere(run: Run, tmp_path: Path, url: str, words: str) -> None:
    refused(run(tmp_path, "migrate", values={"DATABASE_URL": url}), words)


def test_a_key_that_is_no_key(run: Run, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "encryption_keys.key").write_text("no key at all")
    refused(run(tmp_path, "migrate"))


@pytest.mark.parametrize("name", ["token_signing_key", "face_signing_key", "file_keys", "code_key"])
def test_another_key_that_is_no_key(run: Run, tmp_path: Path, name: str) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / f"{name}.key").write_text("no key at all")
    refused(run(tmp_path, "serve", "--port", str(free_port())), "key" if name != "code_key" else "CODE_KEY")


def _bad_regions(tmp_path: Path) -> Path:
    regions = tmp_path / "regions"
    shutil.copytree(ROOT / "regions", regions)
    city = sorted(regions.rglob("apply.yaml"))[-1]
    city.write_text(city.read_text() + "\nnonsense: true\n")
    return regions


@pytest.mark.parametrize("arguments", [["serve"], ["demo"], ["policy", "check"], ["policy", "test"]])
def test_a_bad_policy_file_is_named_with_its_line(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    more = ["--port", str(free_port())] if arguments == ["serve"] else []
    done = run(tmp_path / "var", *arguments, *more, values={"REGIONS_FOLDER": str(_bad_regions(tmp_path))})
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "apply.yaml:" in said
    assert "nonsense" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("file", "slip", "code", "more"),
    [
        ("china/settings.yaml", instead("days, from: 2017-01-01", "days, from: 2017-01-01, until: 2025-12-31"), "VALUE_MISSING", 0),
        ("china/apply.yaml", tab, "NOT_YAML", 1),
        ("china/apply.yaml", instead("      zh: ", "      zh: {acts_alone_from_age} "), "NOT_YAML", 1),
        ("china/sichuan/apply.yaml", gbk, "NOT_UTF8", 1),
    ],
)  # fmt: skip
def test_a_file_by_which_nothing_can_be_decided_keeps_the_service_from_starting(
    run: Run, tmp_path: Path, file: str, slip: Callable[[str], bytes], code: str, more: int
) -> None:
    regions = shutil.copytree(ROOT / "regions", tmp_path / "regions")
    (regions / file).write_bytes(slip((regions / file).read_text("utf-8")))
    values = {"REGIONS_FOLDER": str(regions)}
    done = run(tmp_path / "var", "serve", "--port", str(free_port()), values=values)
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    told = [line for line in lines if not line.startswith("    ")]
    faults, counted, last = told[: -1 - more], told[-1 - more : -1], told[-1]
    assert faults
    assert all(line.startswith(f"{file}:") and f": {code}" in line for line in faults)
    assert len(lines) == 3 * len(faults) + more + 1, done.stderr
    assert all(" follow" in line and ", not listed: " in line for line in counted), counted
    assert last == f"error: {len(faults)} fault{'s' * (len(faults) != 1)} in the policy files"


def test_regions_that_are_not_there(run: Run, tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", str(free_port()), values={"REGIONS_FOLDER": str(tmp_path / "nowhere")})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "nowhere" in done.stderr


def test_production_says_everything_that_it_lacks_at_once(run: Run, tmp_path: Path) -> None:
    done = run(tmp_path, "serve", values={"SERVICE_ENVIRONMENT": "production"})
    refused(done, "DATABASE_URL", "TOKEN_PUBLIC_KEY", *(f"{name}_URL" for name in PROVIDERS))


@pytest.mark.parametrize("command", ["serve", "sweep"])
@pytest.mark.parametrize("name", ["INSURANCE_URL", "INSURANCE_KEY"])
def test_production_needs_the_insurance_register(run: Run, tmp_path: Path, command: str, name: str) -> None:
    lacking = {**production(), name: ""}
    refused(run(tmp_path, command, values=lacking), f"needs these environment variables: {name}.")


def test_an_environment_that_is_neither(run: Run, tmp_path: Path) -> None:
    refused(run(tmp_path, "serve", values={"SERVICE_ENVIRONMENT": "prodution"}), "prodution", "production")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["serve", "--demo"], "demo data are not for production"),
        (["demo"], "demo data are not for production"),
        (["token", "clerk"], "identity provider"),
        (["serve"], "Ed25519 public key"),
    ],
)
def test_production_refuses_what_only_pretends(run: Run, tmp_path: Path, arguments: list[str], word: str) -> None:
    more = ["--port", str(free_port())] if arguments[0] == "serve" else []
    refused(run(tmp_path, *arguments, *more, values={**production(), "LOG_FORMAT": "text"}), word)


def test_production_has_no_sandbox_and_loads_no_more_than_it_needs(
    run: Run, tmp_path: Path, postgresql: TestServer, postgresql_template: str
) -> None:
    assert run(tmp_path, "token", "clerk").returncode == 0
    public = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "keys" / "token_signing_key.key", "-pubout"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    url = postgresql.url(postgresql.create(postgresql_template))
    values = {**production(url), "TOKEN_PUBLIC_KEY": public, "PYTHONPROFILEIMPORTTIME": "1"}
    values["METRICS_KEY"] = "0123456789abcdef" * 2
    key = {"Authorization": f"Bearer {values['METRICS_KEY']}"}
    with (
        serving(tmp_path, values=values) as (_, url),
        httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client,
    ):
        assert client.get("/sandbox/payments/x").status_code == 404
        assert client.get("/health").json() == {"status": "ok"}
        assert client.get("/health", headers=key).json()["environment"] == "production"
        assert (client.get("/metrics").status_code, client.get("/metrics", headers=key).status_code) == (401, 200)
        assert client.get("/graphql", headers={"Accept": "text/html"}).status_code == 406
        asked = client.post("/graphql", json={"query": "{ regions { code } }"})
        assert asked.json()["data"]["regions"]
        asked = client.post("/graphql", json={"query": "{ __schema { types { name } } }"})
        assert asked.json()["errors"][0]["extensions"]["code"] == "INTROSPECTION_CLOSED"
    told = tmp_path.with_name(f"{tmp_path.name}-console.txt").read_text().splitlines()
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in told if line.startswith("import time:")}
    assert loaded >= {"strawberry", "tortoise", "uvicorn"}
    assert not loaded & ONLY_WHERE_USED


def _database(folder: Path) -> tuple[str, Keys]:
    """Return the database that a command with this folder uses, and its keys."""
    settings = Settings.from_environment({"SERVICE_FOLDER": str(folder)})
    return settings.database_url, KeyRing(settings).store_keys()


async def _lost_card(folder: Path, lasts: timedelta) -> None:
    """Put somebody on record whose card is lost for a while, and the answer to a request of long ago."""
    now = datetime.now(UTC)
    opened = await Store.open(*_database(folder))
    try:
        person = await settle(opened)
        card = samples.card(
            holder_id=person.id,
            state=CardState.TEMPORARILY_LOST,
            state_since=now - timedelta(days=7),
            state_until=now + lasts,
            state_then=CardState.ACTIVE,
        )
        async with opened.transaction() as work:
            await work.cards.add(card)
            await work.answers.keep(person.id, "key", "fingerprint", "answer", now - timedelta(days=8))
    finally:
        await opened.close()


def _rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "service.db")) as database:
        return database.execute(query).fetchall()


def test_sweeping_from_the_command_line_writes_lapses_down_once(run: Run, tmp_path: Path) -> None:
    refused(run(tmp_path, "sweep"), "lacks the migrations", "Migrate it first")
    assert run(tmp_path, "migrate").returncode == 0
    asyncio.run(_lost_card(tmp_path, timedelta(seconds=-1)))
    first, second = run(tmp_path, "sweep"), run(tmp_path, "sweep")
    assert (first.returncode, first.stderr) == (second.returncode, second.stderr) == (0, "")
    assert first.stdout == "1 card states written down, 1 kept answers and 0 other records forgotten.\n"
    assert second.stdout == "0 card states written down, 0 kept answers and 0 other records forgotten.\n"
    assert _rows(tmp_path, "SELECT state, state_until FROM cards") == [("active", None)]
    states = _rows(tmp_path, "SELECT state, reason FROM card_states ORDER BY id")
    assert states == [("temporarily_lost", None), ("active", "lapsed")]


def test_sweeping_says_what_it_could_not_write_down(run: Run, tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    asyncio.run(_lost_card(tmp_path, timedelta(seconds=-1)))
    with closing(sqlite3.connect(tmp_path / "service.db")) as database:
        database.execute("UPDATE cards SET sealed = 'damaged'")
        database.commit()
    done = run(tmp_path, "sweep")
    assert done.returncode == 1
    assert done.stdout == "0 card states written down, 1 kept answers and 0 other records forgotten.\n"
    assert done.stderr.rstrip().endswith("error: 1 cards could not be written down; the log above says why.")
    assert "the card card-1 could not be swept" in done.stderr


def test_the_server_sweeps_by_itself(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    with serving(folder, values={"SWEEP_SECONDS": "1"}):
        asyncio.run(_lost_card(folder, timedelta(seconds=1)))
        until = time.monotonic() + PATIENCE
        # The answers are forgotten after the cards are written down.
        while _rows(folder, "SELECT state, (SELECT count(*) FROM answers) FROM cards") != [("active", 0)]:
            assert time.monotonic() < until, "the state ended or the answer grew old, and nobody wrote that down"
            time.sleep(0.1)
        states = _rows(folder, "SELECT state, reason FROM card_states ORDER BY id")
        assert states == [("temporarily_lost", None), ("active", "lapsed")]
    assert "Traceback" not in folder.with_name("var-console.txt").read_text()


def test_an_unknown_token_name(run: Run, tmp_path: Path) -> None:
    refused(run(tmp_path, "token", "emperor"), "emperor", "citizen-chengdu")


def test_an_unknown_command_is_explained(run: Run, tmp_path: Path) -> None:
    done = run(tmp_path, "dance")
    assert done.returncode == 2
    assert "这一项，可选" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_schema_is_printed_without_touching_anything(tmp_path: Path) -> None:
    done = run_anew(tmp_path / "var", "schema")
    assert done.returncode == 0
    assert done.stdout.strip() == (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8").strip()
    assert not (tmp_path / "var").exists()


def test_the_policies_of_the_regions_are_checked_and_tested(run: Run, tmp_path: Path) -> None:
    assert run(tmp_path, "policy", "check").returncode == 0
    done = run(tmp_path, "policy", "test", "--lang", "en")
    assert done.returncode == 0, done.stdout[-2000:]
    assert " 0 failed" in done.stdout


def test_a_region_is_started_formatted_and_given_its_schemas(run: Run, tmp_path: Path) -> None:
    regions = shutil.copytree(ROOT / "regions", tmp_path / "regions")
    values = {"REGIONS_FOLDER": str(regions)}
    named = ("--code", "330100", "--name-zh", "杭州市", "--name-en", "Hangzhou")
    place = "china/zhejiang/hangzhou"
    refused = run(tmp_path, "policy", "new", place, *named, values=values)
    assert (refused.returncode, refused.stderr) == (
        1,
        "错误：`china/zhejiang` 没有 `region.yaml`；请先新建该地区，或用 `--parent-name-zh` 和 `--parent-name-en` 写明其名称。\n",
    )
    above = ("--parent-name-zh", "浙江省", "--parent-name-en", "Zhejiang")
    done = run(tmp_path, "policy", "new", place, *named, *above, values=values)
    assert (done.returncode, done.stdout.count(place)) == (0, 4)
    for command in (("check",), ("test",), ("format", "--check"), ("schema",)):
        done = run(tmp_path, "policy", *command, values=values)
        assert done.returncode == 0, done.stdout + done.stderr
    (regions / place / "settings.yaml").write_text("settings:   {}\n")
    done = run(tmp_path, "policy", "format", "--check", "--lang", "en", values=values)
    assert (done.returncode, done.stdout.split("\n")[0]) == (1, f"not in form: {place}/settings.yaml")


def test_serving_twice_keeps_the_data_and_ends_when_told_to(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "var"
    register = 'mutation { registerHolder(input: {name: "赵示例", identityType: "resident_identity_card",'
    register += ' identityNumber: "110105198808088084"}) { holder { id name } errors { code } } }'
    found = []
    for _ in range(2):
        with serving(folder, "--demo") as (process, url):
            token = run(folder, "token", "clerk").stdout.strip()
            found.append(ask(url, token, register))
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
    assert found[0] == found[1], "the second registration found another record than the first made"
    assert "'errors': []" in str(found[0])
    assert "Traceback" not in folder.with_name("var-console.txt").read_text()


def test_the_demo_adds_people_once(run: Run, tmp_path: Path) -> None:
    people = len(demo_data()["people"])
    assert people > 0
    assert run(tmp_path, "demo").stdout.startswith(f"{people} people added")
    assert run(tmp_path, "demo").stdout.startswith("0 people added")
