"""Several processes that do the same: forked from one that has loaded what they share, and started again when they die.

The process that forks them does nothing else. It has one thread, no connection and no event loop, so that a fork finds every
lock free and inherits nothing that two must not use.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Any, Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM)
QUICK_SECONDS: Final = 10.0
"""A process that has not lived so long died at once."""
LONGEST_PAUSE: Final = 60.0
"""Seconds, at most, until a process is started again that died at once each time."""
_RING: Final = b"\0"

Ring = Callable[[], None]
Work = Callable[[int, Ring], None]
"""What a process does, given its place among them, the first being 0, and a bell that is heard where it was forked."""


@dataclass(slots=True)
class _Place:
    """One of the processes, and whoever takes its place when it dies."""

    number: int
    process: ForkProcess | None = None
    begun: float = 0.0
    quick_deaths: int = 0
    due: float = 0.0

    def died(self) -> float:
        """Note a death, and return how many seconds to wait before another process takes the place."""
        now = time.monotonic()
        self.quick_deaths = self.quick_deaths + 1 if now - self.begun < QUICK_SECONDS else 0
        pause = min(LONGEST_PAUSE, 2.0 ** (self.quick_deaths - 2)) if self.quick_deaths > 1 else 0.0
        self.process, self.due = None, now + pause
        return pause


class Workers:
    """The processes; `run` returns when all have ended.

    Args:
        count: how many; work: what each does until a signal ends it.
        listener: where they all take connections; closed here when they are to end, so that it closes when the last one does.
        rung: is called when one of them has rung.
        gone: is called with the id of each process that has ended, and whether another is to take its place.
        tell: shows a line to the operator.
    """

    def __init__(
        self,
        count: int,
        work: Work,
        listener: socket.socket,
        *,
        rung: Callable[[], None],
        gone: Callable[[int, bool], None],
        tell: Callable[[str], None],
    ) -> None:
        self._places = [_Place(number) for number in range(count)]
        self._work, self._listener = work, listener
        self._rung, self._gone, self._tell = rung, gone, tell
        self._signals: list[int] = []
        self._passed_on = 0
        # Signals ring the same bell as workers do, and so wake up who waits.
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)

    def run(self) -> int:
        """Keep the processes running until SIGTERM or SIGINT, and then let them end in order.

        A second SIGINT has them hang up on whoever is not answered yet.

        Returns:
            The exit code: 0, or 130 after SIGINT, as shells expect it.
        """
        with _handling(self._note), self._ear, self._bell:
            before = signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
            try:
                while not self._signals or self._alive():
                    self._start_those_due()
                    self._wait()
                    self._pass_signals_on()
                    self._bury()
            finally:
                signal.set_wakeup_fd(before)
                for process in self._alive():
                    process.kill()
        return 128 + signal.SIGINT if self._signals[0] == signal.SIGINT else 0

    def _alive(self) -> list[ForkProcess]:
        return [place.process for place in self._places if place.process is not None]

    def _start_those_due(self) -> None:
        for place in self._places:
            if place.process is None and not self._signals and time.monotonic() >= place.due:
                place.begun = time.monotonic()
                try:
                    place.process = forked(self._become, place.number)
                except OSError as error:
                    self._tell(f"Worker {place.number + 1} cannot be started: {error}; {_again(place.died())}.")

    def _become(self, number: int) -> None:
        """Be a worker."""
        self._ear.close()
        self._work(number, self._ring)

    def _ring(self) -> None:
        with suppress(OSError):  # so many have rung that it is heard anyway, or nobody is there to hear it
            self._bell.send(_RING)

    def _wait(self) -> None:
        """Wait until something happens: a signal, a ring, a death, or that it is time to start one again."""
        due = [place.due - time.monotonic() for place in self._places if place.process is None]
        waiting: list[Any] = [self._ear, *(process.sentinel for process in self._alive())]
        ready = connection.wait(waiting, max(0.0, min(due)) if due and not self._signals else None)
        if self._ear in ready and _RING in self._ear.recv(4096):
            self._rung()

    def _pass_signals_on(self) -> None:
        """Have the workers end: in order first, and at once where somebody insists.

        A terminal sends its SIGINT to all of them itself, and two would be somebody who insists.
        """
        for number, each in enumerate(self._signals[self._passed_on :], self._passed_on):
            self._listener.close()
            for process in self._alive():
                _send(process, signal.SIGINT if number and each == signal.SIGINT else signal.SIGTERM)
        self._passed_on = len(self._signals)

    def _bury(self) -> None:
        for place in self._places:
            process = place.process
            if process is None or process.exitcode is None:
                continue
            code, pid = process.exitcode, process.pid or 0
            process.close()
            pause = place.died()
            self._gone(pid, not self._signals)
            if not self._signals:
                how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"has ended with {code}"
                self._tell(f"Worker {place.number + 1} ({pid}) {how}; {_again(pause)}.")

    def _note(self, number: int, _: FrameType | None) -> None:
        self._signals.append(number)


def _again(pause: float) -> str:
    return f"it is started again in {pause:.0f} s" if pause else "it is started again"


def once(work: Callable[[], None]) -> int:
    """Do something in a process of its own, and return how it has exited; SIGTERM and SIGINT go to that process."""
    process = forked(work)
    with _handling(lambda number, _: _send(process, signal.Signals(number))):
        process.join()
    code = process.exitcode or 0
    return 128 - code if code < 0 else code


def forked(work: Callable[..., None], *arguments: Any) -> ForkProcess:
    """Start a process that does something, with signals treated as in one that was just started."""
    # None may come to a process that still has the handlers of this one, or it would be lost.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        process = get_context("fork").Process(target=_fresh, args=(mask, work, *arguments), daemon=True)
        process.start()
        return process
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _fresh(mask: set[signal.Signals], work: Callable[..., None], *arguments: Any) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        work(*arguments)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have a function called for the signals that end a process."""
    before = {each: signal.signal(each, handler) for each in ENDING}
    try:
        yield
    finally:
        for each, former in before.items():
            signal.signal(each, former)


def _send(process: ForkProcess, number: signal.Signals) -> None:
    # Its id is nobody else's until it has been waited for, which asking for its exit code does.
    if process.exitcode is None and process.pid is not None:
        os.kill(process.pid, number)
