"""What is not there and should be: values that rules read, and tests beside a service."""

from collections.abc import Iterator, Mapping
from datetime import date

from domain.message import Message
from policies.case_files import case_paths
from policies.faults import Place
from policies.folders import TESTS
from policies.limits import rule_settings
from policies.notices import Notice
from policies.remembered import Remembered
from policies.service import Setting
from policies.tree import PolicyTree
from policies.values import show_day


def missing_values(tree: PolicyTree, today: date) -> Iterator[Notice]:
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
                    message = Message(
                        f"`{name}` 在{show_day(today)}没有值，而 `{policy.region}` 的规则 `{rule.id}` 使用它",
                        f"`{name}` has no value on {today}, and `{rule.id}` of {policy.region} reads it",
                    )
                    remedy = Message("补写该日的值", "give it a value for that day")
                    yield Notice("VALUE_MISSING", policy.settings[name].place, message, remedy)


def _without_value(settings: Mapping[str, Setting], today: date) -> Iterator[str]:
    return (name for name, setting in settings.items() if setting.at(today, today) is None)


def missing_tests(tree: PolicyTree) -> Iterator[Notice]:
    """Yield the service files that have no tests file."""
    for place in tree.regions.values():
        tested = {path.name.partition(".")[0] for path in case_paths(tree, place)}
        for policy in place.services.values():
            file = policy.files[-1] if policy.files else ""
            if file.rpartition("/")[0] == place.region.path and policy.name not in tested:
                message = Message(
                    f"`{place.region.code}` 的服务事项 `{policy.name}` 没有用例文件",
                    f"the service `{policy.name}` of {place.region.code} has no tests file",
                )
                tests = f"{file.removesuffix('.yaml')}{TESTS}"
                remedy = Message(f"补写 `{tests}`", f"add {tests}")
                yield Notice("TESTS_MISSING", Place(file, 1, 1, ""), message, remedy)
