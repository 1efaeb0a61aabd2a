"""Processes that do what would keep people waiting, or what may fail so badly that it takes its process with it.

A piece of work is a function that can be imported, with arguments that can be pickled. Whoever gives up waiting for it ends it, and
so does its time; where it takes too much memory, or its process dies, whoever asked is told, and the next piece has another process.
"""

import asyncio
import logging
import os
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, ParamSpec, TypeVar, cast
from weakref import WeakValueDictionary

from domain.errors import DomainError, ServiceBusy
from gateways.apart.answers import read_answer
from gateways.apart.child import DONE, LENGTH, NO_MEMORY, REFUSED
from gateways.scratch import Scratch

_LOG = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
Why = Literal["time", "memory", "ended"]
Note = Callable[[str, str | None, int], None]
"""Is told which work, what came of a piece of it (None for nothing new), and how many processes there are for it now."""

_ROOT: Final = str(Path(__file__).parents[2])
_BOOT: Final = "import sys; sys.path[0] = sys.argv.pop(1); from gateways.apart.child import main; main()"
_KILLED: Final = -9
"""How one has ended that was killed, by us as a rule."""
_KEPT: Final = (
    "PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONPYCACHEPREFIX", "SYSTEMROOT",
)  # fmt: skip
"""Environment variables of the service that its processes see too; keys and passwords are not among them."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What limits one kind of work.

    Args:
        seconds: for one piece, the start of its process included; memory: bytes of a process, its libraries not counted.
        at_once: processes at most; waiting: pieces at most that wait for one, and half as many behind another of the same asker.
        idle_seconds: how long a process without work is kept for the next.
        niceness: as the system counts it; 0 for work that people wait for as for any other.
    """

    seconds: float
    memory: int
    at_once: int = 1
    waiting: int = 16
    idle_seconds: float = 300.0
    niceness: int = 0


class WorkStopped(Exception):
    """A piece of work was ended before it was done.

    Args:
        why: it took too long, too much memory, or its process has died.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class WorkFailed(Exception):
    """A defect in a piece of work; the text is its traceback."""


class Child:
    """One process, for as long as somebody has it; see `Apart.child`."""

    def __init__(self, process: Process, folder: Scratch, most: int) -> None:
        self.process, self.folder, self.most = process, folder, most
        self.about: Hashable = None
        self.seconds = 0.0
        self.usable = True

    async def call(self, work: Callable[P, T], *arguments: P.args, **no: P.kwargs) -> T:
        """Do a piece of work; see `Apart.call`."""
        return await self.within(self.seconds, work, *arguments, **no)

    async def within(self, seconds: float, work: Callable[P, T], *arguments: P.args, **no: P.kwargs) -> T:
        """Do a piece of work in less time than its bounds allow.

        Raises:
            WorkStopped, WorkFailed, DomainError: as for `Apart.call`.
        """
        if seconds <= 0:
            raise WorkStopped("time")
        asked = pickle.dumps((work, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            async with asyncio.timeout(min(seconds, self.seconds)) as limit:
                kind, told = await self._answered(asked)
        except TimeoutError:
            if not limit.expired():
                raise
            self.end()
            raise WorkStopped("time") from None
        except (pickle.UnpicklingError, TypeError, ValueError):
            _LOG.error(
                "a process apart answered what no answer has: it was taken over, or gateways/apart/answers.py lacks a class"
            )
            self.end()
            raise WorkStopped("ended") from None
        except (EOFError, OSError):
            self.end()
            raise WorkStopped("ended") from None
        except BaseException:
            self.end()  # nobody waits for it any more
            raise
        if kind == NO_MEMORY:
            self.end()
            raise WorkStopped("memory")
        if kind == REFUSED:
            raise told
        if kind != DONE:
            raise WorkFailed(told)
        return cast(T, told)

    async def _answered(self, asked: bytes) -> tuple[str, Any]:
        assert self.process.stdin is not None  # noqa: S101 - asked for at the start
        assert self.process.stdout is not None  # noqa: S101 - likewise
        self.process.stdin.write(LENGTH.pack(len(asked)) + asked)
        await self.process.stdin.drain()
        (length,) = LENGTH.unpack(await self.process.stdout.readexactly(LENGTH.size))
        if length > self.most:
            raise EOFError
        kind, told = read_answer(await self.process.stdout.readexactly(length))
        return kind, told

    def end(self) -> None:
        """End the process now, whatever it does."""
        self.usable = False
        with suppress(ProcessLookupError):
            self.process.kill()


class _Asker:
    """Somebody for whom work is done: how much of it is wanted, and the one piece whose turn it is."""

    def __init__(self) -> None:
        self.turn, self.wanting = asyncio.Lock(), 0


class Apart:
    """The processes for one kind of work. None is there before it is needed; each is kept for a while and used again."""

    def __init__(self, name: str, bounds: Bounds, note: Note = lambda *_: None) -> None:
        """Take the limits.

        Args:
            name: what the work is called in logs and metrics; note: is told of each piece.
        """
        self.name, self.bounds = name, bounds
        self._note = note
        self._places = asyncio.Semaphore(bounds.at_once)
        self._waiting = 0
        self._askers: WeakValueDictionary[Hashable, _Asker] = WeakValueDictionary()
        self._idle: list[tuple[Child, asyncio.TimerHandle]] = []
        self._ends: dict[Child, asyncio.Task[None]] = {}

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that there are."""
        return [child.process.pid for child in self._ends]

    @property
    def idle(self) -> int:
        """How many of them have nothing to do."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """How many pieces wait for a process, each of another asker."""
        return self._waiting

    async def call(self, work: Callable[P, T], *arguments: P.args, **no: P.kwargs) -> T:
        """Do a piece of work in another process.

        Args:
            work: a function of a module; arguments: what can be pickled.

        Raises:
            ServiceBusy: too many wait already.
            WorkStopped: it took too long or too much, or its process has died.
            WorkFailed: it has a defect.
            DomainError: what it raised.
        """
        async with self.child() as child:
            return await child.call(work, *arguments, **no)

    @asynccontextmanager
    async def child(self, about: Hashable = None, asker: Hashable = None) -> AsyncIterator[Child]:
        """Have a process for several pieces of work that follow each other.

        Args:
            about: what they are about; of several processes that are free, the one that was about it last is given.
            asker: for whom it is; who asks for more waits behind themselves, and takes no place from others. None is always another.

        Raises:
            ServiceBusy: too many wait already.
        """
        own = self._askers.setdefault(asker, _Asker()) if asker is not None else _Asker()
        async with self._behind(own), self._a_process(about) as child:
            yield child

    @asynccontextmanager
    async def _behind(self, own: "_Asker") -> AsyncIterator[None]:
        if own.wanting > self.bounds.waiting // 2:
            self._note(self.name, "busy", len(self._ends))
            raise ServiceBusy()
        own.wanting += 1
        try:
            async with own.turn:
                yield
        finally:
            own.wanting -= 1

    @asynccontextmanager
    async def _a_process(self, about: Hashable) -> AsyncIterator[Child]:
        if self._places.locked() and self._waiting >= self.bounds.waiting:
            self._note(self.name, "busy", len(self._ends))
            raise ServiceBusy()
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            child = self._free(about) or await self._started()
            child.about, child.seconds = about, self.bounds.seconds
            outcome = "cancelled"
            try:
                yield child
                outcome = "done"
            except WorkStopped as stopped:
                outcome = stopped.why
                _LOG.warning("%s: work was stopped: %s", self.name, stopped.why)
                raise
            except Exception as error:
                outcome = "refused" if isinstance(error, DomainError) else "failed"
                raise
            finally:
                self._put_back(child)
                self._note(self.name, outcome, len(self._ends))
        finally:
            self._places.release()

    async def close(self) -> None:
        """End all processes, and wait until they are gone."""
        for child in self._ends:
            child.end()
        await asyncio.gather(*self._ends.values())

    def _free(self, about: Hashable) -> Child | None:
        if not self._idle:
            return None
        index = next((n for n, (child, _) in enumerate(self._idle) if child.about == about), len(self._idle) - 1)
        child, timer = self._idle.pop(index)
        timer.cancel()
        return child

    def _put_back(self, child: Child) -> None:
        if child.usable and child in self._ends:
            timer = asyncio.get_running_loop().call_later(self.bounds.idle_seconds, self._expire, child)
            self._idle.append((child, timer))

    def _expire(self, child: Child) -> None:
        self._forget(child)
        child.end()

    def _forget(self, child: Child) -> None:
        for _, timer in [each for each in self._idle if each[0] is child]:
            timer.cancel()
        self._idle = [each for each in self._idle if each[0] is not child]

    async def _started(self) -> Child:
        """Start a process; it has a folder for what it needs on disk, which is taken away after it."""
        folder = Scratch(self.name)
        seen = {name: os.environ[name] for name in _KEPT if name in os.environ}
        limits = map(str, (os.getpid(), self.bounds.memory, self.bounds.niceness))
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _BOOT, _ROOT, *limits,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,  # a library may print there what it was given
                env={**seen, "TMPDIR": folder.path},
            )  # fmt: skip
        except BaseException:
            folder.close()
            raise
        child = Child(process, folder, self.bounds.memory)
        self._ends[child] = asyncio.create_task(self._followed(child))
        self._note(self.name, None, len(self._ends))
        return child

    async def _followed(self, child: Child) -> None:
        """Wait until a process ends, by itself or not, and leave nothing of it."""
        code = await child.process.wait()
        child.usable = False
        if code not in (0, _KILLED):
            _LOG.error("%s: a process has ended with %d", self.name, code)
        self._forget(child)
        del self._ends[child]
        self._note(self.name, None, len(self._ends))
        await asyncio.to_thread(child.folder.close)
