"""Checks of a finished policy: stated limits, and settings that nobody gave a value."""

from domain.region import Region
from policies.conditions import operand_settings, tests_of
from policies.faults import Fault, FaultLog
from policies.outcomes import outcome_settings
from policies.program import ConditionTooComplex, conjunctions
from policies.service import Rule, ServicePolicy
from policies.vocabulary import Words

MAX_RULES = 300
MAX_RULE_CONJUNCTIONS = 1_000
"""All conjunctions of one service, inherited ones included: 25 rulesets a decision."""


def check_limits(policy: ServicePolicy, words: Words, region: Region, log: FaultLog) -> None:
    """Record what makes a policy unusable in its region.

    Args:
        policy: as the region has it; words: the region's; log: where faults go.
    """
    total = 0
    for rule in policy.rules.values():
        try:
            total += len(conjunctions(rule.condition))
        except ConditionTooComplex as error:
            _add(log, rule, "CONDITION_TOO_COMPLEX", f"`{rule.id}` has {error}", "split it into several rules")
    if len(policy.rules) > MAX_RULES or total > MAX_RULE_CONJUNCTIONS:
        last = list(policy.rules.values())[-1]
        message = (
            f"{len(policy.rules)} rules with {total} alternatives for `{policy.name}` in {region.code};"
            f" {MAX_RULES} and {MAX_RULE_CONJUNCTIONS} are possible"
        )
        _add(log, last, "TOO_MANY_RULES", message, "join rules or settings")
    if region.level in ("city", "district"):
        _check_defined(policy, region, log)


def rule_settings(rule: Rule) -> frozenset[str]:
    """Return the settings that a rule's condition and outcome read."""
    tested = (name for test in tests_of(rule.condition) for name in operand_settings(test.operand))
    return frozenset((*tested, *outcome_settings(rule.outcome)))


def _check_defined(policy: ServicePolicy, region: Region, log: FaultLog) -> None:
    for rule in policy.rules.values():
        for name in sorted(rule_settings(rule)):
            setting = policy.settings.get(name)
            if setting is not None and not any(setting.layers):
                message = f"`{rule.id}` reads `{name}`, to which nobody gives a value in {region.code}"
                _add(log, rule, "SETTING_UNDEFINED", message, f"give it values here or in {setting.place.file}")


def _add(log: FaultLog, rule: Rule, code: str, message: str, remedy: str) -> None:
    fault = Fault(rule.place.file, rule.place.line, rule.place.column, rule.place.path, code, message, remedy)
    if fault not in log.faults:
        log.faults.append(fault)
