"""What operators may set: each value that cannot be is one clear line, and each that can be does what it says."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from composition import running
from composition.settings import ConfigurationError, Settings
from demo.running import free_port
from domain.rate_limits import DEFAULTS, Limited, Rate
from domain.uploads import MIB, UploadLimits, UploadQuota
from tests.commands import ROOT, Run, environment, production, refused, run, serving
from tests.patience import PATIENCE

__all__ = ["run"]


def faults_of(**values: str) -> tuple[str, ...]:
    """Return what is wrong with environment variables."""
    return Settings.from_environment(values, tolerant=True).faults


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", "86401", "", "soon", "1e2", "３００", "9" * 5000])
@pytest.mark.parametrize(
    ("name", "most"), [("SWEEP_SECONDS", 86_400), ("REQUEST_SECONDS", 3_600), ("DATABASE_WAIT_SECONDS", 3_600)]
)
def test_seconds_that_cannot_be(name: str, most: int, seconds: str) -> None:
    [fault] = faults_of(**{name: seconds})
    assert fault.startswith(f"{name} is ")
    assert f"1 to {most}" in fault


def test_how_long_to_answer_on_and_a_format_that_cannot_be() -> None:
    [drain, form] = faults_of(DRAIN_SECONDS="301", LOG_FORMAT="xml")
    assert "0 to 300" in drain
    assert form == "LOG_FORMAT is 'xml'; use text or json."
    assert Settings.from_environment({"DRAIN_SECONDS": "0"}).drain == timedelta(0)


def test_bounds_of_connections_that_cannot_be() -> None:
    names = ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS", "CONNECTIONS", "CONNECTIONS_BY_ADDRESS")
    faults = faults_of(**dict.fromkeys(names, "0"))
    assert sorted(fault.partition(" is '0'")[0] for fault in faults) == sorted(names)
    [fault] = faults_of(CONNECTIONS="64", CONNECTIONS_BY_ADDRESS="65")
    assert "1 to 64" in fault
    bounds = Settings.from_environment({"CONNECTIONS": "64", "HEAD_SECONDS": "3"}).bounds
    assert (bounds.connections, bounds.by_address, bounds.head_seconds) == (64, 64, 3)


def test_production_does_not_serve_where_nothing_keeps_callers_to_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "can_be_kept", lambda: False)
    with pytest.raises(ConfigurationError, match="httptools is not installed"):
        running.serve(Settings.from_environment(production()), 1, demo=False)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "no http or https address"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "use http/protobuf"),
        ("OTEL_TRACES_EXPORTER", "zipkin", "use otlp or none"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "parentbased_traceidratio"),
        ("OTEL_SDK_DISABLED", "yes", "use false or true"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon", "milliseconds"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zip", "gzip"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "nowhere.pem", "no file"),
        ("OTEL_RESOURCE_ATTRIBUTES", "cards", "name=value"),
    ],
)
def test_a_variable_of_traces_that_cannot_be(name: str, value: str, told: str) -> None:
    [fault] = faults_of(**{name: value})
    assert fault.startswith(f"{name} is ")
    assert told in fault


def test_when_traces_are_made(run: Run, tmp_path: Path) -> None:
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    [share] = faults_of(**to, OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="5%")
    assert share.startswith("OTEL_TRACES_SAMPLER_ARG is '5%'")
    for values, wanted in ((to, True), ({}, False), ({**to, "OTEL_SDK_DISABLED": "true"}, False)):
        assert Settings.from_environment(values).traces is wanted
    (tmp_path / "opentelemetry.py").write_text("raise ImportError")
    missing = {**to, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "main.py", "serve", "--port", str(free_port())],
        cwd=ROOT, env=environment(tmp_path / "var", missing), capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    refused(done, "requirements-telemetry.txt")


@pytest.mark.parametrize("uses", ["-1", "no", "1001"])
def test_a_use_of_documents_that_cannot_be(uses: str) -> None:
    [fault] = faults_of(COMPILE_DOCUMENTS=uses)
    assert "0 to 1000" in fault


def test_a_quota_of_uploads_that_cannot_be() -> None:
    names = ("UPLOADS_A_DAY", "UPLOAD_MIB_A_DAY", "STAFF_UPLOADS_A_DAY", "STAFF_UPLOAD_MIB_A_DAY")
    faults = faults_of(**dict.fromkeys(names, "0"))
    assert [fault.partition(" is '0'")[0] for fault in faults] == [*names]
    limits = Settings.from_environment(dict(zip(names, ("1", "10", "3", "40"), strict=True))).upload_limits
    assert limits == UploadLimits(UploadQuota(1, 10 * MIB), UploadQuota(3, 40 * MIB))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("refusal.person=3/hour", "'refusal.person', which is no limit; the limits are codes.person, "),
        (
            "refusals.person=3/week",
            "'3/week' for refusals.person; give a whole number from 1 to 1000000 for a minute, ",
        ),
        ("refusals.person=0/hour", "'0/hour' for refusals.person"),
        ("refusals.person", "'' for refusals.person"),
        ("refusals.person=3/hour+", "'3/hour+' for refusals.person"),
        ("refusals.person=3/hour+9/hour", "'3/hour+9/hour' for refusals.person"),
        ("refusals.person=3/hour,refusals.person=9/hour", "has refusals.person twice; give it once"),
    ],
)
def test_a_limit_that_cannot_be(text: str, told: str) -> None:
    [fault] = faults_of(LIMITS=text)
    assert told in fault


def test_figures_of_limits_that_are_given_stand_in_place_of_those_that_there_are() -> None:
    given = "refusals.person=3/hour + 20/day, drafts.person=9/minute"
    settings = Settings.from_environment({"LIMITS": given})
    rates = (Rate(3, timedelta(hours=1)), Rate(20, timedelta(days=1)))
    for each in (settings, replace(settings, demo=True)):
        assert each.limits_in_force[Limited.REFUSALS_OF_PERSON] == rates
        assert each.limits_in_force[Limited.DRAFTS] == (Rate(9, timedelta(minutes=1)),)
        assert each.limits_in_force[Limited.NUMBERS_OF_PERSON] == DEFAULTS[Limited.NUMBERS_OF_PERSON]


@pytest.mark.parametrize(
    "text", ["*", "proxy.example.cn", "10.0.0.5/24", "0.0.0.0/0", "0.0.0.0/1,128.0.0.0/1", "10.0.0.1,nobody"]
)
def test_a_proxy_that_cannot_be(text: str) -> None:
    [fault] = faults_of(TRUSTED_PROXIES=text)
    assert fault.startswith("TRUSTED_PROXIES names ")


def test_who_is_trusted_to_say_for_whom_they_ask() -> None:
    told = {
        text: Settings.from_environment({"TRUSTED_PROXIES": text}).trusted_proxies for text in ("", "10.0.0.5, ::1/128")
    }
    assert [*told.values()] == [(), ("10.0.0.5", "::1/128")]
    assert Settings.from_environment({}).trusted_proxies == ("127.0.0.1", "::1")


def test_processes_for_drafts_that_cannot_be() -> None:
    faults = faults_of(DRAFTS_AT_ONCE="0", DRAFT_MEMORY_MIB="100")
    assert [fault.partition(";")[0] for fault in faults] == ["DRAFTS_AT_ONCE is '0'", "DRAFT_MEMORY_MIB is '100'"]
    settings = Settings.from_environment({"DRAFTS_AT_ONCE": "2", "DRAFT_MEMORY_MIB": "512"})
    assert (settings.drafts_at_once, settings.draft_memory) == (2, 512 * MIB)


@pytest.mark.parametrize("name", ["REMEMBER_ANSWERS", "PERSISTED_DOCUMENTS", "FEDERATION", "ACCESS_LOG"])
def test_a_switch_that_is_neither_on_nor_off(name: str) -> None:
    assert faults_of(**{name: "no"}) == (f"{name} is 'no'; give on or off.",)


def test_all_variables_that_cannot_be_are_told_at_once(run: Run, tmp_path: Path) -> None:
    wrong = {"SERVICE_ENVIRONMENT": "prod", "SWEEP_SECONDS": "0", "FEDERATION": "no", "ALLOWED_ORIGINS": "a/b"}
    ended = run(tmp_path, "serve", values=wrong)
    lines = ended.stderr.removeprefix("error: ").splitlines()
    assert (ended.returncode, [line.partition(" ")[0] for line in lines]) == (1, [*wrong]), ended.stderr


def test_a_development_service_that_others_can_reach_is_meant_to_be_one(run: Run, tmp_path: Path) -> None:
    refused(run(tmp_path, "serve", "--host", "0.0.0.0", "--port", "1"), "0.0.0.0", "SERVICE_ENVIRONMENT")
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        Settings.from_environment({}).serving_on(host, 1)
    Settings.from_environment({"SERVICE_ENVIRONMENT": "development"}).serving_on("0.0.0.0", 1)


def test_a_manifest_that_is_not_there(run: Run, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.json")
    refused(run(tmp_path, "serve", values={"TRUSTED_DOCUMENTS": gone}), "TRUSTED_DOCUMENTS", gone)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "portal.example.cn",
        "https://portal.example.cn/",
        "https://portal.example.cn/app",
        "https://*.example.cn",
        "https://user@portal.example.cn",
        "https://portal.example.cn:99999",
        "ftp://portal.example.cn",
        "https://社保.example.cn",
        "https://a.example.cn https://b.example.cn",
    ],
)
def test_a_site_that_cannot_be(run: Run, tmp_path: Path, origin: str) -> None:
    values = {"ALLOWED_ORIGINS": f"https://portal.example.cn, {origin}, nowhere"}
    refused(run(tmp_path, "serve", values=values), "ALLOWED_ORIGINS", f"{origin!r}, 'nowhere'", "without a path")


def test_the_sites_whose_pages_may_call_are_those_that_the_operator_names(tmp_path: Path) -> None:
    def allowed(values: dict[str, str], origin: str) -> bool:
        with serving(tmp_path, values=values) as (_, url):
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = httpx.options(f"{url}/graphql", headers=asked, trust_env=False, timeout=PATIENCE)
            return bool(answer.headers.get("access-control-allow-origin") == origin)

    assert allowed({}, "http://localhost:5173")
    assert allowed({"ALLOWED_ORIGINS": "https://portal.example.cn"}, "https://portal.example.cn")
    assert not allowed({"ALLOWED_ORIGINS": "https://portal.example.cn"}, "http://localhost:5173")


def test_sites_are_read_as_browsers_write_them(tmp_path: Path) -> None:
    def read(values: dict[str, str]) -> tuple[str, ...]:
        return Settings.from_environment({"SERVICE_FOLDER": str(tmp_path), **values}).allowed_origins

    given = " HTTPS://Portal.Example.cn:443 ,http://10.0.0.8:80, http://[::1]:8080,http://localhost:*,"
    wanted = ("https://portal.example.cn", "http://10.0.0.8", "http://[::1]:8080", "http://localhost:*")
    assert read({"ALLOWED_ORIGINS": given}) == wanted
    assert read({}) == ("http://localhost:*", "http://127.0.0.1:*")
    assert read({"ALLOWED_ORIGINS": ""}) == ()
    assert read(production()) == ()


def test_a_request_may_take_as_long_as_the_operator_says(tmp_path: Path) -> None:
    """A document that is to be kept waits for a file that somebody else has locked."""
    document = "{__typename}"
    kept = {"persistedQuery": {"version": 1, "sha256Hash": sha256(document.encode()).hexdigest()}}
    with serving(tmp_path, values={"REQUEST_SECONDS": "1"}) as (_, url):
        [file] = tmp_path.rglob("*.db")
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = httpx.post(
                f"{url}/graphql",
                json={"query": document, "extensions": kept},
                headers={"Accept-Language": "en"},
                timeout=PATIENCE,
                trust_env=False,
            )
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"
    assert "more than 1 seconds" in answer.text
