"""Work of two halves at once: the second half in a process of its own, which is forked and hands back what it found.

Only where a fork is safe (one thread, Linux) and there is a second processor; else, and where anything goes wrong in the
other process, the second half is simply worked on after the first.
"""

import os
import pickle
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def can_fork() -> bool:
    """Say whether a second process is safe and of use."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def in_halves(first: Callable[[], S], second: Callable[[], T]) -> tuple[S, T | None]:
    """Do two things at once.

    Args:
        first: done in this process.
        second: done in a fork of it; what it returns must be possible to pickle.

    Returns:
        What each returned; None for the second where it has to be done again, here.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _work(reading, writing, second)
    os.close(writing)
    try:
        with open(reading, "rb") as stream:
            here = first()
            found = stream.read()
    finally:
        _, status = os.waitpid(child, 0)
    return here, pickle.loads(found) if status == 0 else None  # noqa: S301 - a fork of this very process wrote it


def _work(reading: int, writing: int, work: Callable[[], object]) -> None:
    """Work in the fork and leave it, whatever happens: nothing of the other process may run here."""
    status = 1
    try:
        os.close(reading)
        found = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)  # all of it before the other process has to wait
        with open(writing, "wb") as stream:
            stream.write(found)
        status = 0
    finally:
        os._exit(status)
