"""A draft of policy files, tried before anybody is affected: faults, tests, the difference, what the solver finds.

It is tried in a process of its own, which is kept from one question about it to the next (`resolvers/policy_tools/drafting.py`).
Nothing of a draft is kept here but its files, so that another process goes on where one was stopped.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from domain.duration import day_in_china
from domain.errors import DomainError, InvalidInput, NotFound
from domain.holder import Actor
from domain.message import Message
from gateways.apart.processes import Child, Why, WorkStopped
from policies.replay.impact import Impact
from policies.tree.tree import PolicyTree
from policies.words.report import Report
from resolvers.dependencies import Dependencies
from resolvers.policy_tools.draft_answers import About, CaseOutcomes, Difference, DraftFiles, Findings
from resolvers.policy_tools.impact import Page, Selection, impact_of

if TYPE_CHECKING:
    from resolvers.policy_tools.drafting import Desk

P = ParamSpec("P")
T = TypeVar("T")

_WHY: Mapping[Why, Message] = {
    "time": Message(
        "用时超过上限", "It took longer than the {seconds:g} seconds that all questions about a draft have"
    ),
    "memory": Message("占用的内存超过上限", "It took more memory than there is for it"),
    "ended": Message(
        "试算的进程意外终止，可能是内存不足", "Its process has ended unexpectedly, perhaps for want of memory"
    ),
}


class PolicyDraft:
    """Files laid over those in force, for as long as somebody asks about them.

    Args:
        asker: for whom it is tried; report: faults and warnings of the whole.
    """

    def __init__(self, dependencies: Dependencies, files: DraftFiles, asker: str) -> None:
        self._dependencies, self._files, self._asker = dependencies, files, asker
        self._in_force = dependencies.policies().tree
        self._until = asyncio.get_running_loop().time() + dependencies.drafts.bounds.seconds
        self.report = Report((), (), {})

    async def check(self) -> None:
        """Lay the files over those in force, and find out what is wrong with the whole."""
        self.report = await self._ask(_checked)

    async def tests(self, about: About) -> CaseOutcomes:
        """Run the tests beside the policies of the draft, those of a region and below if one is named."""
        self._require_usable()
        return await self._ask(_tests, about)

    async def difference(self, about: About) -> Difference:
        """Compare the draft with what is in force, by proof or by a request decided otherwise."""
        await self._require_region(about)
        async with self._process() as child:
            if not await child.within(self._left, _knows, self._files.folder, self._in_force.digest):
                # The files say something else by now, or something that cannot be put in force.
                await child.within(self._left, _learn, self._in_force)
            return await child.within(self._left, _difference, self._files, about)

    async def findings(self, about: About) -> Findings:
        """Return what the solver finds in the draft that nobody can have meant."""
        await self._require_region(about)
        return await self._ask(_findings, about)

    async def impact(self, about: About, latest: int) -> Impact:
        """Decide the newest decisions on record again, and say what would become of them."""
        await self._require_region(about)
        question = secrets.token_hex(8)
        async with self._process() as child:

            async def replay(page: Page) -> Impact:
                return await child.within(self._left, _replay, self._files, about, question, page)

            return await impact_of(self._dependencies.store, replay, latest, Selection(about.region, about.service))

    async def _require_region(self, about: About) -> None:
        """Refuse a draft with faults, and a region that neither it nor what is in force has."""
        self._require_usable()
        if about.region is not None and about.region not in self._in_force.regions:
            await self._ask(_require_region, about.region)

    def _require_usable(self) -> None:
        if not self.report.ok:
            amount = len(self.report.faults)
            raise InvalidInput(
                Message(
                    f"草案有{amount}处错误，请改正后再看其影响。",
                    f"The draft has {amount} faults; mend them first, then look at what it changes.",
                ),
                field="files",
                code="DRAFT_HAS_FAULTS",
            )

    async def _ask(self, work: Callable[Concatenate[DraftFiles, P], T], *rest: P.args, **no: P.kwargs) -> T:
        async with self._process() as child:
            return await child.within(self._left, work, self._files, *rest, **no)

    @property
    def _left(self) -> float:
        """Seconds that are left for all that is asked about this draft."""
        return max(0.0, self._until - asyncio.get_running_loop().time())

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[Child]:
        drafts = self._dependencies.drafts
        try:
            async with drafts.child(self._files.key, self._asker) as child:
                yield child
        except WorkStopped as stopped:
            raise _stopped(stopped.why, drafts.bounds.seconds) from stopped


def _stopped(why: Why, seconds: float) -> DomainError:
    told = _WHY[why].format(seconds=seconds)
    return DomainError(
        Message(
            f"草案的试算已停止：{told.zh}。请用 `about` 缩小到一个地区和一个服务事项，或者减少一次查询的内容，然后再试。",
            f"Trying the draft was stopped. {told.en}. Narrow it to a region and a service by `about`, or ask for less at "
            "once, and try again.",
        ),
        field="files",
        code="DRAFT_STOPPED",
    )


async def open_draft(dependencies: Dependencies, actor: Actor, files: Mapping[str, str | None]) -> PolicyDraft:
    """Lay files over those in force, and check the whole.

    Whoever asks much waits behind themselves, and takes no place from other officers.

    Raises:
        InvalidInput: a path or file is not possible.
        NotFound: this process does not know where its policy files are.
        DomainError: it took too long or too much memory (`DRAFT_STOPPED`).
        ServiceBusy: too many of theirs, or of too many others, wait already.
    """
    if dependencies.live is None:
        raise NotFound(
            Message(
                "这个进程不跟踪政策文件，请在提供服务的进程上试算。", "This process does not follow the policy files."
            )
        )
    folder, today = dependencies.live.folder.absolute(), day_in_china(dependencies.clock.now())
    draft = PolicyDraft(dependencies, DraftFiles(secrets.token_hex(8), folder, files, today), actor.person_id)
    await draft.check()
    return draft


# --- in the other process


def _desk() -> "Desk":
    # Loads the solver and all that checks files.
    from resolvers.policy_tools.drafting import DESK

    return DESK


def _checked(files: DraftFiles) -> Report:
    return _desk().draft(files).report


def _tests(files: DraftFiles, about: About) -> CaseOutcomes:
    return _desk().draft(files).tests(about)


def _knows(folder: Path, digest: str) -> bool:
    return _desk().knows(folder, digest)


def _learn(tree: PolicyTree) -> None:
    _desk().learn(tree)


def _difference(files: DraftFiles, about: About) -> Difference:
    return _desk().draft(files).difference(about, _desk().in_force)


def _findings(files: DraftFiles, about: About) -> Findings:
    return _desk().draft(files).findings(about)


def _replay(files: DraftFiles, about: About, question: str, page: Page) -> Impact:
    return _desk().draft(files).replay(about, question, page)


def _require_region(files: DraftFiles, region: str) -> None:
    _desk().draft(files).policies.region(region)
