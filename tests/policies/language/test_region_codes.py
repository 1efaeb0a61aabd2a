"""Which codes regions have, had, or may have got in the meantime (GB/T 2260)."""

import re

import pytest

from domain.message import Message
from policies.language.region_codes import RegionCodes


@pytest.mark.parametrize(
    "code", ["510000", "510100", "510104", "110000", "110101", "370200", "441900", "469001", "710000", "810000"]
)
def test_provinces_cities_and_districts_are_regions(code: str) -> None:
    assert RegionCodes().may_have(code)


def test_a_district_that_is_newer_than_the_list_is_believed_in_a_city_that_exists() -> None:
    assert RegionCodes().may_have("510199")
    assert RegionCodes().may_have("659099")


@pytest.mark.parametrize(
    "code",
    ["000000", "999999", "519900", "519901", "510001", "990100", "51010", "5101040", "５１０１０４", "51O104", ""],
)
def test_what_no_list_has_is_none(code: str) -> None:
    assert not RegionCodes().may_have(code)


@pytest.mark.parametrize("code", ["000000", "110000", "110101", "330784", "419001", "653228", "710000", "371200"])
def test_files_may_name_what_is_on_the_list_and_what_was(code: str) -> None:
    assert RegionCodes().has(code)


@pytest.mark.parametrize("code", ["219999", "999999", "510199", "330113", "990100"])
def test_files_may_not_name_what_only_could_be(code: str) -> None:
    assert not RegionCodes().has(code)


def test_officers_add_what_is_newer_than_the_list() -> None:
    codes = RegionCodes({"330113": Message("临平区", "Linping"), "990100": Message("新市", "New")})
    assert codes.has("330113")
    assert codes.name("330113") == "临平区"
    assert codes.may_have("990101")
    assert not codes.may_have("990201")


def test_what_is_near_a_wrong_code_is_a_slip_away_or_the_smallest_region_around_it() -> None:
    codes = RegionCodes()
    assert codes.near("219999") == ("210000",)
    assert codes.near("330713") == ("330703", "330723", "330783")
    assert codes.near("330748")[0] == "330784"
    assert codes.near("999999") == ()
    assert codes.name("330784") == "永康市"


def test_the_pattern_of_codes_fits_just_those_that_somebody_may_live_in() -> None:
    codes = RegionCodes({"330113": Message("临平区", "Linping"), "999999": Message("新区", "New")})
    fits = re.compile(codes.pattern)
    for code in (
        "510104",
        "429004",
        "110101",
        "330113",
        "999999",
        "000000",
        "999998",
        "5101044",
        "51010",
        "x",
        "510199",
    ):
        assert bool(fits.match(code)) is codes.may_have(code), code
    listed = [f"{number:06}" for number in range(100_000, 830_000, 37)]
    assert [code for code in listed if bool(fits.match(code)) is not codes.may_have(code)] == []
