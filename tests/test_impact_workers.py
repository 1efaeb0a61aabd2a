"""Processes that replay decisions: copies or started anew, equal in what they say, and told of in a line when they die."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from composition.commands.impact_workers import AssumptionFolders, Worker, can_fork, measure, workers
from composition.settings import ConfigurationError
from policies.replay.impact import Impact
from policies.replay.recorded import Standing
from resolvers.policy_tools.impact import Assumptions, Page
from store.records import KeptDecision
from tests.policies.replay.test_impact import kept, text_of
from tests.policies.support.own_services import own_services
from tests.policies.support.small_trees import deny, policies_of

YOUNG = deny({"s.integer": {"below": 18}})
WAYS = [(1, None), (2, False), *([(2, True)] if can_fork() else [])]


class OwnFolders(AssumptionFolders):
    """Folders of trees whose facts only tests have, also in a process that is started anew."""

    def load(self) -> Assumptions:
        with own_services():
            return super().load()


@pytest.fixture(autouse=True)
def facts_of_the_tests() -> Iterator[None]:
    """Let the trees have facts of their own."""
    with own_services():
        yield


@pytest.fixture
def pages(tmp_path: Path) -> list[Page]:
    """Return three pages of recorded decisions, and write the draft beside."""
    before = policies_of(tmp_path / "before", {"young": YOUNG})
    policies_of(tmp_path / "draft", {"young": deny({"s.integer": {"below": 21}})})
    made = [kept(before, s__integer=age) for age in range(10, 40)]
    return [Page(tuple(made[start : start + 10]), text_of(before)) for start in range(0, 30, 10)]


def replayed(team: Sequence[Worker], pages: list[Page], seen: list[int]) -> Impact:
    async def one_by_one() -> AsyncGenerator[Page, None]:
        for page in pages:
            yield page

    return asyncio.run(measure(one_by_one(), team, seen.append))


@pytest.mark.parametrize(("processes", "fork"), WAYS)
def test_however_they_are_started_they_say_the_same(
    tmp_path: Path, pages: list[Page], processes: int, fork: bool | None
) -> None:
    folders, seen = OwnFolders(tmp_path / "draft"), list[int]()
    twice = [*pages, *pages]
    with workers(folders, folders.load(), processes, fork) as team:
        assert len(team) == processes
        found = replayed(team, twice, seen)
    assert found.total.moves == {
        (Standing.ALLOWED, Standing.ALLOWED): 38,
        (Standing.ALLOWED, Standing.REFUSED): 6,
        (Standing.REFUSED, Standing.REFUSED): 16,
    }
    assert (seen, found.decided) == ([10] * 6, 30)


@pytest.mark.parametrize("fork", [fork for _, fork in WAYS if fork is not None])
def test_a_process_that_dies_is_told_of_in_a_line(tmp_path: Path, pages: list[Page], fork: bool) -> None:
    folders = OwnFolders(tmp_path / "draft")
    with workers(folders, folders.load(), 2, fork) as team:
        replayed(team, pages, [])
        os.kill(team[0]._process.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        with pytest.raises(ConfigurationError, match="try again with --processes 1"):
            replayed(team, pages, [])


@pytest.mark.parametrize("processes", [1, 2])
def test_a_record_that_cannot_be_read_is_told_of_in_a_line(tmp_path: Path, pages: list[Page], processes: int) -> None:
    def damaged(decision: KeptDecision) -> KeptDecision:
        return replace(decision, outcome="[]")

    folders = OwnFolders(tmp_path / "draft")
    with workers(folders, folders.load(), processes) as team:
        page = Page(tuple(map(damaged, pages[0].decisions)), {})
        with pytest.raises(ConfigurationError, match="could not be replayed"):
            replayed(team, [page], [])
