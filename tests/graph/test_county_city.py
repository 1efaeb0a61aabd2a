"""Regions as deep as they are: a city at county level right in its province, and counties of a city with rules of their own.

A card lives its whole life where it was asked for, and by that region's rules; a city's offices serve its counties.
"""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.message import Message
from policies.edit.starting import NewRegion, start_region
from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import Caller, codes
from tests.graph.cards import CARD_AND_IDENTITY_CARD, CardOnRecord, add_active_card, look_up
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import QINGDAO, application, delivered_to, pay, submitted
from tests.graph.replacements import IN_PERSON, paid, produced, report_formal_loss
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph
from tests.graph.test_account_entries import ENTRIES, entry

LONGQUAN, XIANTAO = "331181", "429004"
JINHUA, YONGKANG, YIWU, QUZHOU, ZHEJIANG = "330700", "330784", "330782", "330800", "330000"
MIANYANG, BARKAM = "510700", "513201"
HUANGDAO = "370211"
STARTED = (
    NewRegion("china/zhejiang/longquan", LONGQUAN, Message("龙泉市", "Longquan"), Message("浙江省", "Zhejiang")),
    NewRegion("china/hubei/xiantao", XIANTAO, Message("仙桃市", "Xiantao"), Message("湖北省", "Hubei")),
    NewRegion("china/sichuan/barkam", BARKAM, Message("马尔康市", "Barkam")),
    NewRegion("china/zhejiang/jinhua", JINHUA, Message("金华市", "Jinhua")),
    NewRegion("china/zhejiang/jinhua/yongkang", YONGKANG, Message("永康市", "Yongkang")),
    NewRegion("china/zhejiang/jinhua/yiwu", YIWU, Message("义乌市", "Yiwu")),
    NewRegion("china/zhejiang/quzhou", QUZHOU, Message("衢州市", "Quzhou")),
    NewRegion("china/shandong/qingdao/huangdao", HUANGDAO, Message("黄岛区", "Huangdao")),
)
OPEN = """source: assumption
settings:
  cross_province_services:
    replaces: true
    values: [{value: [apply, activate, report_temporary_loss, reissue, progress], from: 2021-12-01}]
  cross_province_banks:
    replaces: true
    values: [{value: [ccb], from: 2021-12-01}]
"""
# A lost card is reported at the card-making centre alone, a lost password at any office (永康市社会保障卡 挂失).
CARD_CENTRE = f"""source: assumption
rules:
  only_at_the_card_centre:
    when: {{request.office: {{present: true, is_not: window-{YONGKANG}}}}}
    deny: true
    message: {{zh: 丢卡只能到制卡中心挂失，请到制卡中心办理。, en: Lost cards are reported at the card-making centre only.}}
"""
LISTED = "query($region: String){operations(first: 100, filter: {regionCode: $region}){totalCount edges{node{id}}}}"


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Start cities at county level right in their provinces, and a prefecture and its counties."""
    regions = Path(shutil.copytree(REGIONS, tmp_path_factory.mktemp("county") / "regions"))
    for new in STARTED:
        start_region(regions, new, date(2026, 11, 20))
        (regions / new.path / "settings.yaml").write_text(OPEN, encoding="utf-8")
    (regions / "china/zhejiang/jinhua/yongkang/report_formal_loss.yaml").write_text(CARD_CENTRE, encoding="utf-8")
    return regions


@pytest.fixture(scope="module", params=ENGINES)
def with_cities(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys, regions: Path
) -> Iterator[GraphService]:
    """Serve the graph with those cities."""
    folder = tmp_path_factory.mktemp("county_service")
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


@pytest.fixture
def service(with_cities: GraphService) -> GraphService:
    """Return the service, its clock where every test begins."""
    with_cities.clock.set(NOW)
    return with_cities


def received_card(service: GraphService, citizen: Caller, region: str) -> dict[str, Any]:
    """Apply in a region by the cross-province service, and go on until the card has been received."""
    applied = citizen.changed("applyForCard", **application(citizen, region))["operation"]
    delivered_to(citizen, applied)
    assert pay(citizen, applied) == "paid"
    produced(service, applied)
    service.card_maker().changed("recordShipped", operationId=applied["id"], trackingNumber="SF1234567890")
    card: dict[str, Any] = citizen.changed("confirmReceipt", operationId=applied["id"])["operation"]["card"]
    return card


@pytest.mark.parametrize("home", [LONGQUAN, XIANTAO, YONGKANG])
def test_a_card_lives_its_whole_life_where_it_was_asked_for(service: GraphService, home: str) -> None:
    citizen = service.citizen(service.person())
    card = received_card(service, citizen, home)
    assert look_up(citizen, card["id"])["regionCode"] == home
    assertion = citizen.face_assertion("activate")
    active = citizen.changed("activateCard", cardId=card["id"], evidence={"faceAssertion": assertion})
    assert active["card"]["state"] == "ACTIVE"
    lost = citizen.changed("reportTemporaryLoss", cardId=card["id"])
    assert lost["card"]["state"] == "TEMPORARILY_LOST"
    old = CardOnRecord(card["id"], "")
    report_formal_loss(service, old, home)
    new = produced(service, paid(citizen, old))
    assert look_up(citizen, new.id)["regionCode"] == home


def test_YK_02_lost_cards_of_a_county_are_reported_where_the_county_says(service: GraphService) -> None:
    card = add_active_card(service, service.person(), YONGKANG)
    for office in (JINHUA, YIWU):
        payload = service.clerk(office).change("reportFormalLoss", cardId=card.id, evidence=IN_PERSON)
        assert codes(payload) == ["ONLY_AT_THE_CARD_CENTRE"]
        assert payload["decision"]["region"] == YONGKANG
    report_formal_loss(service, card, YONGKANG)
    # The rule is the county's own: it holds neither in its city nor in the next county.
    for home in (JINHUA, YIWU):
        report_formal_loss(service, add_active_card(service, service.person(), home), JINHUA)


def test_YK_02_a_lost_password_is_reset_at_any_office_of_the_city(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), YONGKANG), service.clerk(JINHUA)
    given = {"cardId": card.id, "evidence": {"sightedDocuments": CARD_AND_IDENTITY_CARD}}
    first, second = ({"newPassword": word, "newPasswordAgain": word} for word in ("24681357", "97531864"))
    clerk.changed("setServicePassword", **given, **first)
    assert clerk.changed("resetServicePassword", **given, **second)["decision"]["region"] == YONGKANG


def listed(office: Caller, region: str | None = None) -> set[str]:
    """Return the operations that an office is shown, narrowed to a region if one is named."""
    found = office.ask(LISTED, {"region": region})["operations"]
    assert found["totalCount"] == len(found["edges"])
    return {edge["node"]["id"] for edge in found["edges"]}


def test_a_city_s_office_serves_and_lists_what_is_of_its_counties(service: GraphService) -> None:
    homes = (JINHUA, YONGKANG, YIWU, QUZHOU)
    made = {home: submitted(service.citizen(service.person()), region=home)["id"] for home in homes}
    mine, of_city = set(made.values()), {made[home] for home in (JINHUA, YONGKANG, YIWU)}
    city, county, province = service.clerk(JINHUA), service.clerk(YONGKANG), service.clerk(ZHEJIANG)
    assert listed(city) & mine == of_city
    assert listed(county) & mine == {made[YONGKANG]}
    assert listed(province) & mine == mine
    # A filter narrows to a place with all that lies in it, and shows no office more than it has.
    for office, region, shown in (
        (city, YIWU, {made[YIWU]}),
        (city, ZHEJIANG, of_city),
        (city, QUZHOU, set()),
        (province, JINHUA, of_city),
        (province, "000000", mine),
        (county, JINHUA, {made[YONGKANG]}),
        (county, YIWU, set()),
        (city, "510000", set()),
    ):
        assert listed(office, region) & mine == shown, (office, region)
    # What is listed is looked up and taken on, and nothing else is.
    assert city.operation(made[YONGKANG])["regionCode"] == YONGKANG
    withdrawn = city.changed("withdrawApplication", operationId=made[YONGKANG])["operation"]
    assert withdrawn["state"] == "WITHDRAWN"
    assert county.failure("query($id: ID!){operation(id: $id){id}}", {"id": made[JINHUA]}) == "NOT_FOUND"


def test_one_person_has_one_card_in_a_province_whatever_its_counties(service: GraphService) -> None:
    person = service.person()
    add_active_card(service, person, YONGKANG)
    citizen = service.citizen(person)
    for region in (YIWU, JINHUA, QUZHOU):
        assert codes(citizen.change("applyForCard", **application(citizen, region))) == ["ONE_CARD_IN_PROVINCE"]


def test_the_account_that_a_city_runs_is_seen_from_its_district(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, HUANGDAO)
    spent = entry(card)
    given = {"regionCode": QINGDAO, "reference": spent["reference"], "entries": [spent]}
    service.settlement_system(QINGDAO).changed("postAccountEntries", **given)
    citizen = service.citizen(person, "qingdao_app")
    for region in (HUANGDAO, QINGDAO):
        page = citizen.ask(ENTRIES, {"region": region})["accountEntries"]
        assert [edge["node"]["reference"] for edge in page["edges"]] == [spent["reference"]]


def test_a_card_can_be_taken_into_such_a_city_and_used_there(service: GraphService) -> None:
    card = add_active_card(service, service.person(insured_in=(BARKAM,)), MIANYANG)
    clerk, evidence = service.clerk(BARKAM), {"sightedDocuments": CARD_AND_IDENTITY_CARD}
    moved = clerk.changed("transferCardIn", cardId=card.id, regionCode=BARKAM, insuranceKinds=[], evidence=evidence)
    assert moved["card"]["regionCode"] == BARKAM
    report_formal_loss(service, card, BARKAM)
    assert look_up(clerk, card.id)["state"] == "FORMALLY_LOST"
