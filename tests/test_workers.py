"""Several processes serve as one: whichever answers tells of all, one that dies is replaced, and they end in order."""

import asyncio
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from subprocess import Popen
from threading import Thread
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import psutil
import pytest

import main
from composition.demo_people import signer_of, token_for
from composition.keys import KeyRing
from composition.settings import Settings
from resolvers.dependencies import DRAFTS
from store import Store
from tests.commands import ROOT, ask, serving
from tests.databases import TestServer
from tests.patience import PATIENCE
from tests.store import samples
from tests.test_reload import SETTINGS, until

BODY = b'{"query": "{ regions { code } }"}'
HEAD = (
    b"POST /graphql HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    b"Expect: 100-continue\r\n\r\n" % len(BODY)
)
DRAFT = '{policyDraft(files: [{file: "china/dance.yaml", text: "title: x\\n"}]) {faults{code}}}'
DIES_AT_ONCE = """
import os, signal, socket, sys
from composition.workers import Workers

def told(line):
    print(line)
    if "in 2 s" in line:
        os.kill(os.getpid(), signal.SIGTERM)

with socket.socket() as listener:
    workers = Workers(1, lambda place, ring: sys.exit(3), listener, rung=print, gone=lambda pid, again: None, tell=told)
    print(workers.run())
"""


class Served:
    """A service of several processes, asked on a connection of its own each time, so that any of them may answer."""

    def __init__(self, process: "Popen[str]", url: str) -> None:
        self.process, self.url = process, url
        anew = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE, limits=anew, verify=False)

    def get(self, page: str) -> httpx.Response:
        return self.http.get(page)

    def ask(self) -> None:
        answer = self.http.post("/graphql", content=BODY, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, answer.text

    def workers(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/health").json()["workers"]
        return found

    def in_force(self) -> dict[str, int]:
        """Return how many processes have which policies in force, as one of them saw it at most a second ago."""
        found: dict[str, int] = self.workers()["policies"]
        return found

    def faults(self) -> float:
        return self.metric("policies_faults ")

    def metric(self, name: str) -> float:
        return sum(
            float(line.rpartition(" ")[2]) for line in self.get("/metrics").text.splitlines() if line.startswith(name)
        )

    def pids(self) -> set[int]:
        return set(map(int, Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()))

    def is_gone(self) -> bool:
        """Say whether nobody listens any more."""
        address = urlsplit(self.url)
        try:
            socket.create_connection((str(address.hostname), address.port or 80), timeout=PATIENCE).close()
        except ConnectionRefusedError:
            return True
        return False


@contextmanager
def several(folder: Path, values: Mapping[str, str] = MappingProxyType({}), count: int = 2) -> Iterator[Served]:
    with serving(folder, "--workers", str(count), values={"TMPDIR": str(folder.parent), **values}) as (process, url):
        served = Served(process, url)
        until(lambda: served.workers()["serving"] == count)
        yield served


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(ROOT / "regions", tmp_path_factory.mktemp("workers") / "regions")


@pytest.fixture(scope="module")
def served(regions: Path) -> Iterator[Served]:
    """Serve in two processes from regions that a test may edit."""
    values = {"REGIONS_FOLDER": str(regions), "LIMITS": "sign_ins.address=4/hour", "TRUSTED_PROXIES": "10.0.0.1"}
    with several(regions.parent / "var", values) as found:
        yield found


def test_whichever_answers_tells_of_all(served: Served) -> None:
    for _ in range(8):
        served.ask()
    assert {served.metric("graphql_requests_total{") for _ in range(4)} == {8}
    until(lambda: [*served.in_force().values()] == [2])
    assert served.metric("worker_processes ") == served.metric("worker_processes_wanted ") == 2
    assert served.metric("python_gc_frozen_objects ") > 200_000


def told_with(served: Served, faults: int) -> httpx.Response:
    """Return what `/health` says once it tells of so many faults; each process tells what it saw for a second."""
    answers: list[httpx.Response] = []

    def is_told() -> bool:
        answers[:] = [served.get("/health")]
        return len(answers[0].json().get("errors", ())) == faults

    until(is_told)
    return answers[0]


def test_health_says_what_fails_and_tells_the_rest(served: Served, regions: Path) -> None:
    [counts] = regions.parent.glob("*-metrics-*")
    broken = counts / "counter_0.db"
    with closing(sqlite3.connect(regions.parent / "var" / "service.db")) as database:
        database.execute("INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('store', '9999_future', '')")
        database.commit()
        broken.write_bytes(b"?")
        answer = told_with(served, 2)
        broken.unlink()
        told = told_with(served, 1)
        database.execute("DELETE FROM tortoise_migrations WHERE name = '9999_future'")
        database.commit()
    until(lambda: {served.get("/health").status_code for _ in range(4)} == {200})
    assert (answer.status_code, told.status_code) == (503, 503)
    by_part = {error["extensions"]["part"]: error for error in answer.json()["errors"]}
    assert by_part.keys() == {"database", "workers"}
    assert "newer than this code" in by_part["database"]["message"]
    assert "failed with struct.error" in by_part["workers"]["message"]
    assert told.json()["workers"]["serving"] == 2
    console = (regions.parent / "var-console.txt").read_text("utf-8")
    assert all(error["extensions"]["id"] in console for error in by_part.values())


def test_wrong_numbers_are_counted_over_all_processes(served: Served, regions: Path) -> None:
    token = demo_token(regions.parent / "var", "citizen-chengdu")
    query = '{findCard(number: "ZZ999999"){reason}}'

    def looked() -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = served.http.post("/graphql", json={"query": query}, headers=headers)
        told = answer.json().get("errors", [{}])[0].get("extensions", {})
        return told.get("code"), answer.headers.get("Retry-After") == str(told.get("retryAfter"))

    assert [looked() for _ in range(16)] == [(None, False)] * 10 + [("TOO_MANY_REQUESTS", True)] * 6
    assert served.metric('limited_requests_total{purpose="wrong_numbers"}') == 6


def test_one_of_the_processes_sends_what_people_are_to_be_told(served: Served, regions: Path) -> None:
    settings = Settings.from_environment({"SERVICE_FOLDER": str(regions.parent / "var")})

    async def put_on_record() -> None:
        store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
        async with store.transaction(unrecorded=True) as work:
            await work.notices.add(samples.notice())
        await store.close()

    asyncio.run(put_on_record())
    until(lambda: served.metric('notices_total{outcome="sent"}') == 1)
    until(lambda: served.metric("notices_waiting ") == 0)
    console = (regions.parent / "var-console.txt").read_text("utf-8")
    assert console.count("[sandbox SMS notice] to 138****5678: 您绑定的手机号码已经变更") == 1


def test_tokens_are_counted_over_all_processes_by_the_address_that_nobody_makes_up(served: Served) -> None:
    def refused() -> int:
        headers = {"Authorization": "Bearer x", "X-Forwarded-For": f"198.51.100.{next(numbers)}"}
        return served.http.post(
            "/graphql", content=BODY, headers={**headers, "Content-Type": "application/json"}
        ).status_code

    numbers = count(1)
    found: list[int] = []

    def refuse_all() -> bool:
        found.append(refused())
        return found[-4:] == [429] * 4

    until(refuse_all)
    assert found.count(401) <= 8  # four of each process, at most


@contextmanager
def callers(served: Served, count: int) -> Iterator[list[socket.socket]]:
    """Connect so many times at once, for as long as the block lasts."""
    address = urlsplit(served.url)
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection((str(address.hostname), address.port or 80), timeout=PATIENCE))
            for _ in range(count)
        ]


def assert_shared_out(served: Served) -> None:
    """Let sixteen come at once, which stay, and see how many each process has."""
    until(lambda: min(taken(served, 4)) > 0)  # each has begun to take connections
    having = taken(served, 16)
    assert max(having) <= -(-16 // len(having)) + 1, having


def taken(served: Served, count: int) -> list[int]:
    """Return how many connections each process takes of those that come at once."""
    port = urlsplit(served.url).port
    until(lambda: sum(connections(served.pids(), port)) == 0)
    with callers(served, count):
        until(lambda: sum(connections(served.pids(), port)) == count)
        return connections(served.pids(), port)


def connections(pids: set[int], port: int | None) -> list[int]:
    """Return how many connections each process has that came to a port."""
    return [
        sum(
            each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port
            for each in psutil.Process(pid).net_connections("tcp")
        )
        for pid in pids
    ]


def test_connections_that_come_at_once_and_stay_are_shared_out(served: Served) -> None:
    for _ in range(3):
        assert_shared_out(served)


@contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    process.suspend()
    try:
        yield
    finally:
        process.resume()


@contextmanager
def full(process: psutil.Process) -> Iterator[None]:
    """Leave a process no room for another connection."""
    before = process.rlimit(psutil.RLIMIT_NOFILE)
    process.rlimit(psutil.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("kept", [stopped, full])
def test_nobody_waits_for_a_process_that_takes_no_connection(
    served: Served, kept: Callable[[psutil.Process], AbstractContextManager[None]]
) -> None:
    with kept(psutil.Process(min(served.pids()))), callers(served, 8) as connected:
        for each in connected:
            each.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n")
            assert each.recv(1_000).startswith(b"HTTP/1.1 200 ")


def test_without_libuv_connections_are_shared_out_among_three(tmp_path: Path) -> None:
    (tmp_path / "uvloop.py").write_text("raise ImportError('not installed')")
    with several(tmp_path / "var", {"PYTHONPATH": str(tmp_path)}, 3) as served:
        assert_shared_out(served)
        served.process.terminate()
        assert served.process.wait(PATIENCE) == 0


def test_a_process_that_dies_is_replaced_and_what_it_counted_stays(served: Served) -> None:
    before, counted, deaths = served.pids(), served.metric("graphql_requests_total{"), served.workers()["deaths"]
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(served.pids() - {killed}) == 2 and served.workers()["serving"] == 2)
    assert before - served.pids() == {killed}
    served.ask()
    assert served.metric("graphql_requests_total{") == counted + 1
    until(lambda: served.workers()["deaths"] == deaths + 1)
    until(lambda: [*served.in_force().values()] == [2])


def test_other_policies_reach_all_and_whoever_comes_later_and_bad_ones_nobody(served: Served, regions: Path) -> None:
    [former] = served.in_force()
    console = regions.parent / "var-console.txt"
    good = (regions / SETTINGS).read_text("utf-8")
    (regions / SETTINGS).write_text(good.replace("value: 18", "value: 17"), "utf-8")
    told_last: list[dict[str, int]] = []

    def has_reached_all() -> bool:
        told_last[:] = [served.in_force()]
        return former not in told_last[0] and set(told_last[0].values()) == {2}

    until(has_reached_all)
    [in_force] = told_last
    # Told of by the process that forks, and so it has them too.
    until(lambda: all(digest in console.read_text("utf-8") for digest in in_force))
    (regions / SETTINGS).write_text(good + "\nnonsense: true", "utf-8")
    until(lambda: served.faults() > 0 and served.in_force() == in_force)
    killed = min(served.pids())
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in served.pids() and served.in_force() == in_force)
    (regions / SETTINGS).write_text(good, "utf-8")
    until(lambda: served.in_force() == {former: 2})
    until(lambda: former in console.read_text("utf-8"))
    told = [line for line in console.read_text("utf-8").splitlines() if "olicies" in line]
    assert [line.partition(" ")[0] for line in told] == ["Policies", "The", "Policies"], told


@contextmanager
def under_way(served: Served) -> Iterator[socket.socket]:
    """Send the head of a request, and yield once it is waited for the body."""
    address = urlsplit(served.url)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=PATIENCE) as connection:
        connection.sendall(HEAD)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")
        yield connection


def demo_token(folder: Path, name: str) -> str:
    """Return a token of the demo that a service in development takes."""
    return token_for(signer_of(KeyRing(Settings("development", folder, "", ROOT / "regions"))), name)


def descendants(process: "Popen[str]") -> set[int]:
    return {each.pid for each in psutil.Process(process.pid).children(recursive=True)}


def answered(connection: socket.socket) -> bytes:
    connection.sendall(BODY)
    answer = b""
    while piece := connection.recv(65_536):
        answer += piece
    return answer


def test_in_a_terminal_all_get_the_signal_and_answer_what_is_under_way(served: Served) -> None:
    with under_way(served) as connection:
        pids = served.pids()
        for each in (served.process.pid, *pids):
            os.kill(each, signal.SIGINT)
        until(served.is_gone)
        assert b'"code":"510100"' in answered(connection)
    assert served.process.wait(PATIENCE) == 130
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_told_to_end_they_answer_what_is_under_way_and_leave_nothing(tmp_path: Path) -> None:
    with several(tmp_path / "var", {"REQUEST_SECONDS": str(PATIENCE)}) as served, ThreadPoolExecutor(1) as thread:
        [counts] = tmp_path.glob("*-metrics-*")
        token = demo_token(tmp_path / "var", "policy_officer")
        draft = thread.submit(ask, served.url, token, DRAFT)
        with under_way(served) as connection:
            until(lambda: len(descendants(served.process)) == 3)
            [trying] = descendants(served.process) - served.pids()
            until(lambda: psutil.Process(trying).nice() == min(19, os.nice(0) + DRAFTS.niceness))
            os.kill(trying, signal.SIGTERM)  # as systemd would, to all processes of the service
            served.process.terminate()
            until(served.is_gone)
            assert b'"code":"510100"' in answered(connection)
        assert draft.result() == {"policyDraft": {"faults": [{"code": "UNKNOWN_SERVICE"}]}}
        assert served.process.wait(PATIENCE) == 0
        assert not Path(f"/proc/{trying}").exists()
        assert not counts.exists()
    # The last thing that is sealed of the audit record, and nothing else.
    sealed = r"\S+ info audit\.roots: audit seal 1 [0-9a-f]{64} \S+\n"
    assert re.fullmatch(sealed, (tmp_path / "var-console.txt").read_text())


def test_they_wait_for_the_database_and_end_with_the_process_that_forked_them(
    tmp_path: Path, postgresql: TestServer
) -> None:
    name = postgresql.create()
    [there] = Path(postgresql.folder).glob(".s.PGSQL.*[0-9]")
    later = Path(tmp_path, there.name)
    values = {"DATABASE_URL": f"postgresql://postgres@/{name}?host={quote(str(tmp_path))}"}
    console = tmp_path / "var-console.txt"

    def come_up() -> None:
        until(lambda: console.exists() and "waiting for it" in console.read_text("utf-8"))
        later.symlink_to(there)

    Thread(target=come_up, daemon=True).start()
    with several(tmp_path / "var", values) as served:
        served.ask()
        pids = served.pids()
        served.process.kill()
        until(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()])
    told = console.read_text("utf-8").splitlines()
    assert re.fullmatch(rf"数据库.*{name}连接不上，正在等待，最多再等[56]\d秒。", told[0])
    assert re.fullmatch(
        rf"The database .*{name} cannot be reached; waiting for it, [56]\d more seconds at most.", told[1]
    )
    assert [line.split(name)[-1] for line in told[2:4]] == ["已连接。", " answers now."]
    postgresql.drop(name)


def test_one_that_dies_at_once_is_started_again_ever_later() -> None:
    done = subprocess.run([sys.executable, "-c", DIES_AT_ONCE], cwd=ROOT, capture_output=True, text=True, check=True)
    told = [line.partition("; ")[2] for line in done.stdout.splitlines()[:-1]]
    assert told == [
        "it is started again.",
        "it is started again in 1 s.",
        "it is started again in 2 s.",
    ]
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize("workers", ["0", "-1", "1.5", "two", "", "257", "٣"])
def test_a_number_of_processes_that_cannot_be(workers: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.run(["serve", "--workers", workers], {})
    assert "1 至 256" in capsys.readouterr().err


def test_where_no_process_can_be_forked_several_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "fork")
    assert main.run(["serve", "--workers", "2"], {"SERVICE_FOLDER": str(tmp_path)}) == 1
    assert capsys.readouterr().err.startswith("error: --workers 2 needs a system that forks processes")
