"""Checks of a finished policy: stated limits, settings without a value, and values that can never be computed with."""

from collections.abc import Iterator, Mapping

from domain.duration import Duration
from domain.region import Region
from policies.conditions import MOVES_DATES, operand_settings, tests_of
from policies.faults import Fault, FaultLog, Place
from policies.outcomes import outcome_operands, outcome_settings
from policies.program import ConditionTooComplex, conjunctions
from policies.remembered import FirstMet, Remembered
from policies.service import DatedValue, Rule, ServicePolicy, Setting

MAX_RULES = 300
MAX_RULE_CONJUNCTIONS = 1_000
"""All conjunctions of one service, inherited ones included: 25 rulesets a decision."""


class Limits:
    """Checks policies. What regions inherit unchanged is measured once, however many they are."""

    def __init__(self, log: FaultLog) -> None:
        """Take the log that faults go to."""
        self._log = log
        self._alternatives = Remembered(self._count)
        self._moved: Remembered[Rule, frozenset[str]] = Remembered(lambda rule: frozenset(_moving_settings(rule)))
        self._moves = Remembered(self._moving)
        self._read = Remembered(rule_settings)
        self._undefined: Remembered[Mapping[str, Setting], frozenset[str]] = Remembered(
            lambda settings: frozenset(name for name, setting in settings.items() if not any(setting.layers))
        )
        self._measured = FirstMet()
        self._refused: set[tuple[Place, str]] = set()

    def check(self, policy: ServicePolicy, region: Region) -> None:
        """Record what makes a policy unusable in its region."""
        moves = self._moves(policy.rules)
        if self._measured(policy.rules):
            self._measure(policy, region)
        self._check_moves(policy, moves)
        if region.level in ("city", "district"):
            self._check_defined(policy, region)

    def _moving(self, rules: Mapping[str, Rule]) -> Mapping[str, Rule]:
        """Return the settings by which rules move something, each with the last rule that does."""
        return {name: rule for rule in rules.values() for name in self._moved(rule)}

    def _measure(self, policy: ServicePolicy, region: Region) -> None:
        total = sum(map(self._alternatives, policy.rules.values()))
        if len(policy.rules) > MAX_RULES or total > MAX_RULE_CONJUNCTIONS:
            last = list(policy.rules.values())[-1]
            message = (
                f"{len(policy.rules)} rules with {total} alternatives for `{policy.name}` in {region.code};"
                f" {MAX_RULES} and {MAX_RULE_CONJUNCTIONS} are possible"
            )
            self._add(last, "TOO_MANY_RULES", message, "join rules or settings")

    def _count(self, rule: Rule) -> int:
        if rule.condition is None:
            return 1
        try:
            return len(conjunctions(rule.condition))
        except ConditionTooComplex as error:
            self._add(rule, "CONDITION_TOO_COMPLEX", f"`{rule.id}` has {error}", "split it into several rules")
            return 0

    def _check_defined(self, policy: ServicePolicy, region: Region) -> None:
        undefined = self._undefined(policy.own_settings) | self._undefined(policy.shared_settings)
        if not undefined:
            return
        reads = {name: rule for rule in policy.rules.values() for name in self._read(rule)}
        for name in sorted(reads.keys() & undefined):
            setting = policy.own_settings.get(name) or policy.shared_settings[name]
            if not any(setting.layers):
                where = f"for `{policy.name}` in {region.code}"
                message = f"`{reads[name].id}` reads `{name}`, to which nobody gives a value {where}"
                remedy = f"give it values in {region.path}, or in {setting.place.file}"
                self._add(reads[name], "SETTING_UNDEFINED", message, remedy)

    def _check_moves(self, policy: ServicePolicy, moves: Mapping[str, Rule]) -> None:
        """Record lengths of time that no date can be moved by: every decision that reads one would fail."""
        for name, rule in moves.items():
            setting = policy.own_settings.get(name) or policy.shared_settings.get(name)
            for dated in (dated for layer in setting.layers for dated in layer) if setting else ():
                length = dated.value
                if isinstance(length, Duration) and length.unit not in MOVES_DATES:
                    self._refuse_length(setting, dated, rule)

    def _refuse_length(self, setting: Setting | None, dated: DatedValue, rule: Rule) -> None:
        assert setting is not None  # noqa: S101 - it has the value
        place = Place(dated.citation.file, dated.citation.line, 1, setting.place.path)
        if (place, rule.id) not in self._refused:  # regions below inherit it, and one fault is enough
            self._refused.add((place, rule.id))
            message = (
                f"a date cannot be moved by {dated.value}, and `{rule.id}` ({rule.place}) moves one by `{setting.name}`"
            )
            remedy = "use natural days, months or years"
            self._log.faults.append(
                Fault(place.file, place.line, place.column, place.path, "BAD_OPERAND", message, remedy)
            )

    def _add(self, rule: Rule, code: str, message: str, remedy: str) -> None:
        place = rule.place
        self._log.faults.append(Fault(place.file, place.line, place.column, place.path, code, message, remedy))


def rule_settings(rule: Rule) -> frozenset[str]:
    """Return the settings that a rule's condition and outcome read."""
    tested = (name for test in tests_of(rule.condition) for name in operand_settings(test.operand))
    return frozenset((*tested, *outcome_settings(rule.outcome)))


def _moving_settings(rule: Rule) -> Iterator[str]:
    """Yield the settings by which a rule moves something."""
    tested = (test.operand for test in tests_of(rule.condition) if test.operand is not None)
    for operand in (*tested, *outcome_operands(rule.outcome)):
        yield from operand_settings(operand.offset)
