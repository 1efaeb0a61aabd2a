"""Conditions in words for an officer, in Chinese and English, from the labels of facts, settings and terms.

What is said is always true of the facts at hand: of a test that does not hold, its contrary is said.

    the age (15) is below 18 (age from which one acts alone; the province, 温馨提示 (SC-12))
    年龄（15周岁）未满18周岁（可自行办理的年龄；省，温馨提示 (SC-12)）
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.decision import Citation
from domain.duration import WorkingCalendar
from domain.message import Message, joined
from policies.engine.effective import EffectivePolicy
from policies.engine.evaluation import EvaluatedTest
from policies.engine.program import operand_value
from policies.language.conditions import MOVED_BY, Operand, Test
from policies.language.operators import OPERATORS, YEARS, Op
from policies.language.values import Kind, ValueType
from policies.language.vocabulary import FactDefinition, Lexicon

_PLUS = Message("{}加{}", "{} plus {}")
_MINUS = Message("{}减{}", "{} minus {}")
_TIMES = Message("{}乘以{}", "{} times {}")
_NOTHING = Message("无", "none")
_NONE_LISTED = Message("目前一项也没有", "none at present")


def with_unit(shown: Message, unit: str | None) -> Message:
    """Put the unit of an age behind its number."""
    return Message(f"{shown.zh}周岁", shown.en) if unit == YEARS else shown


def citation_words(citation: Citation, regions: Mapping[str, Message]) -> Message:
    """Name the region and clause of a source: the region, then `温馨提示 (SC-12)`."""
    region = regions.get(citation.region, Message(citation.region, citation.region))
    if citation.assumed:
        return Message(f"{region.zh}，无文件依据的假定", f"{region.en}, an assumption")
    where = citation.clause or citation.document
    return Message(f"{region.zh}，{where}", f"{region.en}, {where}")


def shown_value(value: Any, of_type: ValueType, words: Lexicon, regions: Mapping[str, Message]) -> Message:
    """Show a value, terms by their labels and regions by their names."""
    if value is None or value == ():
        return _NOTHING
    if of_type.item.kind is Kind.REGION:
        codes = value if isinstance(value, tuple) else (value,)
        return joined((regions.get(code, Message(code, code)) for code in codes), "、", ", ")
    if isinstance(value, tuple):
        return joined((words.show(item, of_type.item) for item in value), "、", ", ")
    return words.show(value, of_type)


@dataclass(frozen=True, slots=True)
class Wording:
    """Puts what tests saw into words.

    Args:
        policy: in force, whose labels and values are used.
        regions: names of regions by code.
        facts: of the request, as far as they are known; calendar: for what is moved by working days.
    """

    policy: EffectivePolicy
    regions: Mapping[str, Message]
    facts: Mapping[str, Any]
    calendar: WorkingCalendar

    @property
    def words(self) -> Lexicon:
        """The words of the region."""
        return self.policy.words

    def label(self, vocabulary: str, name: str) -> Message:
        """Return what people call a term."""
        return self.words.label(vocabulary, name)

    def fact(self, name: str) -> Message:
        """Return what people call a fact."""
        return self.words.called(name) or Message(name, name)

    def definition(self, name: str) -> FactDefinition | None:
        """Return a fact's definition; None where there is none."""
        return self.policy.fact(name)

    def show(self, value: Any, of_type: ValueType) -> Message:
        """Show a value, terms by their labels and regions by their names."""
        return shown_value(value, of_type, self.words, self.regions)

    def seen(self, seen: EvaluatedTest) -> Message:
        """Say what one test saw, so that it is true."""
        if seen.unknown:
            return self._unknown(seen)
        if seen.absent:
            return joined((self.there(name, Op.ABSENT) for name in seen.absent), "，", " and ")
        test = seen.test
        op = test.op if seen.holds else OPERATORS[test.op].negation
        if op is Op.PRESENT:
            return self.there(test.fact, op)
        label = self.fact(test.fact)
        if test.type.kind is Kind.BOOLEAN and test.operand is not None and test.operand.source == "literal":
            shown = self.show(seen.value, test.type)
            return Message(f"{label.zh}：{shown.zh}", f"{label.en}: {shown.en}")
        told = self.compared(op, test)
        if op is Op.EQ and test.operand is not None and test.operand.source == "literal":
            return Message(f"{label.zh}{told.zh}", f"the {label.en} {told.en}")
        shown = with_unit(self.show(seen.value, test.type), self._unit(test.fact))
        return Message(f"{label.zh}（{shown.zh}）{told.zh}", f"the {label.en} ({shown.en}) {told.en}")

    def test(self, test: Test) -> Message:
        """Say a test as it is written, whatever it sees."""
        if test.op in (Op.PRESENT, Op.ABSENT):
            return self.there(test.fact, test.op)
        label, op = self.fact(test.fact), test.op
        if test.type.kind is Kind.BOOLEAN and test.operand is not None and test.operand.source == "literal":
            shown = self.show(test.operand.value if op is Op.EQ else not test.operand.value, test.type)
            return Message(f"{label.zh}：{shown.zh}", f"{label.en}: {shown.en}")
        told = self.compared(op, test)
        return Message(f"{label.zh}{told.zh}", f"the {label.en} {told.en}")

    def there(self, name: str, op: Op) -> Message:
        """Say that a fact is there, or is not."""
        label, told = self.fact(name), OPERATORS[op].says
        return Message(f"“{label.zh}”{told.zh}", f"the {label.en} {told.en}")

    def _unknown(self, seen: EvaluatedTest) -> Message:
        """Say what is not known, and what hangs on it."""
        names = joined((self.fact(name) for name in seen.unknown), "、", " and the ")
        test = seen.test
        literal = test.operand is None or test.operand.source == "literal"
        if test.type.kind is Kind.BOOLEAN and literal:
            return Message(f"还不知道是否{names.zh}", f"it is not known: {names.en}")
        told, label = self.compared(test.op, test), self.fact(test.fact)
        if seen.unknown == (test.fact,):
            return Message(
                f"还不知道{names.zh}，不能确定是否{told.zh}", f"the {names.en} is not known, nor whether it {told.en}"
            )
        verb = "are" if len(seen.unknown) > 1 else "is"
        return Message(
            f"还不知道{names.zh}，不能确定{label.zh}是否{told.zh}",
            f"the {names.en} {verb} not known, nor whether the {label.en} {told.en}",
        )

    def compared(self, op: Op, test: Test) -> Message:
        """Say what the fact of a test is compared with, after its name.

        Args:
            op: the test's own, or its contrary.
        """
        operand, of_type, unit = test.operand, test.type, self._unit(test.fact)
        phrase = OPERATORS[op].phrase(of_type, unit)
        if operand is None:
            return phrase
        wanted = self.operand(operand, of_type if OPERATORS[op].takes_list else of_type.item, unit)
        return Message(phrase.zh.replace("{}", wanted.zh), phrase.en.replace("{}", wanted.en))

    def _unit(self, name: str) -> str | None:
        definition = self.words.fact(name)
        return definition.unit if definition is not None else None

    def operand(self, operand: Operand, of_type: ValueType, unit: str | None = None) -> Message:
        """Show what a fact is compared with, and where that comes from."""
        if operand.source == "literal":
            return with_unit(self.show(operand.value, of_type), unit)
        origin = self._origin(operand, of_type)
        value = self._value(operand)
        if value is None:
            return origin
        if value == ():
            return Message(f"{origin.zh}（{_NONE_LISTED.zh}）", f"{origin.en} ({_NONE_LISTED.en})")
        shown = with_unit(self.show(value, of_type), unit)
        return Message(f"{shown.zh}（{origin.zh}）", f"{shown.en} ({origin.en})")

    def _value(self, operand: Operand) -> Any:
        """Return an operand's value.

        None where it builds on a fact that is absent or not known, and where nothing can hold it: decisions work it out
        only where the fact that it is compared with is known.
        """
        try:
            return operand_value(operand, self.facts, self.policy.settings, self.calendar)
        except (KeyError, OverflowError, ValueError):
            return None

    def _origin(self, operand: Operand, of_type: ValueType) -> Message:
        """Name the setting or fact behind an operand, with its source and how it is moved."""
        from_fact = operand.source == "fact"
        named = self.fact(operand.value) if from_fact else self.policy.policy.settings[operand.value].label
        if operand.times is not None:
            by = self.operand(operand.times, ValueType(Kind.INTEGER))
            named = Message(_TIMES.zh.format(named.zh, by.zh), _TIMES.en.format(named.en, by.en))
        if operand.offset is not None:
            offset_type = ValueType(Kind.DURATION) if of_type.kind in MOVED_BY else of_type
            by = self.operand(operand.offset, offset_type)
            moved = _PLUS if operand.sign > 0 else _MINUS
            named = Message(moved.zh.format(named.zh, by.zh), moved.en.format(named.en, by.en))
        if from_fact:
            return named
        source = citation_words(self.policy.values[operand.value].citation, self.regions)
        return Message(f"{named.zh}；{source.zh}", f"{named.en}; {source.en}")
