"""Asks a server on many connections at once, in a process of its own: `python -m benchmarks.kit.driver` reads what to ask.

Raw sockets on asyncio: whoever asks should cost little beside whoever answers.
"""

import asyncio
import json
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle

from benchmarks.kit.processes import ROOT

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it goes over the wire.

    Args:
        content: with its head.
        expected: the whole body of the answer, or something that is in it; nothing if empty.
    """

    content: bytes
    expected: bytes = b""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a server answered.

    Args:
        answers: how many; seconds: of the clock; median, slow: milliseconds, of the middle and of the slowest hundredth.
    """

    answers: int
    seconds: float
    median: float
    slow: float


def post(body: bytes, token: str | None) -> bytes:
    """Return a POST to the graph as it goes over the wire."""
    lines = ["POST /graphql HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *([f"Authorization: Bearer {token}"] if token else [])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drive(port: int, asks: Sequence[Ask], seconds: float | None, connections: int = CONNECTIONS) -> Pace:
    """Ask a server from a process of its own.

    Args:
        seconds: for how long to ask again and again; None to ask everything once.

    Raises:
        RuntimeError: an answer is not as expected, lest failures be counted as speed.
    """
    written = [[b64encode(ask.content).decode(), b64encode(ask.expected).decode()] for ask in asks]
    told = {"port": port, "seconds": seconds, "connections": connections, "asks": written}
    command = [sys.executable, "-m", "benchmarks.kit.driver"]
    done = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Pace(**json.loads(done.stdout))


def answer_to(port: int, ask: Ask) -> bytes:
    """Ask once, and return the body of the answer."""

    async def once() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await exchange(reader, writer, ask.content)
        finally:
            writer.close()

    return asyncio.run(once())


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes, status: bytes = b"http/1.1 200"
) -> bytes:
    """Send a request over a connection, and return the body of its answer.

    Args:
        status: how the answer begins, in small letters.

    Raises:
        RuntimeError: it begins otherwise.
    """
    writer.write(content)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    if not head.startswith(status):
        raise RuntimeError(f"{head.splitlines()[0]!r}: {body[:500]!r}")
    return body


async def _run(port: int, asks: Iterator[Ask], until: float, connections: int) -> Pace:
    took: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while (began := time.perf_counter()) < until and (ask := next(asks, None)) is not None:
                answer = await exchange(reader, writer, ask.content)
                took.append(time.perf_counter() - began)
                if ask.expected not in answer:
                    raise RuntimeError(f"expected {ask.expected[:200]!r}, got {answer[:1000]!r}")
        finally:
            writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    seconds = time.perf_counter() - began
    took.sort()
    return Pace(len(took), seconds, took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000)


def main() -> None:
    """Read what to ask, ask, and write down how it went."""
    told = json.load(sys.stdin)
    asks = [Ask(b64decode(content), b64decode(expected)) for content, expected in told["asks"]]
    seconds = told["seconds"]
    until = time.perf_counter() + seconds if seconds is not None else float("inf")
    chosen: Iterator[Ask] = cycle(asks) if seconds is not None else iter(asks)
    json.dump(asdict(asyncio.run(_run(told["port"], chosen, until, told["connections"]))), sys.stdout)


if __name__ == "__main__":
    main()
