"""Looking up production progress (NX-5, SC-3, CD-9, QD-6)."""

from datetime import timedelta

import pytest

from tests.graph.caller import OPERATION, codes
from tests.graph.journey import CHENGDU, QINGDAO, ZIBO, accepted, card_number, chengdu_papers, details, submitted
from tests.graph.service import GraphService

NODES = ["ACCEPTED", "PRODUCED", "SHIPPED", "RECEIVED"]


def test_NX_5_progress_has_four_nodes_with_their_times(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = accepted(service, citizen, region=ZIBO)
    times = [service.clock.now()]
    steps = [
        ("recordProduced", {"cardNumber": card_number(), "generation": "third"}),
        ("recordShipped", {"trackingNumber": "SF1"}),
        ("confirmReceipt", {}),
    ]
    for done, (mutation, given) in enumerate(steps, start=1):
        progress = citizen.operation(operation["id"])["progress"]
        assert [node["state"] for node in progress] == NODES
        assert [node["at"] is not None for node in progress] == [True] * done + [False] * (4 - done)
        service.clock.advance(timedelta(days=1))
        times.append(service.clock.now())
        who = citizen if mutation == "confirmReceipt" else maker
        who.changed(mutation, operationId=operation["id"], **given)
    shown = [node["at"] for node in citizen.operation(operation["id"])["progress"]]
    assert shown == [time.isoformat() for time in times]


def test_NX_5_acceptance_after_a_correction_shows_the_later_time(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = accepted(service, citizen, region=ZIBO)
    maker.changed("requestCorrection", operationId=operation["id"], reason="请核对")
    service.clock.advance(timedelta(hours=1))
    citizen.changed("correctApplication", operationId=operation["id"], evidence={"details": details()})
    assert citizen.operation(operation["id"])["progress"][0]["at"] == service.clock.now().isoformat()


def test_NX_5_progress_is_for_whoever_has_applied_and_their_guardian(service: GraphService) -> None:
    operation = submitted(service.citizen(service.person()))
    query = f"query($id: ID!){{operation(id: $id){{{OPERATION}}}}}"
    assert service.citizen(service.person()).failure(query, {"id": operation["id"]}) == "NOT_FOUND"


@pytest.mark.parametrize(
    "channel", ["chengdu_wechat", "unionpay_app", "ping_an_app", "hotline_12333", "service_window"]
)
def test_CD_9_progress_is_shown_in_the_apps_of_chengdu_and_SC_3_by_telephone(
    service: GraphService, channel: str
) -> None:
    person = service.person(insured_in=(CHENGDU,))
    citizen = service.citizen(person, "chengdu_wechat")
    given = {"details": details(), "documentIds": chengdu_papers(citizen)}
    operation = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=given)["operation"]
    assert service.citizen(person, channel).operation(operation["id"])["state"] == "SUBMITTED"
    decision = service.citizen(person, channel).check("progress", operationId=operation["id"])["decision"]
    assert decision["allowed"]


def test_CD_9_progress_is_not_shown_where_the_channel_is_closed(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    citizen = service.citizen(person, "chengdu_wechat")
    given = {"details": details(), "documentIds": chengdu_papers(citizen)}
    operation = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=given)["operation"]
    elsewhere = service.citizen(person, "hotline_12345")
    query = f"query($id: ID!){{operation(id: $id){{{OPERATION}}}}}"
    assert elsewhere.failure(query, {"id": operation["id"]}) == "DECISION_REFUSED"
    decision = elsewhere.check("progress", operationId=operation["id"])["decision"]
    assert decision["denials"][0]["code"] == "CHANNEL_NOT_OPEN"
    assert decision["denials"][0]["values"][0]["citation"]["clause"] == "二（九）制卡进度查询 (CD-9)"


def test_QD_6_progress_now_and_past_is_open_on_website_app_and_window(service: GraphService) -> None:
    person = service.person()
    for channel in ("qingdao_website", "qingdao_app"):
        channels = service.citizen(person, channel).requirements(QINGDAO, "progress")["channels"]
        assert {"qingdao_website", "qingdao_app", "bank_window"} <= set(channels)
        assert "hotline_12345" not in channels
    assert codes(service.citizen(person).check("progress")) == ["INVALID_INPUT"]
