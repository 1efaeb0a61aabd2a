"""What officers are told of their files: every fault, what will need them soon, and how much there is."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from policies.case_files import case_paths, read_cases
from policies.faults import Fault, FaultLog, Place, PolicyFaults
from policies.halves import can_fork, in_halves
from policies.limits import names_read, rule_settings
from policies.notices import Notice, in_order
from policies.one_sided import one_sided
from policies.remembered import FirstMet, Remembered
from policies.reviews import overdue
from policies.service import DatedValue, Rule, Setting
from policies.tree import PolicyTree, RegionPolicies, no_collection, read_tree_to_check
from policies.unreachable import unreachable
from policies.values import as_json

ENDING_SOON_DAYS = 60
MANY_REGIONS = 500
"""From so many on a second process saves more time than it costs."""


@dataclass(frozen=True, slots=True)
class Report:
    """The state of a regions folder on a day.

    Args:
        faults: why the files cannot be used; none when they can.
        warnings: what an officer should know; found only where there are no faults.
        counts: how much there is of what.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[Notice, ...]
    counts: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Whether the files can be used."""
        return not self.faults

    def text(self) -> str:
        """Render the report for people."""
        parts = [f"fault: {fault}" for fault in self.faults] + [f"warning: {notice}" for notice in self.warnings]
        parts.append(", ".join(f"{amount} {name.replace('_', ' ')}" for name, amount in self.counts.items()))
        parts.append(f"{number(len(self.faults), 'fault')}, {number(len(self.warnings), 'warning')}")
        return "\n".join(parts)

    def json(self) -> str:
        """Render the report as JSON for tools."""
        faults = [placed(fault, "fault") for fault in self.faults]
        warnings = [placed(notice, "warning") for notice in self.warnings]
        shown = {"ok": self.ok, "faults": faults, "warnings": warnings, "counts": dict(self.counts)}
        return json.dumps(shown, ensure_ascii=False, indent=2)


def number(amount: int, of_what: str) -> str:
    """Say how many there are of something."""
    return f"{amount} {of_what}{'s' * (amount != 1)}"


def placed(found: Fault | Notice, severity: str) -> dict[str, Any]:
    """Return a fault or warning as JSON for tools."""
    place = found if isinstance(found, Fault) else found.place
    where = {"file": place.file, "line": place.line, "column": place.column, "path": place.path}
    said = {"severity": severity, "code": found.code}
    return {**said, **where, "message": found.message, "remedy": found.remedy}


def check(folder: Path, today: date) -> Report:
    """Check a regions folder with its tests files.

    Args:
        folder: the regions folder; today: the day from which to look ahead.
    """
    with no_collection():
        log = FaultLog()
        tree = read_tree_to_check(folder, log)
        cases = read_cases(tree, log)
        faults = PolicyFaults(log.faults).faults
        notices = sorted(_all_notices(tree, today), key=in_order) if not faults else []
        return Report(faults, tuple(notices), {**_counts(tree), "cases": len(cases)})


def _all_notices(tree: PolicyTree, today: date) -> set[Notice]:
    """Return every warning; of thousands of regions, those about rules and those about places are found at once."""
    if len(tree.regions) < MANY_REGIONS or not can_fork():
        return {*_of_rules(tree), *_of_places(tree, today)}
    found: set[Notice] = set()
    of_rules = in_halves(lambda: found.update(_of_places(tree, today)), lambda: tuple(_of_rules(tree)))
    return found.union(_of_rules(tree) if of_rules is None else of_rules)


def _of_rules(tree: PolicyTree) -> Iterator[Notice]:
    yield from _unused(tree)
    yield from unreachable(tree)


def _of_places(tree: PolicyTree, today: date) -> Iterator[Notice]:
    yield from one_sided(tree, today)
    yield from _ending(tree, today)
    yield from _missing_values(tree, today)
    for place in tree.regions.values():
        for policy in place.services.values():
            yield from overdue(policy, today)
        yield from _untested(tree, place)


def _ending(tree: PolicyTree, today: date) -> Iterator[Notice]:
    for setting in _own_settings(tree):
        for value in setting.layers[0] if setting.layers else ():
            if _ends_soon(value.end, today) and not _goes_on(setting.layers[0], value):
                yield _value_ends(setting, value)
    for rules in _sets_of_rules(tree):
        for rule in rules.values():
            if rule.end is not None and _ends_soon(rule.end, today):
                yield _rule_ends(rule)


def _own_settings(tree: PolicyTree) -> Iterator[Setting]:
    """Yield the settings that files in a region's own folder define or replace, region by region."""
    is_new = FirstMet()  # regions that inherit settings unchanged share them, and come after the one whose they are
    for place in tree.regions.values():
        groups = [place.shared_settings, *(policy.own_settings for policy in place.services.values())]
        for group in filter(is_new, groups):
            for setting in group.values():
                if setting.place.file.rpartition("/")[0] == place.region.path:
                    yield setting


def _sets_of_rules(tree: PolicyTree) -> Iterator[Mapping[str, Rule]]:
    """Yield the rules of each service, once for all regions that share them."""
    is_new = FirstMet()
    for place in tree.regions.values():
        for policy in place.services.values():
            if is_new(policy.rules):
                yield policy.rules


def _ends_soon(end: date | None, today: date) -> bool:
    return end is not None and today <= end <= today + timedelta(days=ENDING_SOON_DAYS)


def _goes_on(layer: tuple[DatedValue, ...], value: DatedValue) -> bool:
    """Say whether the same file has a value for the day after one ends."""
    assert value.end is not None  # noqa: S101 - asked before
    return value.end == date.max or any(other.holds(value.end + timedelta(days=1), date.max) for other in layer)


def _value_ends(setting: Setting, value: DatedValue) -> Notice:
    assert value.end is not None  # noqa: S101 - asked before
    following = setting.at(value.end + timedelta(days=1), date.max)
    then = f"then the parent's {as_json(following.value)} holds" if following else "and nothing follows"
    message = f"the value {as_json(value.value)} of `{setting.name}` ends on {value.end}, {then}"
    place = Place(value.citation.file, value.citation.line, 1, setting.place.path)
    return Notice("VALUE_ENDS", place, message, "add the value that follows, if this is not meant")


def _rule_ends(rule: Rule) -> Notice:
    message = f"the rule `{rule.id}` ends on {rule.end}"
    return Notice("RULE_ENDS", rule.place, message, "add the rule that follows, if this is not meant")


def _missing_values(tree: PolicyTree, today: date) -> Iterator[Notice]:
    """Yield the settings that rules in force read and that have no value: every such decision would be a fault."""
    read = Remembered(rule_settings)
    empty: Remembered[Mapping[str, Setting], frozenset[str]] = Remembered(
        lambda settings: frozenset(_without_value(settings, today))
    )
    for place in tree.regions.values():
        for policy in place.services.values() if place.region.level in ("city", "district") else ():
            missing = empty(policy.shared_settings) | empty(policy.own_settings)
            for rule in policy.rules.values() if missing else ():
                for name in sorted(read(rule) & missing) if rule.holds(today, today) else ():
                    message = f"`{name}` has no value on {today}, and `{rule.id}` of {policy.region} reads it"
                    where = policy.settings[name].place
                    yield Notice("VALUE_MISSING", where, message, "give it a value for that day")


def _without_value(settings: Mapping[str, Setting], today: date) -> Iterator[str]:
    return (name for name, setting in settings.items() if setting.at(today, today) is None)


def _unused(tree: PolicyTree) -> Iterator[Notice]:
    """Yield the settings that no rule reads, neither in their own region nor anywhere below it."""
    read: set[Place] = set()
    named = Remembered(names_read)
    names: Remembered[Mapping[str, Rule], frozenset[str]] = Remembered(
        lambda rules: frozenset[str]().union(*map(named, rules.values()))
    )
    seen: set[tuple[int, int]] = set()
    for place in tree.regions.values():
        here: set[str] = set()
        for policy in place.services.values():
            used = names(policy.rules)
            here |= used
            both = (id(policy.rules), id(policy.own_settings))
            if policy.own_settings and both not in seen:
                seen.add(both)
                read |= {setting.origin for name, setting in policy.own_settings.items() if name in used}
        # A service's own settings never have the name of a shared one.
        read |= {setting.origin for name, setting in place.shared_settings.items() if name in here}
    for setting in _own_settings(tree):
        if setting.place == setting.origin and setting.origin not in read:
            yield Notice("SETTING_UNUSED", setting.place, f"no rule reads `{setting.name}`", "remove it, or use it")


def _untested(tree: PolicyTree, place: RegionPolicies) -> Iterator[Notice]:
    tested = {path.name.partition(".")[0] for path in case_paths(tree, place)}
    for policy in place.services.values():
        file = policy.files[-1] if policy.files else ""
        if file.rpartition("/")[0] == place.region.path and policy.name not in tested:
            message = f"the service `{policy.name}` of {place.region.code} has no tests file"
            yield Notice(
                "TESTS_MISSING", Place(file, 1, 1, ""), message, f"add {file.removesuffix('.yaml')}.tests.yaml"
            )


def _counts(tree: PolicyTree) -> dict[str, int]:
    rules = {rule.place: rule for found in _sets_of_rules(tree) for rule in found.values()}
    files = {policy.files for place in tree.regions.values() for policy in place.services.values()}
    return {
        "regions": len(tree.regions),
        "service_files": len({file for found in files for file in found}),
        "rules": len(rules),
        "shared_rules": sum(place.file.endswith("/rules.yaml") for place in rules),
        "assumed_rules": sum(rule.citation.assumed for rule in rules.values()),
        "settings": len({setting.place for setting in _own_settings(tree)}),
    }
