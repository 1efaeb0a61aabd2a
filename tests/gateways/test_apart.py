"""Processes that work apart: what they are given and give back, their limits, and that none is left behind."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from domain.errors import InvalidInput, NotFound, ServiceBusy, WrongInputs
from domain.message import Message
from domain.retention import Kept
from gateways import scratch
from gateways.apart.answers import read_answer
from gateways.apart.processes import Apart, Bounds, WorkFailed, WorkStopped
from gateways.scratch import Scratch
from policies.replay.recorded import Undecided
from tests.gateways import apart_work as work
from tests.patience import PATIENCE
from web.http_server import loop_factory

BOUNDS = Bounds(seconds=PATIENCE, memory=150 * 2**20, waiting=1, niceness=10)
T = TypeVar("T")

STARTS_A_CHILD = """
import asyncio
from gateways.apart.processes import Apart, Bounds
from tests.gateways.apart_work import for_ever, pid

async def main():
    apart = Apart("test", Bounds(3600, 2**30))
    print(await apart.call(pid), flush=True)
    await apart.call(for_ever)

asyncio.run(main())
"""


def run(what: Callable[[Apart], Awaitable[T]], bounds: Bounds = BOUNDS) -> T:
    """Do something with processes, on the loop that the service has, and see that all are gone after it."""

    async def all_of_it() -> T:
        apart = Apart("test", bounds)
        try:
            return await what(apart)
        finally:
            await apart.close()
            assert not apart.processes

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(all_of_it())


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not so():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


async def gone(apart: Apart) -> None:
    await until(lambda: not apart.processes)


def test_work_is_done_in_one_process_that_is_kept() -> None:
    async def asked(apart: Apart) -> None:
        first = await apart.call(work.pid)
        assert first != os.getpid()
        content = os.urandom(5_000_000)
        assert await apart.call(work.echo, content) == content
        assert await apart.call(work.pid) == first

    run(asked)


def test_what_a_library_prints_or_reads_is_no_part_of_what_is_said() -> None:
    assert run(lambda apart: apart.call(work.chatter)) == ""


def test_an_expected_failure_comes_as_it_was_raised() -> None:
    with pytest.raises(InvalidInput) as caught:
        run(lambda apart: apart.call(work.refuse))
    error = caught.value
    assert (error.message, error.field, error.code) == (Message("不行", "not so"), "input.it", "IMAGE_FORMAT")
    several = WrongInputs([error, InvalidInput(Message("二", "two"))])
    assert [each.message.en for each in run(lambda apart: apart.call(work.echo, several)).errors] == ["not so", "two"]


def test_each_kind_of_value_that_answers_have_comes_as_it_was() -> None:
    several = {
        "a": {1},
        "b": frozenset({2}),
        "c": Counter("aab"),
        "f": Undecided("FACT_MISSING", ("holder.age",)),
        "d": Decimal("0.10"),
        "e": Path("china/settings.yaml"),
    }
    moments = [date(2026, 12, 1), datetime(2026, 12, 1, tzinfo=timezone(timedelta(hours=8))), Bounds(1.5, 2)]
    answer = ("done", (several, moments, Kept.DOCUMENTS))
    assert read_answer(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)) == answer
    error = NotFound(Message("没有", "nothing"), field="input.a")
    _, told = read_answer(pickle.dumps(("refused", error)))
    assert (type(told), told.message, told.field) == (NotFound, error.message, error.field)


@pytest.mark.parametrize(
    "hostile",
    [
        work.answer_with_a_call,
        work.answer_with_a_call_within,
        work.answer_with_a_function_of_ours,
        work.answer_with_a_class_of_ours,
        work.announce_more_than_there_is,
        work.answer_nonsense,
    ],
)
def test_a_process_that_is_taken_over_answers_with_nothing_that_is_carried_out(
    hostile: Callable[[str], Any], tmp_path: Path
) -> None:
    async def asked(apart: Apart) -> None:
        first = await apart.call(work.pid)
        with pytest.raises(WorkStopped) as caught:
            await apart.call(hostile, str(tmp_path / "carried-out"))
        assert caught.value.why == "ended"
        assert not (tmp_path / "carried-out").exists()
        assert await apart.call(work.pid) != first

    run(asked)


def test_a_defect_is_told_with_its_traceback_and_costs_no_process() -> None:
    async def asked(apart: Apart) -> None:
        first = await apart.call(work.pid)
        with pytest.raises(WorkFailed, match="KeyError: 'a defect'"):
            await apart.call(work.fail)
        assert await apart.call(work.pid) == first

    run(asked)


@pytest.mark.parametrize(
    ("kind", "why"), [(work.for_ever, "time"), (work.fill_the_memory, "memory"), (work.die, "ended")]
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold a process to its memory")
def test_work_beyond_its_limits_is_stopped_and_the_next_has_another_process(kind: Callable[..., Any], why: str) -> None:
    async def asked(apart: Apart) -> None:
        held = await apart.call(work.pid)
        async with apart.child() as child:
            with pytest.raises(WorkStopped) as caught:
                await child.within(0.2 if why == "time" else PATIENCE, kind)
        assert caught.value.why == why
        assert await apart.call(work.pid) != held
        assert not is_there(held)

    run(asked)


def test_how_a_process_has_died_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(WorkStopped, match="ended"):
        run(lambda apart: apart.call(work.crash))
    assert "test: a process has ended with -6" in caplog.messages


def test_no_process_is_ended_where_there_is_no_time_to_begin_with() -> None:
    async def asked(apart: Apart) -> None:
        held = await apart.call(work.pid)
        async with apart.child() as child:
            with pytest.raises(WorkStopped, match="time"):
                await child.within(0, work.pid)
        assert await apart.call(work.pid) == held

    run(asked)


def test_who_gives_up_ends_the_work() -> None:
    async def asked(apart: Apart) -> None:
        task = asyncio.create_task(apart.call(work.for_ever))
        await until(lambda: bool(apart.processes))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone(apart)

    run(asked)


def test_no_more_wait_than_may_and_whoever_is_too_many_is_told_when_to_come_again() -> None:
    async def asked(apart: Apart) -> None:
        under_way = asyncio.create_task(apart.call(work.asleep))
        waiting = asyncio.create_task(apart.call(work.pid))
        await asyncio.sleep(0)
        with pytest.raises(ServiceBusy) as caught:
            await apart.call(work.pid)
        assert caught.value.retry_after > 0
        under_way.cancel()
        assert await waiting != os.getpid()

    run(asked)


def test_who_asks_for_much_waits_behind_themselves_and_takes_no_place_from_others() -> None:
    order: list[str] = []

    async def one(apart: Apart, asker: str) -> None:
        try:
            async with apart.child(asker=asker):
                order.append(asker)
        except ServiceBusy:
            order.append(f"{asker} is told")

    async def asked(apart: Apart) -> None:
        async with apart.child(asker="busy"):
            many = [asyncio.create_task(one(apart, "greedy")) for _ in range(9)]
            await asyncio.sleep(0)
            others = [asyncio.create_task(one(apart, name)) for name in ("b", "c")]
            await asyncio.sleep(0)
        await asyncio.gather(*many, *others)

    run(asked, replace(BOUNDS, waiting=4))
    assert order == [*["greedy is told"] * 6, "greedy", "b", "c", "greedy", "greedy"]


def test_of_several_processes_the_one_that_knows_of_it_is_asked() -> None:
    async def asked(apart: Apart) -> None:
        async with apart.child("a") as one, apart.child("b") as other:
            pids = [await one.call(work.pid), await other.call(work.pid)]
        for about, pid in zip("abab", pids * 2, strict=True):
            async with apart.child(about) as child:
                assert await child.call(work.pid) == pid

    run(asked, replace(BOUNDS, at_once=2))


def test_a_process_sees_no_keys_and_lets_others_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCRYPTION_KEYS", "secret")
    niceness, seen, core = run(lambda apart: apart.call(work.limits))
    assert niceness == min(19, os.nice(0) + BOUNDS.niceness)
    assert "secret" not in seen.values()
    # What is in its memory is somebody's picture.
    assert core == (0, 0)


def test_a_process_without_work_ends_after_a_while_and_leaves_no_file() -> None:
    async def asked(apart: Apart) -> Path:
        folder = Path(await apart.call(work.leave_a_file))
        await gone(apart)
        return folder

    folder = run(asked, replace(BOUNDS, idle_seconds=0.01))
    assert not folder.exists()


def test_one_that_dies_without_work_is_replaced() -> None:
    async def asked(apart: Apart) -> None:
        os.kill(await apart.call(work.pid), signal.SIGKILL)
        await gone(apart)
        assert await apart.call(work.echo, 1) == 1

    run(asked)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a busy process outlives the one that has started it")
def test_what_a_service_had_that_was_killed_is_taken_away_by_the_next_and_nothing_of_one_that_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    strangers, young = tmp_path / "pictures-of-somebody", Scratch("young")
    strangers.mkdir()
    values = {**os.environ, "TMPDIR": str(tmp_path)}
    services = [
        subprocess.Popen([sys.executable, "-c", STARTS_A_CHILD], stdout=subprocess.PIPE, env=values) for _ in range(2)
    ]
    for service in services:
        assert service.stdout is not None
        service.stdout.readline()
    services[0].kill()
    services[0].wait()
    there = set(tmp_path.glob(f"{scratch.PREFIX}test-*"))
    for folder in (*there, strangers):
        os.utime(folder, (0, 0))
    [gone] = scratch.clear()
    assert scratch.clear() == []
    assert set(tmp_path.iterdir()) == {strangers, Path(young.path), *there - {Path(gone)}}
    services[1].kill()
    services[1].wait()
    assert {str(path) for path in there} == {gone, *scratch.clear()}
    for service in services:
        assert service.stdout is not None
        service.stdout.close()


def test_none_outlives_a_service_that_is_killed() -> None:
    service = subprocess.Popen(
        [sys.executable, "-c", STARTS_A_CHILD], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert service.stdout is not None
    child = int(service.stdout.readline())
    service.kill()
    service.wait()
    deadline = time.monotonic() + PATIENCE
    while is_there(child) and _state(child) != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    service.stdout.close()


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
