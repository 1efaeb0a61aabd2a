"""The service, started in a folder of its own with demo data, and stopped again."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow

import httpx

ROOT = Path(__file__).parent.parent
WAIT_SECONDS = 300
LOWEST_PORT, PORTS = 10_000, 20_000
SMS_CODE = r"\[sandbox SMS\][^\n]*: (\d{6})"
FACE_ASSERTION = r"\[sandbox face check\][^\n]*: (\S+)"


@dataclass(frozen=True, slots=True)
class Running:
    """A running service.

    Args:
        folder: its keys, database and tokens; url: where it is; console: what it has printed.
    """

    folder: Path
    url: str
    console: Path

    def last(self, pattern: str) -> str:
        """Return what the console showed last of a pattern's group.

        Raises:
            LookupError: it shows nothing like it.
        """
        found = re.findall(pattern, self.console.read_text(encoding="utf-8"))
        if not found:
            raise LookupError(f"the console shows nothing like {pattern}")
        return str(found[-1])

    def token(self, name: str) -> str:
        """Return a demo token."""
        return (self.folder / "tokens" / name).read_text(encoding="utf-8").strip()


@contextmanager
def running_service(folder: Path) -> Iterator[Running]:
    """Serve with demo data from a folder until the context is left.

    Raises:
        RuntimeError: it does not start; the message is what it printed.
    """
    console, port = folder / "console.txt", free_port()
    environment = {**os.environ, "SERVICE_FOLDER": str(folder)}
    command = [sys.executable, "main.py", "serve", "--demo", "--port", str(port)]
    with console.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603 - our own command
    running = Running(folder, f"http://127.0.0.1:{port}", console)
    try:
        _wait(process, running)
        yield running
    finally:
        process.terminate()
        process.wait(WAIT_SECONDS)


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody is given meanwhile: systems take those that they choose from above."""
    while True:
        port = LOWEST_PORT + randbelow(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def _wait(process: "subprocess.Popen[bytes]", running: Running) -> None:
    """Wait until the service answers."""
    until = time.monotonic() + WAIT_SECONDS
    with httpx.Client(base_url=running.url, timeout=WAIT_SECONDS) as http:
        while process.poll() is None and time.monotonic() < until:
            try:
                http.get("/health").raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.1)
    raise RuntimeError(f"the service does not start:\n{running.console.read_text(encoding='utf-8')}")
