"""Commands of `main.py` in processes of their own, and the service that one of them serves."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import httpx
import pytest
from cryptography.fernet import Fernet

from composition.production import PROVIDERS
from demo.running import free_port
from store import Keys
from tests.patience import PATIENCE
from tests.prepared import PreparedProcess

ROOT = Path(__file__).parent.parent


def environment(folder: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process: this one's without our settings, a folder of its own, and what is given."""
    ours = "SERVICE_ENVIRONMENT DATABASE_URL REGIONS_FOLDER PUBLIC_URL ALLOWED_ORIGINS SWEEP_SECONDS REQUEST_SECONDS "
    ours += "COMPILE_DOCUMENTS PERSISTED_DOCUMENTS TRUSTED_DOCUMENTS TRUSTED_CHANNELS FEDERATION REMEMBER_ANSWERS "
    ours += "DATABASE_WAIT_SECONDS PROMETHEUS_MULTIPROC_DIR TOKEN_ISSUERS LOG_FORMAT ACCESS_LOG DRAIN_SECONDS LIMITS TRUSTED_PROXIES"
    kept = {name: value for name, value in os.environ.items() if name not in ours.split()}
    return {**kept, "SERVICE_FOLDER": str(folder), "REQUEST_SECONDS": str(PATIENCE), **values}


class Run(Protocol):
    """Runs a command to its end."""

    def __call__(
        self, folder: Path, *arguments: str, values: Mapping[str, str] = ..., seconds: int = ...
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Return what runs commands in processes that share the time it takes to import the service."""
    with closing(PreparedProcess()) as prepared:

        def run_command(
            folder: Path, *arguments: str, values: Mapping[str, str] = MappingProxyType({}), seconds: int = PATIENCE
        ) -> subprocess.CompletedProcess[str]:
            return prepared.run(arguments, environment(folder, values), seconds)

        yield run_command


def run_anew(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command from nothing, as people do."""
    return subprocess.run(
        [sys.executable, "main.py", *arguments],
        cwd=ROOT,
        env=environment(folder, {}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that a command failed with one clear line."""
    assert done.returncode == 1, (done.returncode, done.stdout[-500:], done.stderr[-500:])
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    assert "Traceback" not in done.stderr + done.stdout
    for word in words:
        assert word in lines[0]


@contextmanager
def taken_port() -> Iterator[int]:
    """Listen on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@contextmanager
def serving(
    folder: Path, *arguments: str, values: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve until the block ends; yields the process and its address once it answers."""
    port = free_port()
    console = folder.with_name(f"{folder.name}-console.txt")
    with console.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "main.py", "serve", "--port", str(port), *arguments],
            cwd=ROOT,
            env=environment(folder, values),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(process, url, console)
        yield process, url
    finally:
        process.kill()
        process.wait(PATIENCE)


def _wait_until_healthy(process: subprocess.Popen[str], url: str, console: Path) -> None:
    until = time.monotonic() + PATIENCE
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as http:
        while time.monotonic() < until and process.poll() is None:
            try:
                if http.get("/health").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    raise AssertionError(f"not serving: {console.read_text()[-2000:]}")


def ask(url: str, token: str, query: str) -> dict[str, object]:
    """Ask the served graph."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{url}/graphql", json={"query": query}, headers=headers, trust_env=False, timeout=PATIENCE)
    data: dict[str, object] = answer.json()["data"]
    return data


def production(database_url: str = "postgresql://cards@127.0.0.1:1/cards") -> dict[str, str]:
    """Return the variables of a production in which nothing is missing but a public key that is one."""
    encryption, index = Keys.generate().render()
    providers = {
        f"{name}_{part}": f"https://{name.lower()}.example.cn" for name in PROVIDERS for part in ("URL", "KEY")
    }
    return {
        "SERVICE_ENVIRONMENT": "production",
        "DATABASE_URL": database_url,
        "PUBLIC_URL": "https://cards.example.cn",
        "TOKEN_PUBLIC_KEY": "no key",
        "ENCRYPTION_KEYS": encryption,
        "INDEX_KEY": index,
        "AUDIT_KEYS": Keys.generate().render()[1],
        "FILE_KEYS": Fernet.generate_key().decode(),
        "CODE_KEY": "a long random text for the hashes of codes",
        "PAYMENT_SECRET": "a long random text for the payments' notices",
        "FACE_ISSUER": "https://face.example.cn",
        "FACE_AUDIENCE": "cards",
        **providers,
    }
