"""How fast the service answers: `python -m benchmarks.service`.

One worker on SQLite over HTTP on the loopback interface, 16 connections, everything on this machine. Machines differ, so
each figure also stands as a ratio to a bare Starlette JSON route that is measured in the same run.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composition.keys import KeyRing
from composition.settings import Settings
from gateways.tokens import TokenSigner
from schema.kit.relay import global_id
from store import Store
from tests.resolvers.world import CHENGDU, DETAILS, Person, settle

ROOT = Path(__file__).parent.parent
CONNECTIONS = 16
SECONDS = 4.0
APPLICANTS = 600
START_SECONDS = 60.0
QUERY = """query Operation($id: ID!) { operation(id: $id) {
  id state due createdAt regionName { text }
  holder { name identityNumber }
  card { number state }
  timeline { at event fromState toState role channel }
  progress { state at }
  decisions { service at allowed policyDigest }
} }"""
APPLY = """mutation Apply($input: ApplyForCardInput!) { applyForCard(input: $input) {
  operation { id state due } decision { allowed policyDigest } errors { code }
} }"""


async def _json(request: Request) -> Response:
    return Response(orjson.dumps({"data": await request.json()}), media_type="application/json")


bare = Starlette(routes=[Route("/graphql", _json, methods=["POST"])])


@dataclass(frozen=True, slots=True)
class Rate:
    """What was measured: requests a second, and the median and the slowest hundredth in milliseconds."""

    a_second: float
    median: float
    slow: float


def request_bytes(host: str, body: object, token: str | None = None) -> bytes:
    """Write a POST to the graph as it goes over the wire."""
    content = orjson.dumps(body)
    lines = ["POST /graphql HTTP/1.1", f"Host: {host}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(content)}", *([f"Authorization: Bearer {token}"] if token else [])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """Send a request and return the body of its answer.

    Raises:
        RuntimeError: the answer is not 200.
    """
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length: ", 1)[1].split("\r\n", 1)[0])
    body = await reader.readexactly(length)
    if " 200 " not in head.split("\r\n", 1)[0]:
        raise RuntimeError(f"{head.splitlines()[0]}: {body[:300]!r}")
    return body


async def measure(url: str, requests: Iterator[bytes], check: Callable[[bytes], bool], seconds: float) -> Rate:
    """Ask on all connections at once until the time is up or the requests are.

    Args:
        check: whether an answer is the expected one, lest failures be counted as speed.

    Raises:
        RuntimeError: an answer is not as expected.
    """
    address = urlsplit(url)
    took: list[float] = []
    until = time.perf_counter() + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            while (began := time.perf_counter()) < until and (request := next(requests, None)) is not None:
                answer = await exchange(reader, writer, request)
                took.append(time.perf_counter() - began)
                if not check(answer):
                    raise RuntimeError(f"unexpected: {answer[:500]!r}")
        finally:
            writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    total = time.perf_counter() - began
    took.sort()
    return Rate(len(took) / total, took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000)


@contextmanager
def process(command: Sequence[str], port: int, folder: Path) -> Iterator[float]:
    """Run a server; yields the seconds until it first answered."""
    environment = {**os.environ, "SERVICE_FOLDER": str(folder)}
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        asyncio.run(_first_answer(server, port))
        yield time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(10)


async def _first_answer(server: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.perf_counter() + START_SECONDS
    request = request_bytes("127.0.0.1", {"query": "{ regions { code } }"})
    while time.perf_counter() < until and server.poll() is None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await exchange(reader, writer, request)
            writer.close()
            return
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.02)
    raise RuntimeError(f"the server on port {port} did not start")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def applicants(settings: Settings, number: int) -> list[Person]:
    """Put people on record who can each apply once."""
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    try:
        await store.migrate()
        return [await settle(store) for _ in range(number)]
    finally:
        await store.close()


def apply_request(signer: TokenSigner, person: Person) -> bytes:
    """Return a complete application of a person."""
    details = {"mobile": DETAILS["mobile"], "residenceAddress": DETAILS["residence_address"]}
    documents = [global_id("Document", name) for name in person.papers(CHENGDU)]
    given = {"regionCode": CHENGDU, "evidence": {"details": details, "documentIds": documents}}
    token = signer.sign(person.citizen(CHENGDU), datetime.now(UTC), timedelta(hours=1))
    return request_bytes("127.0.0.1", {"query": APPLY, "variables": {"input": given}}, token)


async def service_rates(url: str, signer: TokenSigner, people: list[Person]) -> dict[str, Rate]:
    """Measure applications, then look-ups of the first of them."""
    first, rest = people[0], people[1:]
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    applied = json.loads(await exchange(reader, writer, apply_request(signer, first)))
    writer.close()
    identifier = applied["data"]["applyForCard"]["operation"]["id"]
    token = signer.sign(first.citizen(CHENGDU), datetime.now(UTC), timedelta(hours=1))
    look_up = request_bytes("127.0.0.1", {"query": QUERY, "variables": {"id": identifier}}, token)
    expected = f'"id":"{identifier}"'.encode()
    await measure(url, cycle([look_up]), lambda answer: expected in answer, 0.5)
    applications = (apply_request(signer, person) for person in rest)
    prepared = iter(list(applications))
    return {
        "operation with holder, card, timeline, progress, decisions": await measure(
            url, cycle([look_up]), lambda answer: expected in answer, SECONDS
        ),
        "applyForCard": await measure(url, prepared, lambda answer: b'"state":"SUBMITTED"' in answer, SECONDS * 3),
    }


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings.from_environment({"SERVICE_FOLDER": name})
        people = asyncio.run(applicants(settings, APPLICANTS))
        signer = TokenSigner.from_pem(KeyRing(settings).signing_key("TOKEN_SIGNING_KEY"))
        ports = [free_port(), free_port()]
        bare_server = ["-m", "uvicorn", "benchmarks.service:bare", "--port", str(ports[0]), "--no-access-log"]
        with process(bare_server, ports[0], folder) as started:
            starts = {"bare Starlette": started}
            body = request_bytes("127.0.0.1", {"query": QUERY, "variables": {"id": str(next(count()))}})
            url = f"http://127.0.0.1:{ports[0]}"
            rates = {"bare Starlette JSON route": asyncio.run(measure(url, cycle([body]), bool, SECONDS))}
        with process(["main.py", "serve", "--port", str(ports[1])], ports[1], folder) as started:
            starts["the service"] = started
            rates |= asyncio.run(service_rates(f"http://127.0.0.1:{ports[1]}", signer, people))
    show(starts, rates)


def show(starts: dict[str, float], rates: dict[str, Rate]) -> None:
    """Print what was measured."""
    for name, seconds in starts.items():
        print(f"start to first answer, {name}: {seconds:.2f} s")
    base = next(iter(rates.values())).a_second
    print(f"\n{'':<60}{'a second':>10}{'ratio':>9}{'median ms':>11}{'99 % ms':>10}")
    for name, rate in rates.items():
        print(f"{name:<60}{rate.a_second:>10.0f}{rate.a_second / base:>9.4f}{rate.median:>11.1f}{rate.slow:>10.1f}")


if __name__ == "__main__":
    main()
