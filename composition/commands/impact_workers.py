"""Replaying decisions in several processes, each with the draft that was loaded before they were started."""

import asyncio
import multiprocessing
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from composition.commands.loaded import load_policies
from composition.settings import ConfigurationError
from policies.replay.impact import Impact
from resolvers.policy_tools.impact import Assumptions, Measuring, Page

LEAVE_SECONDS = 5.0
"""How long a process may take to end before it is made to."""


@dataclass(frozen=True, slots=True)
class AssumptionFolders:
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
        against = load_policies(self.against) if self.against is not None else None
        return Assumptions(load_policies(self.draft), against, self.on, self.known)


class Worker(Protocol):
    """Whoever replays pages, one after the other."""

    def page(self, page: Page) -> Impact:
        """Say what the draft changes for one page."""


class _Here:
    """This process, replaying pages itself."""

    def __init__(self, assumed: Assumptions) -> None:
        self._measuring = Measuring(assumed)

    def page(self, page: Page) -> Impact:
        """Say what the draft changes for one page.

        Raises:
            ConfigurationError: a record cannot be read.
        """
        try:
            return self._measuring.page(page)
        except Exception as error:
            raise _defect(repr(error)) from error


class _Process:
    """Another process that replays pages.

    Args:
        context: how processes are started here; assumed: what it replays under.
        others: connections to the processes before, which a copy of this one must not hold open.
    """

    def __init__(self, context: Any, assumed: Assumptions | AssumptionFolders, others: Sequence[Connection]) -> None:
        self.connection, theirs = context.Pipe()
        held = (self.connection, *others) if isinstance(assumed, Assumptions) else ()
        self._process = context.Process(target=_serve, args=(theirs, held, assumed), daemon=True)
        self._process.start()
        theirs.close()

    def page(self, page: Page) -> Impact:
        """Hand a page over and wait for what comes of it.

        Raises:
            ConfigurationError: the process has ended, or failed.
        """
        try:
            self.connection.send(page)
            found = self.connection.recv()
        except (EOFError, OSError):
            raise ConfigurationError(
                "A process that replays decisions has ended, perhaps for want of memory; try again with --processes 1."
            ) from None
        if isinstance(found, str):
            raise _defect(found)
        return found  # type: ignore[no-any-return]

    def end(self) -> None:
        """Let the process end."""
        self.connection.close()
        self._process.join(LEAVE_SECONDS)
        self._process.kill()
        self._process.join()


def _defect(error: str) -> ConfigurationError:
    return ConfigurationError(f"A decision on record could not be replayed: {error}. Report this as a defect.")


def _serve(connection: Connection, held: Sequence[Connection], assumed: Assumptions | AssumptionFolders) -> None:
    """Replay pages until nobody hands over another."""
    # Ctrl-C reaches every process of the terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in held:
        other.close()
    measuring = Measuring(assumed.load() if isinstance(assumed, AssumptionFolders) else assumed)
    while True:
        try:
            page: Page = connection.recv()
        except EOFError:
            return
        try:
            connection.send(measuring.page(page))
        except OSError:
            return
        except Exception as error:
            connection.send(repr(error))


def can_fork() -> bool:
    """Say whether a process can be copied with all that it has loaded; on macOS its libraries do not bear it."""
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"


@contextmanager
def workers(
    folders: AssumptionFolders, assumed: Assumptions, processes: int, fork: bool | None = None
) -> Iterator[list[Worker]]:
    """Start processes that replay pages. No thread may run in this one yet: what a thread holds is not copied.

    Args:
        folders, assumed: the draft as files, and loaded; processes: how many; a single one is this one.
        fork: whether they are copies of this one; where that is possible, if None.
    """
    if processes == 1:
        yield [_Here(assumed)]
        return
    forked = can_fork() if fork is None else fork
    context = multiprocessing.get_context("fork" if forked else "spawn")
    with ExitStack() as stack:
        started: list[_Process] = []
        for _ in range(processes):
            process = _Process(context, assumed if forked else folders, [other.connection for other in started])
            stack.callback(process.end)
            started.append(process)
        yield [*started]


async def measure(pages: AsyncGenerator[Page, None], team: Sequence[Worker], done: Callable[[int], None]) -> Impact:
    """Replay all pages, the next one being read meanwhile.

    Args:
        done: told how many decisions each page had, once it is replayed.
    """
    found = Impact()
    async for page in _ahead(pages):
        parts = zip(team, _parts(page, len(team)), strict=True)
        for impact in await asyncio.gather(*(asyncio.to_thread(worker.page, part) for worker, part in parts)):
            found.add(impact)
        done(len(page.decisions))
    return found


async def _ahead(pages: AsyncGenerator[Page, None]) -> AsyncIterator[Page]:
    coming = asyncio.create_task(anext(pages, None))
    try:
        while (page := await coming) is not None:
            coming = asyncio.create_task(anext(pages, None))
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        await pages.aclose()


def _parts(page: Page, count: int) -> list[Page]:
    """Share a page out, equal requests always to the same process, so that each is decided only once."""
    parts: list[list[Any]] = [[] for _ in range(count)]
    for kept in page.decisions:
        parts[crc32(f"{kept.region} {kept.service} {kept.facts}".encode()) % count].append(kept)
    texts = [{kept.digest: page.texts[kept.digest] for kept in part if kept.digest in page.texts} for part in parts]
    return [Page(tuple(part), known) for part, known in zip(parts, texts, strict=True)]
