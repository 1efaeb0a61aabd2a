"""The types of the language: how a value is written, shown to a person, and turned into a whole number.

The rule engine is given whole numbers only (see `engine`): money in fen, dates as ordinals, times as minutes,
moments in microseconds, decimals in millionths, words as numbers of a symbol table.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.duration import CHINA_TIME, LAST_DAY, UNTIL_A_DAY, Duration, Unit
from domain.message import Message
from policies.language.region_codes import REGION_CODE, REGION_CODE_FORM
from policies.source.faults import Unreadable, use_one_of
from policies.source.half_width import half_width
from policies.source.nodes import Scalar
from policies.source.reader import MAX_SHOWN, Value

LIMIT = 2**53
LATER: Mapping[str, bool] = {"later": True}
"""Metadata of a field that came later: at its default no kept text of policies says it, so that digests stay."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MONEY_FORM = r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})? yuan"
_MONEY = re.compile(MONEY_FORM)
_NUMBER_ALONE = re.compile(r"[-+]?[0-9][0-9_,]*(\.[0-9]*)?")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?")
_NUMBER = Message("数字", "a number")
_UNITS_ZH = {
    Unit.MINUTES: "分钟",
    Unit.HOURS: "小时",
    Unit.NATURAL_DAYS: "个自然日",
    Unit.WORKING_DAYS: "个工作日",
    Unit.MONTHS: "个月",
    Unit.YEARS: "年",
}


class Kind(StrEnum):
    """What a fact or setting holds."""

    __hash__ = str.__hash__  # as of `conditions.Op`

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"  # fen, written in yuan
    DATE = "date"
    TIME = "time"  # of day, China time
    MOMENT = "moment"  # a point in time, whatever the place
    DURATION = "duration"  # settings only
    TEXT = "text"
    TERM = "term"  # one word of a vocabulary
    TERMS = "terms"  # a set of them
    REGION = "region"  # GB/T 2260 code
    REGIONS = "regions"


KIND_WORDS: Mapping[Kind, Message] = {
    Kind.BOOLEAN: Message("是或否", "yes or no"),
    Kind.INTEGER: Message("整数", "a whole number"),
    Kind.DECIMAL: Message("数字", "a number"),
    Kind.MONEY: Message("金额", "an amount of money"),
    Kind.DATE: Message("日期", "a day"),
    Kind.TIME: Message("时刻", "a time of day"),
    Kind.MOMENT: Message("时点", "a moment"),
    Kind.DURATION: Message("时限", "a duration"),
    Kind.TEXT: Message("文字", "a text"),
    Kind.TERM: Message("一个选项", "one of the options"),
    Kind.TERMS: Message("若干选项", "some of the options"),
    Kind.REGION: Message("地区", "a region"),
    Kind.REGIONS: Message("若干地区", "some regions"),
}
"""What each kind is to people."""

IN_TIME = frozenset({Kind.DATE, Kind.TIME, Kind.MOMENT})
ORDERED = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY}) | IN_TIME
LISTS = frozenset({Kind.TERMS, Kind.REGIONS})
ITEM_OF = {Kind.TERMS: Kind.TERM, Kind.REGIONS: Kind.REGION}


_EXACT = {
    Kind.BOOLEAN: bool,
    Kind.DATE: date,
    Kind.TIME: time,
    Kind.MOMENT: datetime,
    Kind.DURATION: Duration,
    Kind.TEXT: str,
    Kind.TERM: str,
    Kind.REGION: str,
}


@dataclass(frozen=True, slots=True)
class ValueType:
    """A kind and, for terms, the vocabulary that they are words of."""

    kind: Kind
    of: str | None = None

    @property
    def item(self) -> "ValueType":
        """The type of one element of a list; of anything else, itself."""
        return ValueType(ITEM_OF[self.kind], self.of) if self.kind in LISTS else self

    def __str__(self) -> str:
        return f"{self.kind} of {self.of}" if self.of else str(self.kind)


def read_type(fields: dict[str, Value]) -> ValueType:
    """Read `type:` and `of:`."""
    value = fields["type"]
    text = value.text()
    try:
        kind = Kind(text)
    except ValueError:
        message = Message(f"`{text}` 不是类型", f"`{text}` is not a type")
        raise value.fault("UNKNOWN_TYPE", message, use_one_of(Kind)) from None
    if kind in (Kind.TERM, Kind.TERMS):
        if "of" not in fields:
            message = Message(f"`{kind}` 应取自某个词表", f"what is `{kind}` comes from some vocabulary")
            remedy = Message("补上 `of:` 和词表的名称", "add `of:` and its name")
            raise value.fault("MISSING_KEY", message, remedy)
        return ValueType(kind, fields["of"].name())
    if "of" in fields:
        message = Message(f"`{kind}` 没有词表", f"what is `{kind}` has no vocabulary")
        raise fields["of"].fault("UNKNOWN_KEY", message, Message("删去 `of:`", "remove `of:`"))
    return ValueType(kind)


_CHINESE_DURATION = (
    "工作日写 `7 working days`，自然日写 `7 natural days`，小时写 `3 hours`，月写 `2 months`，年写 `1 year`，"
    "次月10日写 `day 10 of the next month`，即时写 `at once`"
)


def read_duration(value: Value) -> Duration:
    """Read "7 natural days", "7 working days", "3 hours", "day 10 of the next month" or "at once"."""
    number = _number_alone(value)
    if number is not None and Duration.parse(f"{number} working days") is not None:
        working, natural = f"`{number} working days`", f"`{number} natural days`"
        remedy = Message(f"工作日写 {working}，自然日写 {natural}", f"write {working} or {natural}")
        raise _no_unit(value, remedy)
    text = value.text() if number is None else number
    found = Duration.parse(text)
    if found is None:
        forms = '"7 natural days", "7 working days", "3 hours", "1 year", "day 10 of the next month"'
        remedy = Message(_CHINESE_DURATION, f'write {forms} or "at once"')
        raise value.fault("WRONG_TYPE", Message(f"“{text}”不是时限", f'"{text}" is not a duration'), remedy)
    return found


def _number_alone(value: Value) -> str | None:
    """Return a number that stands where it needs a unit, in ordinary digits; None where no number stands there."""
    word = half_width(value.node.value) if isinstance(value.node, Scalar) else ""
    return word if len(word) <= MAX_SHOWN and _NUMBER_ALONE.fullmatch(word) else None


def _no_unit(value: Value, remedy: Message) -> Unreadable:
    number = value.node.value if isinstance(value.node, Scalar) else ""
    message = Message(f"`{number}` 没有写单位", f"`{number}` has no unit")
    return value.fault("WRONG_TYPE", message, remedy)


def read_days(value: Value, code: str, wrong: Message) -> Duration:
    """Read a duration of natural days, months or years, at least one.

    Args:
        code, wrong: the fault of any other, with `{}` where that stands.
    """
    duration = read_duration(value)
    if duration.unit not in (Unit.NATURAL_DAYS, Unit.MONTHS, Unit.YEARS) or duration.amount == 0:
        message = Message(wrong.zh.format(duration), wrong.en.format(duration))
        remedy = Message(
            "用 `natural days`、`months` 或 `years`，至少为1", "use natural days, months or years, at least one"
        )
        raise value.fault(code, message, remedy)
    return duration


def _read_money(value: Value) -> int:
    number = _number_alone(value)
    if number is not None and _MONEY.fullmatch(f"{number} yuan"):
        raise _no_unit(value, Message(f"“元”写 `yuan`，即 `{number} yuan`", f"write `{number} yuan`"))
    text = value.text() if number is None else number
    match = _MONEY.fullmatch(text)
    if not match:
        remedy = Message("“元”写 `yuan`，例如 `10 yuan`、`10.50 yuan`", 'write "10 yuan" or "10.50 yuan"')
        raise value.fault("WRONG_TYPE", Message(f"“{text}”不是金额", f'"{text}" is not an amount'), remedy)
    return int(Decimal(text.removesuffix(" yuan")) * 100)


def _read_decimal(value: Value) -> Decimal:
    text = value.plain(_NUMBER)
    if not _DECIMAL.fullmatch(text):
        remedy = Message("最多写六位小数，例如 `1.25`", "write up to six places, such as 1.25")
        raise value.fault(
            "WRONG_TYPE", Message(f"`{text}` 不是可用的小数", f"`{text}` is not a decimal number"), remedy
        )
    return Decimal(text)


def _read_region(value: Value) -> str:
    text = value.text()
    if not REGION_CODE.fullmatch(text):
        message = Message(f"`{text}` 不是行政区划代码", f"`{text}` is not a GB/T 2260 code")
        raise value.fault("WRONG_TYPE", message, REGION_CODE_FORM)
    return text


_READERS: dict[Kind, Callable[[Value], Any]] = {
    Kind.BOOLEAN: Value.boolean,
    Kind.INTEGER: Value.integer,
    Kind.DECIMAL: _read_decimal,
    Kind.MONEY: _read_money,
    Kind.DATE: Value.date,
    Kind.TIME: Value.time,
    Kind.MOMENT: Value.moment,
    Kind.DURATION: read_duration,
    Kind.TEXT: Value.text,
    Kind.TERM: Value.text,
    Kind.REGION: _read_region,
}


def read_plain_value(value: Value, of_type: ValueType) -> Any:
    """Read a value of a type; whether a term exists is for whoever knows the vocabularies to check."""
    if of_type.kind in LISTS:
        items = [_READERS[of_type.item.kind](item) for item in value.items()]
        if len(set(items)) < len(items):
            message = Message("列表中有重复的值", "a value stands in this list twice")
            raise value.fault("DUPLICATE_VALUE", message, Message("保留其中一个", "keep one of them"))
        return tuple(items)
    return _READERS[of_type.kind](value)


def has_type(value: object, of_type: ValueType) -> bool:
    """Say whether a Python value is one of a type (exactly: True is no integer, a datetime no date)."""
    kind = of_type.kind
    if kind in LISTS:
        return isinstance(value, tuple) and all(has_type(item, of_type.item) for item in value)
    if kind in (Kind.INTEGER, Kind.MONEY):
        return type(value) is int and -LIMIT < value < LIMIT
    if kind is Kind.DECIMAL:
        return type(value) is Decimal and value.is_finite() and abs(value) < 10**9 and value == round(value, 6)
    if type(value) is not _EXACT[kind]:
        return False
    if isinstance(value, datetime):
        # In any zone it must be a moment that Python can hold.
        return value.tzinfo is not None and MINYEAR < value.year < MAXYEAR
    return kind is not Kind.REGION or bool(REGION_CODE.fullmatch(str(value)))


MOMENT_PARTS: Mapping[str, tuple[ValueType, Message]] = {
    "day": (ValueType(Kind.DATE), Message("{}的日期", "day of the {}")),
    "time_of_day": (ValueType(Kind.TIME), Message("{}的时刻", "time of day of the {}")),
}
"""What can be read of a moment like attributes of a term, in China, with what people call it."""


def moment_part(moment: datetime, part: str) -> date | time:
    """Return the day or the time of day of a moment, in China."""
    local = moment.astimezone(CHINA_TIME)
    return local.date() if part == "day" else time(local.hour, local.minute)


def as_number(value: Any) -> int:
    """Turn an ordered or truth value into the whole number that the engine compares."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, date):
        return value.toordinal()
    if isinstance(value, time):
        return value.hour * 60 + value.minute
    if isinstance(value, Decimal):
        return int(value * 10**6)
    return int(value)


def same(one: Any, other: Any) -> bool:
    """Say whether two values of a type are equal as the language compares them: times by the minute, lists as sets."""
    if isinstance(one, time) and isinstance(other, time):
        return as_number(one) == as_number(other)
    return set(one) == set(other) if isinstance(one, tuple) and isinstance(other, tuple) else bool(one == other)


def as_json(value: Any) -> Any:
    """Turn a value into what JSON can hold, one way for digests, records and the graph."""
    if isinstance(value, Decimal | Duration):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return list(value) if isinstance(value, tuple) else value


def show_duration(duration: Duration) -> Message:
    """Show a duration to a person."""
    if duration.amount == 0:
        return Message("即时", "at once")
    if duration.unit in UNTIL_A_DAY:
        return Message(_named_day(duration), str(duration))
    return Message(f"{duration.amount}{_UNITS_ZH[duration.unit]}", str(duration))


def _named_day(duration: Duration) -> str:
    if duration.unit is Unit.LAST_DAY_OF_YEAR:
        return f"{'当' if duration.amount == 1 else '次'}年最后一日"
    day = "最后一日" if duration.amount == LAST_DAY else f"{duration.amount}日"
    if duration.unit is Unit.DAY_OF_NEXT_MONTH:
        return f"次月{day}"
    return f"当月{day}" if duration.amount == LAST_DAY else f"当月{day}（已过的，次月{day}）"


def quoted(text: str) -> str:
    """Put a Chinese text into quotes, unless it has some already: none stands within others."""
    return text if "“" in text else f"“{text}”"


def show_day(day: date) -> str:
    """Write a day as a Chinese sentence has it."""
    return f"{day.year}年{day.month}月{day.day}日"


def show(value: Any, of_type: ValueType) -> Message:
    """Show a value to a person; terms are shown by whoever knows their labels."""
    if of_type.kind is Kind.MONEY:
        yuan = f"{value // 100}" if value % 100 == 0 else f"{value / 100:.2f}"
        return Message(f"{yuan}元", f"{yuan} yuan")
    if isinstance(value, Duration):
        return show_duration(value)
    if isinstance(value, bool):
        return Message("是" if value else "否", "yes" if value else "no")
    if isinstance(value, datetime):
        local = value.astimezone(CHINA_TIME)
        day = show(local.date(), ValueType(Kind.DATE))
        clock = f"{local:%H:%M:%S}" if local.second or local.microsecond else f"{local:%H:%M}"
        return Message(f"{day.zh}{clock}", f"{day.en} {clock}")
    if isinstance(value, date):
        return Message(show_day(value), value.isoformat())
    if isinstance(value, tuple):
        return Message("、".join(map(str, value)), ", ".join(map(str, value)))
    text = str(as_json(value))
    return Message(text, text)
