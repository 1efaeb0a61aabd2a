"""Settings without a value on a day, by which rules in force would decide: a fault of the files on that day.

A value ends, or has not begun, by time alone, so that files which were good become faulty though nobody touched them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from domain.message import Message
from policies.language.rule_reads import names_read
from policies.language.values import show_day
from policies.source.faults import Fault, SourceLocation
from policies.tree.passing import PassingSettings
from policies.tree.region_policies import groups_of_settings
from policies.tree.remembered import IdentityCache
from policies.tree.tree import PolicyTree


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A setting without a value that a rule in force reads, so that no decision of its service can be made in a region.

    Args:
        name, place: of the setting; rule, service, region: who reads it, where; on: the day.
    """

    name: str
    place: SourceLocation
    rule: str
    service: str
    region: str
    on: date


def missing_values(tree: PolicyTree, today: date, passing: PassingSettings | None = None) -> Iterator[MissingValue]:
    """Yield what makes every decision of a service a fault on a day: settings without a value that rules in force read.

    Only where people ask: in cities and districts, and in a region with nothing below it.

    Args:
        passing: knows which settings pass of trees before this one.
    """
    each = {id(setting): setting for _, setting in (passing or PassingSettings()).of(tree.regions, today)}
    valueless = {number for number, setting in each.items() if setting.at(today, today) is None}
    if not valueless:
        return
    groups = [settings for _, settings in groups_of_settings(tree.regions.values())]
    empty = {id(group): frozenset(name for name in group if id(group[name]) in valueless) for group in groups}
    read = IdentityCache(names_read)
    parents = {place.region.parent for place in tree.regions.values()}
    for place in tree.regions.values():
        region = place.region
        if region.level not in ("city", "district") and region.code in parents:
            continue
        for policy in place.services.values():
            missing = empty[id(policy.shared_settings)] | empty[id(policy.own_settings)]
            for rule in policy.rules.values() if missing else ():
                for name in sorted(read(rule) & missing) if rule.holds(today, today) else ():
                    setting = policy.own_settings.get(name) or policy.shared_settings[name]
                    yield MissingValue(name, setting.place, rule.id, policy.name, region.code, today)


def faults_of(missing: Iterable[MissingValue]) -> list[Fault]:
    """Return a fault for each setting and rule, which names the regions."""
    found: dict[MissingValue, set[str]] = {}
    for value in missing:
        found.setdefault(replace(value, region=""), set()).add(value.region)
    return [_fault(value, sorted(regions)) for value, regions in found.items()]


def _fault(value: MissingValue, regions: list[str]) -> Fault:
    first, more = regions[0], len(regions) - 1
    zh, en = (f"等{more + 1}个地区", f" and {more} more") if more else ("", "")
    message = Message(
        f"`{value.name}` 在{show_day(value.on)}没有值，而 `{first}`{zh}的 `{value.service}` 有规则 `{value.rule}` 要用它，申请因此都无法判定",
        f"`{value.name}` has no value on {value.on}, and the rule `{value.rule}` of `{value.service}` reads it in"
        f" {first}{en}: nothing can be decided there",
    )
    remedy = Message(
        "补写该日起有效的值；规则不再适用的，给规则写明 `until:`",
        "give it a value from that day on; where the rule has ended too, give the rule its `until:`",
    )
    place = value.place
    return Fault(place.file, place.line, place.column, place.path, "VALUE_MISSING", message, remedy)
