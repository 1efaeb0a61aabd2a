"""A client who asks now and then, as people do, in a process of its own: `python -m benchmarks.kit.bystander` reads what to ask.

Beside it somebody asks for a page that there is not, as often as it is answered: nothing is quicker, so the longest of these answers
tells for how long the service did nothing but its worst.
"""

import asyncio
import json
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from statistics import median
from typing import Any

from benchmarks.kit.driver import Ask, exchange
from benchmarks.kit.processes import ROOT

EVERY_SECONDS = 0.02
"""After so long somebody asks, whether the one before was answered or not."""
CONNECTIONS = 10
PROBE_EVERY_SECONDS = 0.004
_PROBE = b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw of a service.

    Args:
        answers: how many; middle, slow, longest: milliseconds of the middle one, of the slowest twentieth, of the slowest.
        held: milliseconds for which nothing at all was answered, at most.
    """

    answers: int
    middle: float
    slow: float
    longest: float
    held: float


def standing_by(port: int, asks: Sequence[Ask], seconds: float) -> "subprocess.Popen[str]":
    """Begin to ask at a steady pace, each in turn; `seen` waits for the end.

    Args:
        seconds: for how long; 0 until standard input is closed.
    """
    written = [[b64encode(ask.content).decode(), b64encode(ask.expected).decode()] for ask in asks]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.kit.bystander"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps({"port": port, "asks": written, "seconds": seconds}) + "\n")
    process.stdin.flush()
    return process


def seen(process: "subprocess.Popen[str]") -> Seen:
    """Have somebody stop, where they do not by themselves, and return what they saw.

    Raises:
        RuntimeError: an answer was not as expected.
    """
    found, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("somebody beside the attack was not answered as expected")
    return Seen(**json.loads(found))


class _Bystander:
    """Asks until it is told to stop."""

    def __init__(self, port: int, asks: Sequence[Ask]) -> None:
        self._port = port
        self._asks = cycle(asks)
        self._took: list[float] = []
        self._waiting: dict[int, float] = {}
        self._probed: list[float] = []
        self._probing: list[float] = []

    async def run(self, seconds: float) -> Seen:
        """Ask for some seconds, or until standard input is closed."""
        askers = [self._ask(number) for number in range(CONNECTIONS)]
        tasks = [asyncio.create_task(each) for each in (*askers, self._probe())]
        stop = asyncio.sleep(seconds) if seconds else asyncio.to_thread(sys.stdin.read)
        stopping = asyncio.ensure_future(stop)
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task in done:
                task.result()
            task.cancel()
        now = time.perf_counter()
        # Who still waits has waited as long as this already.
        ordered = sorted([*self._took, *((now - since) * 1000 for since in self._waiting.values())])
        held = max([*self._probed, *((now - since) * 1000 for since in self._probing)])
        return Seen(len(ordered), median(ordered), ordered[len(ordered) * 95 // 100], ordered[-1], held)

    async def _ask(self, number: int) -> None:
        await asyncio.sleep(number * EVERY_SECONDS)
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while True:
            ask = next(self._asks)
            self._waiting[number] = time.perf_counter()
            answer = await exchange(reader, writer, ask.content)
            took = time.perf_counter() - self._waiting.pop(number)
            self._took.append(took * 1000)
            if ask.expected not in answer:
                raise RuntimeError(f"expected {ask.expected[:200]!r}, got {answer[:1000]!r}")
            await asyncio.sleep(max(0.0, CONNECTIONS * EVERY_SECONDS - took))

    async def _probe(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while True:
            self._probing[:] = [time.perf_counter()]
            await exchange(reader, writer, _PROBE, b"http/1.1 404")
            self._probed.append((time.perf_counter() - self._probing.pop()) * 1000)
            await asyncio.sleep(PROBE_EVERY_SECONDS)


def main() -> None:
    """Read what to ask, ask, and write down what was seen."""
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    asks = [Ask(b64decode(content), b64decode(expected)) for content, expected in told["asks"]]
    json.dump(asdict(asyncio.run(_Bystander(told["port"], asks).run(told["seconds"]))), sys.stdout)


if __name__ == "__main__":
    main()
