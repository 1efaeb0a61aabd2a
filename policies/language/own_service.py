"""What a region's own files say of one service, and what holds there once that is put on top of what the region inherits."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from domain.duration import Duration
from domain.message import Message
from policies.language.layered import layered
from policies.language.rule_reads import names_read
from policies.language.service import Review, Rule, ServicePolicy, Setting
from policies.language.settings import OwnSettings, settings_fit, settings_over
from policies.language.vocabulary import did_you_mean
from policies.source.faults import Remedy

OwnRules = Mapping[str, Rule | None]
"""What a region's own files say of a service's rules, by id and in order; None removes the parent's."""


@dataclass(frozen=True, slots=True)
class OwnService:
    """What the file of a service says, and those of the region's shared rules that name the service.

    Args:
        file: None where only shared rules say something.
        title, review_every: None where the parent's stay.
        review: see `ServicePolicy`.
        replaced: the parent's rules that are replaced or removed.
    """

    name: str
    file: str | None
    title: Message | None
    review_every: Duration | None
    review: Review | None
    settings: OwnSettings
    rules: OwnRules
    replaced: frozenset[str]

    def over(self, parent: ServicePolicy | None, region: str, shared: Mapping[str, Setting]) -> ServicePolicy:
        """Return the policy that holds with this on top of the parent's.

        Args:
            parent: None where the parent does not offer the service.
            region: the code of the region; shared: its shared settings.
        """
        title = parent.title if parent else Message(self.name, self.name)
        review_every = parent.review_every if parent else None
        files = parent.files if parent else ()
        return ServicePolicy(
            name=self.name,
            region=region,
            title=self.title or title,
            own_settings=settings_over(self.settings, parent.own_settings if parent else {}),
            shared_settings=shared,
            rules=rules_over(self.rules, parent.rules if parent else {}),
            review_every=self.review_every if self.review_every is not None else review_every,
            files=files if self.file is None else (*files, self.file),
            review=self.review,
        )

    def over_other(
        self, parent: ServicePolicy | None, shared: Mapping[str, Setting], before: ServicePolicy
    ) -> ServicePolicy | None:
        """Return the policy on top of another parent's; None where the files must be read again for that.

        They are where reading them would find a fault or anything else than it found, words apart.

        Args:
            parent, shared: as for `over`; before: the policy as it was when the files were read.
        """
        if parent is None and self.title is None:
            return None
        if not settings_fit(self.settings, parent.own_settings if parent else {}, shared):
            return None
        policy = self.over(parent, before.region, shared)
        retyped = {*_retyped(before.own_settings, policy.own_settings), *_retyped(before.shared_settings, shared)}
        if retyped and any(rule and not retyped.isdisjoint(names_read(rule)) for rule in self.rules.values()):
            return None
        return policy if self._rules_fit(policy.rules, parent.rules if parent else {}) else None

    def _rules_fit(self, rules: Mapping[str, Rule], inherited: Mapping[str, Rule]) -> bool:
        for name in self.rules:
            above = inherited.get(name)
            if (above is not None) is not (name in self.replaced) or (above is not None and above.bound):
                return False
        return not any(overruling_conflicts(rules, self.rules))


def _retyped(before: Mapping[str, Setting], now: Mapping[str, Setting]) -> Iterator[str]:
    """Yield the settings that are gone or of another type, so that rules cannot read them as they did."""
    for name, setting in before.items() if before is not now else ():
        other = now.get(name)
        if other is not setting and (other is None or other.type != setting.type):
            yield name


def rules_over(own: OwnRules, inherited: Mapping[str, Rule]) -> Mapping[str, Rule]:
    """Return the rules that hold with a region's own on top of the parent's."""
    rules = layered(own, inherited)
    if None not in own.values():
        return cast(Mapping[str, Rule], rules)
    return {name: rule for name, rule in rules.items() if rule is not None}


@dataclass(frozen=True, slots=True)
class RuleConflict:
    """A rule that overrules what it may not.

    Args:
        entry: the entry of the region's own files at which that is a fault; the rest as of a `Fault`.
    """

    entry: str
    code: str
    message: Message
    remedy: Remedy
    about: tuple[str, ...] = ()


def overruling_conflicts(
    rules: Mapping[str, Rule], own: OwnRules, failed: Collection[str] = ()
) -> Iterator[RuleConflict]:
    """Check `instead_of`: its targets exist, do the same kind of thing, are not bound, and make no circle.

    Args:
        rules: that hold in a region; own: what its own files say of them.
        failed: entries of these files that have faults of their own.
    """
    for rule in rules.values():
        for name in rule.instead_of:
            if own.get(rule.id) is not None:
                yield from _target_conflicts(rule, name, rules, own, failed)
            elif name in own:
                replacement = own[name]
                if replacement is not None:
                    yield from _kind_conflicts(rule, replacement, name)
                    continue
                message = Message(
                    f"`{rule.id}`（{rule.place}）优先于 `{name}`，而 `{name}` 已在此取消",
                    f"`{rule.id}` at {rule.place} overrules `{name}`, which is removed here",
                )
                remedy = Message(f"一并替换或取消 `{rule.id}`", f"replace or remove `{rule.id}` too")
                yield RuleConflict(name, "UNKNOWN_RULE", message, remedy)


def _target_conflicts(
    rule: Rule, name: str, rules: Mapping[str, Rule], own: OwnRules, failed: Collection[str]
) -> Iterator[RuleConflict]:
    target = rules.get(name)
    if target is None:
        if name not in failed:
            message = Message(f"没有规则 `{name}`", f"there is no rule `{name}`")
            yield RuleConflict(rule.id, "UNKNOWN_RULE", message, did_you_mean(name, rules), (f"rule {name}",))
        return
    yield from _kind_conflicts(rule, target, rule.id)
    if target.bound and own.get(name) is None:
        yield RuleConflict(rule.id, "LOOSENS_BOUND_RULE", *bound_by_parent(target))
    if _reaches(target, rule.id, rules, set()):
        message = Message(f"`{name}` 与 `{rule.id}` 互相让位", f"`{name}` and `{rule.id}` overrule each other")
        if name == rule.id:
            message = Message(f"`{name}` 让位于自身", f"`{name}` overrules itself")
        yield RuleConflict(rule.id, "CIRCULAR_RULES", message, Message("解除循环", "break the circle"))


def _kind_conflicts(rule: Rule, target: Rule, entry: str) -> Iterator[RuleConflict]:
    if type(target.outcome) is not type(rule.outcome):
        message = Message(
            f"`{rule.id}` 优先于 `{target.id}`，但两条规则的结果种类不同",
            f"`{rule.id}` overrules `{target.id}`, which has another kind of outcome",
        )
        remedy = Message("只让结果种类相同的规则让位", "overrule a rule of the same kind")
        yield RuleConflict(entry, "TYPES_DIFFER", message, remedy)


def bound_by_parent(bound: Rule) -> tuple[Message, Message]:
    """Say that a rule is weakened which a parent has bound, and what to do."""
    message = Message(
        f"`{bound.id}` 受上级约束（{bound.place}）", f"`{bound.id}` is bound by its parent at {bound.place}"
    )
    return message, Message("改为另行增加更严格的规则", "add a stricter rule of your own instead")


def _reaches(rule: Rule, goal: str, rules: Mapping[str, Rule], seen: set[str]) -> bool:
    if goal in rule.instead_of:
        return True
    seen.add(rule.id)
    return any(_reaches(rules[n], goal, rules, seen) for n in rule.instead_of if n in rules and n not in seen)
