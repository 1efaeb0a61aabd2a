"""What officers are told of their files: every fault, what will need them soon, and how much there is."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from string import Formatter
from typing import Any

from policies.case_files import case_paths, read_cases
from policies.faults import Fault, FaultLog, Place, PolicyFaults
from policies.limits import rule_settings
from policies.notices import Notice, in_order
from policies.one_sided import one_sided
from policies.reviews import overdue
from policies.service import DatedValue, Rule, ServicePolicy, Setting
from policies.tree import PolicyTree, RegionPolicies, read_tree
from policies.unreachable import unreachable
from policies.values import as_json

ENDING_SOON_DAYS = 60


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
    log = FaultLog()
    tree = read_tree(folder, log)
    cases = read_cases(tree, log)
    faults = PolicyFaults(log.faults).faults
    notices = sorted(set(_notices(tree, today)), key=in_order) if not faults else []
    return Report(faults, tuple(notices), {**_counts(tree), "cases": len(cases)})


def _notices(tree: PolicyTree, today: date) -> Iterator[Notice]:
    yield from _unused(tree)
    yield from unreachable(tree)
    yield from one_sided(tree, today)
    for place in tree.regions.values():
        for setting in _own_settings(place):
            for value in setting.layers[0] if setting.layers else ():
                if _ends_soon(value.end, today) and not _goes_on(setting.layers[0], value):
                    yield _value_ends(setting, value)
        for policy in place.services.values():
            yield from overdue(policy, today)
            for rule in policy.rules.values():
                if _ends_soon(rule.end, today):
                    yield _rule_ends(rule)
            if place.region.level in ("city", "district"):
                yield from _missing_values(policy, today)
        yield from _untested(tree, place)


def _own_settings(place: RegionPolicies) -> Iterator[Setting]:
    """Yield the settings that files in a region's own folder define or replace."""
    groups = [place.shared_settings, *(policy.own_settings for policy in place.services.values())]
    for group in groups:
        for setting in group.values():
            if setting.place.file.rpartition("/")[0] == place.region.path:
                yield setting


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


def _missing_values(policy: ServicePolicy, today: date) -> Iterator[Notice]:
    """Yield the settings that rules in force read and that have no value: every such decision would be a fault."""
    settings = policy.settings
    for rule in policy.rules.values():
        if rule.holds(today, today):
            for name in sorted(rule_settings(rule)):
                if settings[name].at(today, today) is None:
                    message = f"`{name}` has no value on {today}, and `{rule.id}` of {policy.region} reads it"
                    yield Notice("VALUE_MISSING", settings[name].place, message, "give it a value for that day")


def _unused(tree: PolicyTree) -> Iterator[Notice]:
    """Yield the settings that no rule reads, neither in their own region nor anywhere below it."""
    read: set[Place] = set()
    names: dict[int, frozenset[str]] = {}  # regions that inherit a service unchanged share its rules
    for place in tree.regions.values():
        for policy in place.services.values():
            used = names.get(id(policy.rules)) or names.setdefault(id(policy.rules), _names_read(policy))
            settings = policy.settings
            read |= {settings[name].origin for name in used}
    for place in tree.regions.values():
        for setting in _own_settings(place):
            if setting.place == setting.origin and setting.origin not in read:
                yield Notice("SETTING_UNUSED", setting.place, f"no rule reads `{setting.name}`", "remove it, or use it")


def _names_read(policy: ServicePolicy) -> frozenset[str]:
    messages = [rule.message for rule in policy.rules.values() if rule.message is not None]
    shown = (name for m in messages for text in (m.zh, m.en) for _, name, _, _ in Formatter().parse(text) if name)
    return frozenset(shown).union(*(rule_settings(rule) for rule in policy.rules.values()))


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
    policies = [policy for place in tree.regions.values() for policy in place.services.values()]
    rules = {rule.place: rule for policy in policies for rule in policy.rules.values()}
    settings = [setting for place in tree.regions.values() for setting in _own_settings(place)]
    return {
        "regions": len(tree.regions),
        "service_files": len({file for policy in policies for file in policy.files}),
        "rules": len(rules),
        "shared_rules": sum(place.file.endswith("/rules.yaml") for place in rules),
        "assumed_rules": sum(rule.citation.assumed for rule in rules.values()),
        "settings": len({setting.place for setting in settings}),
    }
