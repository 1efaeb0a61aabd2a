from collections.abc import Callable
from datetime import UTC, date, datetime

import orjson
import pytest

from gateways.answers import Answer, MalformedAnswer

Reader = Callable[[Answer, str], object]


def answer(value: object) -> Answer:
    return Answer(orjson.dumps({"field": value}))


@pytest.mark.parametrize(
    ("read", "value", "result"),
    [
        (Answer.text, "a", "a"),
        (Answer.whole, 9, 9),
        (Answer.flag, False, False),
        (Answer.texts, [], ()),
        (Answer.texts, ["a", "b"], ("a", "b")),
        (Answer.objects, [{"a": 1}], [{"a": 1}]),
        (Answer.day, "2026-01-31", date(2026, 1, 31)),
        (Answer.optional_day, None, None),
        (Answer.optional_day, "2026-01-31", date(2026, 1, 31)),
        (Answer.moment, "2026-01-31T20:00:00+08:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        (Answer.moment, "2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_values_of_their_type_are_read(read: Reader, value: object, result: object) -> None:
    assert read(answer(value), "field") == result


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (Answer.text, ""),
        (Answer.text, None),
        (Answer.text, 9),
        (Answer.whole, "9"),
        (Answer.whole, 9.0),
        (Answer.whole, True),
        (Answer.whole, None),
        (Answer.flag, 1),
        (Answer.flag, "true"),
        (Answer.texts, "ab"),
        (Answer.texts, ["a", 1]),
        (Answer.objects, [1]),
        (Answer.objects, {}),
        (Answer.day, "20260131"),
        (Answer.day, "2026-W05-6"),
        (Answer.day, "2026-02-30"),
        (Answer.optional_day, ""),
        (Answer.moment, "2026-01-31T12:00:00"),
        (Answer.moment, "0001-01-01T00:00:00+14:00"),
        (Answer.moment, 1769860800),
    ],
)
def test_anything_else_is_malformed_and_its_value_is_not_told(read: Reader, value: object) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        read(answer(value), "field")
    assert caught.value.field == "field"
    assert str(caught.value).startswith("'field' must be ")


def test_a_choice_is_one_of_a_few() -> None:
    assert answer("paid").choice("field", ["paid", "failed"]) == "paid"
    with pytest.raises(MalformedAnswer, match="one of paid, failed"):
        answer("lost").choice("field", ["paid", "failed"])
