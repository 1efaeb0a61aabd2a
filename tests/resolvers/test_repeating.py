"""What processes do again and again: what the log is told of what fails."""

import asyncio
import logging
from datetime import timedelta

import pytest

from resolvers.repeating import Repeating
from store import StoreError, StoreUnreachable
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio

GONE = StoreUnreachable("The database cards cannot be reached.", "cards")


class Loop:
    """Something that goes as it is told to, time by time; the last one for ever."""

    def __init__(self, *comes: Exception | None) -> None:
        self.comes, self.times, self.done = comes, 0, asyncio.Event()

    async def __call__(self) -> None:
        self.times += 1
        if self.times > len(self.comes):
            self.done.set()
        elif (error := self.comes[self.times - 1]) is not None:
            raise error


async def told(caplog: pytest.LogCaptureFixture, **loops: Loop) -> list[tuple[int, str]]:
    again = Repeating()
    tasks = [asyncio.create_task(again.each(timedelta(0), name, loop)) for name, loop in loops.items()]
    async with asyncio.timeout(PATIENCE):
        for loop in loops.values():
            await loop.done.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [(record.levelno, record.getMessage()) for record in caplog.records]


async def test_what_fails_is_told_once_and_so_is_that_it_works_again(caplog: pytest.LogCaptureFixture) -> None:
    broken = ValueError("no words of ours")
    lines = await told(caplog, reading=Loop(None, broken, broken, broken, None, None, broken, None))
    assert [level for level, _ in lines] == [logging.ERROR, logging.WARNING] * 2
    assert lines[0][1].startswith("reading failed (it is tried again every 0:00:00")
    assert lines[1][1].startswith("reading works again")
    assert [record.exc_info is not None for record in caplog.records] == [True, False] * 2


async def test_a_database_that_is_gone_is_told_by_one_for_all(caplog: pytest.LogCaptureFixture) -> None:
    loops = {f"loop {number}": Loop(None, *[GONE] * number, None) for number in (2, 3, 4)}
    lines = await told(caplog, **loops)
    assert [level for level, _ in lines] == [logging.ERROR, logging.WARNING]
    assert lines[0][1].startswith("loop 2 failed: The database cards cannot be reached. (it is tried again")
    assert lines[1][1].startswith("loop 4 works again")
    assert [record.exc_info for record in caplog.records] == [None, None], "it says all that there is to say"


async def test_another_cause_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    full = StoreError("The database cards is full.")
    lines = await told(caplog, a=Loop(GONE, full, full, None), b=Loop(GONE, GONE, GONE, GONE, None))
    assert [message.partition(" (")[0] for _, message in lines] == [
        "a failed: The database cards cannot be reached.",
        "a failed: The database cards is full.",
        "a works again, and so does what failed with it",
        "b works again, and so does what failed with it",
    ]
