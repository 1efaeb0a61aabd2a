"""Looking up a card's status (SC-3, CD-10, QD-6)."""

from datetime import timedelta

import pytest

from domain.card import CardState
from tests.graph.caller import CARD
from tests.graph.cards import add_card
from tests.graph.journey import CHENGDU, QINGDAO
from tests.graph.service import GraphService

QUERY = f"query($id: ID!){{card(id: $id){{{CARD}}}}}"


@pytest.mark.parametrize("channel", ["chengdu_wechat", "unionpay_app", "ping_an_app"])
def test_CD_10_the_status_shows_everything_the_row_names(service: GraphService, channel: str) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, "ccb")
    shown = service.citizen(person, channel).ask(QUERY, {"id": card.id})["card"]
    assert shown["holder"]["name"] == "测试甲"
    assert shown["number"] == card.number
    assert shown["socialSecurityNumber"] == f"****{person.identity_number[-4:]}"
    assert shown["issuedOn"] == "2026-11-20"
    assert shown["bank"] == "ccb"
    assert (shown["regionCode"], shown["regionName"]["zh"]) == (CHENGDU, "成都市")
    assert shown["state"] == "SEALED"


def test_SC_3_the_status_is_told_by_offices_and_by_telephone_12333(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, "510000")
    for caller in (service.citizen(person, "hotline_12333"), service.clerk("510000"), service.clerk("510700")):
        assert caller.ask(QUERY, {"id": card.id})["card"]["number"] == card.number
    assert service.citizen(person, "hotline_12345").failure(QUERY, {"id": card.id}) == "DECISION_REFUSED"


def test_QD_6_the_state_now_and_those_past_are_shown(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, QINGDAO)
    app = service.citizen(person, "qingdao_app")
    service.clock.advance(timedelta(days=1))
    evidence = {"details": {"mobile": "13812345678", "residenceAddress": "青岛市市南区1号", "remarks": "无"}}
    app.changed("activateCard", cardId=card.id, evidence=evidence)
    for channel in ("qingdao_website", "qingdao_app", "bank_window"):
        shown = service.citizen(person, channel).ask(QUERY, {"id": card.id})["card"]
        assert shown["state"] == "ACTIVE"
        assert [entry["state"] for entry in shown["history"]] == ["SEALED", "ACTIVE"]
    assert service.citizen(person, "hotline_12333").failure(QUERY, {"id": card.id}) == "DECISION_REFUSED"


def test_a_state_whose_time_has_run_out_reads_as_the_next_one(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.TEMPORARILY_LOST, lasting=timedelta(days=7))
    citizen = service.citizen(person, "chengdu_wechat")
    assert citizen.ask(QUERY, {"id": card.id})["card"]["state"] == "TEMPORARILY_LOST"
    service.clock.advance(timedelta(days=7))
    assert citizen.ask(QUERY, {"id": card.id})["card"]["state"] == "ACTIVE"


def test_somebody_elses_card_is_not_found_and_a_wards_is(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU)
    assert service.citizen(service.person(), "chengdu_wechat").failure(QUERY, {"id": card.id}) == "NOT_FOUND"
    guardian = service.citizen(service.guardian(person), "chengdu_wechat")
    assert guardian.ask(QUERY, {"id": card.id})["card"]["number"] == card.number


def test_offices_of_other_provinces_and_other_banks_see_no_card(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, "ccb")
    for stranger in (
        service.clerk(QINGDAO),
        service.bank("icbc"),
        service.bank("ccb", "370000"),
        service.card_maker("370100"),
    ):
        assert stranger.failure(QUERY, {"id": card.id}) == "NOT_FOUND"
    assert service.bank("ccb").ask(QUERY, {"id": card.id})["card"]["bank"] == "ccb"
    cards = "query($id: ID!){card(id: $id){holder{cards{bank}}}}"
    add_card(service, person, QINGDAO, "icbc")
    assert service.bank("ccb").ask(cards, {"id": card.id})["card"]["holder"]["cards"] == [{"bank": "ccb"}]
