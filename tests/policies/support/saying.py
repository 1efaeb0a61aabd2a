"""What rules see, worked out with the oracle alone: the tests of a condition one by one, and how each must be put."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policies.engine.asking import Asked
from tests.policies.support.oracle import UNKNOWN, Question, _Evaluation
from tests.policies.support.oracle_names import facts_in
from tests.policies.support.oracle_tree import Place, Raw
from tests.policies.support.oracle_values import Truth
from tests.policies.support.random_questions import ODD_DAYS

NUMBERS = {
    "below": ("is below", "小于", "is at least", "不小于"),
    "at_most": ("is at most", "不超过", "is above", "大于"),
    "above": ("is above", "大于", "is at most", "不超过"),
    "at_least": ("is at least", "不小于", "is below", "小于"),
}
AGES = {
    "below": ("is below", "未满", "is at least", "已满"),
    "at_most": ("is at most", "不超过", "is above", "超过"),
    "above": ("is above", "超过", "is at most", "不超过"),
    "at_least": ("is at least", "已满", "is below", "未满"),
}
"""Of facts in years, all of whose names end so."""
AMOUNTS = {
    "below": ("is below", "低于", "is at least", "不低于"),
    "at_most": ("is at most", "不高于", "is above", "高于"),
    "above": ("is above", "高于", "is at most", "不高于"),
    "at_least": ("is at least", "不低于", "is below", "低于"),
}
DAYS = {
    "below": ("is before", "早于", "is not before", "不早于"),
    "at_most": ("is not after", "不晚于", "is after", "晚于"),
    "above": ("is after", "晚于", "is not after", "不晚于"),
    "at_least": ("is not before", "不早于", "is before", "早于"),
}
SAME = {"before": "below", "on_or_before": "at_most", "after": "above", "on_or_after": "at_least"}
OTHERS = {
    "is": ("is ", "是", "is not ", "不是"),
    "is_not": ("is not ", "不是", "is ", "是"),
    "in": ("is one of", "之一", "is none of", "任何一项"),
    "not_in": ("is none of", "任何一项", "is one of", "之一"),
    "includes": (" includes ", "包含", "does not include ", "不包含"),
    "excludes": ("does not include ", "不包含", " includes ", "包含"),
    "includes_any": ("includes one of", "至少一项", "includes none of", "任何一项"),
    "includes_none": ("includes none of", "任何一项", "includes one of", "至少一项"),
    "includes_all": ("includes all of", "包含全部", "does not include all of", "未包含全部"),
    "within": ("lies in", "位于", "does not lie in", "不在"),
    "not_within": ("does not lie in", "不在", "lies in", "位于"),
}


@dataclass(frozen=True)
class Expected:
    """What the oracle says of one test, and the words that must be found in what is said of it."""

    fact: str
    holds: Truth
    unknown: bool
    absent: bool
    words: tuple[str, str]


class Sayings:
    """What the oracle sees of one question."""

    def __init__(self, place: Place, question: Question) -> None:
        self.evaluation = _Evaluation(place, question)
        self.place = place

    def truth(self, rule: Raw) -> Truth:
        """Return whether a rule's condition holds."""
        return self.evaluation.condition(rule["when"]) if "when" in rule else True

    def tests(self, rule: Raw) -> list[Expected]:
        """Return what each test of a rule's condition sees, in the order of the policies."""
        return [self._expected(*test) for test in _tests(rule.get("when", {}))]

    def _expected(self, name: str, word: str, raw: Raw) -> Expected:
        values = [self.evaluation.fact(read) for read in (name, *facts_in(raw))]
        unknown = any(value is UNKNOWN for value in values)
        absent = not unknown and any(value is None for value in values)
        holds = self.evaluation._test(name, word, raw)
        return Expected(name, holds, unknown, absent, self._words(name, word, raw, holds, unknown, absent))

    def _words(self, name: str, word: str, raw: Raw, holds: Truth, unknown: bool, absent: bool) -> tuple[str, str]:
        kind = self.evaluation.type_of(name).kind
        if unknown:
            return "not known", "还不知道"
        if absent or word == "present":
            there = not absent
            return ("is there", "有记录") if there else ("is not there", "没有记录")
        if kind == "boolean" and not isinstance(raw, dict):
            value = self.evaluation.fact(name)
            return (": yes", "：是") if value else (": no", "：否")
        word = SAME.get(word, word)
        numbers = AMOUNTS if kind in ("money", "decimal") else AGES if name.endswith("age") else NUMBERS
        table = (DAYS if kind in ("date", "time", "moment") else numbers) | OTHERS
        return table[word][:2] if holds else table[word][2:]


def _tests(raw: Raw) -> Iterator[tuple[str, str, Raw]]:
    for key, value in raw.items():
        if key in ("all", "any"):
            for part in value:
                yield from _tests(part)
        elif key == "not":
            yield from _tests(value)
        else:
            for word, operand in sorted(value.items(), key=lambda entry: entry[0] != "present"):
                if word == "between":
                    yield key, "at_least", operand[0]
                    yield key, "at_most", operand[1]
                else:
                    yield key, word, operand


def asked_of(question: Question, place: Place) -> Asked:
    """Return a question as the policies' tools take it."""
    return Asked(
        service=question.service,
        region=place.code,
        on=question.on,
        known=question.known,
        facts=question.facts,
        evidence=question.evidence,
        history=question.history,
        form=question.form,
    )


def question_of(asked: Asked, facts: dict[str, Any]) -> Question:
    """Return what an asked request would be to the oracle."""
    known = asked.known or asked.on
    return Question(asked.service, facts, asked.on, known, asked.evidence, asked.history, asked.form, ODD_DAYS)
