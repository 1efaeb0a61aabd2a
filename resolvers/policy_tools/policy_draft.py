"""A draft of policy files, tried before anybody is affected: faults, tests, the difference, what the solver finds."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar
from weakref import finalize

from domain.duration import WorkingCalendar, day_in_china
from domain.errors import InvalidInput, NotFound
from domain.message import Message
from policies.cases.cases import CaseResult, run_cases
from policies.checks.checking import check_alone
from policies.compare.diff import Days, Diff, Wanted, diff
from policies.engine.decide import Policies
from policies.engine.engine import Engine
from policies.prove.proving import Proven, prove
from policies.replay.impact import Impact
from policies.tree.overlay import lay_over
from policies.tree.tree import PolicyTree
from resolvers.dependencies import Dependencies
from resolvers.policy_tools.impact import Assumptions, Selection, impact_of

_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="policy-draft")
"""One thread for all drafts of a process: loading and solving keep a core busy, and people's requests come first."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class About:
    """Which part of a draft is looked at; None for all of it, and for today and later.

    Args:
        region: GB/T 2260, with everything below it; service: a term of the services vocabulary.
        on: that day only; known: the day by which it had to be published.
    """

    region: str | None = None
    service: str | None = None
    on: date | None = None
    known: date | None = None

    @property
    def wanted(self) -> Wanted:
        """Which regions and services."""
        return Wanted(self.region, self.service)

    def days(self, today: date) -> Days:
        """Which days."""
        return Days(self.on, self.on, self.known) if self.on is not None else Days.from_day(today, self.known)


class PolicyDraft:
    """Files laid over those in force, for as long as somebody asks about them.

    Args:
        report: faults and warnings of the whole; policies: ready to decide, None where there are faults.
    """

    def __init__(self, dependencies: Dependencies, folder: Path) -> None:
        self._dependencies = dependencies
        self.current, self.today = dependencies.policies(), day_in_china(dependencies.clock.now())
        self._engine = Engine()
        self._clean = finalize(self, _leave_nothing, folder.parent, self._engine)
        self.report, tree = check_alone(folder, self.today)
        self.policies = self._decided_by(tree) if self.report.ok else None

    def _decided_by(self, tree: PolicyTree) -> Policies:
        live = self._dependencies.live
        calendar: WorkingCalendar | None = live.calendar_of(tree.days) if live is not None else None
        return Policies(tree, self._engine, calendar=calendar)

    def usable(self) -> Policies:
        """Return the policies of the draft.

        Raises:
            InvalidInput: it has faults.
        """
        if self.policies is None:
            amount = len(self.report.faults)
            raise InvalidInput(
                Message(
                    f"草案有{amount}处错误，请改正后再看其影响。",
                    f"The draft has {amount} faults; mend them first, then look at what it changes.",
                ),
                field="files",
                code="DRAFT_HAS_FAULTS",
            )
        return self.policies

    async def tests(self, about: About) -> tuple[CaseResult, ...]:
        """Run the tests beside the policies of the draft, those of a region and below if one is named."""
        policies = self.usable()
        place = policies.tree.regions.get(about.region) if about.region is not None else None
        folder = policies.tree.folder / place.region.path if place is not None else None
        return await _in_turn(lambda: run_cases(policies, folder))

    async def difference(self, about: About) -> Diff:
        """Compare the draft with what is in force, by proof or by a request decided otherwise."""
        policies = self.usable()
        self._require_region(about, policies)
        return await _in_turn(lambda: diff(self.current, policies, about.days(self.today), about.wanted))

    async def proven(self, about: About) -> Proven:
        """Return what the solver finds in the draft that nobody can have meant."""
        policies = self.usable()
        self._require_region(about, policies)
        return await _in_turn(lambda: prove(policies, about.days(self.today), about.wanted))

    async def impact(self, about: About, latest: int) -> Impact:
        """Decide the newest decisions on record again, and say what would become of them."""
        policies = self.usable()
        self._require_region(about, policies)
        assumed = Assumptions(policies, None, about.on, about.known)
        selection = Selection(about.region, about.service)
        return await impact_of(self._dependencies, assumed, latest, selection)

    def _require_region(self, about: About, policies: Policies) -> None:
        if about.region is not None and about.region not in self.current.tree.regions:
            policies.region(about.region)


async def open_draft(dependencies: Dependencies, files: Mapping[str, str | None]) -> PolicyDraft:
    """Lay files over those in force, and check the whole.

    Raises:
        InvalidInput: a path or file is not possible.
        NotFound: this process does not know where its policy files are.
    """
    if dependencies.live is None:
        raise NotFound(
            Message(
                "这个进程不跟踪政策文件，请在提供服务的进程上试算。", "This process does not follow the policy files."
            )
        )
    folder = dependencies.live.folder
    return await _in_turn(lambda: _laid_over(dependencies, folder, files))


def _laid_over(dependencies: Dependencies, folder: Path, files: Mapping[str, str | None]) -> PolicyDraft:
    into = Path(tempfile.mkdtemp(prefix="policy-draft-"))
    try:
        lay_over(folder, files, into / folder.name)
        return PolicyDraft(dependencies, into / folder.name)
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


def _leave_nothing(folder: Path, engine: Engine) -> None:
    """Take a draft's files away, and free what was compiled for it, which nothing else would."""
    shutil.rmtree(folder, ignore_errors=True)
    engine.clear()


async def _in_turn(work: Callable[[], T]) -> T:
    """Do work apart from the event loop, one piece at a time, so that people's requests go on."""
    return await asyncio.get_running_loop().run_in_executor(_WORKER, work)
