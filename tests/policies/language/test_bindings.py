"""Which durations a child may set where a parent lets it only shorten, or only lengthen, its own."""

import pytest

from domain.duration import Duration, Unit
from policies.language.service import is_tighter
from policies.language.values import Kind, ValueType

LENGTH = ValueType(Kind.DURATION)
YEAR = Duration(1, Unit.YEARS)


@pytest.mark.parametrize(
    ("own", "parents", "lower", "higher"),
    [
        (Duration(6, Unit.MONTHS), YEAR, True, False),
        (Duration(18, Unit.MONTHS), YEAR, False, True),
        (YEAR, Duration(13, Unit.MONTHS), True, False),
        (Duration(90, Unit.MINUTES), Duration(2, Unit.HOURS), True, False),
        (Duration(0, Unit.MINUTES), Duration(7, Unit.WORKING_DAYS), True, False),
        (Duration(5, Unit.WORKING_DAYS), Duration(7, Unit.WORKING_DAYS), True, False),
    ],
)
def test_durations_that_can_be_compared(own: Duration, parents: Duration, lower: bool, higher: bool) -> None:
    assert (is_tighter(own, parents, "lower", LENGTH), is_tighter(own, parents, "raise", LENGTH)) == (lower, higher)


@pytest.mark.parametrize(
    ("own", "parents"),
    [
        (Duration(7, Unit.NATURAL_DAYS), Duration(7, Unit.WORKING_DAYS)),
        (Duration(30, Unit.NATURAL_DAYS), Duration(1, Unit.MONTHS)),
        (Duration(1, Unit.NATURAL_DAYS), Duration(24, Unit.HOURS)),
    ],
)
def test_durations_of_which_the_longer_depends_on_the_day_go_neither_way(own: Duration, parents: Duration) -> None:
    assert not is_tighter(own, parents, "lower", LENGTH)
    assert not is_tighter(own, parents, "raise", LENGTH)


def test_as_many_months_as_the_parents_years_are_no_change() -> None:
    assert is_tighter(Duration(12, Unit.MONTHS), YEAR, "lower", LENGTH)
    assert is_tighter(Duration(12, Unit.MONTHS), YEAR, "nothing", LENGTH)
