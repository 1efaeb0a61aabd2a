"""Whom a draft of the policies would change: decisions on record, read from the store and replayed under the draft."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import blake2b

from domain.duration import CHINA_TIME
from domain.errors import InvalidInput
from domain.message import Message
from policies.engine.decide import Policies
from policies.replay.impact import Cell, Comparison, Impact
from policies.replay.recalling import Recall
from policies.replay.replaying import Replay
from resolvers.changing.recording import recorded
from store import Store
from store.records import DecisionFilter, KeptDecision

PAGE = 2_000
MAX_EQUAL = 50_000
"""Different decisions that are remembered, about two kibibytes each."""
MOST = 20_000
"""Decisions that one question over the graph replays at most; some seconds of one processor."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which decisions to replay; None means any.

    Args:
        region: GB/T 2260; with everything that lies in it. service: exactly this one.
        since, until: the first and the last day on which they were made, in China.
    """

    region: str | None = None
    service: str | None = None
    since: date | None = None
    until: date | None = None

    @property
    def filter(self) -> DecisionFilter:
        """The same as the store takes it."""
        before = self.until + timedelta(days=1) if self.until is not None and self.until < date.max else None
        return DecisionFilter(self.region, self.service, _midnight(self.since), _midnight(before))


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), CHINA_TIME) if day is not None else None


@dataclass(frozen=True, slots=True)
class Page:
    """Some decisions on record, with the kept texts of the policies behind them, by digest."""

    decisions: tuple[KeptDecision, ...]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Under what requests are replayed.

    Args:
        draft: the policies tried out; against: those it is compared with, what was answered then if None.
        on: the day whose rules are in force, each decision's own if None; known: by when they had to be published.
    """

    draft: Policies
    against: Policies | None = None
    on: date | None = None
    known: date | None = None


class Measuring:
    """Replays pages of decisions, and remembers from page to page what became of equal ones."""

    def __init__(self, assumed: Assumptions) -> None:
        self._recall = Recall()
        self._draft = Replay(assumed.draft, self._recall, assumed.on, assumed.known)
        against = assumed.against
        baseline = Replay(against, self._recall, assumed.on, assumed.known) if against is not None else None
        self._comparison = Comparison(self._draft, self._recall, baseline)
        self._equal: dict[bytes, Cell] = {}

    def page(self, page: Page) -> Impact:
        """Say what the draft changes for one page."""
        self._recall.texts = page.texts
        found, decided = Impact(), self._draft.decided
        # Alike ones one after the other: what holds in a place is worked out once then, however many places there are.
        for kept in sorted(page.decisions, key=lambda kept: (kept.region, kept.service)):
            found.count(kept.region, kept.service, self._cell(kept))
        found.decided = self._draft.decided - decided
        return found

    def _cell(self, kept: KeptDecision) -> Cell:
        key = _fingerprint(kept)
        if key not in self._equal:
            if len(self._equal) >= MAX_EQUAL:
                self._equal.clear()
            self._equal[key] = self._comparison.of(recorded(kept))
        return self._equal[key]

    def end(self) -> None:
        """Free what was compiled besides the policies themselves, which belong to whoever gave them."""
        self._recall.forget()


def _fingerprint(kept: KeptDecision) -> bytes:
    """Return what only decisions with the same request and the same answer share, before anything of them is read."""
    said = (kept.region, kept.service, f"{kept.on}", f"{kept.known}", kept.digest, kept.facts, kept.outcome)
    return blake2b("\0".join(said).encode(), digest_size=16).digest()


async def pages(store: Store, selection: DecisionFilter, limit: int | None = None) -> AsyncGenerator[Page, None]:
    """Yield the decisions on record, the newest first.

    Args:
        limit: how many at most; all if None.
    """
    after, left = None, limit
    while left is None or left > 0:
        wanted = PAGE if left is None else min(PAGE, left)
        async with store.reading() as work:
            found = await work.decisions.page(selection, after, wanted)
            texts = await work.policy_texts.get_many({kept.digest for kept in found})
        if found:
            yield Page(found, texts)
        if len(found) < wanted:
            return
        after, left = (found[-1].at, found[-1].id), None if left is None else left - len(found)


async def impact_of(
    store: Store, replay: Callable[[Page], Awaitable[Impact]], limit: int, selection: Selection
) -> Impact:
    """Say what a draft changes for the newest decisions.

    Args:
        replay: decides a page again, in another process; limit: how many decisions at most.

    Raises:
        InvalidInput: the limit is not one.
    """
    if not 1 <= limit <= MOST:
        raise InvalidInput(
            Message(
                f"重新判定的件数应为1至{MOST}，不能是{limit}，请改正。", f"Between 1 and {MOST} decisions, not {limit}."
            ),
            field="limit",
        )
    found = Impact()
    async for page in pages(store, selection.filter, limit):
        found.add(await replay(page))
    return found
