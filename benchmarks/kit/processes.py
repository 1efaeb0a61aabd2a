"""Servers as processes of their own: started, asked until they answer, and charged for the time of the processor that they use."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 10.0
ANYTHING = b'{"query": "{ __typename }"}'


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers.

    Args:
        name: what the tables call it; port: of the loopback interface; pid: of its first process.
        started_cpu, started_clock: seconds of the processor and of the clock from the start to the first answer.
    """

    name: str
    port: int
    pid: int
    started_cpu: float
    started_clock: float


def cpu_seconds(pid: int) -> float:
    """Return the seconds of the processor that a process, its children and those of them that ended have used."""
    root, total = psutil.Process(pid), 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def resident_mib(pid: int) -> float:
    """Return the memory of a process in MiB."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Run a server while the context is open.

    Args:
        command: as it is run, with `{port}` in it; environment: besides this one's.
        log: what it says goes there.

    Raises:
        RuntimeError: it does not answer.
    """
    port, began = free_port(), time.perf_counter()
    words = [word.replace("{port}", str(port)) for word in command]
    # As anybody starts it: from the second start on, with its modules compiled.
    given = {**{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}, **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(words, cwd=ROOT, env=given, stdout=output, stderr=subprocess.STDOUT)
    try:
        _await_answer(name, process, port, log)
        yield Server(name, port, process.pid, cpu_seconds(process.pid), time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_answer(name: str, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.perf_counter() + START_SECONDS
    ask = Request(f"http://127.0.0.1:{port}/graphql", ANYTHING, {"Content-Type": "application/json"})
    while time.perf_counter() < until and process.poll() is None:
        try:
            with urlopen(ask, timeout=5) as answer:
                answer.read()
            return
        except (URLError, ConnectionError):
            time.sleep(0.02)
    raise RuntimeError(f"{name} does not answer:\n{log.read_text(errors='replace')[-2000:]}")


def python(*words: str) -> list[str]:
    """Return a command of this Python."""
    return [sys.executable, *words]
