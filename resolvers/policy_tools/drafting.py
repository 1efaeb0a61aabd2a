"""Trying drafts, in the process that is there for it: it holds the policies in force, and the drafts that were asked about last.

Nothing here is imported where people are served: the solver and all that checks files takes 60 MB and most of a second.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from gateways.working_calendar import ChineseWorkingCalendar
from policies.cases.cases import CaseResult, run_cases
from policies.checks.checking import check_alone
from policies.compare.changes import Change
from policies.compare.diff import Days, Group, Wanted, diff
from policies.compare.diff_text import DiffText, kind_of
from policies.engine.decide import Policies
from policies.engine.engine import Engine
from policies.language.values import as_json
from policies.prove.proving import prove
from policies.replay.impact import Impact
from policies.solver.proofs import Comparison, ShownByVersion, Witness
from policies.source.faults import PolicyFaults
from policies.tree.overlay import lay_over
from policies.tree.tree import PolicyTree, load_tree
from resolvers.policy_tools import draft_answers as told
from resolvers.policy_tools.draft_answers import About, DraftFiles
from resolvers.policy_tools.impact import Assumptions, Measuring, Page

KEPT = 3
"""Drafts that are kept, so that officers who ask in turn do not have them loaded each time; some 10 MB each."""


class Draft:
    """Files laid over those in force.

    Args:
        report: faults and warnings of the whole; policies: ready to decide where there are no faults.
    """

    def __init__(self, files: DraftFiles) -> None:
        self._into = Path(tempfile.mkdtemp(prefix="policy-draft-"))
        self._engine = Engine()
        self._measuring: tuple[str, Measuring] | None = None
        self.today = files.today
        try:
            folder = self._into / files.folder.name
            lay_over(files.folder, files.files, folder)
            self.report, tree = check_alone(folder, files.today)
            self.policies = _policies(tree, self._engine)
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Take its files away, and free what was compiled for it, which nothing else would."""
        if self._measuring is not None:
            self._measuring[1].end()
        shutil.rmtree(self._into, ignore_errors=True)
        self._engine.clear()

    def tests(self, about: About) -> told.CaseOutcomes:
        """Run the tests beside the policies, those of a region and below if one is named."""
        tree = self.policies.tree
        place = tree.regions.get(about.region) if about.region is not None else None
        results = run_cases(self.policies, tree.folder / place.region.path if place is not None else None)
        failed = tuple(_failed(result) for result in results if not result.passed)
        return told.CaseOutcomes(len(results) - len(failed), failed)

    def difference(self, about: About, in_force: Policies) -> told.Difference:
        """Compare with what is in force, by proof or by a request decided otherwise."""
        found = diff(in_force, self.policies, self._days(about), _wanted(about))
        words = DiffText(found, in_force, self.policies, "en")
        return told.Difference(
            alike=found.proven_alike,
            added=tuple(found.added),
            removed=tuple(found.removed),
            services=tuple(_service(group, words) for group in found.groups),
        )

    def findings(self, about: About) -> told.Findings:
        """Look with the solver for what nobody can have meant."""
        found = prove(self.policies, self._days(about), _wanted(about))
        return told.Findings(found.notices, found.open)

    def replay(self, about: About, question: str, page: Page) -> Impact:
        """Decide a page of decisions on record again; equal ones of pages of one question are decided once."""
        if self._measuring is None or self._measuring[0] != question:
            if self._measuring is not None:
                self._measuring[1].end()
            self._measuring = question, Measuring(Assumptions(self.policies, None, about.on, about.known))
        return self._measuring[1].page(page)

    def _days(self, about: About) -> Days:
        return Days(about.on, about.on, about.known) if about.on else Days.from_day(self.today, about.known)


class Desk:
    """What a process knows that tries drafts."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}
        self._in_force: Policies | None = None

    def draft(self, files: DraftFiles) -> Draft:
        """Return a draft, loaded if it is none of those that were asked about last.

        Raises:
            InvalidInput: a path or file is not possible.
        """
        draft = self._drafts.pop(files.key, None) or Draft(files)
        self._drafts[files.key] = draft
        while len(self._drafts) > KEPT:
            self._drafts.pop(next(iter(self._drafts))).end()
        return draft

    def knows(self, folder: Path, digest: str) -> bool:
        """Say whether the policies in force are known here, or what the folder says now is just them."""
        if self._in_force is not None and self._in_force.tree.digest == digest:
            return True
        before = self._in_force.tree if self._in_force is not None else None
        try:
            tree = load_tree(folder, before)
        except PolicyFaults:
            return False
        if tree.digest != digest:
            return False
        self.learn(tree)
        return True

    def learn(self, tree: PolicyTree) -> None:
        """Take policies for those in force."""
        if self._in_force is not None:
            self._in_force.engine.clear()
        self._in_force = _policies(tree, Engine())

    @property
    def in_force(self) -> Policies:
        """The policies in force, which are known."""
        assert self._in_force is not None  # noqa: S101 - whoever asks has made sure
        return self._in_force


DESK = Desk()
"""The one of this process."""


def _policies(tree: PolicyTree, engine: Engine) -> Policies:
    return Policies(tree, engine, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))


def _wanted(about: About) -> Wanted:
    return Wanted(about.region, about.service)


def _failed(result: CaseResult) -> told.FailedCase:
    differences = (told.CaseDifference(each.what, each.expected, each.actual) for each in result.differences)
    return told.FailedCase(result.case.place, result.case.name, tuple(differences))


def _service(group: Group, words: DiffText) -> told.ServiceDifference:
    change = group.change
    items: tuple[Change[Any], ...] = (*change.rules, *change.settings, *change.facts, *change.vocabularies)
    return told.ServiceDifference(
        service=group.service,
        regions=tuple(group.regions),
        written=tuple(_written(item) for item in items),
        alike=group.proven_alike,
        spans=tuple(_span(verdict, group, words) for verdict in group.verdicts),
    )


def _written(item: Change[Any]) -> told.Written:
    thing = item.new if item.new is not None else item.old
    place = getattr(thing, "place", None)
    return told.Written(kind_of(thing), item.name, item.what.value, tuple(item.parts), place)


def _span(verdict: Comparison, group: Group, words: DiffText) -> told.Span:
    span = verdict.span
    decisions = tuple(_decision(witness, group, words) for witness in verdict.witnesses)
    return told.Span(span.first, span.last, verdict.proven_alike, decisions, verdict.open)


def _decision(witness: Witness, group: Group, words: DiffText) -> told.DecidedOtherwise:
    before, after = words.says(group, witness)
    return told.DecidedOtherwise(
        on=witness.on,
        who=words.who(group, witness),
        facts={name: as_json(value) for name, value in witness.facts.items()},
        before=_says(witness.old, before),
        after=_says(witness.new, after),
    )


def _says(seen: ShownByVersion, words: tuple[Any, ...]) -> told.Says:
    return told.Says(not seen.allowed, seen.fault, words)
