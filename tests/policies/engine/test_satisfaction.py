"""Whether a picture is as large as it must be: exactly, and on both sides of every bound."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.evidence import DocumentEvidence
from domain.message import Message
from policies.engine.satisfaction import problem_with
from tests.policies.support.random_questions import OddCalendar
from tests.policies.support.regions import real_policies

WORDS = real_policies().region("000000").words
SIDES = {"width_mm": "width_px", "height_mm": "height_px"}


def problem(side: str, pixels: int, dpi: int, wanted: int, tolerance: int) -> Message | None:
    """Return what is wrong with a picture of which one side must have a length in millimetres."""
    sizes: dict[str, Any] = {SIDES[side]: pixels}
    document = DocumentEvidence("1", "photo", dpi=dpi, **sizes)
    return problem_with(
        document,
        {side: wanted, "tolerance_mm": tolerance},
        real_policies().region("000000").words,
        date(2026, 3, 2),
        OddCalendar(),
    )


@given(
    side=st.sampled_from(tuple(SIDES)),
    dpi=st.integers(1, 10_000),
    wanted=st.integers(1, 1_000),
    tolerance=st.integers(0, 50),
    upper=st.booleans(),
    off=st.integers(-2, 2),
)
@example(side="width_mm", dpi=254, wanted=35, tolerance=2, upper=False, off=0)
def test_a_size_is_compared_exactly_on_both_sides_of_a_bound(
    side: str, dpi: int, wanted: int, tolerance: int, upper: bool, off: int
) -> None:
    bound = Fraction(wanted + (tolerance if upper else -tolerance))
    pixels = max(round(bound * dpi * 10 / 254) + off, 0)
    length = Fraction(pixels * 254, dpi * 10)
    found = problem(side, pixels, dpi, wanted, tolerance)
    assert (found is None) == (wanted - tolerance <= length <= wanted + tolerance)
    if found is not None:
        # What people read does not look as if it fitted.
        shown = Fraction(found.en.split(f"its {side.removesuffix('_mm')} is ")[1].split(" mm")[0])
        assert not wanted - tolerance <= shown <= wanted + tolerance
        assert abs(shown - length) <= Fraction(1, 20)


@pytest.mark.parametrize(
    ("pixels", "dpi", "shown"),
    [
        (330, 254, None),
        (370, 254, None),
        (390, 300, None),
        (329, 254, "32.9"),
        (371, 254, "37.1"),
        (3_299, 2_540, "32.99"),
    ],
)
def test_a_photo_of_33_mm_fits_35_give_or_take_2(pixels: int, dpi: int, shown: str | None) -> None:
    found = problem("width_mm", pixels, dpi, 35, 2)
    zh = f"本人照片不符合要求：宽{shown}毫米，应为35毫米（允许相差2毫米）。"
    assert (found.zh if found else None) == (zh if shown else None)
