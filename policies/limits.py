"""Checks of a finished policy: stated limits, and settings that nobody gave a value."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.region import Region
from policies.conditions import operand_settings, tests_of
from policies.faults import Fault, FaultLog
from policies.outcomes import outcome_settings
from policies.program import ConditionTooComplex, conjunctions
from policies.service import Rule, ServicePolicy

MAX_RULES = 300
MAX_RULE_CONJUNCTIONS = 1_000
"""All conjunctions of one service, inherited ones included: 25 rulesets a decision."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is known of one set of rules, which many regions share: its size, and the settings that it reads."""

    rules: Mapping[str, Rule]
    conjunctions: int
    reads: Mapping[str, Rule]


class Limits:
    """Checks policies. What regions inherit unchanged is measured once, however many they are."""

    def __init__(self, log: FaultLog) -> None:
        """Take the log that faults go to."""
        self._log = log
        # By identity, and with the thing itself kept alive, so that no other can have the same one.
        self._rules: dict[int, tuple[Rule, int]] = {}
        self._measured: dict[int, _Measured] = {}

    def check(self, policy: ServicePolicy, region: Region) -> None:
        """Record what makes a policy unusable in its region."""
        measured = self._measured.get(id(policy.rules))
        if measured is None:
            measured = self._measured[id(policy.rules)] = self._measure(policy, region)
        if region.level in ("city", "district"):
            self._check_defined(policy, measured.reads, region)

    def _measure(self, policy: ServicePolicy, region: Region) -> _Measured:
        total = sum(self._alternatives(rule) for rule in policy.rules.values())
        if len(policy.rules) > MAX_RULES or total > MAX_RULE_CONJUNCTIONS:
            last = list(policy.rules.values())[-1]
            message = (
                f"{len(policy.rules)} rules with {total} alternatives for `{policy.name}` in {region.code};"
                f" {MAX_RULES} and {MAX_RULE_CONJUNCTIONS} are possible"
            )
            self._add(last, "TOO_MANY_RULES", message, "join rules or settings")
        reads = {name: rule for rule in policy.rules.values() for name in rule_settings(rule)}
        return _Measured(policy.rules, total, reads)

    def _alternatives(self, rule: Rule) -> int:
        known = self._rules.get(id(rule))
        if known is None:
            known = self._rules[id(rule)] = (rule, self._count(rule))
        return known[1]

    def _count(self, rule: Rule) -> int:
        try:
            return len(conjunctions(rule.condition))
        except ConditionTooComplex as error:
            self._add(rule, "CONDITION_TOO_COMPLEX", f"`{rule.id}` has {error}", "split it into several rules")
            return 0

    def _check_defined(self, policy: ServicePolicy, reads: Mapping[str, Rule], region: Region) -> None:
        for name in sorted(reads):
            setting = policy.own_settings.get(name) or policy.shared_settings.get(name)
            if setting is not None and not any(setting.layers):
                where = f"for `{policy.name}` in {region.code}"
                message = f"`{reads[name].id}` reads `{name}`, to which nobody gives a value {where}"
                remedy = f"give it values in {region.path}, or in {setting.place.file}"
                self._add(reads[name], "SETTING_UNDEFINED", message, remedy)

    def _add(self, rule: Rule, code: str, message: str, remedy: str) -> None:
        place = rule.place
        self._log.faults.append(Fault(place.file, place.line, place.column, place.path, code, message, remedy))


def rule_settings(rule: Rule) -> frozenset[str]:
    """Return the settings that a rule's condition and outcome read."""
    tested = (name for test in tests_of(rule.condition) for name in operand_settings(test.operand))
    return frozenset((*tested, *outcome_settings(rule.outcome)))
