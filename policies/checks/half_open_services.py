"""Services that are opened in one place and shut in another: on a list of open services, but through no channel, or not.

Which rule opens services is seen from the rules themselves: one that denies what a list of services leaves out, where
an attribute of some choice (a channel that serves people elsewhere, say) has a certain value. Where the service's
route of that choice leaves none with that value, the list promises what nobody can get.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.message import Message
from policies.checks.unreachable import SERVICE
from policies.engine.contradictions import alternatives
from policies.language.conditions import Test, tests_of
from policies.language.normal_form import ConditionTooComplex
from policies.language.operators import Op
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.route import RouteSpec
from policies.language.service import DatedValue, Rule, ServicePolicy
from policies.source.faults import SourceLocation
from policies.tree.remembered import IdentityCache
from policies.tree.tree import PolicyTree, RegionPolicies
from policies.words.notices import Notice


@dataclass(frozen=True, slots=True)
class _Gate:
    """What opens a service: it must be on a list where a choice's attribute has a value."""

    listed_in: str
    choice: str
    attribute: str
    value: Any


def one_sided(tree: PolicyTree, today: date) -> Iterator[Notice]:
    """Yield the services that a region opens on one side only, as far as its settings of the day show it."""
    of_rule: IdentityCache[Rule, frozenset[_Gate]] = IdentityCache(lambda rule: frozenset(_gates(rule)))
    gates: IdentityCache[Mapping[str, Rule], frozenset[_Gate]] = IdentityCache(
        lambda rules: frozenset[_Gate]().union(*map(of_rule, rules.values()))
    )
    for place in tree.regions.values():
        if place.region.level in ("city", "district"):
            lists: set[str] = set()
            for policy in place.services.values():
                for gate in gates(policy.rules):
                    lists.add(gate.listed_in)
                    yield from _through(gate, policy, place, today)
            yield from _not_offered(lists, place, today)


def _gates(rule: Rule) -> Iterator[_Gate]:
    if isinstance(rule.outcome, Deny) and any(test.fact == SERVICE for test in tests_of(rule.condition)):
        with suppress(ConditionTooComplex):
            for tests in alternatives(rule.condition):
                yield from _gate(tests)


def _gate(tests: frozenset[Test]) -> Iterator[_Gate]:
    """Yield the gate that an alternative is: a test of the list of services, one of an attribute, and no other."""
    lists = [
        t for t in tests if t.fact == SERVICE and t.op is Op.NOT_IN and t.operand and t.operand.source == "setting"
    ]
    others = [t for t in tests if t not in lists and t.op is Op.EQ and t.operand and t.operand.source == "literal"]
    if len(lists) == len(others) == 1 and len(tests) == 2 and lists[0].operand and others[0].operand:
        choice, _, attribute = others[0].fact.rpartition(".")
        yield _Gate(lists[0].operand.value, choice, attribute, others[0].operand.value)


def _through(gate: _Gate, policy: ServicePolicy, place: RegionPolicies, today: date) -> Iterator[Notice]:
    listed = policy.settings[gate.listed_in].at(today, today)
    opening = _opening(gate, policy, today)
    if listed is None or opening is None:
        return
    name, value = opening
    fact = place.words.fact(gate.choice)
    terms = place.words.vocabularies[fact.type.of].terms if fact is not None and fact.type.of else {}
    through = [
        word for word in value.value if word in terms and terms[word].attributes.get(gate.attribute) == gate.value
    ]
    asked = f"{gate.choice}.{gate.attribute}"
    if policy.name in listed.value and not through:
        code = place.region.code
        message = Message(
            f"`{gate.listed_in}` 在 `{code}` 开通了 `{policy.name}`，但 `{name}` 不放行任何申请",
            f"`{gate.listed_in}` opens `{policy.name}` in {code}, but `{name}` lets no request in",
        )
        remedy = Message(
            f"在 `{name}` 中加入 `{asked}` 符合要求的词条，或从名单中去掉 `{policy.name}`",
            f"add to `{name}` what has the right `{asked}`, or take `{policy.name}` off the list",
        )
        yield Notice("OPEN_ON_ONE_SIDE", _at(listed), message, remedy)
    elif through and policy.name not in listed.value and _own(listed, place) and _own(value, place):
        zh, en = "、".join(f"`{word}`" for word in through), ", ".join(through)
        message = Message(
            f"`{policy.name}` 的 `{name}` 放行 {zh}，但 `{gate.listed_in}` 没有开通该事项",
            f"`{name}` of `{policy.name}` lets {en} in, but `{gate.listed_in}` does not open it",
        )
        remedy = Message(
            f"在 `{gate.listed_in}` 中加入 `{policy.name}`，或从 `{name}` 中去掉 {zh}",
            f"add `{policy.name}` to `{gate.listed_in}`, or take {en} out of `{name}`",
        )
        yield Notice("OPEN_ON_ONE_SIDE", _at(value), message, remedy)


def _opening(gate: _Gate, policy: ServicePolicy, today: date) -> tuple[str, DatedValue] | None:
    """Return the setting, with its value, that says which values of the choice are open."""
    for rule in policy.rules.values():
        outcome = rule.outcome
        if isinstance(outcome, RouteSpec) and outcome.choice == gate.choice and rule.holds(today, today):
            operand = outcome.open
            if operand is not None and operand.source == "setting":
                value = policy.settings[operand.value].at(today, today)
                return (operand.value, value) if value is not None else None
    return None


def _not_offered(lists: set[str], place: RegionPolicies, today: date) -> Iterator[Notice]:
    for name in sorted(lists):
        setting = place.shared_settings.get(name)
        listed = setting.at(today, today) if setting is not None else None
        if listed is None or not _own(listed, place):
            continue
        for service in listed.value:
            if service not in place.services:
                message = Message(
                    f"`{name}` 在 `{place.region.code}` 开通了 `{service}`，但该地区及其上级都没有该事项的文件",
                    f"`{name}` opens `{service}` in {place.region.code}, which no file there or above offers",
                )
                remedy = Message(
                    f"增加 `{service}.yaml`，或把它从名单中去掉", f"add {service}.yaml, or take it off the list"
                )
                yield Notice("OPEN_ON_ONE_SIDE", _at(listed), message, remedy)


def _own(value: DatedValue, place: RegionPolicies) -> bool:
    """Say whether a value stands in a file of the region itself."""
    return value.citation.file.rpartition("/")[0] == place.region.path


def _at(value: DatedValue) -> SourceLocation:
    return SourceLocation(value.citation.file, value.citation.line, 1, "")
