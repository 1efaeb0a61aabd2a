"""Facts survive being written as JSON."""

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duration import Duration, Unit
from store.encoding import Unread, dump, load

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.just(UTC))
    | st.builds(Duration, st.integers(min_value=0), st.sampled_from(Unit))
)
VALUES = st.recursive(
    SCALARS,
    lambda values: (
        st.lists(values)
        | st.lists(values).map(tuple)
        | st.dictionaries(st.text() | st.sampled_from(["$date", "$decimal", "$tuple", "$mapping"]), values)
    ),
    max_leaves=10,
)


@given(VALUES)
def test_every_fact_comes_back_as_it_was(value: Any) -> None:
    assert load(dump(value)) == value
    if isinstance(value, dict):
        assert Unread(dump(value)) == value == load(dump(Unread(dump(value))))


def test_the_json_is_plain_enough_to_query() -> None:
    facts = {"holder.age": 36, "holder.born_on": date(1990, 3, 7), "card.banks": ("one", "two")}
    assert json.loads(dump(facts)) == {
        "holder.age": 36,
        "holder.born_on": {"$date": "1990-03-07"},
        "card.banks": {"$tuple": ["one", "two"]},
    }


def test_a_moment_is_not_taken_for_a_day() -> None:
    values = [datetime(2026, 1, 2, tzinfo=UTC), date(2026, 1, 2), time(8, 30)]
    assert [type(value) for value in load(dump(values))] == [datetime, date, time]


def test_what_is_no_fact_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        dump({"a": {1, 2}})
