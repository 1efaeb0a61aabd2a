"""Gaps between rules that follow each other: on an age or another value in order, and in time.

A gap on a value: one rule holds below, another above, and between them neither, all else being the same. Where rules
settle something (a fee, a promise, a lapse) any such gap counts; where they ask for something only a narrow one does,
for "children and the old" is no gap.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import z3

from domain.message import Message
from policies.compare.changes import boundaries
from policies.language.conditions import Condition, Test, tests_of
from policies.language.outcomes.outcome import Settled
from policies.language.outcomes.require import Require
from policies.language.rule_reads import names_read
from policies.language.service import Rule, ServicePolicy, Setting
from policies.language.values import IN_TIME, ORDERED, Kind, as_number, show_day
from policies.language.vocabulary import FactDefinition
from policies.prove.gap_edges import Around, Edges
from policies.solver.observed import DecisionFormulas
from policies.solver.proofs import Version
from policies.solver.solving import Solving
from policies.solver.universe import FIRST_DAY
from policies.tree.tree import RegionPolicies
from policies.words.notices import Notice

NARROW: Mapping[Kind, int] = {
    Kind.INTEGER: 4,
    Kind.DATE: 32,
    Kind.TIME: 61,
    Kind.MOMENT: 61 * 60 * 10**6,
    Kind.MONEY: 101,
    Kind.DECIMAL: 10**6 + 1,
}
"""From the last value below to the first above: so far apart, at most, two rules that ask for something seem neighbours."""
LOWER = 24
"""How often a lower value is looked for."""
_DAY, _SECOND, _MICROSECOND = timedelta(days=1), timedelta(seconds=1), timedelta(microseconds=1)


def band_gaps(
    solving: Solving, observing: DecisionFormulas, version: Version, place: RegionPolicies
) -> Iterator[Notice]:
    """Yield the gaps between rules in force.

    Raises:
        Unsettled: the solver cannot say, or the engine does not confirm it.
    """
    for rules, narrow in _families(observing.policy.rules.values()):
        for fact in _facts_in_order(rules):
            definition = observing.policy.fact(fact)
            for one, other, edges in _gap(solving, observing, version, rules, fact, narrow):
                assert definition is not None  # noqa: S101 - else there is no gap
                yield _told(one, other, definition, edges, place)


def _families(rules: Iterable[Rule]) -> Iterator[tuple[list[Rule], bool]]:
    """Yield rules that may be meant to follow each other, and whether only a narrow gap between them counts."""
    settled: dict[Settled, list[Rule]] = {}
    asking: list[Rule] = []
    for rule in rules:
        settles = rule.outcome.settles()
        if settles is not None:
            settled.setdefault(settles, []).append(rule)
        elif isinstance(rule.outcome, Require):
            asking.append(rule)
    yield from ((found, False) for found in settled.values() if len(found) > 1)
    if len(asking) > 1:
        yield asking, True


def _facts_in_order(rules: Sequence[Rule]) -> list[str]:
    """Return the facts in order that at least two of some rules test."""
    counted: dict[str, int] = {}
    for rule in rules:
        names = {test.fact for test in tests_of(rule.condition) if test.type.kind in ORDERED}
        for name in names:
            counted[name] = counted.get(name, 0) + 1
    return [name for name, count in counted.items() if count > 1]


def _gap(
    solving: Solving, observing: DecisionFormulas, version: Version, rules: list[Rule], fact: str, narrow: bool
) -> Iterator[tuple[Rule, Rule, Edges]]:
    definition = observing.policy.fact(fact)
    variable = solving.universe.variables.get(fact)
    if definition is None or variable is None or variable.value is None:
        return
    testing = [rule for rule in rules if any(test.fact == fact for test in tests_of(rule.condition))]
    for one in testing:
        for other in testing:
            if one.id != other.id and (not narrow or _alike(one, other, fact)):
                family = rules if not narrow else [r for r in testing if _alike(one, r, fact)]
                gap = _between(observing, one, other, family, variable.value, _width(definition, narrow))
                around = Around(solving, observing, version, fact, variable.value, family)
                found = _lowest(around, gap, one, other)
                if found is not None:
                    yield one, other, found


def _lowest(around: Around, gap: Any, one: Rule, other: Rule) -> Edges | None:
    """Return the lowest gap between two rules, next to which no other rule holds, as far as that is soon found."""
    lowest: Edges | None = None
    for _ in range(LOWER):
        request = around.solving.find(gap)
        if request is None:
            break
        edges = around.edges(request)
        first = last = as_number(request.facts[around.fact])
        if edges is not None:
            first, last = as_number(edges.first), as_number(edges.last)
        if edges is not None and one.id in edges.below and other.id in edges.above:
            lowest = edges
            gap = z3.And(gap, around.value < first)
        else:
            gap = z3.And(gap, z3.Or(around.value < first, around.value > last))
    return lowest


def _width(definition: Any, narrow: bool) -> int | None:
    return NARROW[definition.type.kind] if narrow else None


def _between(
    observing: DecisionFormulas, one: Rule, other: Rule, family: list[Rule], value: Any, width: int | None
) -> Any:
    """Return when a value lies above those of one rule and below those of another, and no rule of the family has it."""
    low, high = z3.Int("below the gap"), z3.Int("above the gap")
    below = z3.substitute(observing.applies(one), (value, low))
    above = z3.substitute(observing.applies(other), (value, high))
    neither = [z3.Not(z3.substitute(observing.applies(one), (value, high)))]
    neither.append(z3.Not(z3.substitute(observing.applies(other), (value, low))))
    within = [low < value, value < high]
    near = [high - low <= width] if width is not None else []
    return z3.And(below, above, *neither, *within, *near, *(z3.Not(observing.applies(rule)) for rule in family))


def _alike(one: Rule, other: Rule, fact: str) -> bool:
    """Say whether two rules differ in their tests of one fact only."""
    return _without(one.condition, fact) == _without(other.condition, fact)


def _without(condition: Condition | None, fact: str) -> frozenset[Test]:
    return frozenset(test for test in tests_of(condition) if test.fact != fact)


def _told(one: Rule, other: Rule, fact: FactDefinition, edges: Edges, place: RegionPolicies) -> Notice:
    label = place.words.called(fact.name)
    zh, en = (f"（{label.zh}）", f" ({label.en})") if label is not None else ("", "")
    first, last = (place.words.show(value, fact.type) for value in _shown(edges))
    below, above = ("早于", "晚于") if fact.type.kind in IN_TIME else ("低于", "高于")
    neither, beyond = Message(f"为{first.zh}时", f"at {first.en}"), ""
    if first != last:
        neither = Message(f"从{first.zh}到{last.zh}", f"from {first.en} to {last.en}")
        beyond = f" {last.en}"
    message = Message(
        f"`{one.id}`（{one.place}）在 `{fact.name}`{zh}{below}{first.zh}时适用，"
        f"`{other.id}` 在{above}{last.zh}时适用，{neither.zh}，两者都不适用",
        f"`{one.id}` ({one.place}) holds below {fact.name}{en} {first.en}, `{other.id}` above{beyond},"
        f" and neither {neither.en}",
    )
    remedy = Message(
        "空档如非有意，让其中一条从另一条结束之处开始",
        "let one of them begin where the other ends, if the gap is not meant",
    )
    return Notice("BAND_GAP", other.place, message, remedy)


def _shown(edges: Edges) -> tuple[Any, Any]:
    """Return the ends of a gap as people read them: of moments, whole seconds that lie in it."""
    first, last = edges.first, edges.last
    if isinstance(first, datetime) and isinstance(last, datetime):
        start, end = (first + _SECOND - _MICROSECOND).replace(microsecond=0), last.replace(microsecond=0)
        return (start, end) if start <= end else (first, last)
    return first, last


# --- in time


def date_gaps(policy: ServicePolicy, first: date) -> Iterator[Notice]:
    """Yield the days to come on which a value or a rule is missing between two that follow each other.

    Args:
        first: the day from which to look.
    """
    read = frozenset[str]().union(*map(names_read, policy.rules.values()))
    for name, setting in policy.settings.items():
        if name in read:
            yield from _missing_values(setting, first)
    yield from _missing_rules(policy, first)


def _missing_values(setting: Setting, first: date) -> Iterator[Notice]:
    values = [value for layer in setting.layers for value in layer]
    turns = sorted({FIRST_DAY, *boundaries(values, None)})
    for start, end in pairwise(turns):
        had = any(value.start < start for value in values)
        if had and end > first and setting.at(start, date.max) is None:
            name, until = setting.name, end - _DAY
            message = Message(
                f"`{name}` 自{show_day(start)}至{show_day(until)}没有值，需要它的申请都无法判定",
                f"`{name}` has no value from {start} to {until}: every decision that reads it would fail",
            )
            remedy = Message(
                "让前一个值延续到后一个值开始的前一天", "let the earlier value last until the day before the next"
            )
            yield Notice("DATE_GAP", setting.place, message, remedy)


def _missing_rules(policy: ServicePolicy, first: date) -> Iterator[Notice]:
    settled: dict[Settled, list[Rule]] = {}
    for rule in policy.rules.values():
        settles = rule.outcome.settles()
        if settles is not None:
            settled.setdefault(settles, []).append(rule)
    for settles, rules in settled.items():
        if all(rule.start is not None or rule.end is not None for rule in rules):
            yield from _missing_between(settles.told, rules, first)


def _missing_between(settles: Message, rules: list[Rule], first: date) -> Iterator[Notice]:
    for start, end in pairwise(sorted({FIRST_DAY, *boundaries(rules, None)})):
        before = [rule for rule in rules if rule.end is not None and rule.end < start]
        if before and end > first and not any(rule.holds(start, date.max) for rule in rules):
            last = max(before, key=lambda rule: rule.end or date.min)
            until = end - _DAY
            message = Message(
                f"自{show_day(start)}至{show_day(until)}，在 `{last.id}` 与后一条规则之间，没有规则规定{settles.zh}",
                f"no rule settles {settles.en} from {start} to {until}, between `{last.id}` and the next",
            )
            remedy = Message(
                "让前一条规则延续到后一条规则开始的前一天", "let the earlier rule last until the day before the next"
            )
            yield Notice("DATE_GAP", last.place, message, remedy)
