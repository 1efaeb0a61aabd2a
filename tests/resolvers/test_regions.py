"""What the digits of a region's code say: the city it lies in, and how far it is from another."""

import pytest

from domain.errors import InvalidInput
from domain.region import city_of, deciding_codes, lies_within, zone_between
from resolvers.changing.declarations import parse_fact
from tests.policies.support.regions import real_policies


@pytest.mark.parametrize(
    ("code", "city"),
    [("510104", "510100"), ("510100", "510100"), ("110105", "110100"), ("429004", "429004"), ("659001", "659001")],
)
def test_a_place_right_in_its_province_is_a_city_of_its_own(code: str, city: str) -> None:
    assert city_of(code) == city


@pytest.mark.parametrize(
    ("origin", "destination", "zone"),
    [
        ("429004", "429004", "same_city"),
        ("429004", "429005", "same_province"),
        ("429004", "420100", "same_province"),
        ("510104", "510107", "same_city"),
        ("510104", "429004", "other_province"),
    ],
)
def test_two_cities_right_in_one_province_are_not_the_same(origin: str, destination: str, zone: str) -> None:
    assert zone_between(origin, destination) == zone


def test_such_a_city_lies_in_its_province_and_in_no_other_city() -> None:
    assert lies_within("429004", "420000")
    assert not lies_within("429005", "429004")


def test_a_region_that_people_state_is_one_that_there_is() -> None:
    place = real_policies().region("370100").words
    [home, places] = [place.facts[name] for name in ("holder.address_region", "holder.insured_in")]
    assert parse_fact(home, " 370102 ", place.codes) == "370102"
    assert parse_fact(places, "370102, 510104", place.codes) == ("370102", "510104")
    for definition, text in ((home, "999999"), (home, "济南"), (places, "370102,219999")):
        with pytest.raises(InvalidInput) as refused:
            parse_fact(definition, text, place.codes)
        assert refused.value.code == "VALUE_NOT_POSSIBLE"
        assert "行政区划代码" in refused.value.message.zh


def test_a_code_is_decided_by_its_own_region_then_its_city_and_in_a_municipality_by_that() -> None:
    assert deciding_codes("510104") == ("510104", "510100")
    assert deciding_codes("110105") == ("110105", "110100", "110000")
    assert deciding_codes("429004") == ("429004",)
    assert deciding_codes("510000") == ("510000",)
