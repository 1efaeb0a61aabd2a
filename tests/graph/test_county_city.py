"""A city at county level right in its province: its cards live their whole life there, prefecture or not."""

import shutil
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from domain.message import Message
from policies.edit.starting import NewRegion, start_region
from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import Caller
from tests.graph.cards import CARD_AND_IDENTITY_CARD, CardOnRecord, add_active_card, look_up
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import application, delivered_to, pay
from tests.graph.replacements import paid, produced, report_formal_loss
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph

YONGKANG, XIANTAO, PREFECTURE, DISTRICT = "330784", "429004", "331000", "331002"
MIANYANG, BARKAM = "510700", "513201"
STARTED = (
    NewRegion("china/zhejiang/yongkang", YONGKANG, Message("永康市", "Yongkang"), Message("浙江省", "Zhejiang")),
    NewRegion("china/hubei/xiantao", XIANTAO, Message("仙桃市", "Xiantao"), Message("湖北省", "Hubei")),
    NewRegion("china/sichuan/barkam", BARKAM, Message("马尔康市", "Barkam")),
    NewRegion("china/zhejiang/taizhou", PREFECTURE, Message("台州市", "Taizhou")),
    NewRegion("china/zhejiang/taizhou/jiaojiang", DISTRICT, Message("椒江区", "Jiaojiang")),
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


@pytest.fixture(scope="module", params=ENGINES)
def with_cities(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph with cities at county level, each right in its province, and with a prefecture's district."""
    folder = tmp_path_factory.mktemp("county")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    for new in STARTED:
        start_region(regions, new, date(2026, 11, 20))
        (regions / new.path / "settings.yaml").write_text(OPEN, encoding="utf-8")
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


@pytest.mark.parametrize(("region", "home"), [(YONGKANG, YONGKANG), (XIANTAO, XIANTAO), (DISTRICT, PREFECTURE)])
def test_a_card_lives_its_whole_life_in_its_city(service: GraphService, region: str, home: str) -> None:
    citizen = service.citizen(service.person())
    card = received_card(service, citizen, region)
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


def test_a_card_can_be_taken_into_such_a_city_and_used_there(service: GraphService) -> None:
    card = add_active_card(service, service.person(insured_in=(BARKAM,)), MIANYANG)
    clerk, evidence = service.clerk(BARKAM), {"sightedDocuments": CARD_AND_IDENTITY_CARD}
    moved = clerk.changed("transferCardIn", cardId=card.id, regionCode=BARKAM, insuranceKinds=[], evidence=evidence)
    assert moved["card"]["regionCode"] == BARKAM
    report_formal_loss(service, card, BARKAM)
    assert look_up(clerk, card.id)["state"] == "FORMALLY_LOST"
