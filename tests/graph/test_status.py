"""Looking up a card's status (SC-3, CD-10, QD-6)."""

from datetime import timedelta
from typing import Any

import pytest

from domain.card import CardState
from tests.graph.caller import CARD, Caller
from tests.graph.cards import (
    CARD_AND_IDENTITY_CARD,
    IDENTITY_CARD,
    add_active_card,
    add_card,
    bind_in_wechat,
    look_up,
)
from tests.graph.journey import CHENGDU, QINGDAO
from tests.graph.service import GraphService, mobile

QUERY = f"query($id: ID!){{card(id: $id){{{CARD}}}}}"
MIANYANG, SICHUAN, SHANDONG = "510700", "510000", "370000"


def denial(caller: Caller, card_id: str) -> dict[str, Any]:
    """Make sure that somebody is not shown a card for one reason alone, and return that denial."""
    assert caller.failure(QUERY, {"id": card_id}) == "DECISION_REFUSED"
    [found] = caller.check("status", cardId=card_id)["decision"]["denials"]
    told: dict[str, Any] = found
    return told


@pytest.mark.parametrize("state", CardState)
def test_CD_10_in_each_state_each_app_shows_everything_the_row_names(service: GraphService, state: CardState) -> None:
    person = service.person(name="王某某")
    service.clock.advance(timedelta(days=3))
    card = add_card(service, person, CHENGDU, "icbc", state)
    bind_in_wechat(service, person)
    service.clock.advance(timedelta(days=1))
    for channel in ("chengdu_wechat", "unionpay_app", "ping_an_app"):
        shown = look_up(service.citizen(person, channel), card.id)
        assert shown["holder"]["name"] == "王某某"
        assert shown["number"] == card.number
        assert shown["socialSecurityNumber"] == f"****{person.identity_number[-4:]}"
        assert shown["issuedOn"] == "2026-11-23"
        assert shown["bank"] == "icbc"
        assert (shown["regionCode"], shown["regionName"]["zh"]) == (CHENGDU, "成都市")
        assert shown["state"] == state.name
        assert [entry["state"] for entry in shown["history"]] == [state.name]


def test_CD_10_the_status_follows_what_happens_to_the_card(service: GraphService) -> None:
    number = mobile()
    person = service.person(mobile=number)
    card, app = add_card(service, person, CHENGDU), service.citizen(person, "unionpay_app")

    def by_code(purpose: str, mutation: str) -> str:
        service.clock.advance(timedelta(days=1))
        code = app.verification_code(purpose, number)
        given = {"details": {"cardNumber": card.number, "mobile": number}, "verificationCode": code}
        app.changed(mutation, cardId=card.id, evidence=given)
        shown = look_up(app, card.id)
        assert shown["issuedOn"] == "2026-11-20"
        state: str = shown["state"]
        return state

    assert look_up(app, card.id)["state"] == "SEALED"
    assert by_code("activate", "activateCard") == "ACTIVE"
    assert by_code("report_formal_loss", "reportFormalLoss") == "FORMALLY_LOST"
    assert by_code("cancel_loss_report", "cancelLossReport") == "ACTIVE"


@pytest.mark.parametrize("channel", ["hotline_12345", "bank_window"])
def test_CD_10_no_other_channel_shows_the_status(service: GraphService, channel: str) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU)
    for caller in (service.citizen(person, channel), service.clerk(CHENGDU, channel)):
        refused = denial(caller, card.id)
        assert refused["code"] == "CHANNEL_NOT_OPEN"
        assert refused["values"][0]["citation"]["clause"] == "二（十）卡状态查询 (CD-10)"


def test_SC_3_the_status_is_told_by_any_office_and_by_telephone_12333(service: GraphService) -> None:
    """Mianyang has no document of its own: what holds there is what the province says."""
    person = service.person()
    card = add_active_card(service, person, MIANYANG)
    self_service, operator = service.citizen(person, "hotline_12333"), service.clerk(SICHUAN, "hotline_12333")
    offices = [service.clerk(region) for region in (MIANYANG, CHENGDU, SICHUAN)]
    for caller in (self_service, operator, *offices):
        shown = look_up(caller, card.id)
        assert (shown["number"], shown["state"]) == (card.number, "ACTIVE")


def test_SC_3_the_status_is_told_by_nobody_else(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, MIANYANG)
    for caller in (service.citizen(person, "hotline_12345"), service.clerk(SICHUAN, "hotline_12345")):
        refused = denial(caller, card.id)
        assert refused["code"] == "CHANNEL_NOT_OPEN"
        assert refused["values"][0]["citation"]["clause"] == "03 卡状态查询 (SC-3)"
    for elsewhere in (service.clerk(SHANDONG, "hotline_12333"), service.clerk(QINGDAO)):
        assert elsewhere.failure(QUERY, {"id": card.id}) == "NOT_FOUND"


def test_QD_6_the_state_now_and_those_past_are_shown_by_website_app_and_window(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, QINGDAO)
    website, app = (service.citizen(person, channel) for channel in ("qingdao_website", "qingdao_app"))
    window = service.clerk(QINGDAO, "bank_window")
    past = [("SEALED", service.clock.now().isoformat())]
    brought = {"sightedDocuments": CARD_AND_IDENTITY_CARD}
    steps = [
        ("activateCard", "ACTIVE"),
        ("reportTemporaryLoss", "TEMPORARILY_LOST"),
        ("cancelLossReport", "ACTIVE"),
        ("cancelCard", "CANCELLED"),
    ]
    for mutation, state in steps:
        service.clock.advance(timedelta(days=1))
        window.changed(mutation, cardId=card.id, evidence=brought)
        past.append((state, service.clock.now().isoformat()))
        for caller, seen in ((website, []), (app, []), (window, IDENTITY_CARD)):
            shown = look_up(caller, card.id, seen)
            assert (shown["state"], shown["stateSince"]) == past[-1]
            assert [(entry["state"], entry["since"]) for entry in shown["history"]] == past


def test_QD_6_the_window_is_of_the_issuing_bank_and_sees_an_identity_document(service: GraphService) -> None:
    card, window = add_card(service, service.person(), QINGDAO, "icbc"), service.clerk(QINGDAO, "bank_window", "icbc")
    [error] = window.in_chinese.answer(QUERY, {"id": card.id})["errors"]
    assert (error["extensions"]["code"], error["message"]) == (
        "DECISION_REFUSED",
        "请带本人有效身份证件，到发卡银行营业网点办理。",
    )
    [lacking] = window.check("status", cardId=card.id)["decision"]["missing"]
    assert lacking["citation"]["clause"] == "三（三）窗口办理 (QD-6)"
    for seen in (IDENTITY_CARD, ["household_register"], ["passport"]):
        assert look_up(window, card.id, seen)["state"] == "SEALED"
    assert denial(service.clerk(QINGDAO, "bank_window"), card.id)["code"] == "OUTLET_OF_ANOTHER_BANK"
    # Only a clerk has seen anything.
    holder = service.citizen(service.person(), "qingdao_app")
    own = 'query($id: ID!){card(id: $id, sightedDocuments: ["passport"]){state}}'
    assert holder.failure(own, {"id": card.id}) in ("NOT_FOUND", "NOT_PERMITTED")


@pytest.mark.parametrize("channel", ["hotline_12333", "hotline_12345", "service_window"])
def test_QD_6_no_other_channel_shows_states(service: GraphService, channel: str) -> None:
    person = service.person()
    card = add_card(service, person, QINGDAO)
    for caller in (service.citizen(person, channel), service.clerk(QINGDAO, channel)):
        refused = denial(caller, card.id)
        assert refused["code"] == "CHANNEL_NOT_OPEN"
        assert refused["values"][0]["citation"]["clause"] == "社会保障卡应用状态查询 (QD-6)"


def test_a_state_whose_time_has_run_out_reads_as_the_next_one(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.TEMPORARILY_LOST, lasting=timedelta(days=7))
    citizen = service.citizen(person, "unionpay_app")
    assert citizen.ask(QUERY, {"id": card.id})["card"]["state"] == "TEMPORARILY_LOST"
    service.clock.advance(timedelta(days=7))
    assert citizen.ask(QUERY, {"id": card.id})["card"]["state"] == "ACTIVE"


def test_somebody_elses_card_is_not_found_and_a_wards_is(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU)
    assert service.citizen(service.person(), "unionpay_app").failure(QUERY, {"id": card.id}) == "NOT_FOUND"
    guardian = service.citizen(service.guardian(person), "unionpay_app")
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
