"""Replaying decisions in several processes, each with the draft that was loaded before they were started."""

import asyncio
import multiprocessing
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from composition.settings import ConfigurationError
from policies.decide import Policies
from policies.impact import Impact
from policies.tree import load_tree
from resolvers.impact import Assumptions, Measuring, Page

PAGES_AHEAD = 2
"""Pages that wait for each process, so that none waits for the database."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The same as `Assumptions`, for a process that cannot be handed what was loaded.

    Args:
        draft, against: folders of policy files, without faults.
    """

    draft: Path
    against: Path | None = None
    on: date | None = None
    known: date | None = None

    def load(self) -> Assumptions:
        """Load the files."""
        against = Policies(load_tree(self.against)) if self.against is not None else None
        return Assumptions(Policies(load_tree(self.draft)), against, self.on, self.known)


_measuring: Measuring
"""What this process replays with, once it is ready."""


def _get_ready(assumed: Assumptions | Folders) -> None:
    global _measuring
    _measuring = Measuring(assumed.load() if isinstance(assumed, Folders) else assumed)


def _start(assumed: Assumptions | Folders) -> None:
    # Ctrl-C reaches every process of the terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _get_ready(assumed)


def _measure(page: Page) -> Impact:
    return _measuring.page(page)


def _nothing() -> None:
    """Do nothing, which takes a process that is there."""


def can_fork() -> bool:
    """Say whether a process can be copied with all that it has loaded; on macOS its libraries do not bear it."""
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"


@contextmanager
def workers(folders: Folders, assumed: Assumptions, processes: int) -> Iterator[Executor]:
    """Start processes that replay pages. No thread may run in this one yet: what a thread holds is not copied.

    Args:
        folders, assumed: the draft as files, and loaded; processes: how many, one of them being this one.
    """
    if processes == 1:
        _get_ready(assumed)
        with ThreadPoolExecutor(1) as thread:
            yield thread
        return
    forked = can_fork()
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("fork" if forked else "spawn"),
        initializer=_start,
        initargs=(assumed if forked else folders,),
    )
    try:
        pool.submit(_nothing).result()
        yield pool
    except BrokenProcessPool:
        raise ConfigurationError(
            "A process that replays decisions has ended, perhaps for want of memory. Try again with --processes 1."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


async def measure(pages: AsyncIterator[Page], pool: Executor, processes: int, done: Callable[[int], None]) -> Impact:
    """Replay all pages.

    Args:
        done: told how many decisions each page had, once it is replayed.
    """
    loop, found = asyncio.get_running_loop(), Impact()
    running: dict[asyncio.Future[Impact], int] = {}

    async def collect() -> None:
        ready, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for future in ready:
            found.add(future.result())
            done(running.pop(future))

    async for page in pages:
        running[loop.run_in_executor(pool, _measure, page)] = len(page.decisions)
        if len(running) >= PAGES_AHEAD * processes:
            await collect()
    while running:
        await collect()
    return found
