"""Outlets as officers write them: where they are, when they are open, and the nearest first."""

from typing import Any

import pytest

from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService

QUERY = """query($region: String!, $bank: String, $near: NearInput, $first: Int, $after: String) {
  outlets(region: $region, bank: $bank, near: $near, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor node {
      name label { zh } bank bankTerm { label { zh } } regionCode address { zh en } hours { zh } coordinates { latitude longitude } distanceKm
      citation { document assumed file region }
    } }
  }
}"""
JINJIANG, QINGYANG, SICHUAN = "510104", "510105", "510000"


def listed(service: GraphService, region: str, **given: Any) -> dict[str, Any]:
    """Return a page of outlets."""
    page: dict[str, Any] = service.caller(None).ask(QUERY, {"region": region, **given})["outlets"]
    return page


def names(page: dict[str, Any]) -> list[str]:
    """Return the outlets of a page."""
    return [edge["node"]["name"] for edge in page["edges"]]


def test_an_outlet_is_told_with_what_people_need_to_go_there_and_its_source(service: GraphService) -> None:
    page = listed(service, CHENGDU)
    outlet = page["edges"][0]["node"]
    assert (outlet["name"], outlet["bankTerm"]["label"]["zh"]) == ("chengdu_sample_icbc", "中国工商银行")
    assert "示例路1号" in outlet["address"]["zh"]
    assert outlet["hours"]["zh"].startswith("周一至周五")
    assert outlet["coordinates"] == {"latitude": 30.65, "longitude": 104.08}
    assert outlet["citation"]["assumed"] is True
    assert (outlet["citation"]["region"], outlet["distanceKm"]) == (CHENGDU, None)
    # What nobody knows is null, and made up by nobody.
    unknown = listed(service, QINGDAO)["edges"][0]["node"]
    assert (unknown["address"], unknown["hours"], unknown["coordinates"]) == (None, None, None)


def test_the_nearest_outlet_comes_first_and_those_on_no_map_last(service: GraphService) -> None:
    west = {"latitude": 30.67, "longitude": 104.02}
    assert names(listed(service, CHENGDU)) == ["chengdu_sample_icbc", "chengdu_sample_ccb"]
    near = listed(service, CHENGDU, near=west)
    assert names(near) == ["chengdu_sample_ccb", "chengdu_sample_icbc"]
    # One hundredth of a degree of longitude is 0.956 km there.
    assert near["edges"][0]["node"]["distanceKm"] == 0.96
    assert names(listed(service, SICHUAN, near=west)) == names(near)
    assert [edge["node"]["distanceKm"] for edge in listed(service, QINGDAO, near=west)["edges"]] == [None, None]


def test_outlets_are_those_of_a_bank_or_a_district(service: GraphService) -> None:
    assert names(listed(service, CHENGDU, bank="ccb")) == ["chengdu_sample_ccb"]
    assert names(listed(service, JINJIANG)) == ["chengdu_sample_icbc"]
    assert names(listed(service, QINGYANG)) == ["chengdu_sample_ccb"]
    assert names(listed(service, JINAN)) == []


def test_outlets_come_in_pages(service: GraphService) -> None:
    first = listed(service, CHENGDU, first=1)
    assert (names(first), first["totalCount"]) == (["chengdu_sample_icbc"], 2)
    assert first["pageInfo"]["hasNextPage"] is True
    second = listed(service, CHENGDU, first=1, after=first["pageInfo"]["endCursor"])
    assert names(second) == ["chengdu_sample_ccb"]
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"region": "999999"}, "REGION_UNKNOWN", None),
        ({"region": CHENGDU, "bank": "nobank"}, "VALUE_NOT_POSSIBLE", "bank"),
        ({"region": CHENGDU, "near": {"latitude": 104.0, "longitude": 30.0}}, "INVALID_INPUT", "near.latitude"),
        ({"region": CHENGDU, "after": "b3V0bGV0czp0aGVyZQ=="}, "CURSOR_INVALID", "after"),
        ({"region": CHENGDU, "first": 0}, "INVALID_INPUT", "first"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_with_its_argument(
    service: GraphService, given: dict[str, Any], code: str, field: str | None
) -> None:
    [error] = service.caller(None).answer(QUERY, given)["errors"]
    assert (error["extensions"]["code"], error["extensions"].get("field")) == (code, field)
