"""Work for processes apart that never ends, fills the memory, dies or fails; and what tells of such a process."""

import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from domain.errors import InvalidInput
from domain.message import Message
from gateways.apart.child import LENGTH
from gateways.files import FolderFiles


def echo(given: Any) -> Any:
    return given


class Hostile:
    """What whoever has taken over a process may answer: a call that is made as it is read."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.said = call, arguments

    def __reduce__(self) -> Any:
        return self.said


def answer_with_a_call(file: str) -> Hostile:
    return Hostile(os.mkdir, file)


def answer_with_a_call_within(file: str) -> list[Any]:
    return [Message("一", "one"), {"a": (Hostile(os.mkdir, file),)}]


def answer_with_a_function_of_ours(file: str) -> Hostile:
    return Hostile(leave_at, file)


def answer_with_a_class_of_ours(file: str) -> Hostile:
    return Hostile(FolderFiles, Path(file), [b"A" * 43 + b"="])


def leave_at(file: str) -> None:
    Path(file).mkdir()


def announce_more_than_there_is(*_: Any) -> None:
    """Announce an answer that would fill the memory of whoever reads it."""
    for channel in range(3, 16):
        with suppress(OSError):
            os.write(channel, LENGTH.pack(2**40))
    time.sleep(3600)


def answer_nonsense(*_: Any) -> None:
    for channel in range(3, 16):
        with suppress(OSError):
            os.write(channel, LENGTH.pack(9) + b"\x80\x05nonsens")
    time.sleep(3600)


def pid(*_: Any) -> int:
    return os.getpid()


def for_ever(*_: Any) -> None:
    while True:
        pass


def asleep(*_: Any) -> None:
    time.sleep(3600)


def fill_the_memory(*_: Any) -> None:
    held = []
    while True:
        held.append(bytearray(1_000_000))


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash(*_: Any) -> None:
    os.abort()


def fail(*_: Any) -> None:
    raise KeyError("a defect")


def refuse(*_: Any) -> None:
    raise InvalidInput(Message("不行", "not so"), field="input.it", code="IMAGE_FORMAT")


def chatter() -> str:
    """Write to where answers go, as a library might."""
    os.write(1, b"\0" * 100)
    print("hello")
    return sys.stdin.read()


def limits() -> tuple[int, dict[str, str], tuple[int, int]]:
    """Return the niceness, the environment, and how much may be left of the memory on disk where this ends badly."""
    return os.nice(0), dict(os.environ), resource.getrlimit(resource.RLIMIT_CORE)


def leave_a_file() -> str:
    folder = os.environ["TMPDIR"]
    (Path(folder) / "draft").write_text("said: here")
    return folder


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
