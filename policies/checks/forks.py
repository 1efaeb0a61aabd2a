"""Work on several things at once, each in a process of its own, which is forked and hands back what it found.

Only where a fork is safe (one thread, Linux) and there is a second processor; else, and where anything goes wrong in one
of the processes, the caller does all of it alone.
"""

import os
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn, TypeVar

T = TypeVar("T")


def processors() -> int:
    """Return how many processes can work at once and safely; 1 where none but this one should."""
    safe = sys.platform == "linux" and threading.active_count() == 1
    return len(os.sched_getaffinity(0)) if safe else 1


def in_forks(works: Sequence[Callable[[], T]]) -> list[T] | None:
    """Do each work in a fork of this process, all at once.

    Args:
        works: what they return must be possible to pickle.

    Returns:
        What they returned, in order; None where any of them came to nothing.
    """
    started: list[tuple[int, int]] = []
    with suppress(OSError):  # there may be no more processes to be had
        started.extend(map(_start, works))
    found: list[T] = []
    for child, reading in started:
        with open(reading, "rb") as stream:
            text = stream.read()
        _, status = os.waitpid(child, 0)
        if status == 0:
            found.append(pickle.loads(text))  # noqa: S301 - a fork of this very process wrote it
    return found if len(found) == len(works) else None


def _start(work: Callable[[], object]) -> tuple[int, int]:
    """Return the fork that works, and the end of the pipe from which to read what it found."""
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if child == 0:
        _work(writing, work)
    os.close(writing)
    return child, reading


def _work(writing: int, work: Callable[[], object]) -> NoReturn:
    """Work in the fork and leave it, whatever happens: nothing of the other process may run here."""
    status = 1
    try:
        found = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)
        with open(writing, "wb") as stream:
            stream.write(found)
        status = 0
    finally:
        os._exit(status)
