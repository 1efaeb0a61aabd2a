"""What a server has loaded is set aside from the search for garbage, and replaced policies are freed all the same."""

import gc
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from weakref import ref

import pytest

from composition.garbage import THRESHOLDS, set_loaded_aside
from demo.running import ROOT, running_service
from gateways.working_calendar import ChineseWorkingCalendar
from policies.engine.decide import Policies
from policies.live import LivePolicies, Reload
from policies.tree.tree import load_tree
from tests.test_reload import SETTINGS, Served, until
from web.metrics import PAUSES

FROZEN = "python_gc_frozen_objects "
SETTING = """  spare_{number}:
    type: integer
    label: {{zh: 备用, en: spare}}
    values: [{{value: {number}, from: 2020-01-01, source: assumption}}]
"""


def edited(text: str, turn: int) -> str:
    """Return the settings of a province with another comment and another value, so that all that reads it is made anew."""
    return f"# {turn}\n{text}".replace("value: 18", f"value: {17 - turn % 2}")


@pytest.fixture(scope="module")
def process() -> Iterator[Executor]:
    """Return a process that holds no more than a server does: of all that a run of tests has loaded, each look takes a second."""
    with ProcessPoolExecutor(1, get_context("spawn")) as started:
        yield started


def alone(work: Callable[..., None], *arguments: Any) -> None:
    """Do something, and undo what it did to the garbage collector."""
    before = gc.get_threshold()
    try:
        work(*arguments)
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def test_a_server_sets_aside_what_it_has_loaded_at_the_start_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = tmp_path / "regions"
    shutil.copytree(ROOT / "regions", regions)
    monkeypatch.setenv("REGIONS_FOLDER", str(regions))
    (tmp_path / "service").mkdir()
    with running_service(tmp_path / "service") as running:
        served = Served(running, regions)
        before = served.metric(FROZEN)
        assert before > 100_000
        good, digest = served.text(), served.health()["digest"]
        served.write(good + "\nnonsense: true")
        until(lambda: bool(served.health()["faults"]))
        # Reading the files, good or bad, must not bring back what was set aside.
        assert served.metric(FROZEN) > 0.95 * before
        # The first look at what was loaded finds much that no search need ever look at, such as tuples of texts.
        before = served.metric(FROZEN)
        served.write(edited(good, 1))
        until(lambda: served.health()["digest"] != digest)
        until(lambda: 100_000 < served.metric(FROZEN) < before)
        before, digest = served.metric(FROZEN), served.health()["digest"]
        served.write(good + "".join(SETTING.format(number=number) for number in range(1_000)))
        until(lambda: served.health()["digest"] != digest)
        # What is loaded anew is set aside as well: each setting is more than five objects.
        until(lambda: served.metric(FROZEN) > before + 1_000)
        # All of it was looked through for that, which stopped every request.
        assert 0 < served.metric("python_gc_longest_pause_seconds ") <= served.metric("python_gc_pause_seconds_total ")
        served.http.close()


def live_policies(regions: Path) -> LivePolicies:
    return LivePolicies(
        regions, lambda days: ChineseWorkingCalendar(days.holidays, days.workdays), lambda: datetime.now(UTC)
    )


def freed(regions: Path) -> None:
    shutil.copytree(ROOT / "regions", regions)
    live = live_policies(regions)
    good = (regions / SETTINGS).read_text(encoding="utf-8")
    set_loaded_aside()
    frozen: list[int] = []
    former: list[ref[Policies]] = []
    for turn in range(8):
        former.append(ref(live.current.policies))
        (regions / SETTINGS).write_text(edited(good, turn), encoding="utf-8")
        assert live.reload() is Reload.REPLACED
        set_loaded_aside()
        frozen.append(gc.get_freeze_count())
    assert [policies for policies in former if policies() is not None] == []
    assert max(frozen[2:]) <= 1.02 * frozen[1]
    assert gc.get_threshold() == THRESHOLDS


def test_replaced_policies_are_freed_and_nothing_grows(tmp_path: Path, process: Executor) -> None:
    process.submit(alone, freed, tmp_path / "regions").result()


def freed_the_next_time(regions: Path) -> None:
    shutil.copytree(ROOT / "regions", regions)
    live = live_policies(regions)
    good = (regions / SETTINGS).read_text(encoding="utf-8")
    needed: Policies | None = live.current.policies
    former = ref(live.current.policies)
    for turn in range(2):
        (regions / SETTINGS).write_text(edited(good, turn), encoding="utf-8")
        assert live.reload() is Reload.REPLACED
        set_loaded_aside()
        assert (former() is None) is (needed is None)
        needed = None
    set_loaded_aside()
    assert former() is None


def test_policies_that_a_request_still_needs_are_freed_the_next_time(tmp_path: Path, process: Executor) -> None:
    process.submit(alone, freed_the_next_time, tmp_path / "regions").result()


class Knot:
    """Something that only the search for garbage can free."""

    def __init__(self) -> None:
        self.itself = self


def knot_freed() -> None:
    knot: Knot | None = Knot()
    found = ref(knot)
    set_loaded_aside()
    knot = None
    gc.collect()
    assert found() is not None
    set_loaded_aside()
    assert found() is None


def test_what_has_become_garbage_since_it_was_set_aside_is_freed(process: Executor) -> None:
    process.submit(alone, knot_freed).result()


def left_alone() -> None:
    set_loaded_aside()
    before = gc.get_freeze_count()
    load_tree(ROOT / "regions")
    assert gc.get_freeze_count() >= 0.99 * before > 0


def test_reading_policies_leaves_alone_what_is_set_aside(process: Executor) -> None:
    process.submit(alone, left_alone).result()


def test_what_is_set_aside_is_not_counted_each_time_that_the_pauses_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    def count() -> int:
        counted.append(1)
        return 7

    monkeypatch.setattr(gc, "get_freeze_count", count)
    PAUSES.show()
    counted.clear()
    PAUSES.show()
    PAUSES.set_aside()
    assert counted == []
    PAUSES.show()
    PAUSES.show()
    assert counted == [1]
