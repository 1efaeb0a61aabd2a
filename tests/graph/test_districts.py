"""A district without policies of its own: its city decides, and every answer says so."""

import pytest

from tests.graph.journey import CHENGDU, JINAN, application
from tests.graph.service import GraphService

LIXIA, JINJIANG, HANGZHOU_DISTRICT = "370102", "510104", "330106"


def test_a_district_is_looked_up_as_what_decides_there(service: GraphService) -> None:
    found = service.caller(None).ask(
        """query($c: String!) {
          region(code: $c) { code levelTerm { name } }
          policy(region: $c, service: "apply") { region }
          requirements(region: $c, service: "apply") { decision { region regionName { zh } } form { formSchema } }
          explain(region: $c, service: "apply") { decision { region } }
          vocabulary(name: "channels", region: $c) { name }
          cardFunctions(region: $c) { name }
        }""",
        {"c": JINJIANG},
    )
    assert found["region"] == {"code": CHENGDU, "levelTerm": {"name": "city"}}
    assert found["policy"]["region"] == CHENGDU
    assert found["requirements"]["decision"] == {"region": CHENGDU, "regionName": {"zh": "成都市"}}
    assert found["requirements"]["form"]["formSchema"]["properties"]["regionCode"]["const"] == CHENGDU
    assert found["explain"]["decision"]["region"] == CHENGDU
    assert "chengdu_wechat" in [term["name"] for term in found["vocabulary"]]
    assert found["cardFunctions"]


def test_who_applies_in_a_district_applies_in_its_city(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = application(citizen)
    tried = citizen.try_out("applyForCard", **given | {"regionCode": LIXIA})
    assert (tried["errors"], tried["decision"]["region"]) == ([], JINAN)
    assert citizen.changed("applyForCard", **given | {"regionCode": LIXIA})["operation"]["regionCode"] == JINAN


@pytest.mark.parametrize("code", [HANGZHOU_DISTRICT, "519900", "000001", "x", ""])
def test_where_nobody_decides_is_told_by_the_input(service: GraphService, code: str) -> None:
    citizen = service.citizen(service.person())
    [error] = citizen.change("applyForCard", **application(citizen) | {"regionCode": code})["errors"]
    assert (error["kind"], error["field"]) == ("REGION_UNKNOWN", "input.regionCode")
    assert service.caller(None).failure(f'{{region(code: "{code}"){{code}}}}') == "REGION_UNKNOWN"
