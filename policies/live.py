"""The policies in force, replaced as a whole once their files have changed and are good."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from weakref import WeakSet

from domain.duration import WorkingCalendar, day_in_china
from domain.message import Message
from policies.checks.ending import ending_values
from policies.engine.decide import Policies
from policies.engine.truths import AnswerMemory
from policies.source.faults import Fault, PolicyFaults
from policies.tree.contents import Listings, Survey, survey
from policies.tree.passing import PassingSettings
from policies.tree.tree import PolicyTree, SpecialDays, load_tree
from policies.tree.valueless import faults_of, missing_values
from policies.words.notices import Notice, in_order

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InForce:
    """One set of policies with the calendar that belongs to it; nothing in it is ever changed.

    Args:
        since: when it came into force in this process.
    """

    policies: Policies
    calendar: WorkingCalendar
    since: datetime


@dataclass(frozen=True, slots=True)
class PoliciesStatus:
    """How it stands with the policies of this process.

    Args:
        digest: of all files in force; loaded_at: since when they are.
        tried_at: when the files were read last; faults: why what they say now is not in force, none when it is.
        consequences: how many more faults there are that follow from these.
        warnings: what is about to end in the policies in force with nothing to follow, and what has ended so.
        regions, rulesets: how many there are.
        differences: how often the rule engine answered otherwise than it had to the same truths.
    """

    digest: str
    loaded_at: datetime
    tried_at: datetime
    faults: tuple[Fault, ...]
    regions: int
    rulesets: int
    consequences: int = 0
    warnings: tuple[Notice | Fault, ...] = ()
    differences: int = 0


class Reload(StrEnum):
    """What came of looking at the files."""

    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    REFUSED = "refused"
    CHANGING = "changing"
    """They changed while they were read: look again."""


class LivePolicies:
    """The policies of a folder, kept up to date by `reload`. Safe to use from several threads."""

    def __init__(
        self,
        folder: Path,
        calendar_of: Callable[[SpecialDays], WorkingCalendar],
        now: Callable[[], datetime],
        memory: AnswerMemory | None = None,
    ) -> None:
        """Read the folder for the first time.

        Args:
            calendar_of: makes the calendar of what officers list.
            now: tells the time.
            memory: how answers of the rule engine are kept.

        Raises:
            PolicyFaults: the files have faults.
        """
        self._folder, self._calendar_of, self._now = folder, calendar_of, now
        self._seen: Survey | None = None
        self._passing = PassingSettings()
        self._base = self._load()
        self._looked: tuple[str, date] | None = None
        self._warnings: tuple[Notice | Fault, ...] = ()
        self._faults: tuple[Fault, ...] = ()
        self._consequences = 0
        self._tried_at = now()
        self._current = self._in_force(Policies(self._base, calendar=calendar_of(self._base.days), memory=memory))
        self._former: WeakSet[Policies] = WeakSet()
        self._reloading = Lock()
        self._look_ahead()

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    def calendar_of(self, days: SpecialDays) -> WorkingCalendar:
        """Return the calendar of the country with the days that officers list."""
        return self._calendar_of(days)

    @property
    def current(self) -> InForce:
        """What is in force now. A reload replaces it, so a request reads it once and keeps it."""
        return self._current

    @property
    def status(self) -> PoliciesStatus:
        """How it stands with the policies."""
        current = self._current
        tree = current.policies.tree
        return PoliciesStatus(
            digest=tree.digest,
            loaded_at=current.since,
            tried_at=self._tried_at,
            faults=self._faults,
            regions=len(tree.regions),
            rulesets=len(current.policies.engine),
            consequences=self._consequences,
            warnings=self._warnings,
            differences=current.policies.memory.differences,
        )

    def _in_force(self, policies: Policies) -> InForce:
        return InForce(policies, policies.calendar, self._now())

    def reload(self) -> Reload:
        """Read what has changed, and put it in force if all of it is good; else all stays as it was."""
        with self._reloading:
            self._look_ahead()
            seen = survey(self._folder)
            if seen == self._seen and seen.settled:
                return Reload.UNCHANGED
            before = (self._base.digest, self._faults)
            tree, faults, consequences = self._read(seen.listings)
            if survey(self._folder).fingerprint != seen.fingerprint:
                return Reload.CHANGING
            self._seen, self._tried_at = replace(seen, listings=Listings()), self._now()
            if tree is not None:
                self._base = tree
                self._replace(tree)
            self._faults, self._consequences = faults, consequences
            self._look_ahead()
            self.free_unused()
            if (self._base.digest, faults) == before:
                return Reload.UNCHANGED
            return Reload.REFUSED if faults else Reload.REPLACED

    def _read(self, listings: Listings) -> tuple[PolicyTree | None, tuple[Fault, ...], int]:
        try:
            return self._load(self._base, listings), (), 0
        except PolicyFaults as found:
            return None, found.faults, found.consequences
        except Exception as error:
            # A defect of ours must not cost what is in force either.
            logger.exception("the policies could not be read")
            failed = type(error).__name__
            message = Message(f"读取政策文件失败：{failed}", f"reading the policies failed: {failed}")
            remedy = Message("请告知开发人员，详情见日志", "tell the developers; the log says more")
            fault = Fault(self._folder.name, 1, 1, "", "INTERNAL_ERROR", message, remedy)
            return None, (fault,), 0

    def _load(self, before: PolicyTree | None = None, listings: Listings | None = None) -> PolicyTree:
        """Read the folder, and refuse policies by which nothing could be decided today.

        Raises:
            PolicyFaults: the files have faults.
        """
        tree = load_tree(self._folder, before, listings)
        if before is not None and tree.digest == before.digest:
            return tree  # what time alone has done to it is told as a warning
        if missing := faults_of(missing_values(tree, self._today(), self._passing)):
            raise PolicyFaults(missing)
        return tree

    def _today(self) -> date:
        return day_in_china(self._now())

    def _look_ahead(self) -> None:
        """Find out, once a day, what ends in the policies in force: nobody need touch a file for that."""
        tree, today = self._base, self._today()
        if self._looked != (tree.digest, today):
            ended = faults_of(missing_values(tree, today, self._passing))
            ending = ending_values(tree, today, self._passing, for_good=True)
            self._warnings = (*sorted(ended), *sorted(ending, key=in_order))
            self._looked = (tree.digest, today)

    def _replace(self, tree: PolicyTree) -> None:
        current = self._current
        if tree.digest != current.policies.tree.digest:
            self._former.add(current.policies)
            self._current = self._in_force(current.policies.after(tree, self._calendar_of(tree.days)))

    def free_unused(self) -> int:
        """Free the compiled rules that neither what is in force nor any decision under way can need.

        Former policies live for as long as a request that began under them; what is freed then is told by asking again.
        """
        living = (self._current.policies, *self._former)
        return self._current.policies.engine.keep_only(frozenset[str]().union(*(p.rulesets() for p in living)))
