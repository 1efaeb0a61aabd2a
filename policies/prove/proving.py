"""What the solver finds in policies that nobody can have meant, each with a request that the real engine has decided.

    RULE_NEVER_APPLIES    no request meets a rule with the values in force, in any region that has it
    RULES_OVERLAP         two rules settle the same for one request, whose decision would fail
    BAND_GAP              between two rules on an age, a date or a time lie values for which neither holds
    DATE_GAP              between two rules or values that follow each other lie days without one
    SERVICE_UNOBTAINABLE  every request for a service is refused
    BOUND_RULE_LOOSENED   a region's values let through whom a bound rule of a region above refuses

What cannot be settled within the solver's time is counted, never passed over in silence.
"""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

import z3

from domain.errors import DecisionFault
from domain.message import Language, Message, joined
from policies.compare.changes import Comparing
from policies.compare.diff import Days, Progress, Wanted, spans
from policies.engine.decide import Policies
from policies.engine.effective import NOT_IN_FORCE
from policies.language.rule_reads import names_read
from policies.language.service import DatedValue, Rule, ServicePolicy
from policies.language.values import show_day
from policies.prove.gaps import band_gaps, date_gaps
from policies.prove.loosened import loosened
from policies.solver.observed import DecisionFormulas, allowed
from policies.solver.proofs import SOLVER, Version, disagreeing, see
from policies.solver.solving import Solving, Unsettled
from policies.solver.universe import NotComparable, PolicyEncoding, Span, Universe
from policies.source.faults import SourceLocation
from policies.tree.tree import RegionPolicies
from policies.words.fact_text import told_facts
from policies.words.notices import Notice, in_order
from policies.words.report import WARNING, number, placed, warnings

_NOT_SETTLED = Message("未能判定：", "not settled: ")


@dataclass(frozen=True, slots=True)
class Proven:
    """What was found.

    Args:
        days: looked at; notices: by place; open: what could not be settled.
        services: how many services were looked at, counted by region; different: how many of them differ.
    """

    days: Days
    notices: tuple[Notice, ...]
    open: tuple[Message, ...]
    services: int
    different: int

    def text(self, language: Language) -> str:
        """Render it for people."""
        parts = [f"{WARNING.text(language)}{notice.text(language)}" for notice in self.notices]
        parts += [f"{_NOT_SETTLED.text(language)}{reason.text(language)}" for reason in self.open]
        parts.append(self._looked_at().text(language))
        amount = len(self.open)
        left = Message(f"{amount}个问题未能判定", f"{number(amount, 'question')} not settled")
        parts.append(joined((warnings(len(self.notices)), left), "，", ", ").text(language))
        return "\n".join(parts)

    def _looked_at(self) -> Message:
        services, different, days = self.services, self.different, self.days
        return Message(
            f"{show_day(days.first)}至{show_day(days.last)}：共检查{services}项（每个地区的每个事项算一项），其中规定不同的有{different}项",
            f"{number(services, 'service')} (counted by region), {different} of them different,"
            f" looked at from {days.first} to {days.last}",
        )

    def json(self) -> str:
        """Render it as JSON for tools."""
        shown = {
            "first": self.days.first.isoformat(),
            "last": self.days.last.isoformat(),
            "warnings": [placed(notice, "warning") for notice in self.notices],
            "open": [asdict(reason) for reason in self.open],
            "counts": {"services": self.services, "different": self.different},
        }
        return json.dumps(shown, ensure_ascii=False, indent=2)


@dataclass(slots=True)
class _Rule:
    """What is known of a rule at its place, over all services and regions that have it."""

    rule: Rule
    possible: bool = False


@dataclass(slots=True)
class _Group:
    """Regions in which a service means the same."""

    service: str
    regions: list[str]


@dataclass(slots=True)
class _Pair:
    """Two rules that cannot both be decided, with the first day on which a request shows it."""

    on: date
    notice: Notice
    regions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    looked_at: Callable[[SourceLocation], bool] = lambda place: True
    notices: dict[tuple[str, SourceLocation, Message], tuple[Notice, list[str]]] = field(default_factory=dict)
    pairs: dict[frozenset[SourceLocation], _Pair] = field(default_factory=dict)
    rules: dict[SourceLocation, _Rule] = field(default_factory=dict)
    open: dict[Message, None] = field(default_factory=dict)

    def add(self, notice: Notice, regions: list[str]) -> None:
        """Record a notice, once for all regions that inherit its place."""
        _, known = self.notices.setdefault((notice.code, notice.place, notice.message), (notice, []))
        known += regions

    def add_pair(self, places: frozenset[SourceLocation], on: date, notice: Notice, regions: list[str]) -> None:
        """Record what is found of two rules, once for all days and regions."""
        pair = self.pairs.setdefault(places, _Pair(on, notice))
        pair.regions += regions
        if on < pair.on:
            pair.on, pair.notice = on, notice

    def spread(self, policies: Policies, group: _Group) -> None:
        """Record of the rules of other regions of a group what is known of the first one's: they mean the same."""
        first = policies.tree.regions[group.regions[0]].services[group.service].rules
        for code in group.regions[1:]:
            for name, rule in policies.tree.regions[code].services[group.service].rules.items():
                known = self.rules.get(first[name].place)
                if known is not None and rule is not first[name]:
                    other = self.rules.setdefault(rule.place, _Rule(rule))
                    other.possible = other.possible or known.possible

    def all(self) -> Iterator[Notice]:
        pairs = ((pair.notice, pair.regions) for pair in self.pairs.values())
        for notice, regions in (*self.notices.values(), *pairs):
            more = len(set(regions)) - 1
            others = Message(f"（另有{more}个地区同样如此）", f" (and in {number(more, 'more region')})")
            message = joined((notice.message, others), "", "") if more else notice.message
            yield Notice(notice.code, notice.place, message, notice.remedy)
        for place, found in self.rules.items():
            if not found.possible and self.looked_at(place):
                name = found.rule.id
                message = Message(
                    f"凡有规则 `{name}` 的地区，按有效的值，没有任何申请符合其条件",
                    f"no request meets `{name}` with the values in force, in any region that has it",
                )
                remedy = Message(
                    "改正其条件或条件所用的值，或删去该规则",
                    "mend its tests or the values that they read, or remove it",
                )
                yield Notice("RULE_NEVER_APPLIES", place, message, remedy)


def prove(policies: Policies, days: Days, wanted: Wanted | None = None, progress: Progress | None = None) -> Proven:
    """Look at every service of every region.

    Args:
        days: from which day to look ahead; wanted: which regions and services, all if None.
        progress: is told how far it has got.
    """
    wanted = wanted or Wanted()
    groups, found = _groups(policies, wanted), _Found(_looked_at(policies, wanted))
    for done, group in enumerate(groups):
        if progress is not None:
            progress(done, len(groups))
        with SOLVER:
            _Looking(policies, group, days, found).look()
        found.spread(policies, group)
    notices = sorted(found.all(), key=in_order)
    services = sum(len(group.regions) for group in groups)
    return Proven(days, tuple(notices), tuple(found.open), services, len(groups))


def _looked_at(policies: Policies, wanted: Wanted) -> Callable[[SourceLocation], bool]:
    """Return what says of a rule's place that all regions and services that have the rule are wanted."""
    folders = {place.region.path for place in policies.tree.regions.values() if wanted.has_region(place)}

    def has(place: SourceLocation) -> bool:
        folder, _, file = place.file.rpartition("/")
        return folder in folders and (wanted.service is None or file == f"{wanted.service}.yaml")

    return has


def _groups(policies: Policies, wanted: Wanted) -> list[_Group]:
    """Return the regions by what a service means in them, the children after their parents."""
    comparing, found = Comparing(), dict[Any, _Group]()
    for code, place in policies.tree.regions.items():
        if wanted.has_region(place):
            for name, policy in place.services.items():
                if wanted.service in (None, name):
                    key = (name, *_meaning(policy, place, policies, comparing))
                    found.setdefault(key, _Group(name, [])).regions.append(code)
    return list(found.values())


def _meaning(policy: ServicePolicy, place: RegionPolicies, policies: Policies, comparing: Comparing) -> Iterator[Any]:
    rules = policy.rules.values()
    yield from comparing.meaning(policy, rules, place)
    # Bound rules are compared with what the region above makes of them.
    above = policies.tree.regions.get(place.region.parent or "")
    bound = [rule for rule in rules if rule.bound]
    if bound and above is not None and policy.name in above.services:
        yield from comparing.meaning(above.services[policy.name], bound, above)


class _Looking:
    """Looks at one service in regions where it means the same."""

    def __init__(self, policies: Policies, group: _Group, days: Days, found: _Found) -> None:
        self.policies, self.group, self.days, self.found = policies, group, days, found
        self.code = group.regions[0]
        self.version = Version(policies, group.service, self.code, days.known)
        self.place = policies.tree.regions[self.code]
        self.policy = self.place.services[group.service]
        self.gaps = tuple(date_gaps(self.policy, days.first))

    def look(self) -> None:
        """Look at everything, and record what is found and what could not be settled."""
        self._record(lambda: (gap for gap in self.gaps if gap.place.file.rpartition("/")[0] == self.place.region.path))
        for span in spans(self.days, [self._dated()]):
            self._record(lambda span=span: self._notices(span))  # type: ignore[misc]

    def _dated(self) -> Iterator[Rule | DatedValue]:
        settings = self.policy.settings
        for rule in self.policy.rules.values():
            yield rule
            for name in names_read(rule):
                for layer in settings[name].layers:
                    yield from layer

    def _record(self, notices: Callable[[], Iterator[Notice]]) -> None:
        try:
            for notice in notices():
                self.found.add(notice, self.group.regions)
        except (NotComparable, Unsettled) as reason:
            self._leave_open(reason.message)
        except DecisionFault as fault:
            if fault.code != NOT_IN_FORCE or not self.gaps:  # of which the gap itself tells
                self._leave_open(fault.detail)

    def _leave_open(self, reason: Message) -> None:
        service, code = self.group.service, self.code
        message = Message(f"`{code}` 的 `{service}`：{reason.zh}", f"{service} in {code}: {reason.en}")
        self.found.open[message] = None

    def _notices(self, span: Span) -> Iterator[Notice]:
        effective = self.version.effective(span.first)
        universe = Universe([effective], span)
        observing = DecisionFormulas(PolicyEncoding(universe, effective, self.policies.calendar))
        solving = Solving(universe, [observing])
        rules = observing.policy.rules.values()
        for check in (
            lambda: self._obtainable(solving, observing),
            *(lambda rule=rule: self._applies(solving, observing, rule) for rule in rules),
            *(lambda pair=pair: self._overlap(solving, observing, *pair) for pair in _pairs(rules)),
            lambda: band_gaps(solving, observing, self.version, self.place),
            lambda: loosened(self.policies, self.place, self.group.service, span, self.days.known),
        ):
            self._record(check)
        yield from ()

    def _applies(self, solving: Solving, observing: DecisionFormulas, rule: Rule) -> Iterator[Notice]:
        """Note that a rule can apply; that none of those at its place ever can is known at the end only."""
        known = self.found.rules.setdefault(rule.place, _Rule(rule))
        if not known.possible:
            known.possible = True  # also where nobody can say, for then nothing must be claimed
            known.possible = solving.find(observing.applies(rule)) is not None
        yield from ()

    def _overlap(self, solving: Solving, observing: DecisionFormulas, one: Rule, other: Rule) -> Iterator[Notice]:
        """Record a pair of rules that settle the same for one request, once the engine has failed on it."""
        yield from ()
        found = solving.find(z3.And(observing.applies(one), observing.applies(other)))
        if found is None:
            return
        facts, on = found.facts, found.on
        if see(self.version, facts, on).fault is None:
            raise Unsettled(
                Message(
                    f"`{one.id}` 与 `{other.id}` 本应都作规定，引擎却能判定",
                    f"the engine decides what {one.id} and {other.id} should both settle",
                )
            )
        settles = one.outcome.settles()
        assert settles is not None  # noqa: S101 - else they were no pair
        settled = settles.told
        who = told_facts(observing.policy, facts, (one, other), on)
        message = Message(
            f"`{one.id}`（{one.place}）与 `{other.id}` 都规定了{settled.zh}，判定因此出错：{who.zh}",
            f"`{one.id}` ({one.place}) and `{other.id}` both settle {settled.en}, and the decision fails: {who.en}",
        )
        remedy = Message(
            f"写明哪一条优先（`instead_of: [{one.id}]`），或让两者的条件互相排斥",
            f"say which goes first (`instead_of: [{one.id}]`), or let their conditions exclude each other",
        )
        notice = Notice("RULES_OVERLAP", other.place, message, remedy)
        self.found.add_pair(frozenset({one.place, other.place}), on, notice, self.group.regions)

    def _obtainable(self, solving: Solving, observing: DecisionFormulas) -> Iterator[Notice]:
        """Yield that nobody can get the service; people ask in cities and districts."""
        if self.place.region.level not in ("city", "district"):
            return
        found = solving.find(z3.And(allowed(observing), z3.Not(observing.fault)))
        if found is not None:
            seen = see(self.version, found.facts, found.on)
            if not seen.allowed or disagreeing(seen, found.expected[0]):
                said = Message(seen.fault, seen.fault) if seen.fault else Message("不予办理", "a denial")
                raise Unsettled(
                    Message(
                        f"没有规则应当拒绝的申请，引擎却拒绝：{said.zh}",
                        f"the engine refuses whom nothing should refuse ({said.en})",
                    )
                )
            return
        span = solving.universe.span
        service, code = self.group.service, self.code
        message = Message(
            f"`{code}` 自{show_day(span.first)}至{show_day(span.last)}，`{service}` 的申请一律不予办理",
            f"every request for `{service}` is refused in {code} from {span.first} to {span.last}",
        )
        remedy = Message(
            "改正作出拒绝的规则，或在没有开办该事项的地方删去其文件",
            "mend the rules that refuse, or take the file away where the service is not offered",
        )
        yield Notice("SERVICE_UNOBTAINABLE", self.place.place, message, remedy)


def _pairs(rules: Collection[Rule]) -> Iterator[tuple[Rule, Rule]]:
    """Yield the pairs of rules that settle the same thing."""
    for one, other in combinations(rules, 2):
        if one.outcome.settles() is not None and one.outcome.settles() == other.outcome.settles():
            yield one, other
