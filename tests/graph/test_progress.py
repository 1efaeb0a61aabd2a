"""Looking up production progress (NX-5, SC-3, CD-9, QD-6)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from domain.holder import Holder
from tests.graph.caller import OPERATION, Caller, denials
from tests.graph.cards import IDENTITY_CARD
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    ZAOZHUANG,
    ZIBO,
    accepted,
    application,
    card_number,
    card_picture,
    chengdu_papers,
    delivered_to,
    details,
    pay,
    submitted,
    two_inches,
)
from tests.graph.replacements import lost_card, requested
from tests.graph.service import GraphService, holder_id

NODES = ["ACCEPTED", "PRODUCED", "SHIPPED", "RECEIVED"]
MIANYANG, SICHUAN, SHANDONG = "510700", "510000", "370000"
CHENGDU_APPS = ["chengdu_wechat", "unionpay_app", "ping_an_app"]
LOOK_UP = f"query($id: ID!){{operation(id: $id){{{OPERATION}}}}}"


def reached(operation: dict[str, Any]) -> list[str]:
    """Return which of the four nodes an operation has reached."""
    progress = operation["progress"]
    assert [node["state"] for node in progress] == NODES
    return [node["state"] for node in progress if node["at"] is not None]


def on_its_way(service: GraphService, citizen: Caller, operation: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Take a request that is handed in, step by step, an hour each, until the card is received.

    Yields:
        Where it stands now, and how many of the four nodes it has reached.
    """
    maker, about = service.card_maker(), {"operationId": operation["id"]}
    yield "SUBMITTED", 0
    delivered_to(citizen, operation)
    assert pay(citizen, operation) == "paid"
    yield "PAID", 0
    steps: list[tuple[Caller, str, dict[str, str]]] = [
        (maker, "acceptForProduction", {}),
        (maker, "recordProduced", {"cardNumber": card_number(), "generation": "third"}),
        (maker, "recordShipped", {"trackingNumber": "SF1"}),
        (citizen, "confirmReceipt", {}),
    ]
    for done, (caller, mutation, given) in enumerate(steps, start=1):
        service.clock.advance(timedelta(hours=1))
        caller.changed(mutation, **about, **given)
        yield NODES[done - 1], done


def in_chengdu(service: GraphService, person: Holder) -> dict[str, Any]:
    """Apply in the WeChat account of Chengdu and return the operation."""
    citizen = service.citizen(person, "unionpay_app")
    given = {"details": details(), "documentIds": chengdu_papers(citizen)}
    payload = citizen.changed("applyForCard", regionCode=CHENGDU, bank="icbc", evidence=given)
    operation: dict[str, Any] = payload["operation"]
    return operation


def in_mianyang(service: GraphService, person: Holder) -> dict[str, Any]:
    """Apply at a window of Mianyang, where what the province says holds; return the operation."""
    clerk = service.clerk(MIANYANG)
    photo = clerk.document("photo", MIANYANG, two_inches(), holderId=holder_id(person))
    given = {"documentIds": [photo], "sightedDocuments": IDENTITY_CARD}
    asked = {"regionCode": MIANYANG, "holderId": holder_id(person), "bank": "icbc", "evidence": given}
    operation: dict[str, Any] = clerk.changed("applyForCard", **asked)["operation"]
    return operation


def in_qingdao(service: GraphService, person: Holder) -> dict[str, Any]:
    """Apply at a bank's window in Qingdao for a card to be collected there; return the operation."""
    given = {"details": details(), "sightedDocuments": IDENTITY_CARD}
    asked = {
        "regionCode": QINGDAO,
        "holderId": holder_id(person),
        "bank": "icbc",
        "outlet": "qingdao_sample_ordinary",
        "delivery": {"method": "outlet"},
        "evidence": given,
    }
    operation: dict[str, Any] = service.clerk(QINGDAO, "bank_window").changed("applyForCard", **asked)["operation"]
    return operation


def refused(caller: Caller, operation: dict[str, Any]) -> dict[str, Any]:
    """Make sure that somebody is not shown an operation for one reason alone, and return that denial."""
    assert caller.failure(LOOK_UP, {"id": operation["id"]}) == "DECISION_REFUSED"
    [denial] = caller.check("progress", operationId=operation["id"])["decision"]["denials"]
    found: dict[str, Any] = denial
    return found


@pytest.mark.parametrize(
    ("region", "replacement"),
    [
        pytest.param(ZIBO, False, id="NX-5 of an application"),
        pytest.param(ZAOZHUANG, True, id="NX-5 of a replacement"),
    ],
)
def test_NX_5_progress_has_four_nodes_with_their_times(service: GraphService, region: str, replacement: bool) -> None:
    person = service.person()
    citizen = service.citizen(person)
    card = lost_card(service, person, region) if replacement else None
    operation = requested(citizen, card) if card else submitted(citizen, region=region)
    times = []
    for state, done in on_its_way(service, citizen, operation):
        shown = citizen.operation(operation["id"])
        assert (shown["state"], reached(shown)) == (state, NODES[:done])
        times += [service.clock.now().isoformat()] * bool(done)
        assert [node["at"] for node in shown["progress"][:done]] == times
    assert len(times) == 4


def test_NX_5_acceptance_after_a_correction_shows_the_later_time(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = accepted(service, citizen, region=ZIBO)
    maker.changed("requestCorrection", operationId=operation["id"], reason="请核对")
    assert reached(citizen.operation(operation["id"])) == ["ACCEPTED"]
    service.clock.advance(timedelta(hours=1))
    citizen.changed("correctApplication", operationId=operation["id"], evidence={"details": details()})
    assert citizen.operation(operation["id"])["progress"][0]["at"] == service.clock.now().isoformat()


@pytest.mark.parametrize("replacement", [False, True], ids=["NX-5 who applied", "NX-5 who asked for a replacement"])
def test_NX_5_progress_is_for_whoever_has_applied_and_their_guardian(service: GraphService, replacement: bool) -> None:
    child = service.person(date(2015, 5, 5))
    guardian = service.citizen(service.guardian(child))
    if replacement:
        operation = requested(guardian, lost_card(service, child))
    else:
        proof = guardian.document("birth_certificate", JINAN, card_picture(), holderId=holder_id(child))
        asked = application(guardian, documentIds=[proof]) | {"holderId": holder_id(child)}
        operation = guardian.changed("applyForCard", **asked)["operation"]
    also_guardian = service.citizen(service.guardian(child))
    for caller in (service.citizen(child), guardian, also_guardian):
        assert caller.operation(operation["id"])["holder"]["id"] == holder_id(child)
        assert caller.check("progress", operationId=operation["id"])["decision"]["allowed"]
    of_somebody_else = service.citizen(service.guardian(service.person(date(2015, 5, 5))))
    for stranger in (of_somebody_else, service.citizen(service.person())):
        assert stranger.failure(LOOK_UP, {"id": operation["id"]}) == "NOT_FOUND"


def test_CD_9_every_node_is_shown_in_each_app_of_chengdu(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    operation = in_chengdu(service, person)
    apps = [service.citizen(person, channel) for channel in CHENGDU_APPS]
    stops = []
    for state, done in on_its_way(service, apps[0], operation):
        stops.append(state)
        for app in apps:
            shown = app.operation(operation["id"])
            assert (shown["state"], reached(shown)) == (state, NODES[:done])
    assert stops == ["SUBMITTED", "PAID", *NODES]


def test_CD_9_progress_is_not_shown_where_the_channel_is_closed(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    operation = in_chengdu(service, person)
    denial = refused(service.citizen(person, "hotline_12345"), operation)
    assert denial["code"] == "CHANNEL_NOT_OPEN"
    assert denial["values"][0]["citation"]["clause"] == "二（九）制卡进度查询 (CD-9)"
    of_qingdao = service.citizen(person, "qingdao_app")
    assert of_qingdao.failure(LOOK_UP, {"id": operation["id"]}) == "CHANNEL_NOT_OPEN"


def test_SC_3_progress_is_told_by_the_office_and_by_telephone_12333(service: GraphService) -> None:
    """Mianyang has no document of its own: what holds there is what the province says."""
    person = service.person(insured_in=(MIANYANG,))
    operation = in_mianyang(service, person)
    citizen, office = service.citizen(person, "hotline_12333"), service.clerk(MIANYANG)
    operator, province = service.clerk(SICHUAN, "hotline_12333"), service.clerk(SICHUAN)
    for state, done in on_its_way(service, office, operation):
        for caller in (citizen, office, operator, province):
            shown = caller.operation(operation["id"])
            assert (shown["state"], reached(shown)) == (state, NODES[:done])
    listed = "query($id: ID!){operations(filter: {holderId: $id}){edges{node{id state}}}}"
    [edge] = operator.ask(listed, {"id": holder_id(person)})["operations"]["edges"]
    assert edge["node"] == {"id": operation["id"], "state": "RECEIVED"}


def test_SC_3_progress_is_told_by_nobody_else(service: GraphService) -> None:
    person = service.person(insured_in=(MIANYANG,))
    operation = in_mianyang(service, person)
    denial = refused(service.citizen(person, "hotline_12345"), operation)
    assert denial["code"] == "CHANNEL_NOT_OPEN"
    assert denial["values"][0]["citation"]["clause"] == "03 卡状态查询 (SC-3)"
    for elsewhere in (service.clerk(SHANDONG, "hotline_12333"), service.clerk(QINGDAO)):
        assert elsewhere.failure(LOOK_UP, {"id": operation["id"]}) == "NOT_FOUND"


def test_SC_12_a_delegate_sees_how_far_what_they_were_trusted_with_is(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    operation = in_chengdu(service, person)
    for trusted_with, sees in (("progress", True), ("apply", True), ("activate", False)):
        delegate = service.citizen(delegate_on_record(service, person, trusted_with), "unionpay_app")
        if sees:
            assert delegate.operation(operation["id"])["state"] == "SUBMITTED"
        else:
            assert delegate.failure(LOOK_UP, {"id": operation["id"]}) == "NOT_FOUND"


def test_QD_6_states_now_and_past_are_shown_by_website_app_and_window(service: GraphService) -> None:
    person = service.person(photo_on_file=True)
    operation, window = in_qingdao(service, person), service.clerk(QINGDAO, "bank_window")
    callers = [service.citizen(person, "qingdao_website"), service.citizen(person, "qingdao_app"), window]
    begun = [{"event": "apply", "fromState": None, "toState": "SUBMITTED", "at": service.clock.now().isoformat()}]
    steps: list[tuple[str, str, str, dict[str, str]]] = [
        ("acceptForProduction", "accept", "ACCEPTED", {}),
        ("recordProduced", "produce", "PRODUCED", {"cardNumber": card_number(), "generation": "third"}),
        ("confirmReceipt", "receive", "RECEIVED", {}),
    ]
    for mutation, event, state, given in steps:
        service.clock.advance(timedelta(days=1))
        window.changed(mutation, operationId=operation["id"], **given)
        before, at = begun[-1]["toState"], service.clock.now().isoformat()
        begun.append({"event": event, "fromState": before, "toState": state, "at": at})
        for caller in callers:
            shown = caller.operation(operation["id"])
            past = [{name: line[name] for name in begun[0]} for line in shown["timeline"]]
            assert (shown["state"], past) == (state, begun)


@pytest.mark.parametrize("channel", ["hotline_12333", "hotline_12345", "service_window"])
def test_QD_6_states_are_shown_to_citizens_by_no_other_channel(service: GraphService, channel: str) -> None:
    person = service.person(photo_on_file=True)
    operation = in_qingdao(service, person)
    denial = refused(service.citizen(person, channel), operation)
    assert denial["code"] == "CHANNEL_NOT_OPEN"
    assert denial["values"][0]["citation"]["clause"] == "社会保障卡应用状态查询 (QD-6)"


def test_QD_6_a_form_tells_the_channels_to_anybody(service: GraphService) -> None:
    channels = service.caller(None).requirements(QINGDAO, "progress")["channels"]
    assert {"qingdao_website", "qingdao_app", "bank_window"} <= set(channels)
    assert not {"hotline_12333", "hotline_12345", "service_window"} & set(channels)
    decision = service.citizen(service.person(), "qingdao_app").requirements(QINGDAO, "progress")["decision"]
    assert denials(decision) == []
