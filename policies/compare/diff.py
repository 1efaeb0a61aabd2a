"""The difference between two versions of the policy files: what is written otherwise, and whose decisions change.

Regions in which the same is written otherwise, and means the same, are asked about once (`Group`). For each span of days
on which nothing changes by itself the solver proves that no decision changes, or a request shows that one does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from domain.errors import NotFound
from domain.message import Message
from domain.region import lies_within
from policies.compare.changes import (
    DECIDING_RULE_PARTS,
    Comparing,
    ServiceChange,
    boundaries,
)
from policies.engine.decide import Policies
from policies.language.outcomes.outcome import Key
from policies.language.rule_reads import names_read
from policies.language.service import DatedValue, Rule, ServicePolicy
from policies.solver.proofs import Comparison, Version, compare
from policies.solver.universe import LAST_DAY, Span
from policies.tree.tree import RegionPolicies

YEARS_AHEAD = 10
"""How far the solver looks: nothing is announced for later, and calendars are not made for ever."""
Progress = Callable[[int, int], None]
"""Told how many groups are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days to compare on.

    Args:
        first, last: both belong to them; known: by which a policy had to be published, None for the day itself.
    """

    first: date
    last: date
    known: date | None = None

    @classmethod
    def from_day(cls, first: date, known: date | None = None) -> "Days":
        """Return a day and those that follow, as far as it makes sense to look."""
        last = min(date(min(first.year + YEARS_AHEAD, LAST_DAY.year), 12, 31), LAST_DAY)
        return cls(first, max(first, last), known)


@dataclass(slots=True)
class Group:
    """Regions in which one service changes in the same way.

    Args:
        service, change: what is written otherwise, in the first of the regions; regions: their codes.
        only: the rules that may decide otherwise, with all that hangs together with them; none where only words for people
            changed.
        verdicts: what came of it, a span of days each; none before it was asked.
    """

    service: str
    change: ServiceChange
    regions: list[str]
    only: frozenset[str]
    verdicts: tuple[Comparison, ...] = ()

    @property
    def proven_alike(self) -> bool:
        """Whether no decision changes, for certain."""
        return all(verdict.proven_alike for verdict in self.verdicts)


@dataclass(slots=True)
class Diff:
    """The difference between two versions.

    Args:
        added, removed: regions that only one version has; added_services, removed_services: by region and service, where
            both have the region.
        groups: services that both have, and that are written otherwise.
    """

    days: Days
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    added_services: list[tuple[str, str]] = field(default_factory=list)
    removed_services: list[tuple[str, str]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    @property
    def proven_alike(self) -> bool:
        """Whether no decision of any region that both versions have changes, for certain."""
        elsewhere = self.added or self.removed or self.added_services or self.removed_services
        return not elsewhere and all(group.proven_alike for group in self.groups)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which regions and services to compare; None for all. Of a region, everything below it is wanted too."""

    region: str | None = None
    service: str | None = None

    def has_region(self, place: RegionPolicies) -> bool:
        """Say whether a region is wanted."""
        return self.region is None or lies_within(place.region.code, self.region)


def check_service(wanted: Wanted, *versions: Policies) -> None:
    """See to it that a service that is asked about is there, in a region that is asked about.

    Args:
        versions: of the policies, of which one must have it.

    Raises:
        NotFound: there is no such service; it says which there are.
    """
    if wanted.service is None:
        return
    places = [place for policies in versions for place in policies.tree.regions.values() if wanted.has_region(place)]
    there = {name for place in places for name in place.services}
    if wanted.service in there:
        return
    shown, listed = wanted.service[:80], ", ".join(sorted(there))
    if any(place.words.term("services", wanted.service) is not None for place in places):
        zh, en = f"没有服务事项“{shown}”的政策", f"There is no policy for {shown}"
    else:
        zh, en = f"没有服务事项“{shown}”", f"There is no service {shown}"
    if wanted.region is not None:
        zh, en = f"地区{wanted.region}{zh}", f"{en} in the region {wanted.region}"
    raise NotFound(Message(f"{zh}；现有：{listed}。", f"{en}; there are: {listed}."))


def diff(
    old: Policies, new: Policies, days: Days, wanted: Wanted | None = None, progress: Progress | None = None
) -> Diff:
    """Compare two versions of the policies.

    Args:
        wanted: which regions and services; all if None.
        progress: is told how far it has got with asking the solver.
    """
    found = written_diff(old, new, days, wanted or Wanted())
    for number, group in enumerate(found.groups):
        if progress is not None:
            progress(number, len(found.groups))
        group.verdicts = tuple(_verdicts(old, new, group, days))
    if progress is not None:
        progress(len(found.groups), len(found.groups))
    return found


def written_diff(old: Policies, new: Policies, days: Days, wanted: Wanted) -> Diff:
    """Return what is written otherwise, without asking the solver."""
    found = Diff(days)
    comparing, grouped = Comparing(), dict[Any, Group]()
    was, now = old.tree.regions, new.tree.regions
    other_days = old.tree.days != new.tree.days
    for code in sorted({*was, *now}):
        here = was.get(code) or now[code]
        if not wanted.has_region(here):
            continue
        if code not in was or code not in now:
            (found.added if code not in was else found.removed).append(code)
            continue
        for service in sorted({*was[code].services, *now[code].services}):
            if wanted.service in (None, service):
                _compare_service(service, was[code], now[code], comparing, grouped, found, other_days)
    found.groups = list(grouped.values())
    return found


def _compare_service(
    service: str,
    was: RegionPolicies,
    now: RegionPolicies,
    comparing: Comparing,
    grouped: dict[Any, Group],
    found: Diff,
    other_days: bool,
) -> None:
    code = was.region.code
    if service not in was.services or service not in now.services:
        added = service not in was.services
        (found.added_services if added else found.removed_services).append((code, service))
        return
    change = comparing.service(service, was, now, other_days)
    if not change:
        return
    only = _may_decide_otherwise(was.services[service], now.services[service], change, comparing)
    key = (service, *_same_change(change, comparing), *_same_meaning(service, was, now, only, comparing))
    if key in grouped:
        grouped[key].regions.append(code)
    else:
        grouped[key] = Group(service, change, [code], only)


def _same_change(change: ServiceChange, comparing: Comparing) -> Iterator[Any]:
    """Yield what tells one change from another, as people see them: by the places where they are written."""
    for kind in (change.rules, change.settings, change.facts, change.vocabularies):
        for item in kind:
            yield item.name, item.what, item.parts, _place(item.old), _place(item.new)


def _place(thing: Any) -> Any:
    """Return where something stands; a vocabulary stands in many files."""
    place = getattr(thing, "place", None)
    return (place.file, place.line) if place is not None else None


# --- what hangs together


def _may_decide_otherwise(
    was: ServicePolicy, now: ServicePolicy, change: ServiceChange, comparing: Comparing
) -> frozenset[str]:
    """Return the rules that may decide otherwise, and those with which they settle the same things."""
    settings = {item.name for item in change.settings if {"values", "type"} & {*item.parts} or not item.parts}
    facts = {item.name for item in change.facts if {*item.parts} - {"label"} or not item.parts}
    of = {item.name for item in change.vocabularies if {*item.parts} - {"label"} or not item.parts}
    changed = {rule.name for rule in change.rules if not rule.parts or {*rule.parts} & {*DECIDING_RULE_PARTS}}
    both = [*was.rules.values(), *now.rules.values()]
    for rule in both if settings or facts or of else ():
        reads = comparing.reads(rule)
        if reads.settings & settings or reads.roots & facts or reads.vocabularies & of:
            changed.add(rule.id)
    if change.calendar:
        counting = ((rule, policy) for policy in (was, now) for rule in policy.rules.values())
        changed.update(rule.id for rule, policy in counting if comparing.counts_days(rule, policy))
    return _with_kin(changed, both, comparing)


def _with_kin(changed: set[str], both: Sequence[Rule], comparing: Comparing) -> frozenset[str]:
    overruled = {name for rule in both if rule.id in changed for name in rule.instead_of}
    found = changed | overruled
    settled = frozenset[Key]().union(*(comparing.reads(rule).families for rule in both if rule.id in found))
    return frozenset(found | {rule.id for rule in both if comparing.reads(rule).families & settled})


def _same_meaning(
    service: str, was: RegionPolicies, now: RegionPolicies, only: frozenset[str], comparing: Comparing
) -> Iterator[Any]:
    """Yield all that a decision about some rules follows from, in both versions: who has the same is asked about once."""
    for place in (was, now):
        policy = place.services[service]
        rules = [rule for rule in policy.rules.values() if rule.id in only or only & {*rule.instead_of}]
        yield from comparing.meaning(policy, rules, place)


# --- whose decisions change


def _verdicts(old: Policies, new: Policies, group: Group, days: Days) -> Iterator[Comparison]:
    if not group.only:
        yield Comparison(Span(days.first, days.last), (), ())
        return
    code, service = group.regions[0], group.service
    versions = [Version(policies, service, code, days.known) for policies in (old, new)]
    policies = [version.policies.tree.regions[code].services[service] for version in versions]
    for span in spans(days, (_dated(policy, group.only) for policy in policies)):
        yield compare(versions[0], versions[1], span, group.only)


def _dated(policy: ServicePolicy, only: frozenset[str]) -> Iterator[Rule | DatedValue]:
    settings: Mapping[str, Any] = policy.settings
    for rule in policy.rules.values():
        if rule.id in only or only & {*rule.instead_of}:
            yield rule
            for name in names_read(rule):
                for layer in settings[name].layers:
                    yield from layer


def spans(days: Days, dated: Iterable[Iterable[Rule | DatedValue]]) -> Iterator[Span]:
    """Yield the days in pieces in which nothing begins, ends or becomes known."""
    turns = {day for items in dated for day in boundaries(items, days.known) if days.first < day <= days.last}
    firsts = sorted({days.first, *turns})
    for first, following in zip(firsts, [*firsts[1:], None], strict=True):
        yield Span(first, following - timedelta(days=1) if following is not None else days.last)
