"""The facts of one request, and what to do when one is missing or wrong: refuse, never guess."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.duration import WorkingCalendar
from domain.errors import DecisionFault, InvalidInput
from domain.evidence import Evidence
from domain.history import History
from domain.message import Message
from policies.engine.effective import EffectivePolicy
from policies.engine.program import operand_value
from policies.engine.working_days import NO_CALENDAR, WORKING_DAY, WORKING_DAYS_LEFT, DaysCounted, rest_of_month
from policies.language.conditions import Operand, operand_facts
from policies.language.history_counts import count_history
from policies.language.values import KIND_WORDS, LISTS, Kind, has_type, moment_part
from policies.language.vocabulary import FactDefinition

_SHOWN = 80


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


class CompletedFacts:
    """The facts of one request, completed and checked before anything is evaluated.

    Args of `complete`: none; it derives counted facts and attributes of terms, checks every type and word, and leaves
    in `unknown` what nobody has said yet.
    """

    def __init__(
        self,
        policy: EffectivePolicy,
        facts: dict[str, Any],
        evidence: Evidence,
        history: History | None,
        form: bool,
        calendar: WorkingCalendar = NO_CALENDAR,
    ) -> None:
        self.policy = policy
        self.facts = facts
        self.evidence = evidence
        self.history = history
        self.form = form
        self.days = DaysCounted(calendar)
        self.settings: Mapping[str, Any] = policy.settings
        self.unknown: frozenset[str] = frozenset()

    def complete(self) -> None:
        """Complete and check the facts.

        Raises:
            InvalidInput: a chosen or declared value is not possible.
            DecisionFault: a fact that must be there is missing, or has the wrong type.
        """
        unknown = set()
        for name in sorted(self.policy.facts_read.union(self.facts)):
            definition = self.policy.fact(name)
            if definition is None:
                raise evaluation_fault(
                    "UNKNOWN_FACT", f"没有定义事实 `{name}`", f"no vocabulary defines the fact {name}"
                )
            if name not in self.facts and not self._derive(definition):
                unknown.add(name)
                if not self.form and self._root(definition).origin != "declared":
                    raise evaluation_fault("MISSING_FACT", f"缺少事实 `{name}`", f"the fact {name} was not supplied")
            elif self.facts[name] is not None or not definition.optional:
                self._check(definition, self.facts[name])
        self.unknown = frozenset(unknown)
        self._count_days()

    def _count_days(self) -> None:
        """Count the days that the calendar told the facts of the day, so that the decision says if one was estimated."""
        on, read = self.policy.on, self.policy.facts_read
        if WORKING_DAY in read and WORKING_DAY not in self.unknown:
            self.days.day(on)
        if WORKING_DAYS_LEFT in read and WORKING_DAYS_LEFT not in self.unknown:
            for day in rest_of_month(on):
                self.days.day(day)

    def _root(self, definition: FactDefinition) -> FactDefinition:
        parent = self.policy.fact(definition.parent) if definition.parent else None
        return self._root(parent) if parent else definition

    def _derive(self, definition: FactDefinition) -> bool:
        """Compute a counted fact or a term's attribute; say whether it is known now."""
        if definition.count is not None and self.history is None:
            return False
        if definition.count is not None and self.history is not None:
            found = count_history(definition.count, self.history, self.policy.on)
            if isinstance(found, datetime) and definition.type.kind is Kind.DATE:
                self.facts[definition.name] = moment_part(found, "day")
            else:
                self.facts[definition.name] = found
            return True
        parent = self.policy.fact(definition.parent) if definition.parent else None
        if parent is None or (parent.name not in self.facts and not self._derive(parent)):
            return False
        held, attribute = self.facts[parent.name], definition.name.rpartition(".")[2]
        if parent.type.kind is Kind.MOMENT:
            known = has_type(held, parent.type)
            self.facts[definition.name] = moment_part(held, attribute) if known else None
            return True
        if parent.type.of is None:
            return False
        term = self.policy.terms(parent.type.of).get(held) if isinstance(held, str) else None
        self.facts[definition.name] = term.attributes.get(attribute) if term else None
        return True

    def _check(self, definition: FactDefinition, value: Any) -> None:
        if not has_type(value, definition.type):
            wanted = KIND_WORDS[definition.type.kind]
            raise self._refuse(definition, value, Message(f"应为{wanted.zh}", f"must be {wanted.en}"))
        if definition.type.of is not None:
            terms = self.policy.terms(definition.type.of)
            for name in value if definition.type.kind in LISTS else (value,):
                if name not in terms:
                    raise self._refuse(definition, name)

    def _refuse(self, definition: FactDefinition, value: Any, wrong: Message | None = None) -> Exception:
        """Return what to raise for a value of the wrong type, or, with nothing said of it, for a word of no vocabulary."""
        name, label = definition.name, definition.label
        if definition.origin in ("chosen", "declared"):
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
