"""Whose request is taken up next; a clock that stands still says when."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from time import thread_time

import pytest

from web.aside import Aside
from web.turns import (
    AROUND_SECONDS,
    FORGOTTEN,
    LONGEST_REST,
    REMEMBERED,
    REST,
    SHORT_SECONDS,
    TOGETHER,
    Measured,
    Turn,
    Turns,
    measuring_tasks,
)


def in_a_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Run a test in a loop of its own."""

    @wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run


class Clock:
    """Seconds as the test has them pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """Requests that were taken up, or wait."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.turns = Turns(self.clock)
        self.order: list[str] = []
        self.taken: dict[str, Turn] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, *names: str) -> None:
        """Ask as often as names are given; the first letter is who asks."""
        for name in names:
            self.tasks[name] = asyncio.create_task(self._take(name))
            await asyncio.sleep(0)

    async def _take(self, name: str) -> None:
        self.taken[name] = await self.turns.take(name[0])
        self.order.append(name)

    async def end(self, name: str, held: float = 0.0) -> None:
        """End a request that held the loop for so long."""
        turn = self.taken.pop(name)
        if held:
            turn.note_step(self.clock.now, self.clock.now + held)
            self.clock.now += held
        self.turns.end(turn)
        await asyncio.sleep(0)

    async def until_taken(self, name: str) -> None:
        """Wait for a request to be taken up."""
        await self.tasks[name]


@in_a_loop
async def test_who_is_alone_asks_as_much_as_they_like() -> None:
    asked = Asked()
    await asked.ask("a1", "a2", "a3", "a4")
    assert asked.order == ["a1", "a2", "a3", "a4"]
    await asked.end("a1", held=1.0)
    await asked.ask("a5")
    assert asked.order[-1] == "a5"


@in_a_loop
async def test_while_others_ask_a_caller_has_two_requests_under_way_and_the_rest_in_their_order() -> None:
    assert TOGETHER == 2
    asked = Asked()
    await asked.ask("b1", "a1", "a2", "a3", "a4", "b2")
    assert asked.order == ["b1", "a1", "a2", "b2"]
    await asked.end("a2")
    assert asked.order[-1] == "a3"
    await asked.end("a1")
    assert asked.order[-1] == "a4"


@in_a_loop
async def test_who_waits_goes_on_once_nobody_else_has_asked_for_some_time() -> None:
    asked = Asked()
    await asked.ask("b1", "a1", "a2", "a3", "a4")
    assert asked.order == ["b1", "a1", "a2"]
    asked.clock.now += 60
    await asked.end("a1")
    assert asked.order == ["b1", "a1", "a2", "a3", "a4"]


@in_a_loop
async def test_who_held_the_loop_rests_four_times_as_long_and_others_do_not() -> None:
    asked = Asked()
    await asked.ask("b1", "a1")
    await asked.end("a1", held=0.03)
    await asked.ask("a2", "b2")
    assert asked.order == ["b1", "a1", "b2"]
    asked.clock.now += REST * (0.03 - SHORT_SECONDS)
    await asked.ask("b3")
    assert "a2" not in asked.taken
    asked.clock.now += REST * 2 * AROUND_SECONDS
    await asked.until_taken("a2")


@in_a_loop
async def test_short_steps_far_apart_are_nobodys_trouble_and_close_together_they_are() -> None:
    asked = Asked()
    for gap, is_held in ((REST * 0.005, False), (0.0, True)):
        await asked.ask("b1", "a1")
        turn = asked.taken["a1"]
        for step in range(10):
            turn.note_step(step * (0.005 + gap), step * (0.005 + gap) + 0.005)
        assert (turn.held > 0) is is_held
        await asked.end("a1")
        await asked.end("b1")


@in_a_loop
async def test_a_rest_has_an_end_however_long_the_loop_was_held() -> None:
    asked = Asked()
    await asked.ask("b1", "a1")
    await asked.end("a1", held=1_000.0)
    asked.clock.now += LONGEST_REST
    await asked.ask("b2", "a2")
    assert asked.order[-1] == "a2"


@in_a_loop
async def test_who_hangs_up_while_waiting_keeps_no_place() -> None:
    asked = Asked()
    await asked.ask("b1", "a1", "a2", "a3", "a4")
    asked.tasks["a3"].cancel()
    await asyncio.gather(asked.tasks["a3"], return_exceptions=True)
    await asked.end("a1")
    assert asked.order[-1] == "a4"
    # Its turn comes and it hangs up at the same moment.
    await asked.ask("a5", "a6")
    asked.turns.end(asked.taken.pop("a2"))
    asked.tasks["a5"].cancel()
    await asyncio.gather(asked.tasks["a5"], return_exceptions=True)
    await asked.until_taken("a6")


@in_a_loop
async def test_many_short_requests_one_after_another_are_one_long_one() -> None:
    asked = Asked()
    await asked.ask("b1")
    for number in range(200):
        await asked.ask(f"a{number}")
        if f"a{number}" not in asked.taken:
            return
        await asked.end(f"a{number}")
    raise AssertionError("nobody was held back")


@in_a_loop
async def test_of_many_callers_those_who_asked_long_ago_are_forgotten() -> None:
    turns = Turns()
    staying = await turns.take(0)
    for number in range(1, REMEMBERED + 50):
        turns.end(await turns.take(number))
    assert len(turns) <= REMEMBERED
    turns.end(staying)


@in_a_loop
async def test_callers_who_stay_keep_nobody_behind_them_from_being_forgotten() -> None:
    turns = Turns()
    staying = [await turns.take(number) for number in range(FORGOTTEN)]
    for number in range(FORGOTTEN, REMEMBERED + 3 * FORGOTTEN):
        turns.end(await turns.take(number))
    assert len(turns) <= REMEMBERED + FORGOTTEN
    assert all(turn.caller.under_way == 1 for turn in staying)
    assert [(await turns.take(turn.caller.key)).caller for turn in staying] == [turn.caller for turn in staying]


def test_a_caller_is_known_by_a_token_that_was_found_good_and_else_by_the_address() -> None:
    turns = Turns()
    scope = {"headers": [(b"host", b"x"), (b"authorization", b"Bearer t")], "client": ("10.0.0.1", 1)}
    other = {"headers": [(b"authorization", b"Bearer u")], "client": ("10.0.0.1", 2)}
    assert turns.caller_of(scope) == turns.caller_of(other) == "10.0.0.1"
    turns.vouch("Bearer t", "who")
    assert turns.caller_of(scope) != turns.caller_of(other) == "10.0.0.1"
    # However the token is written, and whichever of theirs it is.
    turns.vouch("bearer  t ", "who")
    turns.vouch("Bearer u", "who")
    written = [{**scope, "headers": [(b"authorization", value)]} for value in (b"Bearer t", b"bearer  t ", b"Bearer u")]
    assert [turns.caller_of(each) for each in written] == ["who"] * 3
    assert turns.caller_of({"headers": [], "client": None}) is None
    # Of one connection by IPv6, each address is another.
    nearby = {turns.caller_of({"headers": [], "client": (f"2001:db8::{place}", 1)}) for place in range(9)}
    assert len(nearby) == 1


@contextmanager
def measured_loop() -> Iterator[asyncio.AbstractEventLoop]:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_task_factory(measuring_tasks)
        yield loop


class Busy(Exception):
    """Something went wrong on the way."""


def test_what_is_done_beside_the_loop_counts_as_its_caller_s() -> None:
    def busy() -> None:
        ends = thread_time() + 2 * SHORT_SECONDS
        while thread_time() < ends:
            pass

    async def asked() -> float:
        turn = await Turns().take("somebody")
        await Aside().do(busy)
        return turn.held

    assert asyncio.run(asked()) > 0


@pytest.mark.filterwarnings("error")
def test_steps_are_measured_in_a_request_and_in_its_tasks_and_what_comes_of_them_is_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noted: list[str] = []

    def note(*_: object) -> None:
        task = asyncio.current_task()
        assert task is not None
        noted.append(task.get_name())

    monkeypatch.setattr(Turn, "note_step", note)

    async def child(number: int) -> int:
        await asyncio.sleep(0)
        if number == 2:
            raise Busy
        return number

    async def work() -> list[object]:
        tasks = [asyncio.create_task(child(number), name=f"child {number}") for number in range(3)]
        never = asyncio.create_task(child(9))
        never.cancel()
        found = list(await asyncio.gather(*tasks, never, return_exceptions=True))
        return [*found, [getattr(task.get_coro(), "__qualname__", None) for task in tasks]]

    async def main() -> list[object]:
        return await Measured(work(), await Turns().take("a"))

    with measured_loop() as loop:
        found = loop.run_until_complete(main())
    assert found[:2] == [0, 1]
    assert isinstance(found[2], Busy)
    assert isinstance(found[3], asyncio.CancelledError)
    # The log tells by it whose work was lost.
    assert found[4] == [child.__qualname__] * 3
    assert {"child 0", "child 1", "child 2"} < set(noted)
