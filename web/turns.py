"""Whose request is taken up next, so that nobody waits for what one caller asks.

A process answers everybody in one loop. Requests are taken up as they come, with two exceptions, both only where others ask as well:
a caller has at most two under way, and who held the loop for longer than anybody should rests four times as long before their next
is taken up. However many connections a caller has, the loop is then free for three quarters of the time, with what database drivers
do between the steps, which is not measured.

What holds the loop is measured where the loop runs it: each step of a request, and of the tasks that it makes.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Generator, Hashable, Mapping
from contextvars import ContextVar
from itertools import islice
from time import perf_counter
from typing import Any, Final, TypeVar

from schema.kit.addresses import counted_address

T = TypeVar("T")

TOGETHER: Final = 2
"""Requests of one caller that are under way at once while others ask too."""
SHORT_SECONDS: Final = 0.01
"""What may hold the loop at a time without a rest; answers to a person's own data take a fifth of it."""
AROUND_SECONDS: Final = 0.0004
"""What HTTP takes around the answer of a request."""
REST: Final = 4
"""How many times as long as the loop was held its holder rests."""
LONGEST_REST: Final = 5.0
"""Seconds; half of what a request may take, so that one that waits is still answered."""
LATELY_SECONDS: Final = 5.0
"""For how long a caller counts as asking after they have asked."""
EARLY_SECONDS: Final = 0.002
"""How much earlier than it should a loop may wake."""
REMEMBERED: Final = 10_000
"""Callers."""
FORGOTTEN: Final = 100
"""Callers, at a time."""


class Turn:
    """A request that is under way.

    Args:
        caller: whose it is.
    """

    __slots__ = ("caller", "held")

    def __init__(self, caller: "_Caller") -> None:
        self.caller = caller
        self.held = 0.0

    def note_step(self, began: float, ended: float) -> None:
        """Note a step of the request; it counts with those of the caller's before it, as far as they did not rest in between."""
        caller = self.caller
        rested = max(0.0, began - caller.lately_until) / REST
        lately = max(0.0, caller.lately - rested) + ended - began
        if lately > SHORT_SECONDS:
            self.held += lately - SHORT_SECONDS
            lately = SHORT_SECONDS
        caller.lately, caller.lately_until = lately, ended

    def note_aside(self, seconds: float) -> None:
        """Note what the request took of the processor beside the loop, which the loop did without."""
        now = perf_counter()
        self.note_step(now - seconds, now)


class _Caller:
    """A caller, with what they have under way and waiting, and what they took of the loop lately."""

    __slots__ = ("key", "lately", "lately_until", "rests_until", "under_way", "waiting", "wakes")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.under_way = 0
        self.lately = self.lately_until = 0.0
        self.rests_until = 0.0
        self.wakes = False
        self.waiting: deque[asyncio.Future[None]] = deque()

    def may_go(self, now: float) -> bool:
        return self.under_way < TOGETHER and self.rests_until <= now


class Turns:
    """The requests of one process.

    Args:
        clock: seconds, as the loop counts them or not.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._callers: dict[Hashable, _Caller] = {}
        self._known: OrderedDict[int, Hashable] = OrderedDict()
        self._latest: Hashable = None
        self._latest_at = self._others_at = float("-inf")

    def __len__(self) -> int:
        """Return how many callers are remembered."""
        return len(self._callers)

    def caller_of(self, scope: Mapping[str, Any]) -> Hashable:
        """Return by what a caller is known: whose token it is, once it was found good, else the address as limits count it."""
        for name, value in scope["headers"]:
            if name == b"authorization":
                key = hash(value)
                if (whose := self._known.get(key)) is not None:
                    return whose
                break
        client = scope.get("client")
        return counted_address(client[0]) if client else None

    def vouch(self, header: str, whose: Hashable) -> None:
        """Know a caller by their token from now on: it was found good.

        Args:
            whose: who has it. One token is written in many ways, and one person has as many as they like.
        """
        key = hash(header.encode("latin-1"))
        self._known[key] = whose
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def take(self, key: Hashable) -> Turn:
        """Wait for the caller's turn, and begin it; `end` ends it."""
        now = self._clock()
        if key != self._latest:
            self._latest, self._others_at = key, self._latest_at
        self._latest_at = now
        caller = self._callers.get(key)
        if caller is None:
            self._forget()
            caller = self._callers[key] = _Caller(key)
        if not caller.waiting and (caller.may_go(now) or not self._others_ask(key, now)):
            caller.under_way += 1
        else:
            await self._wait(caller)
        turn = Turn(caller)
        _TURN.set(turn)
        return turn

    def end(self, turn: Turn) -> None:
        """End a turn, and begin the next one of its caller.

        Steps that are noted afterwards count with what the caller asks next.
        """
        caller = turn.caller
        caller.under_way -= 1
        now = self._clock()
        turn.note_step(now - AROUND_SECONDS, now)
        if turn.held:
            rest = min(LONGEST_REST, max(0.0, caller.rests_until - now) + REST * turn.held)
            caller.rests_until = now + rest
        self._go_on(caller)

    def _others_ask(self, key: Hashable, now: float) -> bool:
        latest = self._latest_at if key != self._latest else self._others_at
        return now - latest < LATELY_SECONDS

    async def _wait(self, caller: _Caller) -> None:
        waiting = asyncio.get_running_loop().create_future()
        caller.waiting.append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():  # its turn came at the same moment
                caller.under_way -= 1
                self._go_on(caller)
            raise

    def _go_on(self, caller: _Caller) -> None:
        """Begin as many turns of a caller as may be."""
        now = self._clock()
        while caller.waiting and (caller.may_go(now) or not self._others_ask(caller.key, now)):
            waiting = caller.waiting.popleft()
            if not waiting.done():
                caller.under_way += 1
                waiting.set_result(None)
        if caller.rests_until > now:
            self._wake(caller, caller.rests_until - now)

    def _forget(self) -> None:
        """Forget the first of many callers; what they took lately is over by then. Who has something under way counts as new again."""
        if len(self._callers) >= REMEMBERED:
            for caller in list(islice(self._callers.values(), FORGOTTEN)):
                del self._callers[caller.key]
                if caller.under_way or caller.waiting or caller.wakes:
                    self._callers[caller.key] = caller

    def _wake(self, caller: _Caller, seconds: float) -> None:
        """Go on after a rest; a loop may wake a little early."""

        def wake() -> None:
            caller.wakes = False
            self._go_on(caller)

        if not caller.wakes:
            caller.wakes = True
            asyncio.get_running_loop().call_later(seconds + EARLY_SECONDS, wake)


_TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)


class Measured(Coroutine[Any, Any, T]):
    """A coroutine whose steps are noted on a turn.

    Args:
        coroutine: what is run.
        turn: whose steps they are.
    """

    __slots__ = ("_coroutine", "_turn")

    def __init__(self, coroutine: Coroutine[Any, Any, T], turn: Turn) -> None:
        self._coroutine = coroutine
        self._turn = turn

    def send(self, value: Any) -> Any:
        """Take the next step."""
        began = perf_counter()
        try:
            return self._coroutine.send(value)
        finally:
            self._turn.note_step(began, perf_counter())

    def throw(self, *error: Any) -> Any:
        """Take the next step with an exception."""
        began = perf_counter()
        try:
            return self._coroutine.throw(*error)
        finally:
            self._turn.note_step(began, perf_counter())

    def close(self) -> None:
        """End it where it is."""
        self._coroutine.close()

    def __getattr__(self, name: str) -> Any:
        """Tell whoever looks at tasks, such as the log of what broke in one, what the coroutine is called and where it is."""
        return getattr(self._coroutine, name)

    def __await__(self) -> Generator[Any, Any, T]:
        return self

    def __iter__(self) -> "Measured[T]":
        return self

    def __next__(self) -> Any:
        return self.send(None)


def measuring_tasks(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> "asyncio.Task[Any]":
    """Make a task, as the factory of a loop does; what a request has made is noted on its turn."""
    turn = _TURN.get()
    if turn is not None and asyncio.iscoroutine(coroutine):
        coroutine = Measured(coroutine, turn)
    return asyncio.Task(coroutine, loop=loop, **options)


def turn_under_way() -> Turn | None:
    """Return the turn of the request that is being answered; None outside of any."""
    return _TURN.get()
