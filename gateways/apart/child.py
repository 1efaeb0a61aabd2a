"""A process that does one piece of work after the other for the process that started it, within its limits.

It is started anew, never forked: the process that serves has threads, connections and keys, and none of them is in this one.
"""

import contextlib
import os
import pickle
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from domain.errors import DomainError

try:
    import resource
except ImportError:  # a system that bounds no process, such as Windows
    resource = None  # type: ignore[assignment]

LENGTH: Final = struct.Struct("!Q")
"""What stands before each message: how many bytes it has."""
DONE, REFUSED, FAILED, NO_MEMORY = "done", "refused", "failed", "no_memory"
"""What came of work: its result, an expected failure, a defect told as a text, or that the memory did not suffice."""
_DIES_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG
_FIRST_TO_GO: Final = "800"
"""Where memory runs out on the whole machine, this process is ended before one that serves people."""


def main() -> None:
    """Do work until nobody hands over any more. Arguments: the process that started this one, bytes of memory, niceness."""
    parent, memory, niceness = map(int, sys.argv[1:4])
    # Whoever started this one ends it, also where a terminal or systemd signals all processes of the service.
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    _die_with(parent)
    _bound(memory, niceness)
    work, answers = _channels()
    while (asked := _read(work)) is not None:
        kind, told = _done(asked)
        try:
            answers.write(LENGTH.pack(len(told)) + told)
            answers.flush()
        except OSError:
            return  # nobody is there to hear it
        if kind == NO_MEMORY:
            return  # what is left of it is nothing to go on with


def _die_with(parent: int) -> None:
    """Have Linux end this process with the one that started it, however busy this one is; elsewhere it ends when it next listens."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit()


def _bound(memory: int, niceness: int) -> None:
    if resource is not None:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        # What is in the memory is somebody's picture.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if niceness:
            os.nice(niceness)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write(_FIRST_TO_GO)


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """Return where work comes in and answers go, which nothing else reads or writes, whatever a library prints."""
    work, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return work, answers


def _read(work: BinaryIO) -> bytes | None:
    """Return the next message; None where there is none any more."""
    head = work.read(LENGTH.size)
    return work.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None


def _done(asked: bytes) -> tuple[str, bytes]:
    """Do a piece of work, and return what came of it, ready to be sent."""
    try:
        work: Callable[..., Any]
        work, arguments = pickle.loads(asked)  # noqa: S301 - of the process that started this one
        return DONE, pickle.dumps((DONE, work(*arguments)), pickle.HIGHEST_PROTOCOL)
    except DomainError as error:
        return REFUSED, pickle.dumps((REFUSED, error), pickle.HIGHEST_PROTOCOL)
    except BaseException as error:
        # The solver says it in its own words.
        if isinstance(error, MemoryError) or "out of memory" in str(error):
            return NO_MEMORY, pickle.dumps((NO_MEMORY, ""), pickle.HIGHEST_PROTOCOL)
        return FAILED, pickle.dumps((FAILED, traceback.format_exc()), pickle.HIGHEST_PROTOCOL)
