"""What holds for a service in a region on a day, as an officer reads it: every value and rule, and where each is from.

`explanation` says why one request is decided as it is; here nobody asks for anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from domain.errors import NotFound
from domain.message import Message
from policies.engine.decide import Policies
from policies.engine.effective import EffectivePolicy
from policies.explain.explanation import region_names
from policies.language.service import DatedValue, Rule, Setting
from policies.source.faults import SourceLocation
from policies.words.condition_text import Stated, stated_condition
from policies.words.inherited import ReplacedValue, removed_rules, replaced_rules, replaced_values, rules_above
from policies.words.wording import Wording


@dataclass(frozen=True, slots=True)
class PolicyOfDay:
    """What holds on one day, as known by another."""

    policy: EffectivePolicy
    on: date
    known: date


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value in force.

    Args:
        read: whether a rule or message in force reads it.
        inherited: a region above states it; replaced: what the regions above say instead, the nearest first.
    """

    setting: Setting
    value: DatedValue
    shown: Message
    read: bool
    inherited: bool
    replaced: tuple[ReplacedValue, ...]


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule in force.

    Args:
        condition: in words, None for "always"; effect: what it does, None where only the message says it.
        message: what people are told, values filled in.
        overruled_by: the rules in force that apply in its place where their condition holds.
        inherited: a region above states it; replaced: where the rules of that name stand that it replaced.
    """

    rule: Rule
    condition: Stated | None
    effect: Message | None
    message: Message | None
    overruled_by: tuple[str, ...]
    inherited: bool
    replaced: tuple[SourceLocation, ...]


@dataclass(frozen=True, slots=True)
class ShownPolicy:
    """Everything that holds for a service in a region on a day.

    Args:
        policy: in force; on, known: the day, and the day by which it had to be published.
        region, regions: its name, and those of all by code.
        values, rules: in force; removed: inherited rules that are gone here; resting: rules not in force on the day.
    """

    policy: EffectivePolicy
    on: date
    known: date
    region: Message
    regions: Mapping[str, Message]
    values: tuple[ShownValue, ...]
    rules: tuple[ShownRule, ...]
    removed: tuple[Rule, ...]
    resting: tuple[Rule, ...]


def shown_policy(policies: Policies, found: PolicyOfDay) -> ShownPolicy:
    """Put a policy in force into words."""
    policy, on, known = found.policy, found.on, found.known
    names = region_names(policies)
    wording, above = Wording(policy, names, {}, policies.calendar), list(rules_above(policies.tree, policy))
    return ShownPolicy(
        policy=policy,
        on=on,
        known=known,
        region=policy.region.name,
        regions=names,
        values=tuple(_values(found, wording)),
        rules=tuple(_rule(rule, above, wording) for rule in policy.rules.values()),
        removed=tuple(removed_rules(policy, above, on, known)),
        resting=tuple(rule for name, rule in policy.policy.rules.items() if name not in policy.rules),
    )


def policy_in_force(policies: Policies, service: str, region: str, on: date, known: date | None = None) -> PolicyOfDay:
    """Return what holds for a service in a region on a day, or say what there is instead.

    Raises:
        NotFound: no such region, no such service, or the region does not offer it.
        DecisionFault: a rule in force reads a setting without a value on that day.
    """
    found = policies.effective(service, region, on, known)
    if found is not None:
        return PolicyOfDay(found, on, known or on)
    place, shown = policies.region(region), service[:80]
    there = ", ".join(sorted(place.services))
    if place.words.term("services", service) is None:
        zh, en = f"没有服务事项“{shown}”", f"There is no service {shown}"
    else:
        zh, en = f"地区{region}没有服务事项“{shown}”的政策", f"The region {region} has no policy for {shown}"
    raise NotFound(Message(f"{zh}；该地区有：{there}。", f"{en}; the region has: {there}."))


def _values(found: PolicyOfDay, wording: Wording) -> Iterator[ShownValue]:
    """Yield the values in force by name, those that no rule of the service reads last."""
    policy = found.policy
    read = {cited.setting for rule in policy.rules.values() for cited in policy.cited_values(rule)}
    read |= policy.named_in_messages()
    settings = policy.policy.settings
    for name in sorted(policy.values, key=lambda name: (name not in read, name)):
        setting, value = settings[name], policy.values[name]
        yield ShownValue(
            setting=setting,
            value=value,
            shown=wording.show(value.value, setting.type),
            read=name in read,
            inherited=value.citation.region != policy.region.code,
            replaced=tuple(replaced_values(setting, value, wording, found.on, found.known)),
        )


def _rule(rule: Rule, above: list[Mapping[str, Rule]], wording: Wording) -> ShownRule:
    policy = wording.policy
    return ShownRule(
        rule=rule,
        condition=stated_condition(rule.condition, wording) if rule.condition is not None else None,
        effect=rule.outcome.stated(wording),
        message=policy.message(rule),
        overruled_by=tuple(other.id for other in policy.rules.values() if rule.id in other.instead_of),
        inherited=rule.citation.region != policy.region.code,
        replaced=replaced_rules(rule, above),
    )
