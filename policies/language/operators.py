"""What tests compare: every operator with its words, what it takes, what it means and how it is said, in one table.

How the rule engine is told of each, and the formula of each, are one table on their floors (`engine.program`, `solver.formulas`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from domain.message import Message
from domain.region import around
from policies.language.values import IN_TIME, LISTS, Kind, ValueType

YEARS = "years"
"""The unit of ages."""


class Op(StrEnum):
    """What a test compares, after the many words of the language have been reduced."""

    __hash__ = str.__hash__  # that of enumerations is not compiled, and every test is hashed many times

    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    EQ = "=="
    NE = "!="
    IN = "in"  # the fact is one of a list
    NOT_IN = "not in"
    HAS = "has"  # the fact is a list that includes
    HAS_NOT = "has not"
    OVERLAPS = "overlaps"  # the fact is a list that shares an element with
    DISJOINT = "disjoint"
    COVERS = "covers"  # the fact is a list that includes all of
    LACKS = "lacks"
    WITHIN = "within"  # the fact is a region inside one of
    NOT_WITHIN = "not within"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Operator:
    """What one operator is.

    Args:
        negation: the operator that holds where this one does not.
        words: of the language, each with the kinds of facts that it fits; none of those that are written otherwise.
        holds: whether it holds of a fact's value and of what that is compared with; only presence is asked of what is not there.
        says: how people read it, `{}` being what is compared with; in_time, of_amount, of_age: the same of those.
        takes_list: whether it compares with a list; else with one value, or one element of a list.
    """

    negation: Op
    words: Mapping[str, Collection[Kind]]
    holds: Callable[[Any, Any], bool]
    says: Message
    in_time: Message | None = None
    of_amount: Message | None = None
    of_age: Message | None = None
    takes_list: bool = False

    def phrase(self, of_type: ValueType, unit: str | None) -> Message:
        """Return how people read it of values of a type and unit."""
        said = None
        if of_type.kind in IN_TIME:
            said = self.in_time
        elif of_type.kind in (Kind.MONEY, Kind.DECIMAL):
            said = self.of_amount
        elif unit == YEARS:
            said = self.of_age
        return said or self.says


_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_SCALARS = frozenset(Kind) - frozenset(LISTS) - {Kind.DURATION}
_LISTED = frozenset({Kind.TERM, Kind.TEXT, Kind.REGION, Kind.INTEGER})
_REGION = frozenset({Kind.REGION})


def _within(value: Any, wanted: Any) -> bool:
    return not set(around(value)).isdisjoint(wanted)


_BELOW = Operator(
    Op.GE,
    {"below": _NUMBERS, "before": IN_TIME},
    lambda value, wanted: bool(value < wanted),
    Message("小于{}", "is below {}"),
    in_time=Message("早于{}", "is before {}"),
    of_amount=Message("低于{}", "is below {}"),
    of_age=Message("未满{}", "is below {}"),
)
_AT_MOST = Operator(
    Op.GT,
    {"at_most": _NUMBERS, "on_or_before": IN_TIME},
    lambda value, wanted: bool(value <= wanted),
    Message("不超过{}", "is at most {}"),
    in_time=Message("不晚于{}", "is not after {}"),
    of_amount=Message("不高于{}", "is at most {}"),
    of_age=Message("不超过{}", "is at most {}"),
)
_ABOVE = Operator(
    Op.LE,
    {"above": _NUMBERS, "after": IN_TIME},
    lambda value, wanted: bool(value > wanted),
    Message("大于{}", "is above {}"),
    in_time=Message("晚于{}", "is after {}"),
    of_amount=Message("高于{}", "is above {}"),
    of_age=Message("超过{}", "is above {}"),
)
_AT_LEAST = Operator(
    Op.LT,
    {"at_least": _NUMBERS, "on_or_after": IN_TIME},
    lambda value, wanted: bool(value >= wanted),
    Message("不小于{}", "is at least {}"),
    in_time=Message("不早于{}", "is not before {}"),
    of_amount=Message("不低于{}", "is at least {}"),
    of_age=Message("已满{}", "is at least {}"),
)
_IS = Operator(Op.NE, {"is": _SCALARS}, lambda value, wanted: bool(value == wanted), Message("是{}", "is {}"))
_IS_NOT = Operator(
    Op.EQ, {"is_not": _SCALARS}, lambda value, wanted: bool(value != wanted), Message("不是{}", "is not {}")
)
_IN = Operator(
    Op.NOT_IN,
    {"in": _LISTED},
    lambda value, wanted: value in wanted,
    Message("是{}之一", "is one of {}"),
    takes_list=True,
)
_NOT_IN = Operator(
    Op.IN,
    {"not_in": _LISTED},
    lambda value, wanted: value not in wanted,
    Message("不是{}中的任何一项", "is none of {}"),
    takes_list=True,
)
_INCLUDES = Operator(
    Op.HAS_NOT, {"includes": LISTS}, lambda value, wanted: wanted in value, Message("包含{}", "includes {}")
)
_EXCLUDES = Operator(
    Op.HAS, {"excludes": LISTS}, lambda value, wanted: wanted not in value, Message("不包含{}", "does not include {}")
)
_INCLUDES_ANY = Operator(
    Op.DISJOINT,
    {"includes_any": LISTS},
    lambda value, wanted: not set(value).isdisjoint(wanted),
    Message("包含{}中的至少一项", "includes one of {}"),
    takes_list=True,
)
_INCLUDES_NONE = Operator(
    Op.OVERLAPS,
    {"includes_none": LISTS},
    lambda value, wanted: set(value).isdisjoint(wanted),
    Message("不包含{}中的任何一项", "includes none of {}"),
    takes_list=True,
)
_INCLUDES_ALL = Operator(
    Op.LACKS,
    {"includes_all": LISTS},
    lambda value, wanted: set(wanted) <= set(value),
    Message("包含全部{}", "includes all of {}"),
    takes_list=True,
)
_LACKS = Operator(
    Op.COVERS,
    {},  # only a negation says it
    lambda value, wanted: not set(wanted) <= set(value),
    Message("未包含全部{}", "does not include all of {}"),
    takes_list=True,
)
_LIES_WITHIN = Operator(Op.NOT_WITHIN, {"within": _REGION}, _within, Message("位于{}", "lies in {}"), takes_list=True)
_LIES_OUTSIDE = Operator(
    Op.WITHIN,
    {"not_within": _REGION},
    lambda value, wanted: not _within(value, wanted),
    Message("不在{}境内", "does not lie in {}"),
    takes_list=True,
)
# These two are written `present: true` and `present: false`, and compare with nothing.
_PRESENT = Operator(Op.ABSENT, {}, lambda value, _: value is not None, Message("有记录", "is there"))
_ABSENT = Operator(Op.PRESENT, {}, lambda value, _: value is None, Message("没有记录", "is not there"))

OPERATORS: Final[Mapping[Op, Operator]] = MappingProxyType(
    {
        Op.LT: _BELOW,
        Op.LE: _AT_MOST,
        Op.GT: _ABOVE,
        Op.GE: _AT_LEAST,
        Op.EQ: _IS,
        Op.NE: _IS_NOT,
        Op.IN: _IN,
        Op.NOT_IN: _NOT_IN,
        Op.HAS: _INCLUDES,
        Op.HAS_NOT: _EXCLUDES,
        Op.OVERLAPS: _INCLUDES_ANY,
        Op.DISJOINT: _INCLUDES_NONE,
        Op.COVERS: _INCLUDES_ALL,
        Op.LACKS: _LACKS,
        Op.WITHIN: _LIES_WITHIN,
        Op.NOT_WITHIN: _LIES_OUTSIDE,
        Op.PRESENT: _PRESENT,
        Op.ABSENT: _ABSENT,
    }
)
