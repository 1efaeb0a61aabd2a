"""Checks of a finished policy: stated limits, settings without a value, and values that can never be computed with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.duration import Duration
from domain.region import Region
from policies.conditions import cannot_move, operand_settings, tests_of
from policies.faults import Fault, FaultLog, Place
from policies.outcomes import outcome_operands, outcome_settings
from policies.program import ConditionTooComplex, conjunctions
from policies.service import DatedValue, Rule, ServicePolicy, Setting
from policies.values import Kind

MAX_RULES = 300
MAX_RULE_CONJUNCTIONS = 1_000
"""All conjunctions of one service, inherited ones included: 25 rulesets a decision."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is known of one set of rules, which many regions share: its size, and the settings that it reads.

    Args:
        moves: of the settings, those by which something is moved, and what kind of thing that is.
    """

    rules: Mapping[str, Rule]
    conjunctions: int
    reads: Mapping[str, Rule]
    moves: Mapping[tuple[str, Kind], Rule]


class Limits:
    """Checks policies. What regions inherit unchanged is measured once, however many they are."""

    def __init__(self, log: FaultLog) -> None:
        """Take the log that faults go to."""
        self._log = log
        # By identity, and with the thing itself kept alive, so that no other can have the same one.
        self._rules: dict[int, tuple[Rule, int]] = {}
        self._measured: dict[int, _Measured] = {}
        self._refused: set[tuple[Place, str]] = set()

    def check(self, policy: ServicePolicy, region: Region) -> None:
        """Record what makes a policy unusable in its region."""
        measured = self._measured.get(id(policy.rules))
        if measured is None:
            measured = self._measured[id(policy.rules)] = self._measure(policy, region)
        self._check_moves(policy, measured.moves)
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
        moves = {moving: rule for rule in policy.rules.values() for moving in _moving_settings(rule)}
        return _Measured(policy.rules, total, reads, moves)

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

    def _check_moves(self, policy: ServicePolicy, moves: Mapping[tuple[str, Kind], Rule]) -> None:
        """Record lengths of time that nothing can be moved by: every decision that reads one would fail."""
        for (name, kind), rule in moves.items():
            setting = policy.own_settings.get(name) or policy.shared_settings.get(name)
            for dated in (dated for layer in setting.layers for dated in layer) if setting else ():
                length = dated.value
                if isinstance(length, Duration) and (remedy := cannot_move(kind, length)) is not None:
                    self._refuse_length(setting, dated, rule, remedy)

    def _refuse_length(self, setting: Setting | None, dated: DatedValue, rule: Rule, remedy: str) -> None:
        assert setting is not None  # noqa: S101 - it has the value
        place = Place(dated.citation.file, dated.citation.line, 1, setting.place.path)
        if (place, rule.id) not in self._refused:  # regions below inherit it, and one fault is enough
            self._refused.add((place, rule.id))
            message = (
                f"a date cannot be moved by {dated.value}, and `{rule.id}` ({rule.place}) moves one by `{setting.name}`"
            )
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


def _moving_settings(rule: Rule) -> Iterator[tuple[str, Kind]]:
    """Yield the settings by which a rule moves something, and what kind of thing that is."""
    for test in tests_of(rule.condition):
        if test.operand is not None:
            yield from ((name, test.type.item.kind) for name in operand_settings(test.operand.offset))
    for operand in outcome_operands(rule.outcome):
        # What the attributes of a route are is not told here; of all kinds a moment can be moved by most.
        yield from ((name, Kind.MOMENT) for name in operand_settings(operand.offset))
