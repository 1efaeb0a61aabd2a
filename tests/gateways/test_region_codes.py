"""Which codes can be regions of GB/T 2260."""

import pytest

from gateways.region_codes import can_be_region


@pytest.mark.parametrize(
    "code", ["510000", "510100", "510104", "110000", "110101", "370200", "441900", "469001", "710000", "810000"]
)
def test_provinces_cities_and_districts_are_regions(code: str) -> None:
    assert can_be_region(code)


def test_a_district_that_is_newer_than_the_list_is_believed_in_a_city_that_exists() -> None:
    assert can_be_region("510199")
    assert can_be_region("659099")


@pytest.mark.parametrize(
    "code",
    ["000000", "999999", "519900", "519901", "510001", "990100", "51010", "5101040", "５１０１０４", "51O104", ""],
)
def test_what_no_list_has_is_none(code: str) -> None:
    assert not can_be_region(code)
