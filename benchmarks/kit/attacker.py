"""Attacks a server from a process of its own: `python -m benchmarks.kit.attacker` reads what to send.

Unlike the driver it takes whatever comes back: refusals, closed connections, nothing at all.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any, Final

from benchmarks.kit.processes import ROOT

ADDRESS: Final = "127.0.0.2"
"""Where attacks come from: another address than everybody else's."""
UNIQUE: Final = b"@@@@@@@"
"""Stands for a number of as many digits in what is sent, another one each time."""
NICENESS: Final = 15
"""So that what an attacker computes for itself is taken from nobody who is measured on the same few cores."""
PATIENCE: Final = 60.0
"""Seconds for which an answer is waited for; who never gets one is told as such."""
NOTHING, CLOSED = "no answer", "closed"


@dataclass(frozen=True, slots=True)
class Attack:
    """What is sent.

    Args:
        contents: requests as they go over the wire, again and again; whatever `UNIQUE` stands for is another each time.
        is_once: each is sent once, however long it takes; else for some seconds.
        is_held: they have no end: each goes over a connection of its own, and what comes back is waited for.
        reconnects: each goes over a connection of its own, which is closed after the answer.
        crowd: connections for each one that is asked for.
    """

    contents: Sequence[bytes]
    is_once: bool = False
    is_held: bool = False
    reconnects: bool = False
    crowd: int = 1


@dataclass(slots=True)
class Outcome:
    """What came of an attack.

    Args:
        sent: requests; statuses: how many answers had which; codes: the first error of an answer; longest: milliseconds.
    """

    sent: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    longest: float = 0.0


def attacking(port: int, attack: Attack, seconds: float, connections: int) -> "subprocess.Popen[str]":
    """Begin an attack in a process of its own; `outcome` waits for its end."""
    written = [b64encode(content).decode() for content in attack.contents]
    told = {**{name: getattr(attack, name) for name in ("is_once", "is_held", "reconnects")}, "contents": written}
    told |= {"port": port, "seconds": seconds, "connections": connections * attack.crowd}
    command = [sys.executable, "-m", "benchmarks.kit.attacker"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=_yield_to_others
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(told))
    process.stdin.close()
    return process


def outcome(process: "subprocess.Popen[str]") -> Outcome:
    """Wait until an attack is over, and return what came of it.

    Raises:
        RuntimeError: the attacker failed.
    """
    assert process.stdout is not None
    found = process.stdout.read()
    if process.wait():
        raise RuntimeError("the attacker failed")
    return Outcome(**json.loads(found))


def _yield_to_others() -> None:
    os.nice(NICENESS)


class _Attacker:
    """Sends what it was told to send."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.found = Outcome()
        self._told = told
        self._numbers = count(1)
        self._contents = [b64decode(content) for content in told["contents"]]
        self._left = self._chosen()
        self._until = time.perf_counter() + told["seconds"]

    def _chosen(self) -> Iterator[bytes]:
        while True:
            for content in self._contents:
                yield content.replace(UNIQUE, b"%07d" % next(self._numbers))
            if self._told["is_once"]:
                return

    def _is_over(self) -> bool:
        return not self._told["is_once"] and time.perf_counter() >= self._until

    async def run(self) -> None:
        """Send on all connections at once."""
        one = self._hold if self._told["is_held"] else self._ask
        await asyncio.gather(*(one() for _ in range(self._told["connections"])))

    async def _ask(self) -> None:
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not self._is_over() and (content := next(self._left, None)) is not None:
            line = line or await self._connected()
            if line is None:
                continue
            stays = await self._exchange(*line, content) and not self._told["reconnects"]
            if not stays:
                line[1].close()
                line = None
        if line is not None:
            line[1].close()

    async def _hold(self) -> None:
        """Send what has no end, and wait for what comes of it, again and again."""
        while not self._is_over() and (content := next(self._left, None)) is not None:
            line = await self._connected()
            if line is not None:
                left = self._until - time.perf_counter()
                await self._exchange(*line, content, max(0.0, left))
                line[1].close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            return await asyncio.open_connection("127.0.0.1", self._told["port"], local_addr=(ADDRESS, 0))
        except OSError:
            _count(self.found.statuses, "not connected")
            await asyncio.sleep(0.05)
            return None

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes, patience: float = PATIENCE
    ) -> bool:
        """Send a request and note what comes back; return whether the connection stays open."""
        began = time.perf_counter()
        self.found.sent += 1
        try:
            async with asyncio.timeout(patience):
                writer.write(content)
                status, body, stays = await _answer(reader)
        except TimeoutError:
            status, body, stays = NOTHING, b"", False
        except (OSError, asyncio.IncompleteReadError):
            status, body, stays = CLOSED, b"", False
        _count(self.found.statuses, status)
        if status != NOTHING:
            self.found.longest = max(self.found.longest, (time.perf_counter() - began) * 1000)
        if code := _code(body):
            _count(self.found.codes, code)
        return stays


async def _answer(reader: asyncio.StreamReader) -> tuple[str, bytes, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length)) if length.strip() else await reader.read()
    return head.split(b" ", 2)[1].decode(), body, bool(length.strip()) and b"connection: close" not in head


def _count(counted: dict[str, int], name: str) -> None:
    counted[name] = counted.get(name, 0) + 1


def _code(body: bytes) -> str:
    """Return the code of the first error of an answer, or nothing."""
    return body.partition(b'"code":"')[2].partition(b'"')[0].decode()


def main() -> None:
    """Read what to send, send it, and write down what came of it."""
    attacker = _Attacker(json.load(sys.stdin))
    asyncio.run(attacker.run())
    json.dump(asdict(attacker.found), sys.stdout)


if __name__ == "__main__":
    main()
