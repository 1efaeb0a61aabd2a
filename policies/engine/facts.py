"""The facts of one request, and what to do when one is missing or wrong: refuse, never guess."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.duration import WorkingCalendar
from domain.errors import DecisionFault, InvalidInput
from domain.evidence import Evidence
from domain.history import History
from domain.message import Message
from policies.engine.checks import MISSING, SAID, Check
from policies.engine.effective import EffectivePolicy
from policies.engine.program import operand_value
from policies.engine.working_days import NO_CALENDAR, WORKING_DAY, WORKING_DAYS_LEFT, DaysCounted, rest_of_month
from policies.language.conditions import Operand, operand_facts
from policies.language.values import KIND_WORDS, LISTS, has_type
from policies.language.vocabulary import FactDefinition

_SHOWN = 80
_NOTHING: frozenset[str] = frozenset()


def evaluation_fault(code: str, zh: str, en: str) -> DecisionFault:
    """Return the fault of a policy that could not be evaluated. It refuses, whatever the rules would have said."""
    return DecisionFault(
        Message(f"按这些规定无法判定，所以不准予：{zh}。", f"The policy could not be evaluated, so it refuses: {en}."),
        code=code,
    )


def required_value(
    operand: Operand,
    facts: Mapping[str, Any],
    settings: Mapping[str, Any],
    calendar: WorkingCalendar = NO_CALENDAR,
) -> Any:
    """Return the value of an outcome's operand.

    Raises:
        DecisionFault: it builds on a fact that is known to be absent.
    """
    value = operand_value(operand, facts, settings, calendar)
    if value is None:
        name = next(name for name in operand_facts(operand) if facts[name] is None)
        raise evaluation_fault("MISSING_FACT", f"缺少事实 `{name}`", f"the fact {name} is absent")
    return value


def is_settled(operand: Operand) -> bool:
    """Say whether an operand is the same for every request, by no working day either."""
    return operand.source != "fact" and operand.offset is None and operand.times is None


def settled_value(operand: Operand, settings: Mapping[str, Any]) -> Any:
    """Return the value of an operand that is settled."""
    return operand.value if operand.source == "literal" else settings[operand.value]


class CompletedFacts:
    """The facts of one request, completed and checked before anything is evaluated.

    Args of `complete`: none; it derives counted facts and attributes of terms, checks the type and word of every fact that
    a rule reads or that people say themselves, and leaves in `unknown` what nobody has said yet.
    """

    __slots__ = ("days", "evidence", "facts", "form", "history", "known", "on", "policy", "settings", "unknown")

    def __init__(
        self,
        policy: EffectivePolicy,
        on: date,
        known: date,
        facts: Mapping[str, Any],
        evidence: Evidence,
        history: History | None,
        form: bool,
        calendar: WorkingCalendar = NO_CALENDAR,
    ) -> None:
        self.policy = policy
        self.on = on
        self.known = known
        self.facts = dict(facts)
        self.evidence = evidence
        self.history = history
        self.form = form
        self.days = DaysCounted(calendar)
        self.settings: Mapping[str, Any] = policy.settings
        self.unknown: frozenset[str] = _NOTHING

    def complete(self) -> None:
        """Complete and check the facts.

        Raises:
            InvalidInput: a chosen or declared value is not possible.
            DecisionFault: a fact that must be there is missing, or has the wrong type.
        """
        facts, history, on = self.facts, self.history, self.on
        unknown = []
        if not facts.keys() <= self.policy.words.facts.keys():
            self._check_defined()
        for check in self.policy.checks:
            name = check.name
            value = facts.get(name, MISSING)
            if value is MISSING:
                if check.derive is not None and (value := check.derive(facts, history, on)) is not MISSING:
                    facts[name] = value
                elif not check.is_read:
                    continue
                elif self.form or check.declared:
                    unknown.append(name)
                    continue
                else:
                    raise evaluation_fault("MISSING_FACT", f"缺少事实 `{name}`", f"the fact {name} was not supplied")
            if not check.fits(value):
                raise self._wrong(check, value)
        if unknown:
            self.unknown = frozenset(unknown)
        if self.policy.counts_days:
            self._count_days()

    def _check_defined(self) -> None:
        for name in sorted(self.facts.keys() - self.policy.words.facts.keys()):
            if self.policy.fact(name) is None:
                raise evaluation_fault(
                    "UNKNOWN_FACT", f"没有定义事实 `{name}`", f"no vocabulary defines the fact {name}"
                )

    def _count_days(self) -> None:
        """Count the days that the calendar told the facts of the day, so that the decision says if one was estimated."""
        read = self.policy.facts_read
        if WORKING_DAY in read and WORKING_DAY not in self.unknown:
            self.days.day(self.on)
        if WORKING_DAYS_LEFT in read and WORKING_DAYS_LEFT not in self.unknown:
            for day in rest_of_month(self.on):
                self.days.day(day)

    def _wrong(self, check: Check, value: Any) -> Exception:
        """Return what to raise for a value that a fact cannot have."""
        definition, of_type = check.definition, check.definition.type
        if not has_type(value, of_type):
            wanted = KIND_WORDS[of_type.kind]
            return _refusal(definition, value, Message(f"应为{wanted.zh}", f"must be {wanted.en}"))
        terms = self.policy.terms(of_type.of or "")
        named = value if of_type.kind in LISTS else (value,)
        return _refusal(definition, next(name for name in named if name not in terms))


def _refusal(definition: FactDefinition, value: Any, wrong: Message | None = None) -> Exception:
    """Return what to raise for a value of the wrong type, or, with nothing said of it, for a word of no vocabulary."""
    name, label = definition.name, definition.label
    if definition.origin in SAID:
        message = (
            Message(f"“{label.zh}”没有这一项，请在所列各项中选择。", f"{label.en}: choose one of those listed.")
            if wrong is None
            else Message(f"“{label.zh}”填写得不对，{wrong.zh}。", f"{label.en}: this {wrong.en}.")
        )
        return InvalidInput(message, field=name, code="VALUE_NOT_POSSIBLE")
    shown, of = _shown(value), definition.type.of
    wrong = wrong or Message(f"不是词表 `{of}` 的词条", f"is none of the {of}")
    return evaluation_fault(
        "BAD_FACT", f"事实 `{name}` 的值 `{shown}` {wrong.zh}", f"the fact {name}, {shown}, {wrong.en}"
    )


def _shown(value: object) -> str:
    """Show what somebody sent, however long: Python itself refuses to write out whole numbers of 4,300 digits."""
    if isinstance(value, int) and value.bit_length() > 256:
        return f"(a number of {value.bit_length()} bits)"
    text = repr(value[:_SHOWN] if isinstance(value, str | bytes | list | tuple) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
