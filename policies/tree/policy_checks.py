"""Checks of a finished policy: stated limits, settings without a value, and values that can never be computed with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.message import Message
from domain.region import Region
from domain.services import DECIDES_DELIVERY, Choice, chooses_delivery
from policies.language.conditions import cannot_move, operand_settings, tests_of
from policies.language.normal_form import ConditionTooComplex, conjunctions
from policies.language.outcomes.needs import TAKEN_WITHIN
from policies.language.outcomes.require import Require
from policies.language.rule_reads import facts_read, rule_settings
from policies.language.service import DatedValue, Rule, ServicePolicy, Setting
from policies.language.values import Kind, show_duration
from policies.source.faults import Fault, FaultLog, SourceLocation
from policies.tree.region_policies import RegionPolicies
from policies.tree.remembered import IdentityCache

MAX_RULES = 300
MAX_RULE_CONJUNCTIONS = 1_000
"""All conjunctions of one service, inherited ones included: 25 rulesets a decision."""


_Moving = tuple[str, Kind]
"""A setting by which something is moved, and the kind of what is moved."""


@dataclass(frozen=True, slots=True)
class _Odd:
    """Names of settings that could make a policy unusable: those without a value, and those that can move no date."""

    undefined: frozenset[str]
    unfit: frozenset[str]


class PolicyChecks:
    """Checks policies. What regions inherit unchanged is looked at once, however many they are."""

    def __init__(self, log: FaultLog) -> None:
        """Take the log that faults go to."""
        self._log = log
        self._alternatives = IdentityCache(self._count)
        self._moved: IdentityCache[Rule, frozenset[_Moving]] = IdentityCache(
            lambda rule: frozenset(_moving_settings(rule))
        )
        self._moves = IdentityCache(self._moving)
        self._read = IdentityCache(rule_settings)
        self._odd = IdentityCache(_odd)
        self._measured: dict[int, Mapping[str, Rule]] = {}
        self._refused: set[tuple[SourceLocation, str]] = set()
        self._of_delivery = IdentityCache(_of_delivery)

    def check(self, place: RegionPolicies, before: Mapping[str, ServicePolicy]) -> None:
        """Record what makes the policies of a region unusable there.

        Args:
            before: as they were when nothing was wrong with them.
        """
        measured, odd_own, odd_shared = self._measured, self._odd, self._odd(place.shared_settings)
        for name, policy in place.services.items():
            was = before.get(name)
            if was is policy:
                continue
            rules = policy.rules
            if id(rules) not in measured and (was is None or rules is not was.rules):
                measured[id(rules)] = rules
                self._measure(policy, place.region)
            for odd in (odd_own(policy.own_settings), odd_shared):
                if odd is not None:
                    self._check_odd(odd, policy, place.region)
        if DECIDES_DELIVERY not in place.services and place.region.level in ("city", "district"):
            self._check_delivered(place)

    def _check_delivered(self, place: RegionPolicies) -> None:
        """Record rules about a way of delivery that is chosen with a card, where nothing decides it: it is refused."""
        for name, policy in place.services.items():
            for rule in self._of_delivery(policy.rules) if chooses_delivery(name) else ():
                if (rule.place, DECIDES_DELIVERY) in self._refused:
                    continue
                self._refused.add((rule.place, DECIDES_DELIVERY))
                code = place.region.code
                message = Message(
                    f"`{code}` 没有开通 `{DECIDES_DELIVERY}`，办理 `{name}` 时选择领卡方式的一律被拒绝",
                    f"{code} does not offer `{DECIDES_DELIVERY}`, which decides the way of delivery: whoever chooses one"
                    f" with `{name}` is refused",
                )
                remedy = Message(
                    f"为该地区写 `{DECIDES_DELIVERY}.yaml`，或者删去这条规则",
                    f"write `{DECIDES_DELIVERY}.yaml` for the region, or remove the rule",
                )
                self._add(rule, "CHOICE_NOT_TAKEN", message, remedy)

    def _check_odd(self, odd: _Odd, policy: ServicePolicy, region: Region) -> None:
        if odd.unfit:
            self._check_moves(policy, odd.unfit)
        if odd.undefined and region.level in ("city", "district"):
            self._check_defined(policy, odd.undefined, region)

    def _moving(self, rules: Mapping[str, Rule]) -> "Mapping[_Moving, Rule]":
        """Return the settings by which rules move something of a kind, each with the last rule that does."""
        return {moving: rule for rule in rules.values() for moving in self._moved(rule)}

    def _measure(self, policy: ServicePolicy, region: Region) -> None:
        rules = policy.rules.values()
        if len(rules) <= MAX_RULES and sum([rule.weight for rule in rules]) <= MAX_RULE_CONJUNCTIONS:
            return
        total = sum(map(self._alternatives, rules))
        if len(rules) > MAX_RULES or total > MAX_RULE_CONJUNCTIONS:
            message = Message(
                f"`{region.code}` 的 `{policy.name}` 有{len(rules)}条规则、{total}种情形，"
                f"最多可有{MAX_RULES}条、{MAX_RULE_CONJUNCTIONS}种",
                f"{len(rules)} rules with {total} alternatives for `{policy.name}` in {region.code};"
                f" {MAX_RULES} and {MAX_RULE_CONJUNCTIONS} are possible",
            )
            self._add(list(rules)[-1], "TOO_MANY_RULES", message, Message("合并规则或参数", "join rules or settings"))

    def _count(self, rule: Rule) -> int:
        try:
            return len(conjunctions(rule.condition))
        except ConditionTooComplex as error:
            message = Message(f"`{rule.id}` 有{error.message.zh}", f"`{rule.id}` has {error.message.en}")
            self._add(rule, "CONDITION_TOO_COMPLEX", message, Message("拆成几条规则", "split it into several rules"))
            return 0

    def _check_defined(self, policy: ServicePolicy, undefined: frozenset[str], region: Region) -> None:
        reads = {name: rule for rule in policy.rules.values() for name in self._read(rule)}
        for name in sorted(reads.keys() & undefined):
            setting = policy.own_settings.get(name) or policy.shared_settings[name]
            if not any(setting.layers):
                rule, path, file = reads[name], region.path, setting.place.file
                message = Message(
                    f"`{rule.id}` 所用的 `{name}` 在 `{region.code}` 的 `{policy.name}` 里没有值",
                    f"`{rule.id}` reads `{name}`, to which nobody gives a value for `{policy.name}` in {region.code}",
                )
                remedy = Message(f"在 {path} 或 {file} 里写明它的值", f"give it values in {path}, or in {file}")
                self._add(rule, "SETTING_UNDEFINED", message, remedy, f"value {name}@{path}")

    def _check_moves(self, policy: ServicePolicy, unfit: frozenset[str]) -> None:
        """Record lengths of time that nothing can be moved by: every decision that reads one would fail."""
        for (name, kind), rule in self._moves(policy.rules).items():
            if name in unfit:
                setting = policy.own_settings.get(name) or policy.shared_settings[name]
                for dated in _lengths_that_move_no_date(setting):
                    remedy = cannot_move(kind, dated.value)
                    if remedy is not None:
                        self._refuse_length(setting, dated, rule, remedy)

    def _refuse_length(self, setting: Setting, dated: DatedValue, rule: Rule, remedy: Message) -> None:
        place = SourceLocation(dated.citation.file, dated.citation.line, 1, setting.place.path)
        if (place, rule.id) not in self._refused:  # regions below inherit it, and one fault is enough
            self._refused.add((place, rule.id))
            length, by = show_duration(dated.value), setting.name
            message = Message(
                f"日期不能加减{length.zh}，而 `{rule.id}`（{rule.place}）用 `{by}` 加减日期",
                f"a date cannot be moved by {length.en}, and `{rule.id}` ({rule.place}) moves one by `{by}`",
            )
            self._log.faults.append(
                Fault(place.file, place.line, place.column, place.path, "BAD_OPERAND", message, remedy)
            )

    def _add(self, rule: Rule, code: str, message: Message, remedy: Message, *about: str) -> None:
        self._log.add(rule.place, code, message, remedy, *about)


def _of_delivery(rules: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """Return the rules that read or open the way of delivery that is chosen."""
    return tuple(
        rule
        for rule in rules.values()
        if any(f"{fact}.".startswith(f"{Choice.DELIVERY}.") for fact in facts_read(rule))
    )


def _odd(settings: Mapping[str, Setting]) -> _Odd | None:
    undefined = frozenset(name for name, setting in settings.items() if not any(setting.layers))
    unfit = frozenset(name for name, setting in settings.items() if any(_lengths_that_move_no_date(setting)))
    return _Odd(undefined, unfit) if undefined or unfit else None


def _lengths_that_move_no_date(setting: Setting) -> Iterator[DatedValue]:
    for layer in setting.layers if setting.type.kind is Kind.DURATION else ():
        for dated in layer:
            if cannot_move(Kind.DATE, dated.value) is not None:
                yield dated


def _moving_settings(rule: Rule) -> Iterator[_Moving]:
    """Yield the settings by which a rule moves something, and what kind of thing that is."""
    for test in tests_of(rule.condition):
        if test.operand is not None:
            yield from ((name, test.type.item.kind) for name in operand_settings(test.operand.offset))
    if isinstance(rule.outcome, Require):
        for need in rule.outcome.needs():
            if TAKEN_WITHIN in need.specification:
                yield from ((name, Kind.DATE) for name in operand_settings(need.specification[TAKEN_WITHIN]))
    for operand in rule.outcome.operands():
        # What the attributes of a route are is not told here; of all kinds a moment can be moved by most.
        yield from ((name, Kind.MOMENT) for name in operand_settings(operand.offset))
